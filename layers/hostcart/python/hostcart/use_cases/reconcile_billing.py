"""The processor's side: drafts and subscriptions that nobody needs, payments that no order knows."""

from typing import Final

from hostcart.contract.statuses import OrderStatus, PaymentStatus
from hostcart.domain.cart import Order
from hostcart.domain.findings import FindingKind, Judgement, RepairKind, Subject
from hostcart.domain.tokens import token_of
from hostcart.ports import RefusedError
from hostcart.ports_reconcile import BilledCart, Page, RenewalSubscription
from hostcart.use_cases.activate_subscription import Renewal, renewal_of
from hostcart.use_cases.reconcile_run import Run
from hostcart.use_cases.wake import wake

_KNOWN: Final = frozenset({PaymentStatus.SUCCEEDED, PaymentStatus.REFUND_PENDING, PaymentStatus.REFUNDED})


def sweep_drafts(run: Run) -> None:
    """Drafts without a cart that needs them are deleted: no money can have moved on a draft."""
    before = run.as_of - run.timing.drafts

    def fetch(after: str | None) -> Page[BilledCart]:
        return run.ports.billing.drafts(before=before, after=after)

    for draft in run.rolling("drafts", fetch):
        cart = run.cart(draft.account_id, draft.cart_token)
        ended = cart is not None and cart.order is not None and cart.order.status.terminal
        needed = cart is not None and not ended and cart.payment.invoice_id == draft.invoice_id
        if not needed:
            _delete(run, draft)


def _delete(run: Run, draft: BilledCart) -> None:
    try:
        run.ports.payments.discard_draft(draft.invoice_id)
    except RefusedError:
        return  # it is no draft any more: the list was older than that
    run.repaired(RepairKind.DRAFT_DELETED)


def sweep_payments(run: Run) -> None:
    """Every invoice that was paid since the last run."""
    for billed in run.window(
        "payments",
        lambda since, until, after: run.ports.billing.payments(since=since, until=until, after=after),
    ):
        subject = Subject(
            kind=FindingKind.PAYMENT_UNKNOWN,
            id=billed.invoice_id,
            account_id=billed.account_id,
            cart_token=billed.cart_token,
        )
        run.met(subject, judge_payment(run, subject))


def judge_payment(run: Run, subject: Subject) -> Judgement:
    """A paid invoice: its order knows it, or will learn of it, or somebody has our customer's money."""
    cart = run.cart(subject.account_id, subject.cart_token)
    if cart is not None and cart.payment.invoice_id == subject.id:
        if cart.payment.status in _KNOWN:
            return Judgement.FINE
        if cart.order is None or not cart.order.status.terminal:
            # the news of it was lost: its execution looks now instead of at the end of its wait
            wake(cart.account.id, cart.token, ports=run.wake_ports)
            run.repaired(RepairKind.TASK_WOKEN)
            return Judgement.PENDING
    booking = run.ports.billing.booking(subject.id)
    return Judgement.FINE if booking is None or booking.kept <= 0 else Judgement.BROKEN


def sweep_renewals(run: Run) -> None:
    """Every subscription that was created since the last run."""
    for renewal in run.window(
        "renewals",
        lambda since, until, after: run.ports.billing.renewals(since=since, until=until, after=after),
    ):
        subject = _renewal_subject(renewal)
        run.met(subject, judge_renewal(run, subject))


def _renewal_subject(renewal: RenewalSubscription) -> Subject:
    return Subject(
        kind=FindingKind.SUBSCRIPTION_WITHOUT_DELIVERY,
        id=renewal.id,
        account_id=renewal.account_id,
        cart_token=token_of(renewal.order_id),
    )


def judge_renewal(run: Run, subject: Subject) -> Judgement:
    """A subscription: its order was delivered and names it, or is under way, or it must not bill anybody.

    That of an ended order of ours without a delivery is cancelled as long as it has billed nothing.
    """
    cart = run.cart(subject.account_id, subject.cart_token)
    order = None if cart is None else cart.order
    if order is not None and not order.status.terminal:
        return Judgement.PENDING
    if order is not None and order.status is OrderStatus.COMPLETED and order.subscription is not None:
        delivered = order.site is not None or order.domain is not None
        if delivered and order.subscription.stripe_id == subject.id:
            return Judgement.FINE
    renewal = run.ports.billing.renewal(subject.id)
    if renewal is None or not renewal.live:
        return Judgement.FINE
    if cart is None or order is None or not _never_bills(order, renewal_of(cart), run):
        return Judgement.BROKEN
    return _cancel(run, subject.id)


def _cancel(run: Run, subscription_id: str) -> Judgement:
    try:
        run.ports.payments.cancel_subscription(subscription_id)
    except RefusedError:
        return Judgement.BROKEN
    run.repaired(RepairKind.SUBSCRIPTION_CANCELLED)
    return Judgement.FINE


def _never_bills(order: Order, renewal: Renewal, run: Run) -> bool:
    """Whether nobody has anything of it, nor has paid for it: made too late, by a step that was held up."""
    now = max(run.as_of, run.ports.clock.now())
    return order.status is not OrderStatus.COMPLETED and now < renewal.first_bill
