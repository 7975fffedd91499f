"""Two accounts order the same name at the same moment, 100 times: one of them gets it, each time."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest

from tests.e2e.support.names import ASKING, COM, Names, domain_body, new_name, post
from tests.e2e.support.problems import refused
from tests.e2e.support.shop import Shop, new_key
from tests.e2e.support.together import at_once, by_clients
from tests.e2e.support.world import World, order_id

type Json = dict[str, Any]
type Shops = Callable[..., Shop]

RIVALS: Final = ("ready", "child")
NAMES: Final = 100
TRY_AGAIN: Final = 503
_PAIRS_AT_ONCE: Final = 2
_REPEATS: Final = 4
_ALL_DELIVERED_SECONDS: Final = 240


@dataclass(frozen=True)
class Race:
    """Winner's account and token by name, and every code that a loser was told."""

    winners: dict[str, tuple[str, str]]
    refusals: list[str]
    carts: dict[str, int]
    """How many carts each account had before."""
    invoices: int


@pytest.fixture(scope="module")
def names(world: World) -> Names:
    return Names(world)


@pytest.fixture(scope="module")
def unhurried(names: Names) -> Iterator[None]:
    with names.unhurried(*ASKING):
        yield


@pytest.fixture(scope="module")
def race(world: World, names: Names, unhurried: None) -> Race:
    del unhurried
    carts = {account: len(world.carts(account)) for account in RIVALS}
    invoices = len(world.invoices())
    clients = {
        account: Shop(world.http, world.facts["api_url"], world.accounts[account]) for account in RIVALS
    }
    contested = [new_name() for _ in range(NAMES)]
    winners: dict[str, tuple[str, str]] = {}
    refusals: list[str] = []

    def contest(name: str) -> None:
        answers = at_once(lambda account: _ordered(clients[account], name), RIVALS)
        by_account = dict(zip(RIVALS, answers, strict=True))
        assert sorted(answer.status_code for answer in answers) == [202, 422], [a.text for a in answers]
        for account, answer in by_account.items():
            if answer.status_code == 202:
                winners[name] = (account, answer.json()["cart"]["token"])
                continue
            code = answer.json()["code"]
            refused(answer, code)
            refusals.append(code)

    by_clients(_PAIRS_AT_ONCE, contest, contested)
    world.settle(seconds=_ALL_DELIVERED_SECONDS)
    return Race(winners, refusals, carts, invoices)


def _ordered(client: Shop, name: str) -> Any:
    """The answer to an order, which a client that is told to try again sends again under its key."""
    key = new_key()
    for _ in range(_REPEATS):
        answer = post(client, domain_body(name), key=key)
        if answer.status_code != TRY_AGAIN:
            break
    return answer


def test_one_order_each_time(race: Race) -> None:
    assert len(race.winners) == NAMES
    assert len(race.refusals) == NAMES
    assert set(race.refusals) <= {"domain_add_failed", "domain_unavailable"}


def test_both_met_and_both_won(race: Race) -> None:
    """Otherwise it was no race."""
    assert {account for account, _ in race.winners.values()} == set(RIVALS)


def test_nothing_of_the_loser_is_kept(race: Race, world: World) -> None:
    won = Counter(account for account, _ in race.winners.values())
    for account in RIVALS:
        assert len(world.carts(account)) - race.carts[account] == won[account]
    assert len(world.invoices()) - race.invoices == NAMES


def test_every_name_is_registered_and_paid_once(race: Race, world: World, names: Names) -> None:
    tokens = {name: token for name, (_, token) in race.winners.items()}
    ended = {entry["name"]: entry["status"] for entry in world.executions()}
    assert {ended[token] for token in tokens.values()} == {"SUCCEEDED"}
    assert names.bought(tokens) == {name: ["registration"] for name in tokens}
    zones = Counter(names.all_zones())
    assert {name: zones[name] for name in tokens} == dict.fromkeys(tokens, 1)
    paid = [invoice for invoice in world.invoices() if invoice["metadata"]["cart_token"] in tokens.values()]
    assert Counter(invoice["metadata"]["cart_token"] for invoice in paid) == Counter(tokens.values())
    assert {(invoice["status"], invoice["amount_paid"], invoice["amount_refunded"]) for invoice in paid} == {
        ("paid", COM, 0)
    }
    subscribed = Counter(entry["metadata"]["order_id"] for entry in world.subscriptions())
    assert {subscribed[order_id(token)] for token in tokens.values()} == {1}


def test_every_winner_holds_its_name_for_good(race: Race, world: World, names: Names) -> None:
    for name, (account, token) in race.winners.items():
        claim = names.claim(name)
        assert claim is not None
        assert claim["holder"]["S"] == f"{world.accounts[account]['id']}#{token}"
        assert "lease_until" not in claim


def test_twenty_at_once_for_one_name(world: World, names: Names, shop: Shops) -> None:
    """Ten of each account, each under a key of its own."""
    name = new_name()
    buyers = [account for account in RIVALS for _ in range(10)]
    before = {account: len(world.carts(account)) for account in RIVALS}
    answers = at_once(lambda account: post(shop(account), domain_body(name), key=new_key()), buyers)
    assert Counter(answer.status_code for answer in answers) == {202: 1, 422: 19}
    codes = {answer.json()["code"] for answer in answers if answer.status_code == 422}
    assert codes <= {"domain_add_failed", "domain_unavailable"}
    won = next(place for place, answer in enumerate(answers) if answer.status_code == 202)
    token = answers[won].json()["cart"]["token"]
    shop(buyers[won]).finish(token)
    world.outcome(token)
    names.delivered_once(token, name, amount=COM)
    assert len(names.orders(name)) == 1
    assert sum(len(world.carts(account)) - before[account] for account in RIVALS) == 1
