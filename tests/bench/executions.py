"""State transitions and task invocations of orders in which nothing goes wrong, by the real handlers."""

from collections import Counter
from dataclasses import replace
from typing import Any, Final

from tests.sam_template import Template
from tests.workflow.cases import Outcome, run
from tests.workflow.scenarios import ALL
from tests.workflow.world import World, running

STRAIGHT: Final = {"site": "delivered", "domain": "registered", "transfer": "transferred"}
_DAY: Final = 86_400

type Json = dict[str, Any]


def executions() -> Json:
    """{kind: {"transitions", "invocations": {function: times}, "days"}}, with the template's intervals."""
    with running() as world:
        return {kind: counted(under_defaults(world, kind)) for kind in STRAIGHT}


def under_defaults(world: World, kind: str) -> Outcome:
    """An order of this kind, with the waits and intervals that the template has when none is given."""
    parameters = Template().document["Parameters"]
    waits = {
        name: str(spec["Default"])
        for name, spec in parameters.items()
        if name.endswith("Seconds") and "Default" in spec
    }
    (scenario,) = (scenario for scenario in ALL if scenario.name == STRAIGHT[kind])
    return run(world, replace(scenario, parameters=waits))


def counted(outcome: Outcome) -> Json:
    """A transition is each state entered; a retry is one more."""
    failed = sum(event["type"] == "TaskFailed" for event in outcome.history)
    functions = {
        name: str(state["Parameters"]["FunctionName"]).rpartition(":")[2].removesuffix("Function")
        for name, state in outcome.definition["States"].items()
        if state["Type"] == "Task"
    }
    return {
        "transitions": len(outcome.states) + failed,
        "invocations": dict(Counter(functions[state] for state in outcome.states if state in functions)),
        "days": round(sum(outcome.waits) / _DAY, 1),
    }
