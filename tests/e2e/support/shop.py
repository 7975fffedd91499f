"""The API as a client of one account sees it."""

import sys
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from tests.e2e.support.patience import looks

type Json = dict[str, Any]

PRICE = 1300
"""Cents of plan `basic`, monthly, in US dollars."""
TERMINAL = frozenset({"completed", "failed", "cancelled"})
_POLL_SECONDS = 0.1
_repeated: list[str] = []
_GATEWAY_GAVE_UP = (500, 504)
"""A function's process died or ran out of time, as on a machine that is much too busy. One that raised an
error is a 500, too: its line in the log fails the tests in their end (`World`)."""
_REPEATS = 3
"""So many polls of all the tests of one process may be asked again."""


def site_body(callback: Mapping[str, str | None] | None = None, **site: Any) -> Json:
    """The body of a site order; keywords replace fields of the site, None leaves one out."""
    fields = {"name": "My blog", "variant": "vanilla", "location": "pdx", "plan": "basic", "term": "monthly"}
    fields |= site
    body: Json = {"site": {name: value for name, value in fields.items() if value is not None}}
    if callback is not None:
        body["callback"] = dict(callback)
    return body


def new_key() -> str:
    """An Idempotency-Key that was never used."""
    return uuid.uuid4().hex


class Shop:
    """One account's client; `http` is shared by all of them and keeps its connections alive."""

    def __init__(
        self, http: httpx.Client, api_url: str, account: Mapping[str, str], credential: str = "user_key"
    ) -> None:
        self.account = account
        self.account_id = account["id"]
        self.token = account[credential]
        self._http = http
        self._api_url = api_url

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "X-Auth-Account": self.account_id}

    def call(
        self, method: str, path: str, *, headers: Mapping[str, str | None] | None = None, **request: Any
    ) -> httpx.Response:
        """One request; a header given as None is left out."""
        merged: dict[str, str | None] = {**self.headers, **(headers or {})}
        sent = {name: value for name, value in merged.items() if value is not None}
        return self._http.request(method, self._api_url + path, headers=sent, **request)

    def get(self, path: str, **request: Any) -> httpx.Response:
        return self.call("GET", path, **request)

    def post(self, body: Any, *, key: str | None = None, **request: Any) -> httpx.Response:
        """`POST /api/orders`."""
        headers = {**request.pop("headers", {}), **({} if key is None else {"Idempotency-Key": key})}
        return self.call("POST", "/api/orders", json=body, headers=headers, **request)

    def place(self, body: Json | None = None, *, key: str | None = None) -> str:
        """Order; the cart's token."""
        answer = self.post(site_body() if body is None else body, key=key)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["cart"]["token"])

    def cart(self, token: str) -> Json:
        return self._json(f"/api/carts/{token}")

    def order(self, token: str) -> Json:
        """The order of a cart."""
        return self._json(f"/api/orders/{uuid.UUID(token)}")

    def until(self, token: str, reached: Callable[[Json], bool], *, seconds: float = 30) -> Json:
        """The cart's view as soon as `reached` holds for it."""
        for _ in looks(seconds, pause=_POLL_SECONDS):
            if reached(view := self.cart(token)):
                return view
        raise AssertionError(f"not reached in {seconds} s: {view}")

    def payment(self, token: str, status: str, *, seconds: float = 30) -> Json:
        """The order's view as soon as the payment has this status."""
        self.until(
            token, lambda cart: bool(cart["orders"]) and cart["payment"]["status"] == status, seconds=seconds
        )
        return self.order(token)

    def finish(self, token: str, *, seconds: float = 40) -> Json:
        """The order's view as soon as it is terminal."""
        self.until(token, lambda cart: cart["cart"]["rollup_status"] in TERMINAL, seconds=seconds)
        return self.order(token)

    def _json(self, path: str) -> Json:
        answer = self.get(path)
        if answer.status_code in _GATEWAY_GAVE_UP:  # as every client does: nobody's order hangs on one poll
            _repeated.append(f"{path}: {answer.status_code}, asked again")
            print(_repeated[-1], file=sys.__stderr__)
            assert len(_repeated) <= _REPEATS, _repeated
            time.sleep(1)
            answer = self.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        body: Json = answer.json()
        return body
