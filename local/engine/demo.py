"""`python -m local run`: start the stack, order one of each kind, show them being delivered, stay up."""

import json
import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from rich.console import Console

from local.engine import aws, lifecycle
from local.engine.demo_client import (
    DEADLINE_SECONDS,
    POLL_SECONDS,
    Client,
    DemoFailed,
    Json,
    await_callback,
    listed,
    require_one_callback,
    verified_signature,
)
from local.engine.workspace import Workspace

INTERRUPTED: Final = 130
TERMINAL: Final = {"completed", "failed", "cancelled"}
TLD: Final = "com"
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


@dataclass(frozen=True)
class Demo:
    """The stack, where to say what happens, whether Ctrl-C was pressed, and each order's callback.

    `hooks` are the callbacks' paths by cart.
    """

    stack: Mapping[str, Any]
    say: Callable[[str], None]
    stopped: threading.Event
    hooks: dict[str, str] = field(default_factory=dict)

    def label(self, name: str, text: str) -> None:
        self.say(f"[bold]{name}[/bold]{' ' * (11 - len(name))}{text}")


def run(workspace: Workspace) -> int:
    """Start, order, show, wait for Ctrl-C, stop; 1 when an order was not delivered exactly once.

    `HOSTCART_RUN_ONCE=1` stops right after showing.
    """
    console = Console(highlight=False)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())

    def say(line: str) -> None:
        console.print(line, soft_wrap=True)

    stack = lifecycle.up(workspace, say)
    try:
        try:
            demo = Demo(stack, say, stopped)
            order_site(demo)
            order_domain(demo)
            count_callbacks(demo)
        except DemoFailed as failure:
            if stopped.is_set():
                return INTERRUPTED
            console.print(f"[red]failed:[/red] {failure}", soft_wrap=True)
            return 1
        _print_addresses(stack, console)
        if os.environ.get("HOSTCART_RUN_ONCE") != "1" and not stopped.is_set():
            console.print("\nup until Ctrl-C")
            stopped.wait()
        return 0
    finally:
        console.print("stopping")
        lifecycle.down(workspace)


def order_site(demo: Demo) -> Json:
    """Order a site as account `ready`, follow it to the end, and check all that must have happened once.

    Raises:
        DemoFailed: it ended otherwise, late, or something happened twice or not at all.
    """
    order = _order(demo, "/api/orders", _site_order)
    site = order["site"]
    ssh = site["ssh_data"]
    demo.label("site", f"{site['name']} at {site['domain']} ({site['variant']}, {site['location']})")
    demo.label("ssh", f"{ssh['username']}@{ssh['ipaddr']} port {ssh['port']}, password given")
    _show_money(demo, order)
    order_id = order["order"]["id"]
    sites = [entry for entry in listed(demo.stack, "sites", "sites") if entry["id"] == order_id]
    if len(sites) != 1:
        raise DemoFailed(f"expected one site, the sandbox holds {sites}")
    return order


def order_domain(demo: Demo) -> Json:
    """The same for a domain: one order at the registrar and one zone besides.

    Raises:
        DemoFailed: as `order_site`.
    """
    order = _order(demo, "/api/orders/domain", _domain_order)
    domain = order["domain"]
    name, servers = domain["name"], domain["nameservers"]
    demo.label("domain", f"{name} until {domain['expires_at']}, registration {domain['registration_id']}")
    demo.label("zone", f"{domain['zone_id']}, nameservers {' '.join(servers)}")
    _show_money(demo, order)
    held = [entry for entry in listed(demo.stack, "registrar", "domains") if entry["name"] == name]
    bought = [
        entry["id"]
        for entry in listed(demo.stack, "registrar", "orders")
        if name in {item["name"] for item in entry["items"]}
    ]
    zones = _zones(demo.stack, name)
    if [entry["status"] for entry in held] != ["active"] or len(bought) != 1 or zones != [domain["zone_id"]]:
        raise DemoFailed(f"expected one domain, one order and one zone, got {held}, {bought}, {zones}")
    demo.label("registrar", f"one order {bought[0]}, one domain")
    return order


def count_callbacks(demo: Demo) -> None:
    """Once the executions have ended, when nothing more can come.

    Raises:
        DemoFailed: one went on or failed, or an order was not told of exactly once.
    """
    for cart, hook in demo.hooks.items():
        _await_success(demo.stack, cart)
        require_one_callback(demo.stack, hook)
    demo.say("")
    demo.label("callbacks", "one for each order")


def _order(demo: Demo, path: str, body: Callable[[Json], Json]) -> Json:
    """Place it as account `ready`, follow it to its end, see its callback and its one invoice."""
    shop = Client(demo.stack, "ready")
    hook = f"/orders-demo/{uuid.uuid4().hex[:8]}"
    callback = {"authorization": f"Bearer {uuid.uuid4().hex}", "url": demo.stack["callback_url"] + hook}
    accepted = shop.post(path, body(shop.get("/api/about")) | {"callback": callback})
    cart = accepted["cart"]["token"]
    demo.say("")
    demo.label("accepted", f"cart {cart}, payment {accepted['payment']['status']}")
    order = _follow(shop, accepted["cart"]["poll_url"], demo)
    received = await_callback(demo.stack, hook)
    signature = verified_signature(received, shop.callback_secret)
    demo.label("callback", f"{received['body']['type']} delivered, signature {signature[:12]}... verified")
    demo.hooks[cart] = hook
    _check_money(demo, order, cart)
    return order


def _site_order(about: Json) -> Json:
    """An order of the first thing that the catalogue offers where there is room."""
    location = next(place for place in about["locations"] if place.get("available", True))
    return {
        "site": {
            "name": "Demo shop",
            "variant": _short_name(about["variants"][0]),
            "location": _short_name(location),
            "plan": _short_name(about["plans"][0]),
            "term": "monthly",
        }
    }


def _domain_order(about: Json) -> Json:
    """A name that nobody has, under a TLD that is sold."""
    if TLD not in {tld["name"] for tld in about["tlds"]}:
        raise DemoFailed(f".{TLD} is not sold")
    return {"domain": {"name": f"demo-{uuid.uuid4().hex[:8]}.{TLD}", "contact": CONTACT}}


def _short_name(entry: Any) -> str:
    return str(entry) if isinstance(entry, str) else str(entry.get("short_name") or entry["name"])


def _follow(shop: Client, poll_url: str, demo: Demo) -> Json:
    """Poll the cart until its order shows, then the order until it is terminal, saying each change."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    began, last = time.monotonic(), ""
    while time.monotonic() < deadline and not demo.stopped.wait(POLL_SECONDS):
        cart = shop.get(poll_url)
        shown = f"cart {cart['cart']['status']}, payment {cart['payment']['status']}"
        order: Json = {}
        if cart["orders"]:
            order = shop.get(cart["orders"][0]["poll_url"])
            tasks = " ".join(f"{task.get('name', task['id'])}:{task['status']}" for task in order["tasks"])
            shown = f"order {order['order']['status']}, payment {order['payment']['status']}  {tasks}"
        if shown != last:
            demo.say(f"{time.monotonic() - began:5.1f} s    {shown}")
            last = shown
        if order and order["order"]["status"] in TERMINAL:
            if order["order"]["status"] != "completed":
                raise DemoFailed(f"the order ended {order['order']['status']}: {json.dumps(order)}")
            return order
    raise DemoFailed(f"the order was not terminal after {DEADLINE_SECONDS} s: {last}")


def _show_money(demo: Demo, order: Json) -> None:
    payment, subscription = order["payment"], order["subscription"]
    cents, term = payment["amount_charged_cents"], subscription["bucket_type"]
    demo.label("payment", f"{payment['status']} by {payment['method_type']}: {cents} cents")
    demo.label("renewal", f"{subscription['status']}, {term}, {subscription['stripe_id']}")


def _check_money(demo: Demo, order: Json, cart: str) -> None:
    """Look behind the API: what the payment processor holds for it must be exactly what was ordered.

    Orders that the last stop interrupted go on meanwhile, so nothing is counted over all.
    """
    invoices = [
        entry for entry in listed(demo.stack, "stripe", "invoices") if cart in json.dumps(entry["metadata"])
    ]
    charged = order["payment"]["amount_charged_cents"]
    if [(entry["status"], entry["amount_paid"]) for entry in invoices] != [("paid", charged)]:
        raise DemoFailed(f"expected one paid invoice over {charged}, the sandbox holds {invoices}")
    subscriptions = [
        entry["id"]
        for entry in listed(demo.stack, "stripe", "subscriptions")
        if entry["metadata"].get("order_id") == order["order"]["id"]
    ]
    if subscriptions != [order["subscription"]["stripe_id"]]:
        raise DemoFailed(f"expected one subscription, got {subscriptions}")
    demo.label("stripe", f"one invoice {invoices[0]['id']}, one subscription")


def _zones(stack: Mapping[str, Any], name: str) -> list[str]:
    """The ids of the hosted zones of a name."""
    route53 = aws.client("route53", stack["aws_endpoint"])
    found = route53.list_hosted_zones_by_name(DNSName=name)["HostedZones"]
    return [zone["Id"].removeprefix("/hostedzone/") for zone in found if zone["Name"] == f"{name}."]


def _await_success(stack: Mapping[str, Any], cart: str) -> None:
    """Until the execution of the cart has succeeded."""
    client = aws.client("stepfunctions", stack["stepfunctions_endpoint"])
    arn = f"{stack['state_machine_arn'].replace(':stateMachine:', ':execution:')}:{cart}"
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (status := client.describe_execution(executionArn=arn)["status"]) != "SUCCEEDED":
        if status != "RUNNING" or time.monotonic() > deadline:
            raise DemoFailed(f"the execution of cart {cart} is {status}")
        time.sleep(POLL_SECONDS)


def _print_addresses(stack: Mapping[str, Any], console: Console) -> None:
    console.print()
    for name in (
        "api_url",
        "stripe_url",
        "registrar_url",
        "sites_url",
        "callback_url",
        "login_url",
        "stepfunctions_endpoint",
    ):
        console.print(f"{name:24}{stack[name]}", soft_wrap=True)
    console.print(f"{'accounts':24}{' '.join(stack['accounts'])}", soft_wrap=True)
