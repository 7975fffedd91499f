"""The registrar API's orders: who asks, pages cut by order number, and one order.

A page is a range of numbers, so that it costs the same at any depth and holds the same orders whatever
arrives. A filter leaves orders out of a page; it does not cut the pages anew. Numbers are dense, so that an
order which the index does not show yet is known to be missing, and never passed over.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hostcart.contract.errors import ApiError
from hostcart.contract.statuses import SaleKind
from hostcart.domain.accounts import Caller
from hostcart.domain.sales import Sale
from hostcart.domain.sales_filter import OrdersWanted
from hostcart.ports import CartStore, Directory, UnavailableError
from hostcart.use_cases.authenticate import UnauthenticatedError, authenticate_basic

_LARGEST_ID = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrarOrdersPorts:
    """`with_sites` is False where orders of sites are left out."""

    carts: CartStore
    directory: Directory
    with_sites: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersFound:
    """One page; `last_page` counts them all. `parent_account_id` is None for an account without a parent."""

    sales: Sequence[Sale]
    last_page: int
    parent_account_id: int | None


def registrar_caller(name: str, key: str, ports: RegistrarOrdersPorts) -> Caller:
    """Who has this name (of a user or an account) and this API key. Raises ApiError unauthenticated."""
    try:
        return authenticate_basic(name, key, ports.directory)
    except UnauthenticatedError as refused:
        raise ApiError("unauthenticated") from refused


def list_registrar_orders(account_id: str, wanted: OrdersWanted, ports: RegistrarOrdersPorts) -> OrdersFound:
    """The page that is wanted; one behind the last is empty. Raises UnavailableError."""
    total = ports.carts.last_number(account_id)
    first = (wanted.page - 1) * wanted.per_page + 1
    last = min(first + wanted.per_page - 1, total)
    if wanted.newest_first:
        first, last = total + 1 - last, total + 1 - first
    sales = ports.carts.sales(account_id, first=first, last=last) if first <= last else ()
    _refuse_gaps(sales, first, last, total)
    shown = [sale for sale in sales if wanted.filter.admits(sale) and _appears(sale, ports)]
    return OrdersFound(
        sales=shown[::-1] if wanted.newest_first else shown,
        last_page=max(1, -(-total // wanted.per_page)),
        parent_account_id=_parent(account_id, ports.directory),
    )


def read_registrar_order(account_id: str, number: int, ports: RegistrarOrdersPorts) -> Sale | None:
    """The account's order of this number, None when there is none. Raises UnavailableError."""
    if not 1 <= number <= ports.carts.last_number(account_id):
        return None
    found = ports.carts.sales(account_id, first=number, last=number)
    if not found:
        raise UnavailableError("index_behind")
    return next((sale for sale in found if _appears(sale, ports)), None)


def _refuse_gaps(sales: Sequence[Sale], first: int, last: int, total: int) -> None:
    """A list without the newest orders is that of a moment ago; one that passes over an order would hide it
    from whoever follows the pages. Raises UnavailableError.
    """
    numbers = [sale.number for sale in sales]
    end = first + len(numbers) - 1
    if numbers != list(range(first, end + 1)) or end < last < total:
        raise UnavailableError("index_behind")


def _appears(sale: Sale, ports: RegistrarOrdersPorts) -> bool:
    return ports.with_sites or any(item.kind is not SaleKind.SITE for item in sale.items)


def _parent(account_id: str, directory: Directory) -> int | None:
    account = directory.account(account_id)
    parent = None if account is None else account.snapshot.parent_id
    if parent is None or not (parent.isascii() and parent.isdigit()):
        return None
    return int(parent) if int(parent) <= _LARGEST_ID else None
