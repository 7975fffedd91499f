"""State RefundPayment"""

from hostcart import wiring
from hostcart.entry.task import NotRefundedError, Outcome, TaskInput, task_door
from hostcart.use_cases.refund_payment import refund_payment


def _run(task: TaskInput) -> Outcome:
    compensation = refund_payment(
        task.account_id,
        task.cart_token,
        cause=task.cause,
        timing=wiring.domain_timing(),
        ports=wiring.for_refund_payment(),
    )
    return {
        "order_id": compensation.order_id,
        "status": compensation.status,
        "settled": compensation.settled,
    }


handler = task_door(_run, undone=NotRefundedError, ahead=[wiring.for_refund_payment, wiring.cart_model])
