"""Examples of the document; tests hold them against the models."""

from typing import Any, Final

from hostcart.domain import tlds
from hostcart.domain.requirements import describe

_TOKEN: Final = "0b7c9f0e5a3d4c219f6e2d1a8b7c6e5f"  # noqa: S105 - a cart's name, not a credential
_ORDER: Final = "0b7c9f0e-5a3d-4c21-9f6e-2d1a8b7c6e5f"
_PLACED: Final = "2026-11-21T17:30:00Z"
_DONE: Final = "2026-11-21T17:31:12Z"

_SITE_ORDER: Final[dict[str, Any]] = {
    "site": {"name": "My blog", "variant": "vanilla", "location": "pdx", "plan": "basic", "term": "monthly"}
}
_CALLBACK: Final = {"url": "https://client.example/hooks/orders", "authorization": "Bearer 12345"}
SITE_ORDERS: Final = {
    "site": _SITE_ORDER,
    "site_with_callback": {**_SITE_ORDER, "callback": _CALLBACK, "expected_total_cents": 1300},
}

_REGISTRANT: Final = {
    "first_name": "Ada",
    "last_name": "Example",
    "street_address": "1 Example Road",
    "post_code": "97201",
    "city": "Portland",
    "state": "OR",
    "country": "US",
    "email": "ada@example.com",
    "phone": "+1.5035550123",
}
DOMAIN_ORDERS: Final = {
    "register": {"domain": {"name": "example.com", "contact": _REGISTRANT}, "callback": _CALLBACK},
    "transfer": {
        "domain": {
            "name": "example.net",
            "action": "transfer",
            "authcode": "s3cret-code",
            "contact_source": {"registration_id": 101},
        },
        "expected_total_cents": 1399,
    },
}


def _cart(status: str, rollup: str, payment: str, orders: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "status": "accepted",
        "cart": {
            "token": _TOKEN,
            "status": status,
            "rollup_status": rollup,
            "poll_url": f"/api/carts/{_TOKEN}",
        },
        "payment": {"status": payment, "method_type": "card", "hosted_invoice_url": None},
        "orders": orders,
    }


_LINK: Final = {"id": _ORDER, "status": "completed", "poll_url": f"/api/orders/{_ORDER}"}
ACCEPTED: Final = {"accepted": _cart("active", "pending", "processing", [])}
CART: Final = {
    "no_order_yet": _cart("active", "pending", "processing", []),
    "completed": _cart("checked_out", "completed", "succeeded", [_LINK]),
}
CANCELLING: Final = {
    "accepted": _cart("processing", "processing", "succeeded", [{**_LINK, "status": "processing"}])
}

_ORDER_FIELDS: Final = {
    "id": _ORDER,
    "status": "completed",
    "created_at": _PLACED,
    "updated_at": _DONE,
    "location": "pdx",
}
ORDER_LIST: Final = {
    "one_order": {"orders": [{**_ORDER_FIELDS, "account": {"id": "10000001", "name": "Example Ltd"}}]}
}
_COMPLETED: Final[dict[str, Any]] = {
    "order": _ORDER_FIELDS,
    "tasks": [
        {"id": 1, "name": "charge_payment", "status": "completed"},
        {"id": 2, "name": "provision_site", "status": "completed"},
        {"id": 3, "name": "activate_subscription", "status": "completed"},
    ],
    "site": {
        "id": _ORDER,
        "name": "My blog",
        "domain": "my-blog.sites.example",
        "variant": "vanilla",
        "location": "pdx",
        "ssh_data": {
            "ipaddr": "203.0.113.10",
            "username": "site1",
            "password": "correct-horse",
            "port": 22,
        },
    },
    "subscription": {
        "id": "6c0f7a1e-8f43-5e0b-9a36-0c5d2f8f4b11",
        "status": "active",
        "bucket_type": "monthly",
        "bucket_year": 2026,
        "bucket_month": 11,
        "stripe_id": "sub_1Example",
    },
    "payment": {
        "status": "succeeded",
        "method_type": "card",
        "hosted_invoice_url": "https://invoice.stripe.com/i/acct_1/test_1",
        "amount_charged_cents": 1300,
        "credit_applied_cents": 0,
    },
    "account": {
        "id": "10000001",
        "name": "Example Ltd",
        "status": "active",
        "trial": False,
        "currency": "usd",
        "billing_plan": "standard",
        "parent_id": None,
        "created_at": "2025-01-31T12:00:00Z",
    },
    "user": {"id": "20000001", "name": "A. Client", "email": "a.client@example.com"},
}
_FAILED: Final[dict[str, Any]] = {
    "order": {**_ORDER_FIELDS, "status": "failed"},
    "tasks": [
        {"id": 1, "name": "charge_payment", "status": "failed"},
        {"id": 2, "name": "provision_site", "status": "skipped"},
        {"id": 3, "name": "activate_subscription", "status": "skipped"},
    ],
    "payment": {
        "status": "failed",
        "method_type": "card",
        "hosted_invoice_url": None,
        "amount_charged_cents": 0,
        "credit_applied_cents": 0,
    },
    "failure": {"code": "payment_declined", "detail": "The payment was declined."},
    "account": _COMPLETED["account"],
    "user": None,
}
_DOMAIN: Final[dict[str, Any]] = {
    **{name: value for name, value in _COMPLETED.items() if name != "site"},
    "order": {**_ORDER_FIELDS, "location": None},
    "tasks": [
        {"id": 1, "name": "charge_payment", "status": "completed"},
        {"id": 2, "name": "register_domain", "status": "completed"},
        {"id": 3, "name": "activate_subscription", "status": "completed"},
    ],
    "domain": {
        "name": "xn--bcher-kva.com",
        "unicode_name": "bücher.com",
        "action": "register",
        "status": "active",
        "expires_at": "2027-11-21T17:31:10Z",
        "nameservers": ["ns-1.example.net", "ns-2.example.org"],
        "registration_id": 101,
        "zone_id": "Z0123456789",
    },
    "subscription": {**_COMPLETED["subscription"], "bucket_type": "annual"},
    "payment": {**_COMPLETED["payment"], "amount_charged_cents": 1299},
}
_CANCELLED: Final[dict[str, Any]] = {
    **{name: value for name, value in _FAILED.items() if name != "failure"},
    "order": {**_ORDER_FIELDS, "status": "cancelled"},
    "tasks": [
        {"id": 1, "name": "charge_payment", "status": "completed"},
        {"id": 2, "name": "provision_site", "status": "cancelled"},
        {"id": 3, "name": "activate_subscription", "status": "cancelled"},
    ],
    "payment": {**_COMPLETED["payment"], "status": "refunded"},
    "cancellation": {"status": "accepted", "requested_at": "2026-11-21T17:30:04Z"},
}
ORDER: Final = {
    "completed": _COMPLETED,
    "domain_completed": _DOMAIN,
    "failed": _FAILED,
    "cancelled": _CANCELLED,
}

ABOUT: Final = {
    "catalogue": {
        "plans": [
            {
                "short_name": "basic",
                "title": "Basic",
                "prices": [
                    {"term": "monthly", "currency": "usd", "amount_cents": 1300},
                    {"term": "annual", "currency": "usd", "amount_cents": 13000},
                ],
            }
        ],
        "variants": [{"short_name": "vanilla", "title": "WordPress"}],
        "locations": [
            {
                "short_name": "pdx",
                "title": "Portland, Oregon",
                "availability": [{"variant": "vanilla", "available": True}],
            }
        ],
        "tlds": [
            {
                "name": "com",
                "years": 1,
                "prices": [
                    {"billing_plan": "standard", "currency": "usd", "action": action, "amount_cents": amount}
                    for action, amount in (("register", 1299), ("transfer", 1299), ("renew", 1499))
                ],
                "auth_code_required": True,
                "requirements_url": "/api/about/tlds/com",
            }
        ],
    }
}

WEBHOOK: Final = {"taken": {"status": "taken"}}
TLD_REQUIREMENTS: Final = {"com": describe(tlds.get("com"))}

NOTIFICATION: Final = {
    "completed": {
        "type": "order.completed",
        "timestamp": _DONE,
        "data": {
            "cart": CART["completed"]["cart"],
            "order": {**_ORDER_FIELDS, "poll_url": f"/api/orders/{_ORDER}"},
        },
    }
}

_REGISTRAR_ITEM: Final[dict[str, Any]] = {
    "id": 101,
    "status": "success",
    "name": "xn--bcher-kva.com",
    "tld": "com",
    "type": "registration",
    "price": 11.99,
    "quantity": 1,
    "duration": 1,
    "interval": "year",
}
_REGISTRAR_ORDER: Final[dict[str, Any]] = {
    "id": 101,
    "createDate": _PLACED,
    "status": "success",
    "currency": "EUR",
    "orderItems": [_REGISTRAR_ITEM],
    "authAmount": 11.99,
    "totalCapture": 11.99,
    "finalAmount": "11.99",
    "currencyRate": 0.92,
}
_REGISTRAR_REFUNDED: Final[dict[str, Any]] = {
    "id": 102,
    "createDate": _DONE,
    "status": "failed",
    "currency": "USD",
    "orderItems": [
        {
            "id": 102,
            "status": "refunded",
            "name": "My blog",
            "type": "site",
            "price": 13.0,
            "quantity": 1,
            "duration": 1,
            "interval": "month",
        }
    ],
    "authAmount": 13.0,
    "totalCapture": 13.0,
    "totalRefund": 13.0,
}
REGISTRAR_ORDER_LIST: Final = {
    "first_of_three": {
        "parentAccountId": 10000001,
        "orders": [_REGISTRAR_ORDER, _REGISTRAR_REFUNDED],
        "nextPage": 2,
        "lastPage": 3,
    }
}
REGISTRAR_ORDER: Final = {
    "domain": {
        **_REGISTRAR_ORDER,
        "registrar": "name.com",
        "orderItems": [{**_REGISTRAR_ITEM, "originalPrice": 11.99}],
    },
    "refunded": _REGISTRAR_REFUNDED
    | {"orderItems": [{**_REGISTRAR_REFUNDED["orderItems"][0], "originalPrice": 13.0}]},
}
