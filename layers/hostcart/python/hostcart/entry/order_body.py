"""From the body of an order to the validated request, the same for every kind of order."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from hostcart.contract.errors import ApiError, FieldError
from hostcart.contract.requests import OrderRequest

type Fault = tuple[tuple[str | int, ...], str]

_KEY_LENGTH: Final = 255  # as long as Stripe's


def parse_order[R: OrderRequest](
    model: type[R],
    body: bytes,
    callback_fault: Callable[[str], str | None],
    code: Callable[[Sequence[Fault]], str] = lambda _: "validation_failed",
) -> R:
    """The request. Raises ApiError invalid_json, or the `code` of the faults with every field at fault."""
    try:
        request = model.model_validate_json(body)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        raise _refusal(faults, code) from None
    _refuse_twins(body)
    if request.callback is not None and (fault := callback_fault(request.callback.url)):
        raise ApiError(
            "validation_failed", errors=[FieldError("callback.url", "invalid_callback_url", fault)]
        )
    return request


def idempotency_key(headers: Mapping[str, str]) -> str | None:
    """The Idempotency-Key header: 1 to 255 printable ASCII characters. Raises ApiError."""
    key = headers.get("idempotency-key")
    if key is None:
        return None
    if not 0 < len(key) <= _KEY_LENGTH or not (key.isascii() and key.isprintable()):
        raise ApiError("invalid_idempotency_key", "Send 1 to 255 printable ASCII characters.")
    return key


def _refuse_twins(body: bytes) -> None:
    """A name given twice: which one counts, a client and we might see differently (RFC 8259, 4)."""

    def members(pairs: Sequence[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise ApiError(
                    "validation_failed", errors=[FieldError(name, "given_twice", "Field given twice")]
                )
            seen.add(name)

    try:
        json.loads(body, object_pairs_hook=members)
    except (ValueError, RecursionError):  # what the two parsers see differently is not taken either
        raise ApiError("invalid_json", "The body must be a JSON object.") from None


def _refusal(errors: Sequence[Any], code: Callable[[Sequence[Fault]], str]) -> ApiError:
    if any(error["type"] == "json_invalid" or not error["loc"] for error in errors):
        return ApiError("invalid_json", "The body must be a JSON object.")
    faults = [(tuple(error["loc"]), str(error["type"])) for error in errors]
    return ApiError(code(faults), errors=[_field_error(error) for error in errors])


def _field_error(error: Mapping[str, Any]) -> FieldError:
    return FieldError(
        field=".".join(str(part) for part in error["loc"]), code=error["type"], message=error["msg"]
    )
