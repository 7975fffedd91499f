"""State SendCallback"""

from hostcart import wiring
from hostcart.entry.task import NotNotifiedError, Outcome, TaskInput, task_door
from hostcart.use_cases.send_callback import send_callback


def _run(task: TaskInput) -> Outcome:
    status = send_callback(task.account_id, task.cart_token, ports=wiring.for_send_callback())
    return {"callback": status}


handler = task_door(_run, undone=NotNotifiedError, ahead=[wiring.for_send_callback, wiring.cart_model])
