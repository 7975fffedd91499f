"""Money that moved behind an order's end: refunds that came back, payments that were disputed."""

from hostcart.domain.findings import Judgement, Subject
from hostcart.ports_reconcile import ReturnedMoney
from hostcart.use_cases.recheck_refund import dispute_of, judge_dispute, judge_refund, refund_of
from hostcart.use_cases.reconcile_run import Run


def sweep_returned(run: Run) -> None:
    """Everything of the kind that was reported since the last run, whether its webhook came or not."""
    for returned in run.window(
        "returned",
        lambda since, until, after: run.ports.billing.returned(since=since, until=until, after=after),
    ):
        _look_at(run, returned)


def _look_at(run: Run, returned: ReturnedMoney) -> None:
    ref = run.ports.payments.cart_of_intent(returned.intent_id)
    cart = None if ref is None else run.cart(ref.account_id, ref.cart_token)
    if cart is None:
        return  # somebody else's
    if returned.disputed:
        run.met(dispute_of(cart), judge_dispute(cart, ports=run.refund_ports))
    else:
        run.met(refund_of(cart), judge_refund(cart, ports=run.refund_ports))


def judge_returned_refund(run: Run, subject: Subject) -> Judgement:
    """A refund that came back before."""
    cart = run.cart(subject.account_id, subject.cart_token)
    return judge_refund(cart, ports=run.refund_ports)


def judge_disputed_payment(run: Run, subject: Subject) -> Judgement:
    """A payment that was disputed before."""
    cart = run.cart(subject.account_id, subject.cart_token)
    return judge_dispute(cart, ports=run.refund_ports)
