"""State SuspendSite"""

from hostcart import wiring
from hostcart.entry.task import Outcome, TaskInput, task_door
from hostcart.use_cases.suspend_site import suspend_site


def _run(task: TaskInput) -> Outcome:
    return {"suspended": suspend_site(task.account_id, task.cart_token, ports=wiring.for_suspend_site())}


handler = task_door(_run, ahead=[wiring.for_suspend_site, wiring.cart_model])
