"""Orders of events/held.yaml: placed over the API, and left for single tasks to carry out.

`python -m tests.e2e.support.held` places them on the running local stack.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpx
import yaml

from local.engine import aws, workspace
from tests.e2e.support.shop import Shop, site_body
from tests.e2e.support.stack import LocalStack
from tests.e2e.support.world import World

FILE: Final = workspace.ROOT / "events" / "held.yaml"
CONTACT: Final = {
    "first_name": "Ada",
    "last_name": "Example",
    "street_address": "1 Example Road",
    "post_code": "97201",
    "city": "Portland",
    "state": "OR",
    "country": "US",
    "email": "ada@client.example",
    "phone": "+1.5035550123",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One order, of a site or of the `domain`.

    `callback` is a path at the sink, `charged` has the payment taken at once.
    """

    account: str
    key: str
    token: str
    name: str | None = None
    domain: Mapping[str, str] | None = None
    callback: str | None = None
    charged: bool = False


ORDERS: Final[Mapping[str, Held]] = {
    name: Held(**fields) for name, fields in yaml.safe_load(FILE.read_text()).items()
}


def place(world: World, held: Held) -> None:
    """Place the order. A repeat changes nothing."""
    shop = Shop(world.http, world.facts["api_url"], world.accounts[held.account])
    event = {"account_id": shop.account_id, "cart_token": held.token}
    _take_name(world, held.token, event)
    token = _order(world, shop, held)
    assert token == held.token, f"{held.key} is {token}"
    if held.charged:
        answer = aws.client("lambda", world.facts["aws_endpoint"]).invoke(
            FunctionName=world.facts["functions"]["ChargePaymentFunction"], Payload=json.dumps(event)
        )
        assert "FunctionError" not in answer, answer["Payload"].read()


def _order(world: World, shop: Shop, held: Held) -> str:
    """The token of the cart that the order is placed with."""
    if held.domain is None:
        url = None if held.callback is None else {"url": world.facts["callback_url"] + held.callback}
        return shop.place(site_body(callback=url, name=held.name), key=held.key)
    body = {"domain": {**held.domain, "contact": CONTACT}}
    answer = shop.call("POST", "/api/orders/domain", json=body, headers={"Idempotency-Key": held.key})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["cart"]["token"])


def _take_name(world: World, token: str, event: Mapping[str, str]) -> None:
    """Let an execution of the cart end before there is a cart: a name starts no second one."""
    started = world.stepfunctions.exceptions.ExecutionAlreadyExists
    try:
        world.stepfunctions.start_execution(
            stateMachineArn=world.facts["state_machine_arn"], name=token, input=json.dumps(event)
        )
    except started:
        return
    assert world.outcome(token)["status"] == "FAILED"


def main() -> None:
    stack = LocalStack(workspace.from_environment().home)
    with httpx.Client(timeout=60, trust_env=False) as http:
        world = World(stack, http)
        for name, held in ORDERS.items():
            place(world, held)
            print(f"{name:16}cart {held.token} of account {world.accounts[held.account]['id']}")


if __name__ == "__main__":
    main()
