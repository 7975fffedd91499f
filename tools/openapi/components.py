"""Headers, parameters, links and credentials that the routes share."""

from typing import Any, Final

from hostcart.contract.statuses import SaleStatus
from hostcart.entry import registrar_query
from hostcart.entry.identity import READ_SCOPE
from hostcart.entry.pagination import DEFAULT_PER_PAGE, LARGEST_PER_PAGE

_SECONDS: Final = {"type": "integer", "minimum": 0}
_URI: Final = {"type": "string", "format": "uri-reference"}
_REFERENCE: Final = "Resolve it against the address that was called: it is relative where that is not known."

HEADERS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "RetryAfter": (
        "Retry-After",
        {"description": "Seconds to wait before the next try.", "required": True, "schema": _SECONDS},
    ),
    "RetryAfterWhileOpen": (
        "Retry-After",
        {"description": "Seconds to the next poll; absent in a terminal state.", "schema": _SECONDS},
    ),
    "RetryAfterUnlessLasting": (
        "Retry-After",
        {
            "description": "Seconds to wait before the next try; absent with feature_disabled, which no wait"
            " ends.",
            "schema": _SECONDS,
        },
    ),
    "Location": (
        "Location",
        {"description": f"The cart. {_REFERENCE}", "required": True, "schema": _URI},
    ),
    "OrderLocation": (
        "Location",
        {"description": f"The order. {_REFERENCE}", "required": True, "schema": _URI},
    ),
    "ETag": (
        "ETag",
        {
            "description": "The version; send it as If-None-Match.",
            "required": True,
            "schema": {"type": "string"},
        },
    ),
    "Link": (
        "Link",
        {
            "description": f"RFC 8288: first, prev, next and last page, if there are such. {_REFERENCE}",
            "required": True,
            "schema": {"type": "string"},
        },
    ),
    "LinkToLaterPages": (
        "Link",
        {
            "description": f"RFC 8288: next and last page, if another follows. {_REFERENCE}",
            "schema": {"type": "string"},
        },
    ),
    "TotalCount": (
        "X-Total-Count",
        {"description": "How many orders the account has.", "required": True, "schema": _SECONDS},
    ),
    "WwwAuthenticate": (
        "WWW-Authenticate",
        {"description": "The scheme to use.", "required": True, "schema": {"type": "string"}},
    ),
    "WwwAuthenticateUnlessRenamed": (
        "WWW-Authenticate",
        {
            "description": "The scheme to use. With user_required API Gateway renames it to"
            " x-amzn-Remapped-WWW-Authenticate, as every such header of a function.",
            "schema": {"type": "string"},
        },
    ),
}

_ACCOUNT: Final = {
    "name": "X-Auth-Account",
    "in": "header",
    "schema": {"type": "string", "pattern": "^[1-9][0-9]{0,9}$"},
    "example": "10000001",
}

PARAMETERS: Final[dict[str, dict[str, Any]]] = {
    "StripeSignature": {
        "name": "Stripe-Signature",
        "in": "header",
        "required": True,
        "description": "`t=<Unix seconds>,v1=<hex HMAC-SHA256 of t.body>`, of within five minutes.",
        "schema": {"type": "string", "pattern": "^t=[0-9]{1,12}(,v[0-9]=[0-9a-f]{64})+$"},
        "example": f"t=1795262400,v1={'0' * 64}",
    },
    "Account": {**_ACCOUNT, "required": True, "description": "The id of the account to act for."},
    "RegistrarAccount": {
        **_ACCOUNT,
        "description": "The id of the account to act for: needed with a user's key that reaches several.",
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Makes a repeat harmless: it finds the same cart. With another body it is refused.",
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "pattern": "^[!-~]([ -~]*[!-~])?$",
        },
        "example": "6f1c2a52-9a54-4d0e-8f38-0e5f5a1f7c11",
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The ETag of the version that the client has.",
        "schema": {"type": "string"},
        "example": '"3"',
    },
    "Page": {
        "name": "page",
        "in": "query",
        "description": "Counts from 1; a page behind the last is empty.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 10**9, "default": 1},
    },
    "PerPage": {
        "name": "per_page",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": LARGEST_PER_PAGE, "default": DEFAULT_PER_PAGE},
    },
    "OrderId": {
        "name": "id",
        "in": "path",
        "required": True,
        "description": "The order's uuid.",
        "schema": {"type": "string", "format": "uuid"},
        "example": "0b7c9f0e-5a3d-4c21-9f6e-2d1a8b7c6e5f",
    },
    "Tld": {
        "name": "tld",
        "in": "path",
        "required": True,
        "description": "Without a leading dot.",
        "schema": {"type": "string", "pattern": r"^[a-z0-9-]+(\.[a-z0-9-]+)*$"},
        "example": "com",
    },
    "RegistrarPerPage": {
        "name": "perPage",
        "in": "query",
        "schema": {
            "type": "integer",
            "format": "int32",
            "minimum": 1,
            "maximum": registrar_query.LARGEST_PER_PAGE,
            "default": registrar_query.LARGEST_PER_PAGE,
        },
    },
    "RegistrarPage": {
        "name": "page",
        "in": "query",
        "description": "Counts from 1; a page behind the last is empty.",
        "schema": {
            "type": "integer",
            "format": "int32",
            "minimum": 1,
            "maximum": registrar_query.LARGEST_INT32,
            "default": 1,
        },
    },
    "RegistrarDir": {
        "name": "dir",
        "in": "query",
        "description": "asc: oldest first.",
        "schema": {"type": "string", "enum": list(registrar_query.DIRECTIONS), "default": "asc"},
    },
    "RegistrarDomainName": {
        "name": "domainName",
        "in": "query",
        "description": "Orders for this domain, or with a leading * for domains that end so.",
        "schema": {"type": "string", "pattern": registrar_query.NAME},
        "example": "*example.com",
    },
    "RegistrarTld": {
        "name": "tld",
        "in": "query",
        "description": "Orders for domains under this TLD.",
        "schema": {"type": "string", "pattern": registrar_query.TLD},
        "example": "co.uk",
    },
    "RegistrarDateStart": {
        "name": "createDateStart",
        "in": "query",
        "description": "Orders placed then or later: a date (UTC) or RFC 3339.",
        "schema": {"type": "string"},
        "example": "2026-11-01",
    },
    "RegistrarDateEnd": {
        "name": "createDateEnd",
        "in": "query",
        "description": "Orders placed then or earlier: a date (UTC, the whole day) or RFC 3339.",
        "schema": {"type": "string"},
        "example": "2026-11-30T23:59:59Z",
    },
    "RegistrarOrderStatus": {
        "name": "orderStatus",
        "in": "query",
        "schema": {"type": "string", "enum": [status.value for status in SaleStatus]},
    },
    "RegistrarOrderId": {
        "name": "orderId",
        "in": "path",
        "required": True,
        "description": "The order's number in the account.",
        "schema": {
            "type": "integer",
            "format": "int32",
            "minimum": 1,
            "maximum": registrar_query.LARGEST_INT32,
        },
        "example": 123,
    },
    "CartToken": {
        "name": "token",
        "in": "path",
        "required": True,
        "description": "The cart's token.",
        "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "example": "0b7c9f0e5a3d4c219f6e2d1a8b7c6e5f",
    },
}

LINKS: Final[dict[str, dict[str, Any]]] = {
    "PollCart": {"operationId": "getCart", "parameters": {"token": "$response.body#/cart/token"}},
    "PollOrder": {"operationId": "getOrder", "parameters": {"id": "$response.body#/orders/0/id"}},
}

SECURITY_SCHEMES: Final[dict[str, dict[str, Any]]] = {
    "userKey": {"type": "http", "scheme": "bearer", "description": "A user's API key, hcu_..."},
    "accountKey": {"type": "http", "scheme": "bearer", "description": "An account's API key, hca_..."},
    "session": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A session token of the provider's login.",
    },
    "oauth": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": f"An OAuth access token with the scope {READ_SCOPE}; it reads and never orders.",
    },
    "registrarKey": {
        "type": "http",
        "scheme": "basic",
        "description": "The registrar API's: a user's or an account's name, and its API key as the password.",
    },
}

ACCESS: Final[dict[str, list[dict[str, list[str]]]]] = {
    "read": [{"userKey": []}, {"accountKey": []}, {"session": []}, {"oauth": [READ_SCOPE]}],
    "write": [{"userKey": []}, {"accountKey": []}, {"session": []}],
    "registrar": [{"registrarKey": []}],
    "public": [],
}
