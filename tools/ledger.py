"""Check a day's ledger: python -m tools.ledger --day 2026-11-21 [--local .local/stack.json]

For every invoice of ours that was opened on that day (UTC): what was captured and spent of credit, less what
was refunded and credited back, is what was delivered. Orders under way are counted and not judged.
Exit: 0 it balances, 1 an order breaks it, 2 wrong usage or a system out of reach.
"""

import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from hostcart import wiring
from hostcart.domain.ledger import Balance, Entry, balances, entry_of
from hostcart.domain.money import display
from hostcart.ports import CartStore
from hostcart.ports_reconcile import Billing
from rich.console import Console
from rich.table import Table

from tools import command, deployment

UNBALANCED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(
        prog="python -m tools.ledger", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--day", type=_day, required=True, help="YYYY-MM-DD, UTC")
    deployment.add_options(parser)
    options = parser.parse_args(arguments)
    found: list[Balance] = []

    def body() -> None:
        deployment.connect(options)
        found.extend(check(options.day, wiring.billing(), wiring.carts()))
        _show(command.console(), options.day, found)

    code = command.run(body)
    return code or (UNBALANCED if any(balance.breaks for balance in found) else command.OK)


def check(day: date, billing: Billing, carts: CartStore) -> list[Balance]:
    """The day's balances, one a currency."""
    since = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return balances(
        entry_of(booking, carts.load(booking.account_id, booking.cart_token))
        for booking in billing.bookings(since=since, until=since + timedelta(days=1))
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("a day is written YYYY-MM-DD") from None


def _show(console: Console, day: date, found: Sequence[Balance]) -> None:
    if not found:
        console.print(f"{day}: no invoices.")
        return
    names = (
        "currency",
        "orders",
        "under way",
        "captured",
        "credit used",
        "refunded",
        "credited",
        "delivered",
    )
    table = Table(*names, "difference", title=f"Ledger of {day}")
    for balance in found:
        sums = (balance.captured, balance.credit_used, balance.refunded, balance.credited, balance.delivered)
        difference = sum(entry.difference for entry in balance.breaks)
        table.add_row(
            balance.currency.upper(),
            str(balance.orders),
            str(balance.in_flight),
            *(display(amount, balance.currency) for amount in (*sums, difference)),
            style="red" if balance.breaks else "green",
        )
    console.print(table)
    for balance in found:
        for entry in balance.breaks:
            console.print(_sentence(entry))
    broken = sum(len(balance.breaks) for balance in found)
    console.print("It balances." if not broken else f"{broken} orders break it.")


def _sentence(entry: Entry) -> str:
    booking = entry.booking
    status = "unknown to us" if entry.status is None else entry.status.value
    return (
        f"cart {booking.cart_token} of account {booking.account_id}: {status}, invoice {booking.invoice_id}"
        f" keeps {display(booking.kept, booking.currency)},"
        f" delivered {display(entry.delivered, booking.currency)}"
    )


if __name__ == "__main__":
    sys.exit(main())
