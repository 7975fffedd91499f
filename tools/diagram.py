"""Draw the state machine out of its definition: python -m tools.diagram [--check] [--output FILE]

Exit: 0 written, or with --check up to date; 1 the file is out of date.
"""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

_ROOT: Final = Path(__file__).resolve().parents[1]
DEFINITION: Final = _ROOT / "statemachine" / "fulfil_order.asl.yaml"
OUTPUT: Final = _ROOT / "docs" / "diagrams" / "fulfil_order.md"
_SIGNS: Final = {
    "StringEquals": "=",
    "BooleanEquals": "=",
    "NumericEquals": "=",
    "NumericGreaterThan": ">",
    "NumericLessThan": "<",
}
_NOTE: Final = (
    "`${...}` are parameters of `template.yaml`. A task that failed and is not tried again goes where the"
    " diagram says."
)
_ENDS: Final = frozenset({"Succeed", "Fail"})

type State = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(
        prog="python -m tools.diagram", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args(arguments)
    text = page(yaml.safe_load(DEFINITION.read_text()))
    current = options.output.read_text() if options.output.exists() else None
    if current == text:
        sys.stdout.write(f"{options.output.name} is up to date.\n")
        return 0
    if options.check:
        sys.stderr.write(f"{options.output.name} is out of date: run `python -m tools.diagram`.\n")
        return 1
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(text)
    sys.stdout.write(f"{options.output.name} written.\n")
    return 0


def page(definition: State) -> str:
    """The Markdown page: a Mermaid diagram of every way, and how often each task is tried."""
    return "\n".join(
        [
            "# FulfilOrder",
            "",
            f"{definition['Comment']}. Made from the definition by `python -m tools.diagram`.",
            "",
            "```mermaid",
            "stateDiagram-v2",
            *(f"    {line}" for line in _diagram(definition)),
            "```",
            "",
            _NOTE,
            "",
            "| task | seconds it may take | never tried again after | tried again after anything else |",
            "|---|---|---|---|",
            *_rows(definition),
            "",
        ]
    )


def _diagram(definition: State) -> Iterator[str]:
    states: dict[str, State] = definition["States"]
    yield from (f"state {name} <<choice>>" for name, state in states.items() if state["Type"] == "Choice")
    yield f"[*] --> {definition['StartAt']}"
    for name, state in states.items():
        yield from _ways(name, state)


def _ways(name: str, state: State) -> Iterator[str]:
    if state["Type"] in _ENDS or state.get("End"):
        yield f"{name} --> [*]"
    if "Next" in state:
        yield f"{name} --> {state['Next']}"
    for choice in state.get("Choices", []):
        yield f"{name} --> {choice['Next']}: {_condition(choice)}"
    if "Default" in state:
        yield f"{name} --> {state['Default']}: otherwise"
    for catcher in state.get("Catch", []):
        yield f"{name} --> {catcher['Next']}: {_errors(catcher['ErrorEquals'])}"
    if state["Type"] == "Task" and "Catch" not in state:
        yield f"{name} --> [*]: fails, can be redriven"


def _condition(choice: State) -> str:
    if "And" in choice:
        return " and ".join(_condition(part) for part in choice["And"])
    (operator,) = choice.keys() - {"Variable", "Next", "Comment"}
    value = choice[operator]
    shown = str(value).lower() if isinstance(value, bool) else value
    return f"{choice['Variable'].removeprefix('$.')} {_SIGNS[operator]} {shown}"


def _errors(names: Sequence[str]) -> str:
    return "any error" if "States.ALL" in names else ", ".join(names)


def _rows(definition: State) -> Iterator[str]:
    for name, state in definition["States"].items():
        if state["Type"] == "Task":
            never = [e for r in state["Retry"] if r.get("MaxAttempts") == 0 for e in r["ErrorEquals"]]
            again = [_schedule(r) for r in state["Retry"] if r.get("MaxAttempts") != 0]
            seconds = str(state.get("TimeoutSeconds") or f"`{state['TimeoutSecondsPath']}`")
            cells = (name, seconds, ", ".join(never) or "none", "; ".join(again))
            yield f"| {' | '.join(cells)} |"


def _schedule(retrier: State) -> str:
    text = (
        f"{retrier['MaxAttempts']} times, first after `{retrier['IntervalSeconds']}` s,"
        f" then {retrier['BackoffRate']:g} times as long, at most `{retrier['MaxDelaySeconds']}` s"
    )
    return f"{text}, with jitter" if retrier.get("JitterStrategy") == "FULL" else text


if __name__ == "__main__":
    sys.exit(main())
