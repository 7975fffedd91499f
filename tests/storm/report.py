"""What a storm came to, in words; and the story of an order to which a promise was broken."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from tests.e2e.support.world import World
from tests.storm.customers import Order
from tests.storm.storm import Outcome

type Json = dict[str, Any]

_STORIES: Final = 5
_LONGEST: Final = 80
_DULL: Final = frozenset({"TaskScheduled", "TaskStarted", "ChoiceStateExited", "TaskStateExited"})


def summary(outcome: Outcome) -> Iterator[str]:
    """Lines."""
    orders, weather = outcome.orders, outcome.weather
    yield f"{len(orders)} orders in {outcome.seconds:.0f} s"
    states = Counter(
        (
            order.plan.kind,
            f"refused ({order.refusal})" if order.refusal else f"{order.status}, {order.payment}",
        )
        for order in orders
    )
    for (kind, state), count in sorted(states.items()):
        yield f"  {kind:10}{state:55}{count:6}"
    reasons = Counter(o.view["failure"]["code"] for o in orders if o.view.get("failure"))
    yield f"reasons of failure: {_counted(reasons)}"
    yield f"faults met: {weather.met.total()}"
    by_box: dict[str, Counter[str]] = {}
    for (box, _, action), count in weather.met.items():
        by_box.setdefault(box, Counter())[action] += count
    for box, actions in sorted(by_box.items()):
        yield f"  {box:10}{actions.total():5}  {_counted(actions)}"
    yield f"workers killed: {weather.kills.total()}  {_counted(weather.kills)}"
    yield f"outages: {', '.join(weather.outages) or 'none'}"
    yield f"events: {weather.lost} times none delivered for a while, sent again {weather.doubled}"
    repeated = sum(o.plan.repeats for o in orders)
    yield f"customers: POSTs repeated at once {repeated}, {_counted(outcome.told)}"
    yield f"reconciler: {_counted(outcome.repairs)}"
    yield f"LedgerBreaks: {len(outcome.findings)}"
    yield f"promises broken: {len(outcome.breaks)}"
    for order, text in outcome.breaks:
        yield f"  {'all orders' if order is None else f'{order.plan}, token {order.token}'}: {text}"


def stories(world: World, outcome: Outcome) -> Iterator[str]:
    """Of the first orders to which something was broken."""
    told: list[Order] = []
    for order, _ in outcome.breaks:
        if order is not None and order not in told and len(told) < _STORIES:
            told.append(order)
            yield from story(world, outcome, order)


def story(world: World, outcome: Outcome, order: Order) -> Iterator[str]:
    """Its calls at the sandboxes and its executions' states, by time."""
    yield f"--- {order.plan}, token {order.token}, {order.status}, payment {order.payment}"
    names = {order.token, order.id, order.plan.name, order.plan.sink}
    names |= {entry["id"] for entry in outcome.books.invoices.get(order.token, [])}
    lines = [
        (entry["at"], f"{box}: {entry['method']} {entry['path']} -> {entry['status']} {entry['fault'] or ''}")
        for box, entries in outcome.requests.items()
        for entry in entries
        if any(name in f"{entry['path']} {entry['idempotency_key']}" for name in names)
    ]
    for name in outcome.books.executions:
        if order.token and name.partition("-")[0] == order.token:
            told = [event for event in world.history(name) if event["type"] not in _DULL]
            lines += [(event["timestamp"].timestamp(), _event(event)) for event in told]
    for at, line in sorted(lines):
        yield f"    {datetime.fromtimestamp(at, UTC):%H:%M:%S.%f} {line}"


def _event(event: Json) -> str:
    for name, details in event.items():
        if name.endswith("EventDetails") and isinstance(details, dict):
            shown = [str(details[key]) for key in ("name", "error", "cause") if key in details]
            return f"{event['type']} {' '.join(text[:_LONGEST] for text in shown)}"
    return str(event["type"])


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common()) or "none"
