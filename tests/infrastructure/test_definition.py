"""The state machine keeps its own rules: nothing waits for ever, nothing fails unseen, names are names."""

import ast
import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hostcart.adapters.dynamodb_rate_limit import windows
from hostcart.use_cases import errors

from tests.sam_template import DEFINITION, MACHINE, ROOT, Template, folder_of

TEMPLATE = Template()
STATES: dict[str, Any] = TEMPLATE.definition()["States"]
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
# What fails here has no compensation left: the task itself fails, so that a redrive resumes at it.
LAST = frozenset({"ActivateDomainSubscription", "RefundPayment", "CloseOrder", "SendCallback"})
# Both states activate a subscription; only a site can be given back when that fails.
FUNCTION_OF = {"ActivateDomainSubscription": "ActivateSubscription"}
WAITS = {name for name, state in TASKS.items() if state["Resource"].endswith(".waitForTaskToken")}


@pytest.mark.parametrize("name", TASKS)
class TestTask:
    """Each state that calls a function."""

    def test_gives_up(self, name: str) -> None:
        state = TASKS[name]
        if name in WAITS:
            assert re.fullmatch(r"\$\.\w+\.wait_seconds", state["TimeoutSecondsPath"])
        else:
            assert state["TimeoutSeconds"] > TEMPLATE.timeout(f"{FUNCTION_OF.get(name, name)}Function")

    def test_ends_with_a_catch_of_everything_or_fails_itself(self, name: str) -> None:
        if name in LAST:
            assert "Catch" not in TASKS[name]
        else:
            assert TASKS[name]["Catch"][-1]["ErrorEquals"] == ["States.ALL"]
            assert STATES[TASKS[name]["Catch"][-1]["Next"]]["Type"] in {"Task", "Wait"}

    def test_ends_with_a_retry_of_everything(self, name: str) -> None:
        assert TASKS[name]["Retry"][-1]["ErrorEquals"] == ["States.ALL"]
        assert TASKS[name]["Retry"][-1]["MaxAttempts"] > 0

    def test_waits_longer_each_time_up_to_a_limit(self, name: str) -> None:
        last = TASKS[name]["Retry"][-1]
        assert last["BackoffRate"] > 1
        assert last["MaxDelaySeconds"] > last["IntervalSeconds"]

    def test_never_tries_what_it_catches_by_name_again(self, name: str) -> None:
        catchers = TASKS[name].get("Catch", [])
        named = [error for c in catchers for error in c["ErrorEquals"] if error != "States.ALL"]
        never = [e for r in TASKS[name]["Retry"] if r["MaxAttempts"] == 0 for e in r["ErrorEquals"]]
        assert set(named) <= set(never)

    def test_is_named_like_folder_function_and_use_case(self, name: str) -> None:
        function = f"{FUNCTION_OF.get(name, name)}Function"
        folder = folder_of(function)
        assert TASKS[name]["Parameters"]["FunctionName"] == TEMPLATE.resolve(
            {"Fn::GetAtt": [function, "Arn"]}
        )
        assert TEMPLATE.functions[function]["CodeUri"] == f"functions/{folder}"
        handler = ast.parse((ROOT / "functions" / folder / "handler.py").read_text())
        assert ast.get_docstring(handler) == f"State {FUNCTION_OF.get(name, name)}"
        module, name = ("waiting", "wait_for") if name in WAITS else (folder, folder)
        use_case = ast.parse((ROOT / f"layers/hostcart/python/hostcart/use_cases/{module}.py").read_text())
        assert name in {node.name for node in use_case.body if isinstance(node, ast.FunctionDef)}

    def test_is_given_ids_only(self, name: str) -> None:
        given = {key.removesuffix(".$") for key in TASKS[name]["Parameters"]["Payload"]}
        assert given - {"error"} == {"account_id", "cart_token"} | (
            {"task_token"} if name in WAITS else set()
        )

    def test_selects_what_its_handler_answers(self, name: str) -> None:
        if name in WAITS:  # whatever ends a wait, it brings nothing
            assert TASKS[name]["ResultPath"] is None
            return
        folder = folder_of(f"{FUNCTION_OF.get(name, name)}Function")
        handler = ast.parse((ROOT / "functions" / folder / "handler.py").read_text())
        answered = {
            key.value
            for node in ast.walk(handler)
            if isinstance(node, ast.Return) and isinstance(node.value, ast.Dict)
            for key in node.value.keys
            if isinstance(key, ast.Constant)
        }
        selected = {path.removeprefix("$.Payload.") for path in TASKS[name]["ResultSelector"].values()}
        assert selected <= answered


@pytest.mark.parametrize("name", sorted(WAITS))
class TestWait:
    """Each state that waits for news: however it ends, what is next is a look."""

    def test_its_time_out_is_no_failure(self, name: str) -> None:
        first = STATES[name]["Catch"][0]
        assert first == {
            "ErrorEquals": ["NewsArrivedError", "States.Timeout"],
            "ResultPath": None,
            "Next": STATES[name]["Next"],
        }
        assert STATES[name]["Retry"][0] == {"ErrorEquals": first["ErrorEquals"], "MaxAttempts": 0}

    def test_without_a_token_it_waits_as_long(self, name: str) -> None:
        pause = STATES[STATES[name]["Catch"][-1]["Next"]]
        assert pause["Type"] == "Wait"
        assert pause["SecondsPath"] == STATES[name]["TimeoutSecondsPath"]
        assert pause["Next"] == STATES[name]["Next"]


@pytest.mark.parametrize("name", ["ChargePayment", "RegisterDomain", "RefundPayment"])
def test_asking_the_registrar_outlasts_a_used_up_rate_limit(name: str) -> None:
    """Half the delays is what full jitter comes to; giving up before would refund what is only throttled."""
    longest = max(window.seconds for window in windows(per_second=20, per_hour=3000))
    last = TASKS[name]["Retry"][-1]
    assert last["JitterStrategy"] == "FULL"
    delays = [
        min(last["IntervalSeconds"] * last["BackoffRate"] ** retry, last["MaxDelaySeconds"])
        for retry in range(last["MaxAttempts"])
    ]
    assert sum(delays) / 2 > 3 * longest


def test_every_named_error_is_a_class_of_the_use_cases() -> None:
    known = {name for name, _ in inspect.getmembers(errors, inspect.isclass)}
    named = set(_named_errors())
    assert named
    assert named <= known


def test_errors_that_end_an_order_are_not_tried_again() -> None:
    """All of them but the one that says: try again later."""
    ending = {
        name
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.TaskError) and kind is not errors.TaskError
    }
    assert set(_named_errors()) == ending - {"CallbackUndeliveredError"}


def _named_errors() -> Iterator[str]:
    for state in STATES.values():
        for clause in (*state.get("Retry", []), *state.get("Catch", [])):
            yield from (error for error in clause["ErrorEquals"] if not error.startswith("States."))


def test_a_choice_always_has_a_way() -> None:
    choices = [state for state in STATES.values() if state["Type"] == "Choice"]
    assert choices
    assert all("Default" in state for state in choices)


def test_every_end_is_meant() -> None:
    assert {name for name, state in STATES.items() if state.get("End")} == {"SendCallback"}
    for name, state in STATES.items():
        assert state["Type"] != "Succeed", f"{name}: a transition that does nothing"
        if state["Type"] == "Fail":
            assert state["Error"] == name
            assert state["Cause"].endswith(".")


def test_what_is_substituted_is_given_and_used() -> None:
    (machine,) = TEMPLATE.of_type(MACHINE).values()
    given = machine["Properties"]["DefinitionSubstitutions"]
    assert set(re.findall(r"\$\{(\w+)\}", DEFINITION.read_text())) == set(given)


def test_the_role_of_the_machine_invokes_its_functions_and_nothing_else() -> None:
    called = {("lambda:InvokeFunction", state["Parameters"]["FunctionName"]) for state in TASKS.values()}
    assert {(grant.action, grant.resource) for grant in TEMPLATE.grants("FulfilOrder")} == called
