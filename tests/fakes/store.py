"""The port CartStore in memory: versions, dense numbers, slots and claims under one lock."""

import json
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from hostcart.adapters.records import decode, encode
from hostcart.domain import views
from hostcart.domain.cart import CLAIM_LEASE, Cart, DomainItem
from hostcart.domain.catalogue import Slot
from hostcart.domain.sales import Sale, sale_from, stored_sale
from hostcart.ports import (
    CapacityExhaustedError,
    CartExistsError,
    ClaimTakenError,
    ConflictError,
    OrderPage,
    Sealed,
    StoredView,
    UnknownCartError,
)


@dataclass
class FakeCarts:
    """`totals` says how many fit into a slot, `taken` how many are in it.

    `claims` holds each name's holder and until when; None: firm.
    """

    totals: dict[Slot, int] = field(default_factory=dict)
    taken: dict[Slot, int] = field(default_factory=dict)
    items: dict[tuple[str, str], str] = field(default_factory=dict)
    sealed: dict[tuple[str, str], Sealed] = field(default_factory=dict)
    passwords: dict[tuple[str, str], bytes] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    history: list[Cart] = field(default_factory=list)
    claims: dict[str, tuple[tuple[str, str], datetime | None]] = field(default_factory=dict)
    news: set[tuple[str, str]] = field(default_factory=set)
    events: dict[str, datetime] = field(default_factory=dict)
    task_tokens: dict[tuple[str, str], str] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def create(self, cart: Cart, sealed: Sealed) -> None:
        with self._lock:
            if _key(cart) in self.items:
                raise CartExistsError
            if cart.slot is not None:
                if self.taken[cart.slot] >= self.totals[cart.slot]:
                    raise CapacityExhaustedError
                self.taken[cart.slot] += 1
            if isinstance(cart.item, DomainItem):
                if self._held(cart.item.name, cart.created_at):
                    raise ClaimTakenError
                self.claims[cart.item.name] = (_key(cart), cart.created_at + CLAIM_LEASE)
            self.sealed[_key(cart)] = sealed
            self._put(cart)

    def is_claimed(self, name: str, at: datetime) -> bool:
        return self._held(name, at)

    def _held(self, name: str, at: datetime) -> bool:
        held = self.claims.get(name)
        return held is not None and (held[1] is None or held[1] >= at)

    def renew_claim(self, cart: Cart, until: datetime) -> None:
        with self._lock:
            self._require_claim(cart)
            if self.claims[cart.domain.name][1] is not None:
                self.claims[cart.domain.name] = (_key(cart), until)

    def save_claimed(self, cart: Cart) -> Cart:
        with self._lock:
            current = self.load(cart.account.id, cart.token)
            if current is None or current.version != cart.version:
                raise ConflictError
            self._require_claim(cart)
            self.claims[cart.domain.name] = (_key(cart), None)
            return self._replace(cart)

    def registration(self, account_id: str, number: int) -> tuple[Cart, Sealed] | None:
        for account, token in self.items:
            cart = self.load(account_id, token) if account == account_id else None
            if cart is not None and cart.owns_registration(number):
                return cart, self.load_sealed(account_id, token)
        return None

    def _require_claim(self, cart: Cart) -> None:
        if self.claims.get(cart.domain.name, (None, None))[0] != _key(cart):
            raise ClaimTakenError

    def _drop_claim(self, cart: Cart) -> None:
        if isinstance(cart.item, DomainItem) and self.claims.get(cart.item.name, (None,))[0] == _key(cart):
            del self.claims[cart.item.name]

    def discard(self, cart: Cart) -> None:
        with self._lock:
            current = self.load(cart.account.id, cart.token)
            if current is None or current.version != cart.version:
                raise ConflictError
            del self.items[_key(cart)]
            self.sealed.pop(_key(cart), None)
            if cart.slot is not None:
                self.taken[cart.slot] -= 1
            self._drop_claim(cart)

    def load(self, account_id: str, token: str) -> Cart | None:
        text = self.items.get((account_id, token))
        if text is None:
            return None
        return replace(decode(Cart, text), news=(account_id, token) in self.news)

    def mark_news(self, account_id: str, token: str) -> str | None:
        with self._lock:
            if (account_id, token) not in self.items:
                return None
            self.news.add((account_id, token))
            return self.task_tokens.get((account_id, token))

    def mark_news_once(self, account_id: str, token: str, *, event_id: str, until: datetime) -> bool:
        with self._lock:
            if event_id in self.events:
                return False
            if (account_id, token) not in self.items:
                raise UnknownCartError
            self.events[event_id] = until
            self.news.add((account_id, token))
            return True

    def task_token_with_news(self, account_id: str, token: str) -> str | None:
        key = (account_id, token)
        return self.task_tokens.get(key) if key in self.news else None

    def clear_news(self, cart: Cart) -> Cart:
        with self._lock:
            self.news.discard(_key(cart))
            self.task_tokens.pop(_key(cart), None)
            return replace(cart, news=False)

    def store_task_token(self, account_id: str, token: str, task_token: str) -> bool:
        with self._lock:
            key = (account_id, token)
            if key not in self.items or key in self.news:
                return False
            self.task_tokens[key] = task_token
            return True

    def load_sealed(self, account_id: str, token: str) -> Sealed:
        return self.sealed.get((account_id, token), Sealed())

    def last_number(self, account_id: str) -> int:
        return self.counters.get(account_id, 0)

    def open_order(self, cart: Cart) -> Cart:
        with self._lock:
            if self.last_number(cart.account.id) != cart.opened.number - 1:
                raise ConflictError
            stored = self._replace(cart)
            self.counters[cart.account.id] = cart.opened.number
            return stored

    def save(
        self,
        cart: Cart,
        *,
        sealed_password: bytes | None = None,
        release: Slot | None = None,
        drop_claim: bool = False,
    ) -> Cart:
        with self._lock:
            stored = self._replace(cart)
            if sealed_password is not None:
                self.passwords[_key(cart)] = sealed_password
            if release is not None:
                self.taken[release] -= 1
            if drop_claim:
                self._drop_claim(cart)
            if stored.undelivered:
                self.passwords.pop(_key(cart), None)
            return stored

    def forget_contacts(self, cart: Cart) -> None:
        self._forget(cart, item=None)

    def forget_callback(self, cart: Cart) -> None:
        self._forget(cart, callback=None)

    def _forget(self, cart: Cart, **gone: None) -> None:
        with self._lock:
            kept: Any = self.load_sealed(cart.account.id, cart.token)
            self.sealed[_key(cart)] = replace(kept, **gone)

    def cart_view(self, account_id: str, token: str) -> StoredView | None:
        cart = self.load(account_id, token)
        return None if cart is None else _view(cart, views.cart_view(cart))

    def order_view(self, account_id: str, token: str) -> StoredView | None:
        cart = self.load(account_id, token)
        if cart is None or cart.order is None:
            return None
        password = self.passwords.get((account_id, token))
        return replace(_view(cart, views.order_view(cart)), sealed_password=password)

    def list_orders(self, account_id: str, *, page: int, per_page: int) -> OrderPage:
        carts = [decode(Cart, text) for (account, _), text in self.items.items() if account == account_id]
        opened = sorted((cart for cart in carts if cart.order), key=lambda cart: -cart.opened.number)
        shown = opened[(page - 1) * per_page : page * per_page]
        entries = tuple(json.loads(json.dumps(views.list_entry(cart))) for cart in shown)
        return OrderPage(orders=entries, total=self.last_number(account_id))

    def sales(self, account_id: str, *, first: int, last: int) -> list[Sale]:
        carts = [decode(Cart, text) for (account, _), text in self.items.items() if account == account_id]
        wanted = [cart for cart in carts if cart.order and first <= cart.order.number <= last]
        return [
            sale_from(cart.opened.number, views.timestamp(cart.opened.created_at), stored_sale(cart))
            for cart in sorted(wanted, key=lambda cart: cart.opened.number)
        ]

    def _replace(self, cart: Cart) -> Cart:
        current = self.load(cart.account.id, cart.token)
        if current is None or current.version != cart.version:
            raise ConflictError
        stored = replace(cart, version=cart.version + 1)
        self._put(stored)
        return stored

    def _put(self, cart: Cart) -> None:
        self.items[_key(cart)] = encode(replace(cart, news=False))
        self.history.append(cart)


def _key(cart: Cart) -> tuple[str, str]:
    return cart.account.id, cart.token


def _view(cart: Cart, view: views.View) -> StoredView:
    terminal = cart.order is not None and cart.order.status.terminal
    return StoredView(body=json.dumps(view), version=cart.version, terminal=terminal)
