"""What leaves the sandbox: private notes dropped, `expand[]` followed, lists paged."""

from typing import Any

from local.sandboxes.http import Json
from local.sandboxes.stripe.errors import invalid
from local.sandboxes.stripe.objects import list_object
from local.sandboxes.stripe.store import Store

_DEFAULT_LIMIT = 10
_LARGEST_LIMIT = 100


class Renderer:
    """Turns stored objects into answers."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def object(self, value: Json, expand: list[str] | None = None) -> Json:
        """A copy of `value` with the named fields expanded."""
        shown: Json = public(value)
        for path in expand or []:
            self._expand(shown, path.split("."), path)
        return shown

    def page(self, url: str, values: list[Json], params: Json) -> Json:
        """One page of `values` (newest first) by limit, starting_after, ending_before."""
        limit = params.get("limit", _DEFAULT_LIMIT)
        if not 1 <= limit <= _LARGEST_LIMIT:
            raise invalid(f"This value must be between 1 and {_LARGEST_LIMIT}.", param="limit")
        window, more = _window(values, params, limit)
        envelope = list_object(url, window, has_more=more)
        return self.object(envelope, params.get("expand"))

    def _expand(self, node: Any, segments: list[str], path: str) -> None:
        if isinstance(node, list):
            for child in node:
                self._expand(child, segments, path)
            return
        name, *rest = segments
        if not isinstance(node, dict) or not self._expand_field(node, name):
            raise invalid(f"This property cannot be expanded ({path}).", param="expand")
        if rest and node[name] is not None:
            self._expand(node[name], rest, path)

    def _expand_field(self, node: Json, name: str) -> bool:
        if name not in node:
            return self._include(node, name)
        value = node[name]
        if isinstance(value, str):
            found = self._store.find(value)
            if found is None:
                return False
            node[name] = public(found)
        return value is None or isinstance(value, str | dict | list)

    def _include(self, node: Json, name: str) -> bool:
        if node.get("object") != "invoice" or name not in ("payments", "confirmation_secret"):
            return False
        payments = [public(payment) for payment in self._store.all("invoice_payment", invoice=node["id"])]
        if name == "payments":
            node["payments"] = list_object(f"/v1/invoice_payments?invoice={node['id']}", payments)
            return True
        intents = [
            self._store.get("payment_intent", entry["payment"]["payment_intent"]) for entry in payments
        ]
        secret = (
            {"type": "payment_intent", "client_secret": intents[-1]["client_secret"]} if intents else None
        )
        node["confirmation_secret"] = secret
        return True


def _window(values: list[Json], params: Json, limit: int) -> tuple[list[Json], bool]:
    ids = [value["id"] for value in values]
    for name in ("starting_after", "ending_before"):
        if params.get(name) is not None and params[name] not in ids:
            raise invalid(f"No such object: '{params[name]}'", param=name, code="resource_missing")
    if params.get("ending_before") is not None:
        end = ids.index(params["ending_before"])
        return values[max(0, end - limit) : end], end > limit
    start = ids.index(params["starting_after"]) + 1 if params.get("starting_after") is not None else 0
    return values[start : start + limit], len(values) > start + limit


def public(value: Any) -> Any:
    """A deep copy without the sandbox's private notes."""
    if isinstance(value, dict):
        return {name: public(child) for name, child in value.items() if not name.startswith("_")}
    if isinstance(value, list):
        return [public(child) for child in value]
    return value
