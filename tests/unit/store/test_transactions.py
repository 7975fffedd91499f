"""Conflicts are waited out, refusals are told apart, nothing of the SDK leaves."""

from collections.abc import Callable
from typing import Any

import pytest
from hostcart.adapters.dynamodb_carts import DynamoCarts
from hostcart.adapters.dynamodb_transactions import TransactionRefusedError, transact
from hostcart.domain.cart import open_order
from hostcart.ports import (
    CapacityExhaustedError,
    CartExistsError,
    ConflictError,
    MisconfiguredError,
    Sealed,
    UnavailableError,
)

from tests.fakes.platform import START
from tests.fakes.world import PDX
from tests.unit.domain.carts import new_cart
from tests.unit.store.stubs import StubClient, cancelled, client_error

CONFLICT, FAILED = "TransactionConflict", "ConditionalCheckFailed"


def write(*errors: Exception) -> StubClient:
    client: Any = StubClient(*errors)
    transact(client, [])
    assert isinstance(client, StubClient)
    return client


@pytest.mark.parametrize(
    "reasons",
    [
        (CONFLICT, "None"),
        ("None", CONFLICT),
        ("ThrottlingError", "None"),
        ("None", "ProvisionedThroughputExceeded"),
        (CONFLICT, FAILED),
        (FAILED, CONFLICT),
    ],
)
def test_what_passes_is_waited_out(reasons: tuple[str, ...], pauses: list[float]) -> None:
    """A condition beside a conflict too: it was looked at while another transaction was half done."""
    client = write(*[cancelled(*reasons)] * 7)
    assert len(client.calls) == 8
    assert len(pauses) == 7
    assert all(pause <= min(0.5, 0.02 * 2**attempt) for attempt, pause in enumerate(pauses))


def test_conflicts_that_do_not_end_are_unavailable(pauses: list[float]) -> None:
    with pytest.raises(UnavailableError) as caught:
        write(*[cancelled(CONFLICT, CONFLICT)] * 8)
    assert caught.value.code == "contended"
    assert len(pauses) == 8


@pytest.mark.parametrize(
    ("reasons", "failed"),
    [((FAILED, "None"), {0}), (("None", FAILED), {1}), ((FAILED, FAILED), {0, 1})],
)
def test_a_condition_that_does_not_hold_is_told_by_position(
    reasons: tuple[str, ...], failed: set[int], pauses: list[float]
) -> None:
    with pytest.raises(TransactionRefusedError) as caught:
        write(cancelled(*reasons))
    assert caught.value.failed == failed
    assert pauses == []


def test_a_refusal_after_a_conflict(pauses: list[float]) -> None:
    with pytest.raises(TransactionRefusedError):
        write(cancelled(CONFLICT, "None"), cancelled("None", FAILED))
    assert len(pauses) == 1


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (client_error("ThrottlingException"), UnavailableError, "database_unavailable"),
        (client_error("TransactionInProgressException"), UnavailableError, "database_unavailable"),
        (client_error("AccessDeniedException"), MisconfiguredError, "database_denied"),
        (cancelled("ValidationError", "None"), MisconfiguredError, "database_refused"),
        (cancelled(), MisconfiguredError, "database_refused"),
    ],
)
def test_other_errors_are_the_ports(error: Exception, kind: type[Exception], code: str) -> None:
    with pytest.raises(kind) as caught:
        write(error)
    assert str(caught.value) == code


# --- what they mean to the store --------------------------------------------------------------------


def store(*errors: Exception) -> DynamoCarts:
    client: Any = StubClient(*errors)
    return DynamoCarts(client, "hostcart")


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (cancelled(FAILED, "None"), CartExistsError),
        (cancelled(FAILED, FAILED), CartExistsError),
        (cancelled("None", FAILED), CapacityExhaustedError),
    ],
)
def test_a_new_cart(error: Exception, raised: type[Exception]) -> None:
    with pytest.raises(raised):
        store(error).create(new_cart(), Sealed())


def test_a_full_slot_beside_a_twin_that_is_storing_the_cart_is_no_full_slot(pauses: list[float]) -> None:
    """Else the loser would discard the draft that the winner's cart needs."""
    with pytest.raises(CartExistsError):
        store(cancelled(CONFLICT, FAILED), cancelled(FAILED, FAILED)).create(new_cart(), Sealed())
    assert len(pauses) == 1


type Write = Callable[[DynamoCarts], object]
WRITES: dict[str, Write] = {
    "open_order": lambda carts: carts.open_order(open_order(new_cart(), 1, START)),
    "save": lambda carts: carts.save(new_cart()),
    "save and release": lambda carts: carts.save(new_cart(), release=PDX),
    "discard": lambda carts: carts.discard(new_cart()),
    "create": lambda carts: carts.create(new_cart(), Sealed()),
    "create without a slot": lambda carts: carts.create(new_cart(slot=None), Sealed()),
}


@pytest.mark.parametrize("name", ["open_order", "save and release", "discard"])
@pytest.mark.parametrize("reasons", [(FAILED, "None"), ("None", FAILED)])
def test_a_write_that_lost_is_a_conflict(name: str, reasons: tuple[str, ...]) -> None:
    with pytest.raises(ConflictError):
        WRITES[name](store(cancelled(*reasons)))


@pytest.mark.parametrize("code", ["ConditionalCheckFailedException", "TransactionConflictException"])
def test_a_plain_write_that_lost_is_a_conflict(code: str) -> None:
    """A transaction on the same item at the same moment refuses a plain write."""
    with pytest.raises(ConflictError):
        store(client_error(code)).save(new_cart())


def test_a_plain_new_cart_beside_a_transaction_is_tried_again_later() -> None:
    with pytest.raises(UnavailableError):
        store(client_error("TransactionConflictException")).create(new_cart(slot=None), Sealed())


READS: dict[str, Write] = {
    "load": lambda carts: carts.load("1", "0" * 32),
    "load_sealed": lambda carts: carts.load_sealed("1", "0" * 32),
    "last_number": lambda carts: carts.last_number("1"),
    "cart_view": lambda carts: carts.cart_view("1", "0" * 32),
    "order_view": lambda carts: carts.order_view("1", "0" * 32),
    "list_orders": lambda carts: carts.list_orders("1", page=1, per_page=1),
}


@pytest.mark.parametrize("name", [*READS, *WRITES])
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (client_error("ProvisionedThroughputExceededException"), UnavailableError),
        (client_error("InternalServerError", 500), UnavailableError),
        (client_error("AccessDeniedException"), MisconfiguredError),
        (client_error("ResourceNotFoundException"), MisconfiguredError),
        (client_error("ValidationException"), MisconfiguredError),
    ],
)
def test_no_error_of_the_sdk_leaves_the_store(name: str, error: Exception, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        (READS | WRITES)[name](store(error))


def test_a_query_that_fails_is_the_ports_error_too() -> None:
    client: Any = StubClient()
    client.get_item = lambda **_: {"Item": {"last_number": {"N": "3"}}}
    client.errors = [client_error("ThrottlingException")]
    with pytest.raises(UnavailableError):
        DynamoCarts(client, "hostcart").list_orders("1", page=1, per_page=1)
    assert client.calls == ["query"]
