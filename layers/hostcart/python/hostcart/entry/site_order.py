"""From the HTTP request to the validated command of a site order."""

from collections.abc import Callable

from hostcart.contract.requests import SiteOrderRequest
from hostcart.entry.order_body import parse_order


def parse_site_order(body: bytes, callback_fault: Callable[[str], str | None]) -> SiteOrderRequest:
    """The request. Raises ApiError invalid_json, or validation_failed with every field at fault."""
    return parse_order(SiteOrderRequest, body, callback_fault)
