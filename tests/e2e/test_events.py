"""Every example event answers what events/expected.yaml says, under the real runtime client."""

import json
from collections.abc import Mapping
from typing import Any, Final

import pytest
import yaml
from hostcart.contract import registrar_orders, responses
from pydantic import BaseModel

from local.engine import invoke
from local.engine.runtime_api import Outcome
from local.engine.workspace import ROOT
from tests.e2e.support import held
from tests.e2e.support.patience import await_value
from tests.e2e.support.shop import PRICE, Shop
from tests.e2e.support.world import World

type Expected = Mapping[str, Any]

EVENTS: Final = ROOT / "events"
EXPECTED: Final[Mapping[str, Expected]] = yaml.safe_load((EVENTS / "expected.yaml").read_text())
NEEDS: Final = {"fault", "sites", "made", "moved"}
MODELS: Final[Mapping[str, type[BaseModel]]] = {
    "order_site": responses.CartEnvelope,
    "order_domain": responses.CartEnvelope,
    "cancel_order": responses.CartEnvelope,
    "describe_tld": responses.TldRequirements,
    "get_cart": responses.CartEnvelope,
    "get_order": responses.OrderView,
    "list_orders": responses.OrderList,
    "describe_catalogue": responses.About,
    "list_registrar_orders": registrar_orders.RegistrarOrderList,
    "get_registrar_order": registrar_orders.RegistrarOrderDetails,
    "receive_stripe_webhook": responses.WebhookReceipt,
}


def _function(event: str) -> str:
    return event.partition("/")[2].partition("__")[0]


@pytest.fixture(scope="module")
def outcomes(world: World) -> Mapping[str, Outcome]:
    """The outcome of each event; one process serves all events of a function."""
    world.stack.seed_past_orders()  # some read one of these
    for order in held.ORDERS.values():
        held.place(world, order)
    found = _run(world, "order_site") | _run(world, "order_domain")
    shop = Shop(world.http, world.facts["api_url"], world.accounts["ready"])
    for function in ("order_site", "order_domain"):  # the later events read these orders
        accepted = json.loads(found[f"api/{function}__accepted.json"].payload["body"])
        shop.until(accepted["cart"]["token"], _is_completed)
    for function in dict.fromkeys(map(_function, EXPECTED)):
        if function not in {"order_site", "order_domain"}:
            found |= _run(world, function)
    return found


def _is_completed(cart: Mapping[str, Any]) -> bool:
    return bool(cart["cart"]["rollup_status"] == "completed")


def _run(world: World, function: str) -> dict[str, Outcome]:
    """The outcomes of a function's events; one that needs something before has a process of its own."""
    names = [name for name in EXPECTED if _function(name) == function]
    plain = [name for name in names if not NEEDS & set(EXPECTED[name])]
    here = world.stack.workspace
    found = dict(zip(plain, invoke.run_all(here, function, [_event(name) for name in plain]), strict=True))
    for name in names:
        if name not in found:
            _prepare(world, EXPECTED[name])
            found[name] = invoke.run(here, function, _event(name))
    return found


def _prepare(world: World, expected: Expected) -> None:
    """What the event needs before."""
    if "fault" in expected:
        world.arm("stripe", **expected["fault"])
    if "sites" in expected:
        world.site_settings(**expected["sites"])
    if token := expected.get("made"):
        await_value(lambda: [site["status"] for site in world.sites(token)] == ["ready"], seconds=20)
    if name := expected.get("moved"):
        await_value(lambda: _is_moved(world, name), seconds=60)


def _is_moved(world: World, name: str) -> bool:
    transfers = world.http.get(f"{world.facts['registrar_url']}/_sandbox/transfers").json()
    return [entry["status"] for entry in transfers if entry["name"] == name] == ["Completed"]


def _event(name: str) -> Any:
    return json.loads((EVENTS / name).read_text())


@pytest.mark.parametrize("name", [name for name in EXPECTED if "status" in EXPECTED[name]])
def test_an_http_event_is_answered_as_expected(name: str, outcomes: Mapping[str, Outcome]) -> None:
    outcome, expected = outcomes[name], EXPECTED[name]
    assert not outcome.failed, outcome.payload
    answer = outcome.payload
    assert answer["statusCode"] == expected["status"], answer
    if not answer["body"]:
        assert expected["status"] == 304
        return
    body = json.loads(answer["body"])
    assert body.get("code") == expected.get("code")
    assert body | expected.get("result", {}) == body
    if "message" in expected:
        assert answer["headers"]["Content-Type"] == "application/json"
        assert (
            registrar_orders.RegistrarError.model_validate_json(answer["body"]).message == expected["message"]
        )
        return
    refused = answer["statusCode"] >= 400
    assert answer["headers"]["Content-Type"] == f"application/{'problem+' if refused else ''}json"
    (responses.Problem if refused else MODELS[_function(name)]).model_validate_json(answer["body"])


@pytest.mark.parametrize("name", [name for name in EXPECTED if "effect" in EXPECTED[name]])
def test_the_authorizer_decides_as_expected(name: str, outcomes: Mapping[str, Outcome]) -> None:
    policy = outcomes[name].payload
    (statement,) = policy["policyDocument"]["Statement"]
    assert statement["Effect"] == EXPECTED[name]["effect"]
    assert statement["Resource"].endswith("/prod/*")
    assert ("context" in policy) == (EXPECTED[name]["effect"] == "Allow")


def _without_http(name: str) -> bool:
    return name.startswith(("tasks/", "schedule/")) or "over_the_bus" in name


@pytest.mark.parametrize("name", [name for name in EXPECTED if _without_http(name)])
def test_a_task_or_an_event_of_the_bus_ends_as_expected(name: str, outcomes: Mapping[str, Outcome]) -> None:
    outcome, expected = outcomes[name], EXPECTED[name]
    assert outcome.failed == ("error" in expected), outcome.payload
    if outcome.failed:
        error = (outcome.payload["errorType"], outcome.payload["errorMessage"])
        assert error == (expected["error"], expected["code"])
    else:
        assert outcome.payload | expected["result"] == outcome.payload


def test_orders_are_read_with_their_secrets_by_the_owner(outcomes: Mapping[str, Outcome]) -> None:
    for name in ("api/get_order__found.json", "api/get_order__completed.json"):
        order = json.loads(outcomes[name].payload["body"])
        assert order["order"]["status"] == "completed"
        assert order["site"]["ssh_data"]["password"]


@pytest.mark.usefixtures("outcomes")
def test_the_tasks_by_hand_delivered_once(world: World) -> None:
    order = held.ORDERS["delivered"]
    world.delivered_once(order.token, amount=PRICE)
    assert [entry["body"]["type"] for entry in world.received(order.callback)] == ["order.completed"]


@pytest.mark.usefixtures("outcomes")
def test_the_tasks_by_hand_gave_back_what_was_paid_and_charged_nothing_declined(world: World) -> None:
    order = held.ORDERS["undeliverable"]
    (paid,) = world.invoices(order.token)
    assert (paid["amount_paid"], paid["amount_refunded"]) == (PRICE, PRICE)
    assert (world.subscriptions(order.token), world.sites(order.token)) == ([], [])
    assert len(world.received(order.callback)) == 1
    (cancelled,) = world.invoices(held.ORDERS["cancelled"].token)
    assert (cancelled["amount_paid"], cancelled["amount_refunded"]) == (PRICE, PRICE)
    (declined,) = world.invoices(held.ORDERS["declined"].token)
    assert (declined["status"], declined["amount_paid"]) == ("void", 0)


@pytest.mark.usefixtures("outcomes")
def test_the_tasks_by_hand_bought_two_domains_and_gave_a_third_back(world: World) -> None:
    """Registered, transferred, refused: one order at the registrar for each of the first two."""
    ordered = {name: held.ORDERS[name].domain or {} for name in ("registered", "moved", "unregistrable")}
    registrar = world.facts["registrar_url"]
    owned = {entry["name"] for entry in world.http.get(f"{registrar}/_sandbox/domains").json()}
    bought = [
        item["name"]
        for order in world.http.get(f"{registrar}/_sandbox/orders").json()
        for item in order["items"]
    ]
    assert {name: (item["name"] in owned, bought.count(item["name"])) for name, item in ordered.items()} == {
        "registered": (True, 1),
        "moved": (True, 1),
        "unregistrable": (False, 0),
    }
    (refunded,) = world.invoices(held.ORDERS["unregistrable"].token)
    assert refunded["amount_paid"] == refunded["amount_refunded"] > 0
