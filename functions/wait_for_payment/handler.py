"""State WaitForPayment"""

from hostcart import wiring
from hostcart.entry.task import Outcome, TaskInput, task_door
from hostcart.use_cases.waiting import wait_for


def _run(task: TaskInput) -> Outcome:
    wait_for(task.account_id, task.cart_token, task.task_token, ports=wiring.for_wait())
    return {}


handler = task_door(_run, ahead=[wiring.for_wait])
