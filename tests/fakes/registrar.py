"""The ports Registrar, DnsZones and Features in memory: purchases that take time, lost answers, rivals."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hostcart.domain.accounts import Account
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
from hostcart.ports import PortError, RefusedError, Zone
from hostcart.ports_reconcile import ListedZone, Page

from tests.fakes.platform import FakeClock

PRICE = 1299
YEAR = timedelta(days=365)


@dataclass
class Purchased:
    """One purchase: the order shows from `shown` on, the domain from `active` on unless it is refused."""

    request: RegistrationRequest | TransferRequest
    item: OrderItem
    shown: datetime
    active: datetime
    refused: bool = False


@dataclass
class FakeRegistrar:
    """`taken` are somebody else's names, `calls` names every call in order.

    Purchases show at once unless `hidden_for`, and are delivered after `takes`; `refuses_late`: the registry
    says no then, and the money goes back. `transfer_ends` is how transfers end.
    """

    clock: FakeClock
    taken: set[str] = field(default_factory=set)
    premium: set[str] = field(default_factory=set)
    price: int = PRICE
    hidden_for: timedelta = timedelta()
    takes: timedelta = timedelta()
    refuses_late: bool = False
    transfer_ends: TransferStatus = TransferStatus.COMPLETED
    cancels: bool = True
    purchases: list[Purchased] = field(default_factory=list)
    owned: dict[str, RegisteredDomain] = field(default_factory=dict)
    ended: dict[str, TransferStatus] = field(default_factory=dict)
    contacts: dict[str, ResolvedContacts] = field(default_factory=dict)
    nameservers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    _faults: list[tuple[str, bool, PortError]] = field(default_factory=list)

    # --- what a test arranges and sees -----------------------------------------------------------------

    def fail(self, call: str, error: PortError, *, after: bool = False, times: int = 1) -> None:
        """The next calls of this name raise, before or after their effect."""
        self._faults += [(call, after, error)] * times

    @property
    def paid(self) -> list[Purchased]:
        """The purchases whose money is not back."""
        return [bought for bought in self.purchases if self._status(bought) is not ItemStatus.REFUNDED]

    # --- the port --------------------------------------------------------------------------------------

    def check(self, name: str) -> Availability:
        self._begin("check")
        free = name not in self.taken and self._domain(name) is None and not self._open(name)
        if not free:
            return Availability(name=name, available=False)
        return Availability(name=name, available=True, premium=name in self.premium, price=self.price)

    def pricing(self, name: str, *, years: int) -> Pricing:
        self._begin("pricing")
        amount = self.price * years
        return Pricing(
            years=years,
            premium=name in self.premium,
            purchase=amount,
            renewal=amount,
            transfer=self.price,
        )

    def domain(self, name: str) -> RegisteredDomain | None:
        self._begin("domain")
        return self._domain(name)

    def register(self, request: RegistrationRequest) -> Purchase:
        self._begin("register")
        if request.name in self.taken or self._domain(request.name) or self._open(request.name):
            raise RefusedError("name_unavailable")
        if request.price != self.price * request.years:
            raise RefusedError("price_refused")
        self.contacts[request.name] = request.contacts
        self.nameservers[request.name] = request.nameservers
        return self._buy(request, ItemKind.REGISTRATION, "register")

    def transfer(self, name: str) -> Transfer | None:
        self._begin("transfer")
        return self._transfer(name)

    def start_transfer(self, request: TransferRequest) -> Purchase:
        self._begin("start_transfer")
        if request.auth_code == "wrong":
            raise RefusedError("auth_code_refused")
        if self._domain(request.name) or self._open(request.name):
            raise RefusedError("invalid_argument")
        if request.price != self.price:
            raise RefusedError("price_refused")
        self.ended.pop(request.name, None)
        self.nameservers[request.name] = ("ns1.before.example",)
        return self._buy(request, ItemKind.TRANSFER, "start_transfer")

    def cancel_transfer(self, name: str) -> Transfer:
        self._begin("cancel_transfer")
        if not self.cancels:
            raise RefusedError("conflict")
        self.ended[name] = TransferStatus.CANCELED
        self._end("cancel_transfer")
        return Transfer(name=name, status=TransferStatus.CANCELED, phase="Canceled")

    def set_contacts(self, name: str, contacts: ResolvedContacts) -> None:
        self._begin("set_contacts")
        self.contacts[name] = contacts
        self._end("set_contacts")

    def set_nameservers(self, name: str, nameservers: Sequence[str]) -> None:
        self._begin("set_nameservers")
        self.nameservers[name] = tuple(nameservers)
        self._end("set_nameservers")

    def order(self, order_id: int) -> Sequence[OrderItem] | None:
        self._begin("order")
        found = [bought for bought in self.purchases if bought.item.order_id == order_id]
        return [self._item(bought) for bought in found] or None

    def orders_since(self, name: str, *, kind: ItemKind, since: datetime) -> Sequence[OrderItem]:
        self._begin("orders_since")
        return [
            self._item(bought)
            for bought in self._of(name)
            if bought.item.kind is kind
            and bought.item.created_at is not None
            and bought.item.created_at >= since
            and bought.shown <= self.clock.now()
        ]

    # --- the registry's side ---------------------------------------------------------------------------

    def _buy(self, request: RegistrationRequest | TransferRequest, kind: ItemKind, call: str) -> Purchase:
        now, number = self.clock.now(), len(self.purchases) + 1
        item = OrderItem(
            id=300 + number,
            order_id=100 + number,
            name=request.name,
            kind=kind,
            status=ItemStatus.SUCCESS,
            created_at=now,
            price=request.price,
        )
        shown = now + self.hidden_for
        bought = Purchased(request, item, shown, shown + self.takes, refused=self.refuses_late)
        self.purchases.append(bought)
        self._end(call)
        return Purchase(order_id=item.order_id, paid=item.price)

    def _of(self, name: str) -> list[Purchased]:
        return [bought for bought in self.purchases if bought.item.name == name]

    def _open(self, name: str) -> bool:
        return any(self._status(bought) is not ItemStatus.REFUNDED for bought in self._of(name))

    def _status(self, bought: Purchased) -> ItemStatus:
        name, over = bought.item.name, self.clock.now() >= bought.active
        if bought.item.kind is ItemKind.TRANSFER:
            end = self.ended.get(name, self.transfer_ends if over else TransferStatus.PENDING)
            dead = end not in {TransferStatus.PENDING, TransferStatus.COMPLETED}
            return ItemStatus.REFUNDED if dead else ItemStatus.SUCCESS
        return ItemStatus.REFUNDED if bought.refused and over else ItemStatus.SUCCESS

    def _item(self, bought: Purchased) -> OrderItem:
        return replace(bought.item, status=self._status(bought))

    def _transfer(self, name: str) -> Transfer | None:
        found = [bought for bought in self._of(name) if bought.item.kind is ItemKind.TRANSFER]
        if not found:
            return None
        over = self.clock.now() >= found[-1].active
        status = self.ended.get(name, self.transfer_ends if over else TransferStatus.PENDING)
        return Transfer(name=name, status=status, phase=status)

    def _domain(self, name: str) -> RegisteredDomain | None:
        if name in self.owned:
            return self.owned[name]
        for bought in self._of(name):
            if self.clock.now() >= bought.active and self._status(bought) is ItemStatus.SUCCESS:
                transferred = bought.item.kind is ItemKind.TRANSFER
                created = bought.active - YEAR if transferred else bought.active
                return RegisteredDomain(
                    name=name,
                    created_at=created,
                    expires_at=bought.active + YEAR,
                    nameservers=self.nameservers[name],
                    locked=True,
                    autorenew=False,
                    privacy=False,
                    contacts=None,
                )
        return None

    def _begin(self, name: str) -> None:
        self.calls.append(name)
        self._raise(name, after=False)

    def _end(self, name: str) -> None:
        self._raise(name, after=True)

    def _raise(self, name: str, *, after: bool) -> None:
        for position, (call, late, error) in enumerate(self._faults):
            if (call, late) == (name, after):
                del self._faults[position]
                raise error


@dataclass
class FakeZones:
    """Port DnsZones: `zones` by reference."""

    zones: dict[str, tuple[str, Zone]] = field(default_factory=dict)
    made: int = 0
    accounts: dict[str, str] = field(default_factory=dict)

    def ensure(self, name: str, *, account_id: str, reference: str) -> Zone:
        if reference not in self.zones:
            self.made += 1
            servers = (f"ns-{self.made}.dns.example", f"ns-{self.made}.dns.test")
            self.zones[reference] = (name, Zone(id=f"Z{self.made}", nameservers=servers))
            self.accounts[reference] = account_id
        return self.zones[reference][1]

    def delete(self, name: str, *, reference: str) -> None:
        found = self.zones.get(reference)
        if found is not None and found[0] == name:
            del self.zones[reference]

    def listed(self, *, after: str | None) -> Page[ListedZone]:
        """One entry a page."""
        found = sorted(self.zones)
        first = int(after or 0)
        return Page(
            entries=tuple(
                ListedZone(
                    name=self.zones[reference][0], reference=reference, account_id=self.accounts[reference]
                )
                for reference in found[first : first + 1]
            ),
            after=str(first + 1) if first + 1 < len(found) else None,
        )

    def exists(self, name: str, *, reference: str) -> bool:
        return reference in self.zones and self.zones[reference][0] == name


@dataclass
class FakeFeatures:
    """Port Features: as the rule in the template."""

    failure: PortError | None = None

    def domain_registration(self, account: Account) -> bool:
        if self.failure is not None:
            raise self.failure
        return "domain_registration" in account.features
