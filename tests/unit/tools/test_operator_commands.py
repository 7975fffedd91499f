"""`python -m tools.ledger`, `.redrive`, `.findings`: what they print and how they end."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hostcart import wiring
from hostcart.domain.findings import FindingKind, Judgement, Subject
from hostcart.ports_reconcile import ExecutionStatus

from tests.fakes.platform import START
from tests.fakes.reconcile import FakeExecutions, execution
from tests.fakes.reconcile_world import NOBODY, Bench
from tests.fakes.world import ACCOUNT
from tools import deployment, findings, ledger, redrive

TOKEN = "0123456789abcdef" * 2
DAY = ["--day", "2026-11-21"]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A deployment in memory, behind the wiring."""
    bench = Bench()
    monkeypatch.setattr(deployment, "connect", lambda _: None)
    for name, port in (
        ("billing", bench.billing),
        ("carts", bench.world.carts),
        ("executions", bench.executions),
        ("findings", bench.findings),
    ):
        monkeypatch.setattr(wiring, name, lambda port=port: port)
    return bench  # type: ignore[return-value]


def test_a_day_that_balances(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.world.order()
    bench.world.charge()
    bench.world.provision()
    bench.world.activate()
    bench.world.close()
    bench.pays()
    assert ledger.main(DAY) == 0
    printed = capsys.readouterr().out
    assert "13.00 USD" in printed
    assert "It balances." in printed


def test_a_day_with_a_break_names_the_order(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.pays("in_9", NOBODY)
    assert ledger.main(DAY) == 1
    printed = capsys.readouterr().out
    assert NOBODY in printed
    assert "invoice in_9 keeps 13.00 USD, delivered 0.00 USD" in printed
    assert "1 orders break it." in printed


def test_a_day_without_invoices(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    del bench
    assert ledger.main(DAY) == 0
    assert capsys.readouterr().out == "2026-11-21: no invoices.\n"


@pytest.mark.parametrize(
    ("status", "code", "resumed"),
    [
        (ExecutionStatus.FAILED, 0, [TOKEN]),
        (ExecutionStatus.ABORTED, 0, [TOKEN]),
        (ExecutionStatus.RUNNING, 1, []),
        (ExecutionStatus.SUCCEEDED, 1, []),
    ],
)
def test_a_redrive_resumes_what_has_ended_badly(
    bench: Bench, status: ExecutionStatus, code: int, resumed: list[str]
) -> None:
    bench.executions.known[TOKEN] = execution(status, name=TOKEN)
    assert redrive.main([TOKEN]) == code
    assert bench.executions.resumed == resumed


def test_an_orders_id_is_taken_for_its_token(bench: Bench) -> None:
    bench.executions.known[TOKEN] = execution(ExecutionStatus.FAILED)
    assert redrive.main(["01234567-89ab-cdef-0123-456789abcdef"]) == 0
    assert bench.executions.resumed == [TOKEN]


def test_an_order_without_an_execution_needs_its_account(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    assert redrive.main([TOKEN]) == 2
    assert "--account" in capsys.readouterr().err
    assert redrive.main([TOKEN, "--account", ACCOUNT]) == 0
    assert bench.executions.known[TOKEN].account_id == ACCOUNT


@pytest.mark.parametrize("text", ["x", TOKEN[:-1], f"{TOKEN}-2"])
def test_what_is_no_token_is_refused(bench: Bench, capsys: pytest.CaptureFixture[str], text: str) -> None:
    assert redrive.main([text]) == 2
    assert capsys.readouterr().err == "A token has 32 hexadecimal digits.\n"
    assert isinstance(bench.executions, FakeExecutions)


def test_findings_are_listed_accepted_and_reopened(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    assert findings.main([]) == 0
    assert capsys.readouterr().out == "Nothing was found.\n"
    subject = Subject(kind=FindingKind.PAYMENT_UNKNOWN, id="in_9", account_id=ACCOUNT)
    bench.findings.put(subject, Judgement.BROKEN, START)
    assert findings.main([]) == 1
    assert "in_9" in capsys.readouterr().out
    assert findings.main(["--accept", "payment_unknown", "in_9"]) == 0
    assert "accepted" in capsys.readouterr().out
    assert findings.main(["--reopen", "payment_unknown", "in_9"]) == 1


def test_no_cell_is_cut_off_where_nobody_looks(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """Piped, or in a narrow window: kind, id and token are what the next command is given."""
    subject = Subject(
        kind=FindingKind.SUBSCRIPTION_WITHOUT_DELIVERY,
        id="sub_1S2vYrArVgeIbUhCgX7MbE9f",
        account_id="10000001",
        cart_token="7ec94f7b963f5069a8a6decaa7a39221",
    )
    bench.findings.put(subject, Judgement.BROKEN, START)
    findings.main([])
    shown = capsys.readouterr().out
    for cell in (subject.kind, subject.id, str(subject.cart_token)):
        assert cell in shown


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [("payment_unknown", "There is no finding payment_unknown in_9."), ("nonsense", "A kind is one of")],
)
def test_what_was_not_found_cannot_be_accepted(
    bench: Bench, capsys: pytest.CaptureFixture[str], kind: str, sentence: str
) -> None:
    assert bench.run(after=timedelta(hours=1)).breaks == {}
    assert findings.main(["--accept", kind, "in_9"]) == 2
    assert capsys.readouterr().err.startswith(sentence)
