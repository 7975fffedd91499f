"""From the HTTP request to the validated command of a domain order."""

from collections.abc import Callable

from hostcart.contract.domain_requests import DomainOrderRequest, fault_code
from hostcart.entry.order_body import parse_order


def parse_domain_order(body: bytes, callback_fault: Callable[[str], str | None]) -> DomainOrderRequest:
    """The request. Raises ApiError invalid_json, or the code of the fields at fault with all of them."""
    return parse_order(DomainOrderRequest, body, callback_fault, fault_code)
