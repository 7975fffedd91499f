"""Holds every stored view against the facts beside it, at the moment of each write."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hostcart.adapters import dynamodb_keys as keys
from hostcart.adapters.dynamodb_carts import DynamoCarts, texts_of
from hostcart.adapters.dynamodb_sales import SALE, entry_of
from hostcart.adapters.records import decode
from hostcart.contract.responses import CartEnvelope, OrderEntry, OrderView
from hostcart.domain import views
from hostcart.domain.cart import Cart
from hostcart.domain.sales import stored_sale

from tests.workflow.lambdas import Lambdas

_ABSENT_PASSWORD = "joined-on-reading"


class StoredViews:
    """What was found wrong with a write, and how many writes were looked at."""

    def __init__(self, lambdas: Lambdas) -> None:
        self._lambdas = lambdas
        self.faults: list[str] = []
        self.checked = 0

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        """Look at what each write of the store leaves in the table."""
        for name in ("create", "open_order", "save", "save_claimed"):
            patch.setattr(DynamoCarts, name, self._watched(getattr(DynamoCarts, name)))

    def _watched(self, write: Any) -> Any:
        def watched(store: DynamoCarts, cart: Cart, *args: Any, **named: Any) -> Any:
            answer = write(store, cart, *args, **named)
            try:
                with self._lambdas.aside():
                    self._check(store, cart.account.id, cart.token, answer)
            except Exception as fault:
                self.faults.append(f"{write.__name__}: {fault!r}")
            return answer

        return watched

    def _check(self, store: DynamoCarts, account_id: str, token: str, answer: Cart | None) -> None:
        self.checked += 1
        item: Any = store._client.get_item(TableName=store._table, Key=keys.cart(account_id, token))["Item"]
        news = answer is not None and answer.news  # beside the facts, and no writer's business
        texts = texts_of(item)
        cart = replace(decode(Cart, texts.facts), version=int(item["version"]["N"]), news=news)
        assert answer is None or answer == cart, "the returned cart is not the stored one"
        assert json.loads(texts.cart_view) == _plain(views.cart_view(cart)), "cart_view differs"
        CartEnvelope.model_validate_json(texts.cart_view)
        terminal = cart.order is not None and cart.order.status.terminal
        assert item["terminal"]["BOOL"] is terminal, "terminal differs"
        if cart.order is not None:
            self._check_order(item, cart)

    def _check_order(self, item: Any, cart: Cart) -> None:
        assert item["number"]["N"] == str(cart.opened.number), "number differs"
        body = json.loads(texts_of(item).order_view or "null")
        assert body == _plain(views.order_view(cart)), "order_view differs"
        if "site" in body:
            assert "sealed_password" in item, "a site without its password"
            assert "password" not in body["site"]["ssh_data"], "the password is stored in the open"
            body["site"]["ssh_data"]["password"] = _ABSENT_PASSWORD
        OrderView.model_validate_json(json.dumps(body))
        entry = entry_of(item)
        assert entry.pop(SALE) == _plain(stored_sale(cart)), "sale differs"
        assert entry == _plain(views.list_entry(cart)), "entry differs"
        OrderEntry.model_validate_json(json.dumps(entry))


def _plain(view: Any) -> Any:
    return json.loads(json.dumps(view))
