"""docs/cost from what was measured: the table with its marks, the memory sweep, the plots."""

import operator
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from tests.bench import marks
from tests.bench.memory_sizes import GROUP, HEADROOM, REASONS, SIZES
from tests.bench.origin import told
from tests.bench.plots import Bars, svg
from tools.cost.model import Model, load
from tools.cost.monthly import kept, log_storage, monthly, zones

_MISSED: Final = "**missed**"
_POLLS: Final = 5
_MILLION: Final = 1_000_000

# What a mark asks for.
_REACHED: Final = {"<": operator.lt, "≤": operator.le, "≥": operator.ge}

type Json = dict[str, Any]
type Row = tuple[str, str, str, str]


def write(measured: Json, folder: Path) -> None:
    """Write README.md, memory.md and the plots into the folder."""
    model = load(measured)
    head = (
        f"Measured by `make bench` {told(measured['origins'])}. Do not edit: the next run writes this anew."
    )
    head += _disturbed(measured.get("busy", {}))
    rows = [*_cold(measured), *_warm(measured), *_dynamodb(measured), *_machine(measured)]
    rows += [*_packages(measured), *_dollars(model), *_billed(model), *_monthly(model), *_load(measured)]
    table = ["| what | measured | mark | |", "|---|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)]
    (folder / "results.md").write_text(
        "\n".join(["# What hostcart costs", "", head, "", *table, "", *_pictures()])
    )
    (folder / "memory.md").write_text("\n".join(["# Memory sizes", "", head, "", *_sweep(model)]))
    for name, chart in _charts(measured, model).items():
        (folder / f"{name}.svg").write_text(svg(chart))


def _disturbed(busy: dict[str, float]) -> str:
    if not busy:
        return ""
    parts = ", ".join(f"`{name}` {load:g}" for name, load in busy.items())
    return f"\n\nOther work ran on the machine when these parts began; its load average was: {parts}."


def _row(what: str, measured: float, mark: float | None, unit: str = "", *, reach: str = "≤") -> Row:
    shown = f"{measured:,.3g}" if measured < 1000 else f"{measured:,.0f}"
    if mark is None:
        return what, f"{shown}{unit}", "", ""
    good = _REACHED[reach](measured, mark)
    return what, f"{shown}{unit}", f"{reach} {mark:,g}{unit}", "" if good else _MISSED


def _cold(measured: Json) -> Iterator[Row]:
    cold = measured["cold_start"]
    yield _row(
        'floor: `import boto3; boto3.client("dynamodb")`, processor time', cold["floor_ms"], None, " ms"
    )
    for name, spent in cold["functions"].items():
        yield _row(
            f"cold start `{name}`, over the floor",
            spent["cpu_ms"] / cold["floor_ms"],
            marks.COLD_START.get(name),
            reach="<" if name in marks.POLLING else "≤",
        )
    peer = "over a stand-in: what the create handler of aws-lambda-handler-cookbook imports and builds"
    for name, mark in marks.OVER_PEER.items():
        if cold["peer_ms"] is None:
            yield f"cold start `{name}` {peer}", f"not measured: {cold['peer_missing']}", f"≤ {mark}", ""
        else:
            yield _row(
                f"cold start `{name}` {peer}", cold["functions"][name]["cpu_ms"] / cold["peer_ms"], mark
            )


def _warm(measured: Json) -> Iterator[Row]:
    for name, what in (("poll", "GET cart"), ("post", "POST /api/orders")):
        side = measured["warm"][name]
        ratio = side["ours_ms"] / side["bare_ms"]
        yield _row(f"warm {what}, processor time over a bare handler", ratio, marks.WARM[name])


def _dynamodb(measured: Json) -> Iterator[Row]:
    counted = measured["dynamodb"]
    for kind in ("site", "domain", "declined"):
        writes = sum(step["write"] for step in counted[kind].values())
        yield _row(f"{kind} order, write units", writes, marks.WRITE_UNITS.get(kind))
        for name, step in counted[kind].items():
            mark = marks.WRITE_UNITS.get(name) if kind == "site" else None
            yield _row(f"- {name} ({step['calls']} calls, {step['read']:g} read units)", step["write"], mark)
        yield _row(
            f"poll of a {kind} order, read units", counted["polls"][kind]["read"], marks.POLL_READ_UNITS
        )
    told = counted["webhook"]
    what = f"webhook of a payment that was not known yet ({told['calls']} calls, {told['read']:g} read units)"
    yield _row(what, told["write"], None)
    for size, row in measured["growth"].items():
        shown = ", ".join(f"{name} {units:g}" for name, units in row.items())
        yield f"units at {int(size):,} stored orders", shown, "equal", "" if _flat(measured) else _MISSED


def _flat(measured: Json) -> bool:
    return len({tuple(row.items()) for row in measured["growth"].values()}) == 1


def _machine(measured: Json) -> Iterator[Row]:
    for kind, run in measured["executions"].items():
        days = f" over {run['days']:g} days" if run["days"] else ""
        yield _row(f"state transitions, {kind}{days}", run["transitions"], marks.TRANSITIONS[kind])
        yield _row(f"task invocations, {kind}", sum(run["invocations"].values()), None)


def _packages(measured: Json) -> Iterator[Row]:
    sizes = measured["packages"]
    for name, size in sizes["layers"].items():
        yield _row(f"{name}, unzipped", size / 1e6, marks.LAYER_BYTES / 1e6, " MB")
    yield _row(
        "largest function, unzipped", sizes["largest_function"] / 1e3, marks.FUNCTION_BYTES / 1e3, " kB"
    )


def _dollars(model: Model) -> Iterator[Row]:
    lines = model.cost("site", _POLLS)
    yield _row(
        f"a million site orders, {_POLLS} polls each",
        sum(lines.values()) * _MILLION,
        marks.DOLLARS_PER_MILLION,
        " USD",
    )
    for service, dollars in sorted(lines.items(), key=lambda line: -line[1]):
        yield _row(f"- {service}", dollars * _MILLION, None, " USD")
    arm = sum(replace(model, architecture="arm64").cost("site", _POLLS).values())
    yield _row("the same on arm64", arm * _MILLION, None, " USD")
    yield _row("a million domain orders", sum(model.cost("domain", _POLLS).values()) * _MILLION, None, " USD")


def _billed(model: Model) -> Iterator[Row]:
    """Invocations and memory-time of all functions that one order runs."""
    for kind in ("site", "domain"):
        functions = model.functions(kind, _POLLS)
        calls = sum(function.times for function in functions)
        what = f"{kind} order with {_POLLS} polls"
        yield _row(f"invocations, {what}, with authorizer, polls and webhook", calls, None)
        yield _row(f"GB-seconds, {what}", sum(map(model.gb_seconds, functions)), None)
        for function in functions:
            size = f"{function.times:g} of {function.memory_mb} MB"
            yield _row(f"- `{function.name}` ({size})", model.gb_seconds(function), None)


def _monthly(model: Model) -> Iterator[Row]:
    lines = monthly(model)
    yield _row("each month, whatever is ordered", sum(lines.values()), None, " USD")
    for name, dollars in lines.items():
        yield _row(f"- {name}", dollars, None, " USD")
    for kind in ("site", "domain"):
        lines = kept(model, kind, _MILLION)
        what = f"kept: a million {kind} orders, each month that they stay"
        yield _row(what, sum(lines.values()), None, " USD")
        for name, dollars in lines.items():
            yield _row(f"- {name}", dollars, None, " USD")
    logs = log_storage(model, "site", _POLLS, _MILLION)
    yield _row("log storage of a million site orders, once, until the logs expire", logs, None, " USD")
    stay = zones(model.monthly_prices, 1000)
    yield _row("zones of 1,000 domains, each month that the domains stay", stay, None, " USD")


def _load(measured: Json) -> Iterator[Row]:
    found = measured["load"]
    taken = found["completion_s"]
    yield _row("POST to completed, over empty functions", taken["ours"] / taken["empty"], marks.COMPLETION)
    for clients, rates in found["polls"].items():
        what = f"polls a second, {clients} clients ({rates['ours']:g}), over a handler that does nothing"
        yield _row(what, rates["ours"] / rates["empty"], marks.POLL_RATE, reach="≥")
    for clients, rates in found["orders"].items():
        what = f"orders a second, {clients} clients ({rates['ours']:g}), over a handler that only starts"
        yield _row(what, rates["ours"] / rates["empty"], None)


def _pictures() -> list[str]:
    names = ("cold-start", "capacity", "dollars")
    return [line for name in names for line in (f"![{name}]({name}.svg)", "")]


def _charts(measured: Json, model: Model) -> dict[str, Bars]:
    cold, counted = measured["cold_start"], measured["dynamodb"]
    starts = {name: [spent["cpu_ms"] / cold["floor_ms"]] for name, spent in cold["functions"].items()}
    if cold["peer_ms"] is not None:
        starts["handler-cookbook (stand-in)"] = [cold["peer_ms"] / cold["floor_ms"]]
    steps = {
        f"{kind}: {name}": [step["write"]]
        for kind in ("site", "domain")
        for name, step in counted[kind].items()
    }
    polls = {f"{number} polls": model.cost("site", number) for number in (0, 5, 20, 60)}
    services = list(next(iter(polls.values())))
    return {
        "cold-start": Bars(
            "Cold start, processor time over the boto3 floor", "", starts, mark=(1.0, "floor")
        ),
        "capacity": Bars("Write units by step", "", steps),
        "dollars": Bars(
            "US dollars for a million site orders",
            " USD",
            {name: [line[service] * _MILLION for service in services] for name, line in polls.items()},
            parts=services,
        ),
    }


def _sweep(model: Model) -> list[str]:
    lines = [
        "Milliseconds of a warm run and US dollars for a million of them, by memory size. Waiting takes its",
        "time on any size, computing takes longer on less of a processor; the waits are the assumptions of",
        "`tools/cost/assumptions.json`.",
        "A size below one and a half times the peak of a request is left out.",
        "",
        "| function | peak | " + " | ".join(f"{size} MB" for size in SIZES) + " | chosen | why |",
        "|---|---|" + "---|" * (len(SIZES) + 2),
    ]
    for name, size in sorted(model.memory_mb.items()):
        peak = model.peak_mb(name)
        cells = [_cell(model, name, each) if each >= HEADROOM * peak else "" for each in SIZES]
        lines.append(f"| `{name}` | {peak:.0f} MB | {' | '.join(cells)} | {size} MB | {GROUP[name]} |")
    return [*lines, "", *(f"- **{group}**: {reason}" for group, reason in REASONS.items()), ""]


def _cell(model: Model, name: str, size: int) -> str:
    duration = model.duration_ms(name, size)
    price = model.prices[f"lambda_gb_second_{model.architecture}"]
    return f"{duration:.0f} ms, {duration / 1000 * size / 1024 * price * _MILLION:.2f}"
