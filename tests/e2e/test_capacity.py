"""The last place of a location: exactly one gets it, and a failed order gives it back."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.support.patience import await_value
from tests.e2e.support.shop import PRICE, Shop, site_body
from tests.e2e.support.together import at_once
from tests.e2e.support.world import World

type Shops = Callable[..., Shop]

TINY = "tiny/vanilla"


@pytest.fixture(autouse=True)
def _empty_location(world: World) -> Iterator[None]:
    world.free("tiny", "vanilla")
    yield
    world.free("tiny", "vanilla")


def _available(client: Shop) -> bool:
    locations = {place["short_name"]: place for place in client.get("/api/about").json()["locations"]}
    offered = {entry["variant"]: entry["available"] for entry in locations["tiny"]["availability"]}
    return bool(offered["vanilla"])


def test_ten_at_once_for_the_last_place(world: World, shop: Shops) -> None:
    client, before = shop("ready"), len(world.invoices())
    answers = at_once(lambda place: client.post(site_body(location="tiny", name=f"s{place}")), range(10))
    assert Counter(answer.status_code for answer in answers) == {202: 1, 400: 9}
    assert {a.json()["code"] for a in answers if a.status_code == 400} == {"variant_unavailable"}
    (token,) = (a.json()["cart"]["token"] for a in answers if a.status_code == 202)
    assert client.finish(token)["order"]["status"] == "completed"
    world.outcome(token)
    world.delivered_once(token, amount=PRICE)
    assert len(world.invoices()) == before + 1
    assert world.taken()[TINY] == 1


def test_a_full_location_refuses_and_a_failed_order_gives_its_place_back(world: World, shop: Shops) -> None:
    client = shop("ready")
    assert _available(client)
    world.site_settings(provision_seconds=3)
    failing = client.place(site_body(location="tiny", name="fail-provision"))
    assert not _available(client)
    await_value(lambda: world.sites(failing), seconds=20)  # from here on nothing grows for a while
    with world.nothing_created():
        refused = client.post(site_body(location="tiny"))
        assert (refused.status_code, refused.json()["code"]) == (400, "variant_unavailable")
    assert client.finish(failing)["order"]["status"] == "failed"
    assert world.taken()[TINY] == 0
    assert _available(client)
    world.site_settings(provision_seconds=0)
    token = client.place(site_body(location="tiny"))
    assert client.finish(token)["order"]["status"] == "completed"
    assert world.taken()[TINY] == 1
