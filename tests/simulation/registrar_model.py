"""The registrar behind its port: purchases that show late, come late or come to nothing, and rivals."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hostcart.domain.contacts import ResolvedContacts
from hostcart.domain.registration import (
    Availability,
    ItemKind,
    ItemStatus,
    OrderItem,
    Pricing,
    Purchase,
    RegisteredDomain,
    RegistrationRequest,
    Transfer,
    TransferRequest,
    TransferStatus,
)
from hostcart.ports import MisconfiguredError, OutcomeUnknownError, RefusedError, UnavailableError

from tests.simulation.dynamo import Gate

type Json = dict[str, Any]

PRICE: Final = 1299
YEAR: Final = 365 * 86_400
LATE_SECONDS: Final = 40
_REFUSALS: Final = {"register": "contact_refused", "start_transfer": "auth_code_refused"}


def new_state() -> Json:
    """Nothing bought, nobody else there.

    `takes` is from a purchase to its end, `refuses`: the registry says no then; `transfer_ends` is how
    transfers end. `hide_next` hides the next purchase for some seconds. `price` is asked for every name.
    """
    return {
        "purchases": [],
        "taken": {},
        "takes": 0,
        "refuses": False,
        "transfer_ends": "completed",
        "ended": {},
        "nameservers": {},
        "contacts": {},
        "hide_next": 0,
        "price": PRICE,
    }


class RegistrarModel:
    """Port Registrar. Every method is one request."""

    def __init__(self, gate: Gate, now: Callable[[], float]) -> None:
        self._gate = gate
        self._now = now
        self.state: Json = new_state()

    @property
    def now(self) -> int:
        return int(self._now())

    # --- what others see and do -------------------------------------------------------------------

    @property
    def paid(self) -> list[Json]:
        """The purchases whose money is not back."""
        return [bought for bought in self.state["purchases"] if self._status(bought) != "refunded"]

    def holds(self, name: str) -> bool:
        return self._domain(name) is not None

    def snipe(self, name: str) -> None:
        """Somebody else buys the name, if it is free."""
        if not self._open(name):
            self.state["taken"][name] = 1

    def cheapen(self) -> None:
        """From now on the registrar asks less."""
        self.state["price"] = PRICE - 300

    def hold(self) -> Json:
        """The next purchase comes to light late."""
        self.state["hide_next"] = LATE_SECONDS
        return {}

    # --- the port ---------------------------------------------------------------------------------

    def check(self, name: str) -> Availability:
        def read() -> Availability:
            free = name not in self.state["taken"] and self._domain(name) is None and not self._open(name)
            return Availability(name=name, available=free, price=self.state["price"] if free else None)

        return self._call("check", read)

    def pricing(self, name: str, *, years: int) -> Pricing:
        del name

        def read() -> Pricing:
            price = self.state["price"]
            amount = price * years
            return Pricing(years=years, premium=False, purchase=amount, renewal=amount, transfer=price)

        return self._call("pricing", read)

    def domain(self, name: str) -> RegisteredDomain | None:
        return self._call("domain", lambda: self._domain(name))

    def register(self, request: RegistrationRequest) -> Purchase:
        def buy() -> Purchase:
            name = request.name
            if name in self.state["taken"] or self._domain(name) or self._open(name):
                raise RefusedError("name_unavailable")
            if request.price != self.state["price"] * request.years:
                raise RefusedError("price_refused")
            self.state["nameservers"][name] = list(request.nameservers)
            self.state["contacts"][name] = request.contacts.owner.email
            return self._buy(name, "registration", request.price)

        return self._call("register", buy)

    def transfer(self, name: str) -> Transfer | None:
        return self._call("transfer", lambda: self._transfer(name))

    def start_transfer(self, request: TransferRequest) -> Purchase:
        def buy() -> Purchase:
            name = request.name
            if self._domain(name) or self._open(name):
                raise RefusedError("invalid_argument")
            if request.price != self.state["price"]:
                raise RefusedError("price_refused")
            self.state["ended"].pop(name, None)
            self.state["nameservers"][name] = ["ns1.before.example"]
            return self._buy(name, "transfer", request.price)

        return self._call("start_transfer", buy)

    def cancel_transfer(self, name: str) -> Transfer:
        def cancel() -> Transfer:
            present = self._transfer(name)
            if present is None:
                raise RefusedError("not_found")
            if present.status is TransferStatus.CANCELED:
                raise RefusedError("invalid_argument")
            if present.status not in {TransferStatus.PENDING, TransferStatus.REJECTED}:
                raise RefusedError("conflict")
            self.state["ended"][name] = "canceled"
            return Transfer(name=name, status=TransferStatus.CANCELED, phase="Canceled")

        return self._call("cancel_transfer", cancel)

    def set_contacts(self, name: str, contacts: ResolvedContacts) -> None:
        def put() -> None:
            self.state["contacts"][name] = contacts.owner.email

        self._call("set_contacts", put)

    def set_nameservers(self, name: str, nameservers: Sequence[str]) -> None:
        def put() -> None:
            self.state["nameservers"][name] = list(nameservers)

        self._call("set_nameservers", put)

    def order(self, order_id: int) -> Sequence[OrderItem] | None:
        def read() -> list[OrderItem] | None:
            found = [self._item(b) for b in self.state["purchases"] if b["order"] == order_id]
            return found or None

        return self._call("order", read)

    def orders_since(self, name: str, *, kind: ItemKind, since: datetime) -> Sequence[OrderItem]:
        def read() -> list[OrderItem]:
            return [
                self._item(bought)
                for bought in self._of(name)
                if bought["kind"] == kind
                and bought["at"] >= since.timestamp()
                and bought["shown"] <= self.now
            ]

        return self._call("orders_since", read)

    def purchases(self, *, since: datetime) -> Sequence[OrderItem]:
        def read() -> list[OrderItem]:
            return [
                self._item(bought)
                for bought in self.state["purchases"]
                if bought["at"] >= since.timestamp()
                and bought["shown"] <= self.now
                and self._status(bought) != "refunded"
            ]

        return self._call("purchases", read)

    def owns(self, name: str) -> bool:
        return self.domain(name) is not None

    def _call[T](self, name: str, effect: Callable[[], T]) -> T:
        answer: T = self._gate.pass_through(f"registrar.{name}", effect, self)
        return answer

    # --- what goes wrong --------------------------------------------------------------------------

    def error(self, name: str, kind: str) -> Exception:
        """What the adapter raises for a fault."""
        if kind.startswith(("timeout", "late")):
            return OutcomeUnknownError("timeout")
        if kind.startswith("error"):
            return OutcomeUnknownError("server_unavailable")
        if kind == "throttle":
            return UnavailableError("registrar_busy")
        if kind == "denied":
            return MisconfiguredError("registrar_denied")
        return RefusedError(_REFUSALS.get(name.partition(".")[2], "invalid_argument"))

    # --- the registry's side ----------------------------------------------------------------------

    def _buy(self, name: str, kind: str, price: int) -> Purchase:
        shown = self.now + self.state["hide_next"]
        self.state["hide_next"] = 0
        number = len(self.state["purchases"]) + 1
        self.state["purchases"].append(
            {
                "order": 100 + number,
                "item": 300 + number,
                "name": name,
                "kind": kind,
                "at": self.now,
                "shown": shown,
                "active": shown + self.state["takes"],
                "price": price,
            }
        )
        return Purchase(order_id=100 + number, paid=price)

    def _of(self, name: str) -> list[Json]:
        return [bought for bought in self.state["purchases"] if bought["name"] == name]

    def _open(self, name: str) -> bool:
        return any(self._status(bought) != "refunded" for bought in self._of(name))

    def _end(self, bought: Json) -> str:
        """How a transfer stands."""
        over = self.now >= bought["active"]
        ended: str = self.state["ended"].get(
            bought["name"], self.state["transfer_ends"] if over else "pending"
        )
        return ended

    def _status(self, bought: Json) -> str:
        if bought["kind"] == "transfer":
            return "success" if self._end(bought) in {"pending", "completed"} else "refunded"
        return "refunded" if self.state["refuses"] and self.now >= bought["active"] else "success"

    def _item(self, bought: Json) -> OrderItem:
        return OrderItem(
            id=bought["item"],
            order_id=bought["order"],
            name=bought["name"],
            kind=ItemKind(bought["kind"]),
            status=ItemStatus(self._status(bought)),
            created_at=_moment(bought["at"]),
            price=bought["price"],
        )

    def _transfer(self, name: str) -> Transfer | None:
        found = [b for b in self._of(name) if b["kind"] == "transfer" and b["shown"] <= self.now]
        if not found:
            return None
        status = TransferStatus(self._end(found[-1]))
        return Transfer(name=name, status=status, phase=status)

    def _domain(self, name: str) -> RegisteredDomain | None:
        for bought in self._of(name):
            if self.now < bought["active"] or self._status(bought) != "success":
                continue
            transferred = bought["kind"] == "transfer"
            if transferred and self._end(bought) != "completed":
                continue
            created = bought["active"] - (YEAR if transferred else 0)
            return RegisteredDomain(
                name=name,
                created_at=_moment(created),
                expires_at=_moment(bought["active"]) + timedelta(seconds=YEAR),
                nameservers=tuple(self.state["nameservers"][name]),
                locked=True,
                autorenew=False,
                privacy=False,
                contacts=None,
            )
        return None


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
