"""Compare orders, executions, the processor, the sites and the registrar; mend what is safe, tell the rest.

Each sweep goes on where the last run stopped, page by page, and none reads what has ended: a run is bounded,
whatever the history. What is not as it should be is remembered until it is, so that every run says how many
breaks there are and not only the run that came across one.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hostcart.domain.findings import FindingKind, Judgement, Subject
from hostcart.use_cases.reconcile_billing import (
    judge_payment,
    judge_renewal,
    sweep_drafts,
    sweep_payments,
    sweep_renewals,
)
from hostcart.use_cases.reconcile_inventory import (
    judge_registration,
    judge_site,
    judge_zone,
    sweep_registrations,
    sweep_sites,
    sweep_zones,
)
from hostcart.use_cases.reconcile_money import (
    judge_disputed_payment,
    judge_returned_refund,
    sweep_returned,
)
from hostcart.use_cases.reconcile_orders import judge_order, sweep_orders
from hostcart.use_cases.reconcile_run import ReconcilePorts, ReconcileTiming, Run

type Judge = Callable[[Run, Subject], Judgement]
type Sweep = Callable[[Run], None]

JUDGES: Final[Mapping[FindingKind, Judge]] = {
    FindingKind.ORDER_STUCK: judge_order,
    FindingKind.PAYMENT_UNKNOWN: judge_payment,
    FindingKind.SUBSCRIPTION_WITHOUT_DELIVERY: judge_renewal,
    FindingKind.SITE_WITHOUT_ORDER: judge_site,
    FindingKind.REGISTRATION_WITHOUT_ORDER: judge_registration,
    FindingKind.ZONE_WITHOUT_ORDER: judge_zone,
    FindingKind.REFUND_RETURNED: judge_returned_refund,
    FindingKind.PAYMENT_DISPUTED: judge_disputed_payment,
}
SWEEPS: Final[Mapping[str, Sweep]] = {
    "orders": sweep_orders,
    "drafts": sweep_drafts,
    "payments": sweep_payments,
    "returned": sweep_returned,
    "renewals": sweep_renewals,
    "sites": sweep_sites,
    "registrations": sweep_registrations,
    "zones": sweep_zones,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one run came to: breaks by kind, repairs by kind, and why a sweep could not look."""

    breaks: Mapping[str, int]
    repairs: Mapping[str, int]
    failed: Mapping[str, Exception]


def reconcile(as_of: datetime, *, timing: ReconcileTiming, ports: ReconcilePorts) -> Report:
    """One bounded run. Repeatable, and harmless beside another one.

    A system that cannot be asked, or a defect of ours, fails its own sweep only. Raises the ports' errors
    when the table is out of reach: then no value is told at all, which is alarmed too.
    """
    run = Run(as_of=as_of, timing=timing, ports=ports, cursors=dict(ports.findings.cursors()))
    failed = _judge_again(run)
    for name, sweep in SWEEPS.items():
        try:
            sweep(run)
        except Exception as error:
            failed[name] = error
    ports.findings.save_cursors(run.cursors)
    return _told(run, failed, ports)


def _judge_again(run: Run) -> dict[str, Exception]:
    """What was found before and may have been mended since; bounded as a sweep is."""
    failed: dict[str, Exception] = {}
    found = (finding.subject for finding in run.ports.findings.findings() if finding.due(run.as_of))
    for subject in run.in_turn("findings", {f"{subject.kind}#{subject.id}": subject for subject in found}):
        try:
            run.judged(subject, JUDGES[subject.kind](run, subject))
        except Exception as error:
            failed[subject.kind] = error
    return failed


def _told(run: Run, failed: Mapping[str, Exception], ports: ReconcilePorts) -> Report:
    kinds = [finding.subject.kind for finding in ports.findings.findings() if finding.breaks]
    breaks = Counter(kinds)
    for kind in FindingKind:
        ports.metrics.level("ReconcilerFindings", breaks[kind], kind=kind)
    for repair, count in run.repairs.items():
        ports.metrics.level("ReconcilerRepairs", count, kind=repair)
    ports.metrics.level("ReconcilerFailedSweeps", len(failed))
    ports.metrics.level("LedgerBreaks", breaks.total())
    return Report(
        breaks={kind.value: count for kind, count in breaks.items()},
        repairs={repair.value: count for repair, count in run.repairs.items()},
        failed=failed,
    )
