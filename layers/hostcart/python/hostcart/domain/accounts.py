"""Accounts, users and who is calling."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSnapshot:
    """What an order shows of its account, as it was when the order was placed."""

    id: str
    name: str
    status: str
    trial: bool
    currency: str
    billing_plan: str
    parent_id: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSnapshot:
    id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account with what decides whether it may order and be charged.

    `billing_contact_missing` names the billing contact's missing fields; the contact itself stays with
    the provider and with Stripe.
    """

    snapshot: AccountSnapshot
    may_order: bool
    stripe_customer_id: str | None
    payment_method_id: str | None
    payment_method_type: str | None
    billing_contact_missing: tuple[str, ...] = ()
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    snapshot: UserSnapshot
    account_ids: tuple[str, ...]


class CredentialKind(StrEnum):
    SESSION = "session"
    API_KEY = "api_key"
    ACCOUNT_KEY = "account_key"
    OAUTH = "oauth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who is calling, as the authorizer found: the handler still decides what they may do."""

    kind: CredentialKind
    user_id: str | None
    account_ids: tuple[str, ...]
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A stored API key: `name` is the user's or the account's name for Basic authentication."""

    kind: CredentialKind
    name: str
    user_id: str | None
    account_id: str | None
