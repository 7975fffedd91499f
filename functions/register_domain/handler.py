"""State RegisterDomain"""

from hostcart import wiring
from hostcart.entry.task import Outcome, TaskInput, task_door
from hostcart.use_cases.register_domain import register_domain


def _run(task: TaskInput) -> Outcome:
    registration = register_domain(
        task.account_id, task.cart_token, timing=wiring.domain_timing(), ports=wiring.for_register_domain()
    )
    return {"ready": registration.ready, "wait_seconds": registration.wait_seconds}


handler = task_door(_run, ahead=[wiring.for_register_domain, wiring.cart_model])
