"""The table of routes: what each takes, answers and refuses. Refusals are codes of the error catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hostcart.contract import registrar_orders, responses
from hostcart.contract.domain_requests import DomainOrderRequest
from hostcart.contract.requests import SiteOrderRequest
from pydantic import BaseModel

from tools.openapi import examples

ANYWHERE: Final = ("request_blocked", "too_many_requests", "internal_error", "temporarily_unavailable")
_CREDENTIAL: Final = ("unauthenticated", "account_required", "account_forbidden", *ANYWHERE)
READ: Final = (*_CREDENTIAL, "insufficient_scope")
WRITE: Final = (*_CREDENTIAL, "oauth_not_allowed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """An answer that is no refusal. `headers` and `links` name entries of the document's components."""

    description: str
    model: type[BaseModel] | None = None
    examples: Mapping[str, Any] | None = None
    headers: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`parameters` names entries of the document's components; `access` is read, write, registrar or public.

    `messages` are refusals in the registrar API's shape, by status.
    """

    method: str
    path: str
    operation_id: str
    summary: str
    description: str
    access: str
    parameters: tuple[str, ...] = ()
    body: type[BaseModel] | None = None
    body_examples: Mapping[str, Any] | None = None
    successes: Mapping[int, Success]
    codes: tuple[str, ...]
    messages: Mapping[int, str] = field(default_factory=dict)


_REGISTRAR: Final = {
    400: "Invalid Argument",
    403: "Permission Denied",
    500: "Internal Error",
    503: "Service Unavailable",
}
_NOT_MODIFIED: Final = Success(
    description="The client has this version already.", headers=("ETag", "RetryAfterWhileOpen")
)
_ORDER_ACCEPTED: Final = Success(
    description="Accepted. The same answer is given to a repeat under the same Idempotency-Key.",
    model=responses.CartEnvelope,
    examples=examples.ACCEPTED,
    headers=("Location", "RetryAfter"),
    links=("PollCart",),
)

ROUTES: Final = (
    Route(
        method="post",
        path="/api/orders",
        operation_id="orderSite",
        summary="Order a new site",
        description="Charges the account's default payment method off-session and provisions a WordPress"
        " site in the background. Poll cart.poll_url until its order appears and is terminal. After a"
        " time-out or a 5xx send the same request again under the same Idempotency-Key.",
        access="write",
        parameters=("Account", "IdempotencyKey"),
        body=SiteOrderRequest,
        body_examples=examples.SITE_ORDERS,
        successes={202: _ORDER_ACCEPTED},
        codes=(
            *WRITE,
            "invalid_json",
            "validation_failed",
            "invalid_idempotency_key",
            "unknown_variant",
            "unknown_location",
            "unknown_plan",
            "unknown_term",
            "variant_unavailable",
            "missing_pricing",
            "account_cannot_order",
            "no_default_payment_method",
            "price_changed",
            "unsupported_media_type",
            "payload_too_large",
            "idempotency_key_reused",
            "cart_pay_failed",
            "amount_below_minimum",
        ),
    ),
    Route(
        method="post",
        path="/api/orders/domain",
        operation_id="orderDomain",
        summary="Register or transfer a domain",
        description="Charges the account's default payment method off-session and registers or transfers the"
        " domain in the background, with its DNS zone and a renewal subscription. Needs a user's credential."
        " Poll cart.poll_url until its order appears and is terminal.",
        access="write",
        parameters=("Account", "IdempotencyKey"),
        body=DomainOrderRequest,
        body_examples=examples.DOMAIN_ORDERS,
        successes={202: _ORDER_ACCEPTED},
        codes=(
            *WRITE,
            "user_required",
            "feature_disabled",
            "trial_account",
            "invalid_json",
            "validation_failed",
            "invalid_idempotency_key",
            "invalid_action",
            "invalid_domain",
            "unsupported_tld",
            "pricing_unavailable",
            "price_changed",
            "authcode_required",
            "incomplete_contact",
            "invalid_contact",
            "invalid_contact_source",
            "account_cannot_order",
            "no_default_payment_method",
            "domain_unavailable",
            "domain_add_failed",
            "domain_contact_invalid",
            "domain_contact_needs_augmentation",
            "unsupported_media_type",
            "payload_too_large",
            "idempotency_key_reused",
            "cart_pay_failed",
            "amount_below_minimum",
        ),
    ),
    Route(
        method="get",
        path="/api/orders",
        operation_id="listOrders",
        summary="List all orders of an account",
        description="Newest first. Any page costs the same.",
        access="read",
        parameters=("Account", "Page", "PerPage"),
        successes={
            200: Success(
                description="One page.",
                model=responses.OrderList,
                examples=examples.ORDER_LIST,
                headers=("Link", "TotalCount"),
            )
        },
        codes=(*READ, "invalid_pagination"),
    ),
    Route(
        method="get",
        path="/api/orders/{id}",
        operation_id="getOrder",
        summary="View an order",
        description="Poll until order.status is completed, failed or cancelled.",
        access="read",
        parameters=("OrderId", "Account", "IfNoneMatch"),
        successes={
            200: Success(
                description="The order.",
                model=responses.OrderView,
                examples=examples.ORDER,
                headers=("ETag", "RetryAfterWhileOpen"),
            ),
            304: _NOT_MODIFIED,
        },
        codes=(*READ, "not_found"),
    ),
    Route(
        method="delete",
        path="/api/orders/{id}",
        operation_id="cancelOrder",
        summary="Cancel an order",
        description="Accepted until the order's point of no return: a site until it is delivered, a domain's"
        " registration until the registrar is asked, a transfer while it is under way. The order then ends as"
        " cancelled, and any payment is given back; poll it until then. A transfer that the registrar no"
        " longer stops goes on. A repeat of an accepted request is accepted again.",
        access="write",
        parameters=("OrderId", "Account"),
        successes={
            202: Success(
                description="Accepted, now or before.",
                model=responses.CartEnvelope,
                examples=examples.CANCELLING,
                headers=("OrderLocation", "RetryAfterWhileOpen"),
                links=("PollOrder",),
            )
        },
        codes=(*WRITE, "not_found", "order_not_cancellable"),
    ),
    Route(
        method="patch",
        path="/api/orders/{id}",
        operation_id="updateOrder",
        summary="Reserved",
        description="An order cannot be updated: always refused.",
        access="write",
        parameters=("OrderId", "Account"),
        successes={},
        codes=(*WRITE, "update_not_supported"),
    ),
    Route(
        method="get",
        path="/api/carts/{token}",
        operation_id="getCart",
        summary="View a cart",
        description="Poll during the window in which the order does not exist yet. The shape is that of"
        " the answer to an order.",
        access="read",
        parameters=("CartToken", "Account", "IfNoneMatch"),
        successes={
            200: Success(
                description="The cart.",
                model=responses.CartEnvelope,
                examples=examples.CART,
                headers=("ETag", "RetryAfterWhileOpen"),
                links=("PollOrder",),
            ),
            304: _NOT_MODIFIED,
        },
        codes=(*READ, "not_found"),
    ),
    Route(
        method="post",
        path="/webhooks/stripe",
        operation_id="receiveStripeWebhook",
        summary="An event of Stripe",
        description="For Stripe alone: the signature over the body is the credential. The body is Stripe's"
        " Event as JSON, 256 KiB at the most. An event decides nothing; it has the order that it is about"
        " looked at now. Any answer but 2xx asks for the event again.",
        access="public",
        parameters=("StripeSignature",),
        successes={
            200: Success(
                description="Taken note of.", model=responses.WebhookReceipt, examples=examples.WEBHOOK
            )
        },
        codes=(
            *ANYWHERE,
            "webhook_signature_invalid",
            "webhook_event_invalid",
            "invalid_json",
            "payload_too_large",
            "webhook_object_unknown",
        ),
    ),
    Route(
        method="get",
        path="/api/about",
        operation_id="about",
        summary="What can be ordered",
        description="Plans with terms and prices, variants, locations with what is available in them,"
        " and TLDs. Needs no credential.",
        access="public",
        successes={
            200: Success(description="The catalogue now.", model=responses.About, examples=examples.ABOUT)
        },
        codes=ANYWHERE,
    ),
    Route(
        method="get",
        path="/api/about/tlds/{tld}",
        operation_id="aboutTld",
        summary="What a TLD asks of an order",
        description="Its years, transfer rules, notices, and a JSON Schema of the contact of each role, so"
        " that a client can build its form. Needs no credential.",
        access="public",
        parameters=("Tld",),
        successes={
            200: Success(
                description="The TLD's requirements.",
                model=responses.TldRequirements,
                examples=examples.TLD_REQUIREMENTS,
            )
        },
        codes=(*ANYWHERE, "not_found"),
    ),
    Route(
        method="get",
        path="/v4/orders",
        operation_id="listRegistrarOrders",
        summary="List all orders of an account, as name.com's v4 API does",
        description="Oldest first. A page is a range of order numbers: it costs the same at any depth, and a"
        " filter leaves orders out of it without cutting the pages anew.",
        access="registrar",
        parameters=(
            "RegistrarAccount",
            "RegistrarPerPage",
            "RegistrarPage",
            "RegistrarDir",
            "RegistrarDomainName",
            "RegistrarTld",
            "RegistrarDateStart",
            "RegistrarDateEnd",
            "RegistrarOrderStatus",
        ),
        successes={
            200: Success(
                description="One page.",
                model=registrar_orders.RegistrarOrderList,
                examples=examples.REGISTRAR_ORDER_LIST,
                headers=("LinkToLaterPages",),
            )
        },
        codes=ANYWHERE,
        messages=_REGISTRAR,
    ),
    Route(
        method="get",
        path="/v4/orders/{orderId}",
        operation_id="getRegistrarOrder",
        summary="View an order, as name.com's v4 API does",
        description="Adds to the list's entry the registrar and each item's original price.",
        access="registrar",
        parameters=("RegistrarOrderId", "RegistrarAccount"),
        successes={
            200: Success(
                description="The order.",
                model=registrar_orders.RegistrarOrderDetails,
                examples=examples.REGISTRAR_ORDER,
            )
        },
        codes=ANYWHERE,
        messages=_REGISTRAR | {404: "Not Found"},
    ),
)
