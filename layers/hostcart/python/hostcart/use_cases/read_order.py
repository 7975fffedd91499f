"""The order's stored view with the site's password joined, for the owner only."""

import json
from collections.abc import Callable

from hostcart.ports import Cipher, StoredView


def read_order(view: StoredView, account_id: str, token: str, cipher: Callable[[], Cipher]) -> str:
    """JSON text. `cipher` is built only when there is something to open."""
    if view.sealed_password is None:
        return view.body
    body = json.loads(view.body)
    if "site" not in body:
        return view.body
    password = cipher().open(view.sealed_password, account_id=account_id, cart_token=token)
    body["site"]["ssh_data"]["password"] = password.decode()
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)
