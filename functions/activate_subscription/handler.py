"""State ActivateSubscription"""

from hostcart import wiring
from hostcart.entry.task import Outcome, TaskInput, task_door
from hostcart.use_cases.activate_subscription import activate_subscription


def _run(task: TaskInput) -> Outcome:
    order_id = activate_subscription(
        task.account_id, task.cart_token, ports=wiring.for_activate_subscription()
    )
    return {"order_id": order_id}


handler = task_door(_run, ahead=[wiring.for_activate_subscription, wiring.cart_model])
