"""Compares orders, executions, Stripe, sites and registrar, on a schedule; mends what is safe."""

from datetime import datetime

from hostcart import wiring
from hostcart.entry.schedule import Outcome, scheduled
from hostcart.use_cases.reconcile import reconcile


def _run(as_of: datetime) -> Outcome:
    report = reconcile(as_of, timing=wiring.reconcile_timing(), ports=wiring.for_reconcile())
    return Outcome(
        told={"breaks": report.breaks, "repairs": report.repairs, "failed": list(report.failed)},
        failed=report.failed,
    )


handler = scheduled(_run, ahead=[wiring.for_reconcile, wiring.cart_model])
