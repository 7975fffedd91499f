"""References stay below what lies before `/api`: the stage, or a custom domain's mapping."""

from typing import Any
from urllib.parse import urljoin

import pytest
from hostcart.entry.http import Request, Response, http_door, json_response
from hostcart.entry.links import reference_to

from tests.unit.entry.events import event

CART = "/api/carts/0b7c9f0e5a3d4c219f6e2d1a8b7c6e5f"
ORDER = "/api/orders/0b7c9f0e-5a3d-4c21-9f6e-2d1a8b7c6e5f"
CALLED = [
    ("/api/orders", "/api/orders", CART),
    ("/api/orders/domain",) * 2 + (CART,),
    ("/api/orders/{id}", ORDER, ORDER),
]


def location(resource: str, target: str, **context: str) -> str:
    """What a handler of the resource would send."""
    sent: dict[str, Any] = event("POST", resource)
    sent["requestContext"] |= context

    def handle(request: Request) -> Response:
        return json_response(202, {}, {"Location": reference_to(request, target)})

    return str(http_door(handle)(sent, None)["headers"]["Location"])


@pytest.mark.parametrize(("resource", "called", "path"), CALLED)
@pytest.mark.parametrize("before", ["/prod", "/shop", "", "/a/b"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_it_is_below_what_was_called(
    resource: str, called: str, path: str, *, before: str, slash: str
) -> None:
    found = location(resource, path, domainName="api.example", path=before + called + slash)
    assert found == f"https://api.example{before}{path}"


@pytest.mark.parametrize(("resource", "called", "path"), CALLED)
def test_it_is_relative_where_the_address_is_not_known(resource: str, called: str, path: str) -> None:
    found = location(resource, path)
    assert not found.startswith(("/", "http"))
    assert urljoin(f"http://127.0.0.1:1/stage{called}", found) == f"http://127.0.0.1:1/stage{path}"
