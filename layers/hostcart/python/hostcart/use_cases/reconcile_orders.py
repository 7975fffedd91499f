"""Orders that are not at their end: is somebody at work on them, and in time?"""

from datetime import timedelta
from typing import Final

from hostcart.domain.cart import Cart
from hostcart.domain.deadlines import deadline_of
from hostcart.domain.findings import FindingKind, Judgement, RepairKind, Subject
from hostcart.ports_reconcile import Execution, ExecutionStatus, OpenCart, Page
from hostcart.use_cases.errors import CallbackUndeliveredError
from hostcart.use_cases.reconcile_run import Run

MOST_RESUMES: Final = 6
"""After so many it is an operator's: with the pauses between them, that is days."""
_LONGEST_PAUSE: Final = timedelta(days=2)
_PAGE: Final = 50


def sweep_orders(run: Run) -> None:
    """Every open cart, oldest first."""

    def fetch(cursor: str | None) -> Page[OpenCart]:
        return run.ports.work.page(cursor, before=run.before, limit=_PAGE)

    for cart in run.rolling("orders", fetch):
        subject = subject_of(cart.account_id, cart.token)
        run.met(subject, judge_order(run, subject))


def subject_of(account_id: str, token: str) -> Subject:
    return Subject(kind=FindingKind.ORDER_STUCK, id=token, account_id=account_id, cart_token=token)


def judge_order(run: Run, subject: Subject) -> Judgement:
    """Brings a dead execution on its way again. BROKEN: past its deadline, or resumed in vain."""
    cart = run.cart(subject.account_id, subject.cart_token)
    if cart is None or not cart.work_owed:
        return Judgement.FINE
    execution = run.ports.executions.latest(cart.token)
    late = run.as_of >= deadline_of(cart, run.timing.deadlines)
    if execution is None:
        _resume(run, cart, None)
    elif execution.status is not ExecutionStatus.RUNNING:
        return _judge_ended(run, cart, execution, late=late)
    return Judgement.BROKEN if late else Judgement.FINE


def _judge_ended(run: Run, cart: Cart, execution: Execution, *, late: bool) -> Judgement:
    if _callback_given_up(cart, execution):
        run.ports.work.forget(OpenCart(account_id=cart.account.id, token=cart.token))
        run.repaired(RepairKind.CALLBACK_GIVEN_UP)
        return Judgement.FINE
    if execution.resumes >= MOST_RESUMES:
        return Judgement.BROKEN
    if execution.stopped_at is None or execution.stopped_at + _pause(run, execution) <= run.as_of:
        _resume(run, cart, execution)
    return Judgement.BROKEN if late else Judgement.FINE


def _callback_given_up(cart: Cart, execution: Execution) -> bool:
    """Its endpoint was tried for days and that was alarmed; the order itself needs nothing."""
    terminal = cart.order is not None and cart.order.status.terminal
    return terminal and execution.error == CallbackUndeliveredError.__name__


def _pause(run: Run, execution: Execution) -> timedelta:
    """Time for an operator at first, then longer from one to the next."""
    growth: int = 4**execution.resumes
    return min(run.timing.after * growth, _LONGEST_PAUSE)


def _resume(run: Run, cart: Cart, execution: Execution | None) -> None:
    run.ports.executions.resume(execution, account_id=cart.account.id, cart_token=cart.token)
    run.repaired(RepairKind.EXECUTION_STARTED if execution is None else RepairKind.EXECUTION_RESUMED)
