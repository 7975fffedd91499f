"""State ProvisionSite"""

from datetime import timedelta

from hostcart import settings, wiring
from hostcart.entry.task import Outcome, TaskInput, task_door
from hostcart.use_cases.provision_site import provision_site


def _run(task: TaskInput) -> Outcome:
    provisioning = provision_site(
        task.account_id,
        task.cart_token,
        poll=timedelta(seconds=settings.seconds("SITE_POLL_SECONDS")),
        deadline=timedelta(seconds=settings.seconds("SITE_DEADLINE_SECONDS")),
        ports=wiring.for_provision_site(),
    )
    return {"ready": provisioning.ready, "wait_seconds": provisioning.wait_seconds}


handler = task_door(_run, ahead=[wiring.for_provision_site, wiring.cart_model])
