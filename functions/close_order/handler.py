"""State CloseOrder"""

from hostcart import wiring
from hostcart.entry.task import NotClosedError, Outcome, TaskInput, task_door
from hostcart.use_cases.close_order import close_order


def _run(task: TaskInput) -> Outcome:
    closed = close_order(task.account_id, task.cart_token, ports=wiring.for_close_order())
    return {"order_id": closed.order_id, "status": closed.status, "notify": closed.notify}


handler = task_door(_run, undone=NotClosedError, ahead=[wiring.for_close_order, wiring.cart_model])
