"""Orders: placed with a purchase, refunded when it comes to nothing, listed oldest first."""

from collections.abc import Sequence

from local.sandboxes.http import Json, Request, Response
from local.sandboxes.registrar.answers import Cents, answer, internal, not_found, page
from local.sandboxes.registrar.names import Name
from local.sandboxes.registrar.store import Store, moment

_ONLY_IN_GET = frozenset({"registrar"})
_ONLY_IN_ITEM_GET = frozenset({"originalPrice"})


def place(store: Store, name: Name, items: Sequence[tuple[str, int, int]], *, hidden_until: float = 0) -> int:
    """The number of a new order of (type, cents, years) items, paid from the credit; V4Error 500 without."""
    total = sum(cents for _, cents, _ in items)
    if total > store.credit:
        raise internal()
    store.spent += total
    number = store.next_order()
    store.orders.append(
        {
            "id": number,
            "created": store.now(),
            "hidden_until": hidden_until,
            "status": "success",
            "total": total,
            "refund": 0,
            "items": [
                {
                    "id": store.next_item(),
                    "status": "success",
                    "name": name.text,
                    "tld": name.tld,
                    "type": kind,
                    "price": cents,
                    "years": years,
                }
                for kind, cents, years in items
            ],
        }
    )
    return number


def refund(store: Store, number: int) -> None:
    """Give an order's money back to the credit: its items become refunded, the order failed."""
    order = store.order(number)
    if order is None or order["status"] == "failed":
        return
    order.update(status="failed", refund=order["total"])
    store.spent -= order["total"]
    for item in order["items"]:
        item["status"] = "refunded"


def list_orders(store: Store, request: Request) -> Response:
    """GET /v4/orders: some details are left to the single order."""
    return page(request, "orders", [_view(order, listed=True) for order in visible(store)])


def get_order(store: Store, request: Request) -> Response:
    """GET /v4/orders/{id}."""
    wanted = request.params["id"]
    order = next((order for order in visible(store) if str(order["id"]) == wanted), None)
    if order is None:
        raise not_found()
    return answer(_view(order, listed=False))


def visible(store: Store) -> list[Json]:
    """The orders that the account can see by now."""
    now = store.now()
    return [order for order in store.orders if order["hidden_until"] <= now]


def _view(order: Json, *, listed: bool) -> Json:
    total, failed = Cents(order["total"]), order["status"] == "failed"
    view = {
        "id": order["id"],
        "createDate": moment(order["created"]),
        "registrar": "name.com",
        "status": order["status"],
        "currency": "USD",
        "orderItems": [_item(item, listed=listed) for item in order["items"]],
        "authAmount": total,
        "totalCapture": total,
        "totalRefund": Cents(order["refund"]),
        "finalAmount": "" if failed else f"{order['total'] / 100:.2f}",
    }
    return _without(view, _ONLY_IN_GET) if listed else view


def _item(item: Json, *, listed: bool) -> Json:
    view = {
        **{name: item[name] for name in ("id", "status", "name", "tld", "type")},
        "price": Cents(item["price"]),
        "originalPrice": Cents(item["price"]),
        "quantity": 1,
        "duration": item["years"],
        "interval": "year",
    }
    return _without(view, _ONLY_IN_ITEM_GET) if listed else view


def _without(view: Json, names: frozenset[str]) -> Json:
    return {name: value for name, value in view.items() if name not in names}
