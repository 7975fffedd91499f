"""The registrar's objects as our facts. What it leaves out is "", false or 0; enums are open on its side."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator

from hostcart.adapters.registrar_answers import Answer
from hostcart.adapters.registrar_contacts import ContactsAnswer, contacts_of
from hostcart.adapters.registrar_money import cents
from hostcart.domain.registration import (
    REGISTRATION,
    Availability,
    ItemKind,
    ItemStatus,
    OrderItem,
    Pricing,
    Purchase,
    RegisteredDomain,
    Transfer,
    TransferStatus,
)

_LONGEST_PHASE: Final = 80
# Both vocabularies, the phrases of v4 and the words of its successor, spelt alike. Anything else is pending.
_TRANSFER_ENDS: Final = {
    "completed": TransferStatus.COMPLETED,
    "failed": TransferStatus.FAILED,
    "rejected": TransferStatus.REJECTED,
    "canceled": TransferStatus.CANCELED,
    "cancelled": TransferStatus.CANCELED,
    "canceled_pending_refund": TransferStatus.CANCELED,
}
_ITEM_STATUSES: Final = {
    "success": ItemStatus.SUCCESS,
    "failed": ItemStatus.FAILED,
    "refunded": ItemStatus.REFUNDED,
}


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _checked(amount: Decimal) -> Decimal:
    cents(amount)  # raises ValueError, which refuses the answer
    return amount


type Moment = Annotated[datetime, AfterValidator(_utc)]
type Money = Annotated[Decimal, AfterValidator(_checked)]


class SearchResult(Answer):
    domain_name: str
    purchasable: bool = False
    premium: bool = False
    purchase_price: Money | None = None
    purchase_type: str = REGISTRATION
    renewal_price: Money | None = None


class SearchResults(Answer):
    results: Sequence[SearchResult] = ()


class PricingAnswer(Answer):
    purchase_price: Money | None = None
    renewal_price: Money | None = None
    transfer_price: Money | None = None
    premium: bool = False


class DomainAnswer(Answer):
    domain_name: str
    nameservers: Sequence[str] = ()
    contacts: ContactsAnswer | None = None
    privacy_enabled: bool = False
    locked: bool = False
    autorenew_enabled: bool = False
    expire_date: Moment | None = None
    create_date: Moment | None = None


class TransferAnswer(Answer):
    domain_name: str
    status: str = ""


class PurchaseAnswer(Answer):
    order: int | None = None
    total_paid: Money = Decimal(0)


class ItemAnswer(Answer):
    id: int = 0
    status: str = ""
    name: str | None = None
    type: str = ""
    price: Money = Decimal(0)


class OrderAnswer(Answer):
    id: int
    create_date: Moment | None = None
    status: str = ""
    order_items: Sequence[ItemAnswer] = ()


class OrdersAnswer(Answer):
    orders: Sequence[OrderAnswer] = ()
    next_page: int | None = None
    last_page: int | None = None


def availability(found: SearchResult) -> Availability:
    name = found.domain_name.lower()
    if not found.purchasable:
        return Availability(name=name, available=False, premium=found.premium)
    return Availability(
        name=name,
        available=True,
        premium=found.premium,
        purchase_type=found.purchase_type or REGISTRATION,
        price=_price(found.purchase_price),
        renewal_price=_price(found.renewal_price),
    )


def pricing(answer: PricingAnswer, years: int) -> Pricing:
    return Pricing(
        years=years,
        premium=answer.premium,
        purchase=_price(answer.purchase_price),
        renewal=_price(answer.renewal_price),
        transfer=_price(answer.transfer_price),
    )


def domain(answer: DomainAnswer) -> RegisteredDomain:
    return RegisteredDomain(
        name=answer.domain_name.lower(),
        created_at=answer.create_date,
        expires_at=answer.expire_date,
        nameservers=tuple(server.lower().rstrip(".") for server in answer.nameservers),
        locked=answer.locked,
        autorenew=answer.autorenew_enabled,
        privacy=answer.privacy_enabled,
        contacts=None if answer.contacts is None else contacts_of(answer.contacts),
    )


def transfer(answer: TransferAnswer) -> Transfer:
    return Transfer(
        name=answer.domain_name.lower(),
        status=transfer_status(answer.status),
        phase=answer.status[:_LONGEST_PHASE],
    )


def transfer_status(text: str) -> TransferStatus:
    """An unknown text is a transfer under way, never a failed one."""
    word = "_".join(text.lower().replace("-", " ").split())
    return _TRANSFER_ENDS.get(word, TransferStatus.PENDING)


def purchase(answer: PurchaseAnswer) -> Purchase:
    return Purchase(order_id=answer.order or None, paid=cents(answer.total_paid))


def order_items(order: OrderAnswer) -> list[OrderItem]:
    return [
        OrderItem(
            id=item.id,
            order_id=order.id,
            name=(item.name or "").lower(),
            kind=ItemKind(item.type) if item.type in ItemKind else ItemKind.OTHER,
            # An item that says nothing stands as its order does.
            status=item_status(item.status or order.status),
            created_at=order.create_date,
            price=cents(item.price),
        )
        for item in order.order_items
    ]


def item_status(text: str) -> ItemStatus:
    """Unknown is pending, never failed."""
    return _ITEM_STATUSES.get(text.strip().lower(), ItemStatus.PENDING)


def _price(amount: Decimal | None) -> int | None:
    """None for what is not sold: a missing price, and the 0 that stands for one."""
    return None if not amount else cents(amount)
