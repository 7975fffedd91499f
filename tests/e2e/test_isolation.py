"""What belongs to another account is not there: every endpoint, every kind of credential."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.e2e.support import routes
from tests.e2e.support.problems import refused
from tests.e2e.support.shop import Shop, new_key, site_body
from tests.e2e.support.world import World, order_id

type Shops = Callable[..., Shop]

CREDENTIALS = ("user_key", "account_key", "session_token", "oauth_read_token")
OWNER, STRANGERS = "ready", ("child", "eur", "empty")
NO_ORDER = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Owned:
    """An order of account `ready`, its key, and its poll paths."""

    token: str
    key: str

    @property
    def paths(self) -> dict[str, str]:
        return {"cart": f"/api/carts/{self.token}", "order": f"/api/orders/{order_id(self.token)}"}


@pytest.fixture(scope="module")
def owned(world: World) -> Owned:
    client, key = Shop(world.http, world.facts["api_url"], world.accounts[OWNER]), new_key()
    token = client.place(key=key)
    client.finish(token)
    world.outcome(token)
    return Owned(token, key)


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("kind", ["cart", "order"])
def test_the_owner_sees_it(owned: Owned, shop: Shops, kind: str, credential: str) -> None:
    assert shop(OWNER, credential).get(owned.paths[kind]).status_code == 200


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("stranger", STRANGERS)
@pytest.mark.parametrize("kind", ["cart", "order"])
def test_in_their_own_account_it_is_not_there(
    owned: Owned, shop: Shops, kind: str, stranger: str, credential: str
) -> None:
    client = shop(stranger, credential)
    problem = refused(client.get(owned.paths[kind]), "not_found")
    unknown = "0" * 32 if kind == "cart" else NO_ORDER
    nothing = refused(client.get(f"/api/{kind}s/{unknown}"), "not_found")
    assert {**problem, "request_id": ""} == {**nothing, "request_id": ""}  # not even that it exists is told
    etag = {"If-None-Match": "*"}
    refused(client.get(owned.paths[kind], headers=etag), "not_found")


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("stranger", STRANGERS)
def test_nor_can_they_cancel_it(owned: Owned, shop: Shops, stranger: str, credential: str) -> None:
    client = shop(stranger, credential)
    if credential.startswith("oauth"):
        refused(client.call("DELETE", owned.paths["order"]), "oauth_not_allowed")
        return
    problem = refused(client.call("DELETE", owned.paths["order"]), "not_found")
    nothing = refused(client.call("DELETE", f"/api/orders/{NO_ORDER}"), "not_found")
    assert {**problem, "request_id": ""} == {**nothing, "request_id": ""}


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("stranger", STRANGERS)
@pytest.mark.parametrize(("method", "path"), routes.AUTHORISED)
def test_the_owner_s_account_is_closed_to_them(
    owned: Owned, shop: Shops, *, method: str, path: str, stranger: str, credential: str
) -> None:
    client = shop(stranger, credential)
    code = "oauth_not_allowed" if method != "GET" and credential.startswith("oauth") else "account_forbidden"
    request = {"json": site_body()} if method == "POST" else {}
    address = path.format(id=order_id(owned.token), token=owned.token)
    headers = {"X-Auth-Account": shop(OWNER).account_id}
    refused(client.call(method, address, headers=headers, **request), code)


def test_nothing_came_of_it(owned: Owned, world: World) -> None:
    world.delivered_once(owned.token, amount=1300)


@pytest.mark.parametrize("path", [path for method, path in routes.AUTHORISED if method == "GET"])
def test_oauth_reads_with_the_scope_only(owned: Owned, shop: Shops, path: str) -> None:
    address = path.format(id=order_id(owned.token), token=owned.token)
    assert shop(OWNER, "oauth_read_token").get(address).status_code == 200
    refused(shop(OWNER, "oauth_other_token").get(address), "insufficient_scope")


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("stranger", STRANGERS)
def test_lists_show_one_s_own(owned: Owned, shop: Shops, stranger: str, credential: str) -> None:
    client = shop(stranger, credential)
    answer = client.get("/api/orders", params={"per_page": "100"})
    assert answer.status_code == 200
    owners = {entry["account"]["id"] for entry in answer.json()["orders"]}
    assert owners <= {client.account_id}
    assert order_id(owned.token) not in answer.text


def test_a_key_of_another_account_finds_nothing(owned: Owned, shop: Shops, world: World) -> None:
    """The same Idempotency-Key with the same body must not lead to another account's cart."""
    client = shop("child")
    token = client.place(key=owned.key)
    assert token != owned.token
    client.finish(token)
    world.outcome(token)
