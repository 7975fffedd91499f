"""`python -m local run`: start the stack, order one of each kind, show them being delivered, stay up."""

import json
import os
import signal
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console

from local.engine import lifecycle
from local.engine.lifecycle import StackError
from local.engine.workspace import Workspace

DEADLINE_SECONDS = 120
POLL_SECONDS = 0.3
INTERRUPTED = 130
TERMINAL = {"completed", "failed", "cancelled"}
Json = dict[str, Any]


class DemoFailed(RuntimeError):  # noqa: N818 - reads as what happened
    """The order did not end as promised."""


def run(workspace: Workspace) -> int:
    """Start, order, show, wait for Ctrl-C, stop; 1 when the order was not delivered exactly once.

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
            order_site(stack, say, stopped)
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


def order_site(stack: Mapping[str, Any], say: Callable[[str], None], stopped: threading.Event) -> Json:
    """Order a site as account `ready`, follow it to the end, and check all that must have happened once.

    Raises:
        DemoFailed: it ended otherwise, late, or something happened twice or not at all.
    """
    shop = _Client(stack, "ready")
    path = f"/orders-demo/{uuid.uuid4().hex[:8]}"
    accepted = shop.post("/api/orders", _site_order(shop.get("/api/about"), stack["callback_url"] + path))
    cart = accepted["cart"]["token"]
    say(f"\n[bold]accepted[/bold]   cart {cart}, payment {accepted['payment']['status']}")
    order = _follow(shop, accepted["cart"]["poll_url"], say, stopped)
    _show(order, say)
    received = _await_callback(stack, path)
    say(f"[bold]callback[/bold]   {received['body']['type']} delivered, signed {_signature(received)}")
    _check(stack, order, cart, say)
    return order


def _site_order(about: Json, callback: str) -> Json:
    """An order of the first thing that the catalogue offers where there is room."""
    location = next(place for place in about["locations"] if place.get("available", True))
    plan = about["plans"][0]
    return {
        "site": {
            "name": "Demo shop",
            "variant": _short_name(about["variants"][0]),
            "location": _short_name(location),
            "plan": _short_name(plan),
            "term": "monthly",
        },
        "callback": {"authorization": f"Bearer {uuid.uuid4().hex}", "url": callback},
    }


def _short_name(entry: Any) -> str:
    return str(entry) if isinstance(entry, str) else str(entry.get("short_name") or entry["name"])


def _follow(shop: "_Client", poll_url: str, say: Callable[[str], None], stopped: threading.Event) -> Json:
    """Poll the cart until its order shows, then the order until it is terminal, saying each change."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    began, last = time.monotonic(), ""
    while time.monotonic() < deadline and not stopped.wait(POLL_SECONDS):
        cart = shop.get(poll_url)
        shown = f"cart {cart['cart']['status']}, payment {cart['payment']['status']}"
        order: Json = {}
        if cart["orders"]:
            order = shop.get(cart["orders"][0]["poll_url"])
            tasks = " ".join(f"{task.get('name', task['id'])}:{task['status']}" for task in order["tasks"])
            shown = f"order {order['order']['status']}, payment {order['payment']['status']}  {tasks}"
        if shown != last:
            say(f"{time.monotonic() - began:5.1f} s    {shown}")
            last = shown
        if order and order["order"]["status"] in TERMINAL:
            if order["order"]["status"] != "completed":
                raise DemoFailed(f"the order ended {order['order']['status']}: {json.dumps(order)}")
            return order
    raise DemoFailed(f"the order was not terminal after {DEADLINE_SECONDS} s: {last}")


def _show(order: Json, say: Callable[[str], None]) -> None:
    site, payment, subscription = order["site"], order["payment"], order["subscription"]
    ssh = site["ssh_data"]
    say(f"[bold]site[/bold]       {site['name']} at {site['domain']} ({site['variant']}, {site['location']})")
    say(f"[bold]ssh[/bold]        {ssh['username']}@{ssh['ipaddr']} port {ssh['port']}, password given")
    cents, term = payment["amount_charged_cents"], subscription["bucket_type"]
    say(f"[bold]payment[/bold]    {payment['status']} by {payment['method_type']}: {cents} cents")
    say(f"[bold]renewal[/bold]    {subscription['status']}, {term}, {subscription['stripe_id']}")


def _check(stack: Mapping[str, Any], order: Json, cart: str, say: Callable[[str], None]) -> None:
    """Look behind the API: what the outside systems hold for it must be exactly what was ordered.

    Orders that the last stop interrupted go on meanwhile, so nothing is counted over all.
    """
    invoices = [entry for entry in _listed(stack, "invoices") if cart in json.dumps(entry["metadata"])]
    charged = order["payment"]["amount_charged_cents"]
    if [(entry["status"], entry["amount_paid"]) for entry in invoices] != [("paid", charged)]:
        raise DemoFailed(f"expected one paid invoice over {charged}, the sandbox holds {invoices}")
    order_id = str(uuid.UUID(cart))
    subscriptions = [
        entry["id"]
        for entry in _listed(stack, "subscriptions")
        if entry["metadata"].get("order_id") == order_id
    ]
    sites = [entry for entry in _listed(stack, "sites") if entry["id"] == order_id]
    if subscriptions != [order["subscription"]["stripe_id"]] or len(sites) != 1:
        raise DemoFailed(f"expected one subscription and one site, got {subscriptions} and {len(sites)}")
    say(f"[bold]stripe[/bold]     one invoice {invoices[0]['id']}, one subscription")


def _listed(stack: Mapping[str, Any], view: str) -> list[Json]:
    base = stack["sites_url"] if view == "sites" else stack["stripe_url"]
    found: list[Json] = _request(f"{base}/_sandbox/{view}")
    return found


def _await_callback(stack: Mapping[str, Any], path: str) -> Json:
    """The one callback that came to `path`."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        received = [
            entry for entry in _request(f"{stack['callback_url']}/_sandbox/received") if entry["path"] == path
        ]
        if len(received) > 1:
            raise DemoFailed(f"{len(received)} callbacks came")
        if received:
            entry: Json = received[0]
            if isinstance(entry["body"], str):
                entry["body"] = json.loads(entry["body"])
            return entry
        time.sleep(POLL_SECONDS)
    raise DemoFailed("no callback came")


def _signature(received: Json) -> str:
    headers = {name.lower(): value for name, value in received["headers"].items()}
    return str(headers.get("webhook-signature", "nothing"))[:12] + "..."


def _print_addresses(stack: Mapping[str, Any], console: Console) -> None:
    console.print()
    for name in ("api_url", "stripe_url", "sites_url", "callback_url", "login_url", "stepfunctions_endpoint"):
        console.print(f"{name:24}{stack[name]}", soft_wrap=True)
    console.print(f"{'accounts':24}{' '.join(stack['accounts'])}", soft_wrap=True)


class _Client:
    """The order API as one seeded account's user sees it."""

    def __init__(self, stack: Mapping[str, Any], account: str) -> None:
        self._api = stack["api_url"]
        seeded = stack["accounts"][account]
        self._headers = {"Authorization": f"Bearer {seeded['user_key']}", "X-Auth-Account": str(seeded["id"])}

    def get(self, path: str) -> Json:
        found: Json = _request(self._api + path, headers=self._headers)
        return found

    def post(self, path: str, body: Json) -> Json:
        headers = {**self._headers, "Idempotency-Key": uuid.uuid4().hex, "Content-Type": "application/json"}
        answer: Json = _request(self._api + path, headers=headers, body=body)
        return answer


def _request(address: str, *, headers: Mapping[str, str] | None = None, body: Json | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data=data, headers=dict(headers or {}))  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        raise DemoFailed(
            f"{refused.code} from {address}: {refused.read().decode(errors='replace')}"
        ) from None
    except OSError as lost:
        raise StackError(f"{address} does not answer: {lost}") from lost
