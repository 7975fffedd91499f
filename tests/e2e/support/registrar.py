"""The registrar API as clients of name.com's v4 API see it; only their base address is changed."""

import base64
from collections.abc import Mapping
from typing import Any

import httpx
import namecom

type Json = dict[str, Any]


def basic(name: str, key: str) -> str:
    """The Authorization header of a user's or an account's name and its key."""
    return f"Basic {base64.b64encode(f'{name}:{key}'.encode()).decode()}"


class RegistrarShop:
    """Plain HTTP; any credential of the account as the password, unless a header is given."""

    def __init__(
        self, http: httpx.Client, api_url: str, account: Mapping[str, str], credential: str = "user_key"
    ) -> None:
        self.authorization = basic(account["username"], account[credential])
        self._http = http
        self._api_url = api_url

    def get(self, path: str, headers: Mapping[str, str] | None = None, **query: Any) -> httpx.Response:
        sent = {"Authorization": self.authorization, **(headers or {})}
        return self._http.get(f"{self._api_url}/v4/{path}", headers=sent, params=query)

    def orders(self, **query: Any) -> Json:
        return self._json("orders", **query)

    def order(self, number: int) -> Json:
        return self._json(f"orders/{number}")

    def _json(self, path: str, **query: Any) -> Json:
        answer = self.get(path, **query)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        body: Json = answer.json()
        return body


class OrderApi(namecom.api._ApiBase):  # type: ignore[misc] # the client carries no types
    """pynamecom, which has no class for orders: its own requests, credentials, parsing and errors."""

    def __init__(self, api_url: str, account: Mapping[str, str], key: str | None = None) -> None:
        super().__init__(namecom.Auth(account["username"], key or account["user_key"]), use_test_env=False)
        self.api_host = api_url
        self.endpoint = "/v4/orders"

    def list_orders(self, **params: int) -> Json:
        body: Json = self._do("GET", params=params).json()
        return body

    def get_order(self, number: int) -> Json:
        body: Json = self._do("GET", relative_path=f"/{number}").json()
        return body
