"""Response bodies, field for field. The views in the domain render them; tests hold the views against these.

No function imports this module to answer: a poll sends stored text.
"""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.json_schema import SkipJsonSchema

from hostcart.contract.errors import CATALOGUE
from hostcart.contract.statuses import (
    CartStatus,
    MethodType,
    OrderStatus,
    PaymentStatus,
    RollupStatus,
    TaskStatus,
    Term,
)

_ORDER_ID = "0b7c9f0e-5a3d-4c21-9f6e-2d1a8b7c6e5f"
_TOKEN = "0b7c9f0e5a3d4c219f6e2d1a8b7c6e5f"  # noqa: S105 - a cart's name, not a credential
_UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


def _refuse_null(value: Any) -> Any:
    if value is None:
        raise ValueError("a field without a value is left out here, never null")
    return value


def _drop_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


def _left_out(description: str) -> Any:
    """A field that is left out, not null, when there is nothing to say."""
    return Field(default=None, description=description, json_schema_extra=_drop_default)


T = TypeVar("T")
Maybe = Annotated[T | SkipJsonSchema[None], BeforeValidator(_refuse_null)]

Timestamp = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$"),
    Field(
        description="RFC 3339, UTC, whole seconds.",
        json_schema_extra={"format": "date-time"},
        examples=["2026-11-21T17:30:00Z"],
    ),
]
Uuid = Annotated[
    str,
    StringConstraints(pattern=_UUID),
    Field(json_schema_extra={"format": "uuid"}, examples=[_ORDER_ID]),
]
AccountId = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,9}$"), Field(examples=["10000001"])]
ShortName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$")]
Currency = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z]{3}$"),
    Field(description="ISO 4217 code in lower case.", examples=["usd"]),
]
Cents = Annotated[int, Field(ge=0, description="In minor units of the currency.", examples=[1300])]
Token = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$"), Field(examples=[_TOKEN])]
CartPollUrl = Annotated[
    str, StringConstraints(pattern=r"^/api/carts/[0-9a-f]{32}$"), Field(examples=[f"/api/carts/{_TOKEN}"])
]
OrderPollUrl = Annotated[
    str,
    StringConstraints(pattern=r"^/api/orders/[0-9a-f-]{36}$"),
    Field(examples=[f"/api/orders/{_ORDER_ID}"]),
]


class _Response(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


# --- the envelope of POST /api/orders and GET /api/carts/{token} ----------------------------------------


class CartState(_Response):
    """A cart; poll it until its order appears and is terminal."""

    token: Token
    status: CartStatus
    rollup_status: RollupStatus = Field(description="The state of the cart's orders taken together.")
    poll_url: CartPollUrl


class PaymentState(_Response):
    """How the payment stands."""

    status: PaymentStatus = Field(
        description="processing: in flight; succeeded: final; awaiting_authentication: the user must act at"
        " hosted_invoice_url; failed and cancelled: nothing was charged; refund_pending and refunded: the"
        " order was not delivered and the money goes or went back."
    )
    method_type: MethodType | None = Field(description="null when nothing was due.", examples=["card"])
    hosted_invoice_url: str | None = Field(examples=["https://invoice.stripe.com/i/acct_1/test_1"])


class OrderLink(_Response):
    """An order of a cart and where to poll it."""

    id: Uuid
    status: OrderStatus
    poll_url: OrderPollUrl


class CartEnvelope(_Response):
    """`orders` is empty until the order materialises."""

    status: Literal["accepted"]
    cart: CartState
    payment: PaymentState
    orders: list[OrderLink]


# --- orders ------------------------------------------------------------------------------------------


class OrderFields(_Response):
    id: Uuid
    status: OrderStatus
    created_at: Timestamp
    updated_at: Timestamp
    location: ShortName | None = Field(
        description="The location's short name, null for an order without one.", examples=["pdx"]
    )


class AccountReference(_Response):
    id: AccountId
    name: str = Field(examples=["Example Ltd"])


class OrderEntry(OrderFields):
    """An order in the list."""

    account: AccountReference


class OrderList(_Response):
    """One page of orders, newest first."""

    orders: list[OrderEntry]


class TaskEntry(_Response):
    """A step of the fulfilment, in the order in which they run."""

    id: int = Field(ge=1, examples=[1])
    name: Literal["charge_payment", "provision_site", "register_domain", "activate_subscription"]
    status: TaskStatus


class SshData(_Response):
    """Access to the site; only the order's owner reads it."""

    ipaddr: str = Field(examples=["203.0.113.10"])
    username: str = Field(examples=["site1"])
    password: str = Field(examples=["correct-horse"])
    port: int = Field(ge=1, le=65535, examples=[22])


class SiteEntry(_Response):
    """The delivered site."""

    id: str = Field(examples=[_ORDER_ID])
    name: str = Field(examples=["My blog"])
    domain: str = Field(examples=["my-blog.sites.example"])
    variant: ShortName = Field(examples=["vanilla"])
    location: ShortName = Field(examples=["pdx"])
    ssh_data: SshData
    status: Maybe[Literal["suspended"]] = _left_out(
        "Only while the site is suspended: it was delivered before its debit settled, and the debit failed."
        " It comes back when the customer pays at payment.hosted_invoice_url, and is removed if not."
    )


class SubscriptionEntry(_Response):
    """The renewal subscription."""

    id: str = Field(examples=[_ORDER_ID])
    status: str = Field(description="As Stripe calls it.", examples=["active"])
    bucket_type: Term = Field(description="The term.")
    bucket_year: int = Field(description="UTC year in which the paid period began.", examples=[2026])
    bucket_month: int = Field(ge=1, le=12, description="UTC month in which the paid period began.")
    stripe_id: str = Field(examples=["sub_1Example"])


class DomainEntry(_Response):
    """The ordered domain and how far it is."""

    name: str = Field(description="The A-label form.", examples=["xn--bcher-kva.com"])
    unicode_name: str = Field(examples=["b\u00fccher.com"])
    action: Literal["register", "transfer"]
    status: Literal["pending", "in_progress", "active", "failed"]
    expires_at: Timestamp | None = Field(description="The registry's expiry, null before the delivery.")
    nameservers: list[str] = Field(examples=[["ns-1.example.net", "ns-2.example.org"]])
    registration_id: int | None = Field(
        description="The owned registration, to reuse its contacts; null before the delivery.", examples=[101]
    )
    zone_id: str | None = Field(description="The DNS zone.", examples=["Z0123456789"])


class PaymentEntry(PaymentState):
    """The payment of an order."""

    amount_charged_cents: Cents
    credit_applied_cents: Cents = Field(description="Account credit that paid a part, in minor units.")


class AccountEntry(_Response):
    """The account as it was when the order was placed."""

    id: AccountId
    name: str = Field(examples=["Example Ltd"])
    status: str = Field(examples=["active"])
    trial: bool
    currency: Currency
    billing_plan: str = Field(examples=["standard"])
    parent_id: AccountId | None
    created_at: Timestamp


class UserEntry(_Response):
    """The user as they were when the order was placed."""

    id: str = Field(examples=["20000001"])
    name: str = Field(examples=["A. Client"])
    email: str = Field(examples=["a.client@example.com"])


class FailureEntry(_Response):
    """Why the order is not delivered."""

    code: str = Field(pattern=r"^[a-z0-9_]+$", examples=["payment_declined"])
    detail: str


class CancellationEntry(_Response):
    """The cancellation that was asked for."""

    status: Literal["accepted", "refused"] = Field(
        description="accepted: the order ends cancelled; refused: the registrar no longer stopped the"
        " transfer, and the order goes on."
    )
    requested_at: Timestamp


class OrderView(_Response):
    """An order. Poll until order.status is completed, failed or cancelled."""

    order: OrderFields
    tasks: list[TaskEntry]
    site: Maybe[SiteEntry] = _left_out("There once the site is provisioned.")
    domain: Maybe[DomainEntry] = _left_out("There when a domain was ordered.")
    subscription: Maybe[SubscriptionEntry] = _left_out("There once the order has a subscription.")
    payment: PaymentEntry
    cancellation: Maybe[CancellationEntry] = _left_out("There once a cancellation was accepted.")
    failure: Maybe[FailureEntry] = _left_out("There when the order failed.")
    account: AccountEntry
    user: UserEntry | None = Field(description="null when the order was placed with an account key.")


# --- GET /api/about ------------------------------------------------------------------------------------


class PlanPrice(_Response):
    """What one term of a plan costs in one currency."""

    term: Term
    currency: Currency
    amount_cents: int = Field(gt=0, description="In minor units of the currency.", examples=[1300])


class PlanEntry(_Response):
    """A plan; a combination of term and currency that is not listed cannot be ordered."""

    short_name: ShortName = Field(description="Give this as site.plan.", examples=["basic"])
    title: str = Field(examples=["Basic"])
    prices: list[PlanPrice]


class VariantEntry(_Response):
    """A variant of WordPress."""

    short_name: ShortName = Field(description="Give this as site.variant.", examples=["vanilla"])
    title: str = Field(examples=["WordPress"])


class Availability(_Response):
    """Whether a variant can be ordered in a location now; variants that are not listed are not offered."""

    variant: ShortName = Field(examples=["vanilla"])
    available: bool


class LocationEntry(_Response):
    """A location and what is available in it."""

    short_name: ShortName = Field(description="Give this as site.location.", examples=["pdx"])
    title: str = Field(examples=["Portland, Oregon"])
    availability: list[Availability]


class TldPrice(_Response):
    """What a name costs in one currency for accounts of one billing plan; `renew` is each further term."""

    billing_plan: str = Field(examples=["standard"])
    currency: Currency
    action: Literal["register", "transfer", "renew"]
    amount_cents: int = Field(gt=0, description="In minor units of the currency.", examples=[1299])


class TldEntry(_Response):
    """A TLD; an action that has no price in the account's currency cannot be ordered."""

    name: str = Field(description="Without a leading dot.", examples=["com"])
    years: int = Field(ge=1, description="The term that a registration buys.", examples=[1])
    prices: list[TldPrice]
    auth_code_required: bool = Field(description="For a transfer.")
    requirements_url: str = Field(
        description="What its registry asks for, with JSON Schemas of the contacts.",
        examples=["/api/about/tlds/com"],
    )


class About(_Response):
    """What can be ordered."""

    plans: list[PlanEntry]
    variants: list[VariantEntry]
    locations: list[LocationEntry]
    tlds: list[TldEntry]


# --- GET /api/about/tlds/{tld} -----------------------------------------------------------------------------


class Years(_Response):
    min: int = Field(ge=1)
    max: int = Field(ge=1)


class TransferRules(_Response):
    """What a transfer needs and brings."""

    authcode_required: bool
    years_added: int = Field(ge=0)
    typical_days: int = Field(ge=0)


class NoticeEntry(_Response):
    """Something that a client should tell the buyer."""

    code: str = Field(pattern=r"^[a-z0-9_]+$")
    message: str


class ContactSchemas(_Response):
    """A JSON Schema (draft 2020-12) for the contact of each role."""

    owner: dict[str, Any]
    admin: dict[str, Any]
    billing: dict[str, Any]
    tech: dict[str, Any]


class TldRequirements(_Response):
    """What a TLD asks of an order, so that a client can build its form."""

    tld: str = Field(examples=["com"])
    years: Years
    transfer: TransferRules
    idn: bool = Field(description="Whether internationalised names can be ordered.")
    notices: list[NoticeEntry]
    contacts: ContactSchemas


# --- POST /webhooks/stripe ---------------------------------------------------------------------------------


class WebhookReceipt(_Response):
    """What became of an event of the payment processor."""

    status: Literal["taken", "repeated", "known", "not_ours", "given_up"] = Field(
        description="`taken`: the order is looked at now. `repeated`: it was taken before. `known`: the order"
        " has this payment already. `not_ours`: no order waits for it. `given_up`: a day has passed and its"
        " cart is not there."
    )


# --- the outbound notification -------------------------------------------------------------------------


class NotifiedOrder(OrderFields):
    poll_url: OrderPollUrl


class NotificationData(_Response):
    cart: CartState
    order: NotifiedOrder


class OrderNotification(_Response):
    """POSTed to callback.url when the order is terminal; it carries no access data."""

    type: Literal["order.completed", "order.failed", "order.cancelled"]
    timestamp: Timestamp
    data: NotificationData


# --- problems --------------------------------------------------------------------------------------------


class FieldProblem(_Response):
    """One field at fault."""

    field: str = Field(description="Dotted path in the request.", examples=["site.plan"])
    code: str = Field(pattern=r"^[a-z0-9_]+$", examples=["unknown_plan"])
    message: str


type ContactRole = Literal["owner", "admin", "billing", "tech"]


class ContactViolation(_Response):
    """A rule of the registry that a contact breaks."""

    role: ContactRole
    field: str = Field(description="A path in the contact.", examples=["country"])
    code: str = Field(pattern=r"^[a-z0-9_]+$", examples=["not_eligible"])
    message: str


class NeededProperty(_Response):
    """A field of extra_properties; any text will do where `values` is empty."""

    name: str = Field(examples=["entityType"])
    label: str
    type: Literal["String", "Date", "Integer"]
    mandatory: bool
    values: list[str]


class ContactAugmentation(_Response):
    """What a role's contact lacks."""

    role: ContactRole
    tld: str = Field(examples=["it"])
    properties: list[NeededProperty]


class Problem(_Response):
    """RFC 9457. `code` is stable and meant for programs; title and detail are for people."""

    type: Literal["about:blank"]
    title: str
    status: int = Field(ge=400, le=599, description="The HTTP status.")
    code: str = Field(json_schema_extra={"enum": [*sorted(CATALOGUE)]})
    detail: str
    request_id: str = Field(description="Name it when you ask for help.")
    errors: Maybe[list[FieldProblem]] = _left_out("The fields at fault.")
    total_cents: Maybe[Cents] = _left_out("price_changed: the price now, in minor units.")
    due_cents: Maybe[Cents] = _left_out("amount_below_minimum: what credit would leave to charge.")
    currency: Maybe[Currency] = _left_out("The currency of total_cents or due_cents.")
    violations: Maybe[list[ContactViolation]] = _left_out("domain_contact_invalid: the broken rules.")
    needs_augmentation: Maybe[list[ContactAugmentation]] = _left_out(
        "domain_contact_needs_augmentation: the fields that the registry wants."
    )
