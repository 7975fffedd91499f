"""State ChargePayment"""

from hostcart import wiring
from hostcart.entry.task import Outcome, TaskInput, task_door
from hostcart.use_cases.charge_payment import charge_payment


def _run(task: TaskInput) -> Outcome:
    charge = charge_payment(
        task.account_id, task.cart_token, timing=wiring.payment_timing(), ports=wiring.for_charge_payment()
    )
    return {
        "order_id": charge.order_id,
        "kind": charge.kind,
        "status": charge.status,
        "step": charge.step,
        "wait_seconds": charge.wait_seconds,
    }


handler = task_door(_run, ahead=[wiring.for_charge_payment, wiring.cart_model])
