"""The Stripe account behind the sandbox: its objects, its events, its address."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from local.sandboxes.http import Json
from local.sandboxes.stripe.errors import missing
from local.sandboxes.stripe.store import Store

# Smallest amount that can be charged, in minor units; Stripe's own table.
MINIMUM_CHARGE = {
    "usd": 50,
    "eur": 50,
    "gbp": 30,
    "chf": 50,
    "cad": 50,
    "aud": 50,
    "jpy": 50,
    "dkk": 250,
    "sek": 300,
    "nok": 300,
    "pln": 200,
    "czk": 1500,
}
DEFAULT_CURRENCY = "usd"


@dataclass(slots=True)
class Account:
    """What every operation works on."""

    store: Store
    emit: Callable[[str, Json], None]  # (event type, object): record an event and deliver it
    base_url: Callable[[], str]

    def live_customer(self, customer_id: str, *, param: str = "customer") -> Json:
        """The customer; resource_missing when unknown or deleted."""
        customer = self.store.get("customer", customer_id, param=param)
        if customer.get("deleted"):
            raise missing("customer", customer_id, param=param, status=400)
        return customer


type Operation = Callable[[Account, Json, Mapping[str, str]], Json | list[Json]]
