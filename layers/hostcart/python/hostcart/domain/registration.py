"""Domain names at the registrar: what is asked of it and what it says. Amounts are US cents."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from hostcart.domain.contacts import ResolvedContacts

CURRENCY: Final = "usd"
REGISTRATION: Final = "registration"
"""The ordinary purchase type; others (aftermarket, expiring) name their price in the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Whether a name can be bought now, and at which price; prices are None when it cannot."""

    name: str
    available: bool
    premium: bool = False
    purchase_type: str = REGISTRATION
    price: int | None = None
    renewal_price: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pricing:
    """Prices for `years` years, the transfer's for one; None: not sold."""

    years: int
    premium: bool
    purchase: int | None
    renewal: int | None
    transfer: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationRequest:
    """`price` is the total that was agreed to, for all years; a name at another price is refused."""

    name: str
    years: int
    contacts: ResolvedContacts
    nameservers: tuple[str, ...]
    price: int
    purchase_type: str = REGISTRATION
    autorenew: bool = False
    requirements: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRequest:
    """`auth_code` is None where the registry knows none."""

    name: str
    price: int
    auth_code: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredDomain:
    """A name in our account at the registrar; dates are the registry's, UTC."""

    name: str
    created_at: datetime | None
    expires_at: datetime | None
    nameservers: tuple[str, ...]
    locked: bool
    autorenew: bool
    privacy: bool
    contacts: ResolvedContacts | None


class TransferStatus(StrEnum):
    """REJECTED: the losing side refused. Sources disagree whether that is final: cancel before refunding."""

    PENDING = "pending"
    REJECTED = "rejected"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """`phase` is the registrar's own text, for operators."""

    name: str
    status: TransferStatus
    phase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """What a purchase answered: the registrar's order number and what it took."""

    order_id: int | None
    paid: int


class ItemKind(StrEnum):
    REGISTRATION = "registration"
    TRANSFER = "transfer"
    RENEWAL = "renewal"
    PRIVACY = "whois_privacy"
    OTHER = "other"


class ItemStatus(StrEnum):
    PENDING = "pending"
    SUCCESS = "success"
    FAILED = "failed"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderItem:
    """One line of an order at the registrar; `created_at` is the order's, None when it said none."""

    id: int
    order_id: int
    name: str
    kind: ItemKind
    status: ItemStatus
    created_at: datetime | None
    price: int
