"""Every pair of statuses, allowed or refused."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pytest
from hostcart.contract.statuses import CartStatus, OrderStatus, PaymentStatus, TaskStatus
from hostcart.domain.transitions import CART, ORDER, PAYMENT, TASK, TransitionRefusedError, advance
from hypothesis import given
from hypothesis import strategies as st

# What a client may rely on, written out again: from -> to.
ALLOWED: dict[type[StrEnum], set[tuple[str, str]]] = {
    CartStatus: {("active", "processing"), ("processing", "checked_out")},
    OrderStatus: {
        ("pending", "processing"),
        ("pending", "failed"),
        ("pending", "cancelled"),
        ("processing", "completed"),
        ("processing", "failed"),
        ("processing", "cancelled"),
    },
    PaymentStatus: {
        ("processing", "awaiting_authentication"),
        ("awaiting_authentication", "processing"),
        *(
            (start, end)
            for start in ("processing", "awaiting_authentication")
            for end in ("succeeded", "failed", "cancelled", "refund_pending", "refunded")
        ),
        ("succeeded", "refund_pending"),
        ("succeeded", "refunded"),
        ("refund_pending", "refunded"),
    },
    TaskStatus: {
        ("pending", "running"),
        ("pending", "skipped"),
        ("pending", "cancelled"),
        ("running", "completed"),
        ("running", "failed"),
        ("running", "cancelled"),
    },
}
TABLES: list[Mapping[Any, frozenset[Any]]] = [CART, ORDER, PAYMENT, TASK]
TERMINAL = {
    CartStatus: {"checked_out"},
    OrderStatus: {"completed", "failed", "cancelled"},
    PaymentStatus: {"refunded", "failed", "cancelled"},
    TaskStatus: {"completed", "failed", "skipped", "cancelled"},
}
PAIRS = [(table, start, end) for table in TABLES for start in table for end in table]


def _kind(table: Mapping[Any, Any]) -> type[StrEnum]:
    return type(next(iter(table)))


@pytest.mark.parametrize(("table", "start", "end"), PAIRS)
def test_every_pair_is_allowed_or_refused_as_documented(table: Any, start: StrEnum, end: StrEnum) -> None:
    if start == end or (start.value, end.value) in ALLOWED[_kind(table)]:
        assert advance(table, start, end) is end
    else:
        with pytest.raises(TransitionRefusedError, match=f"{start} -> {end}"):
            advance(table, start, end)


@pytest.mark.parametrize("table", TABLES)
def test_every_status_has_a_row(table: Any) -> None:
    assert set(table) == set(_kind(table))


@given(st.sampled_from(TABLES), st.data())
def test_nothing_leaves_a_terminal_status(table: Any, data: st.DataObject) -> None:
    """Along any walk of attempted changes."""
    statuses = list(table)
    current = data.draw(st.sampled_from(statuses))
    for target in data.draw(st.lists(st.sampled_from(statuses), max_size=8)):
        ended = current.value in TERMINAL[_kind(table)]
        try:
            moved = advance(table, current, target)
        except TransitionRefusedError:
            continue
        assert not ended or moved is current
        current = moved


def test_an_orders_own_word_for_terminal_agrees() -> None:
    assert {status.value for status in OrderStatus if status.terminal} == TERMINAL[OrderStatus]
