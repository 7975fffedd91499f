"""The port Registrar over the name.com v4 protocol."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import urllib3
from pydantic import BaseModel

from hostcart.adapters import registrar_facts as facts
from hostcart.adapters.registrar_api import RegistrarApi
from hostcart.adapters.registrar_contacts import contacts_to_json
from hostcart.adapters.registrar_money import json_number
from hostcart.adapters.registrar_orders import items_since, purchases_since
from hostcart.adapters.secrets import Secrets
from hostcart.domain.contacts import ResolvedContacts
from hostcart.domain.registration import (
    Availability,
    ItemKind,
    OrderItem,
    Pricing,
    Purchase,
    RegisteredDomain,
    RegistrationRequest,
    Transfer,
    TransferRequest,
)
from hostcart.ports import OutcomeUnknownError, RateLimit, RefusedError
from hostcart.settings import RegistrarSettings


class NamecomRegistrar:
    """One HTTP call a method, except `orders_since`."""

    def __init__(
        self,
        settings: RegistrarSettings,
        secrets: Secrets,
        limit: RateLimit,
        *,
        pool: urllib3.PoolManager | None = None,
    ) -> None:
        self._api = RegistrarApi(settings, secrets, limit, pool=pool)

    def check(self, name: str) -> Availability:
        answer = self._api.post(facts.SearchResults, "domains:checkAvailability", {"domainNames": [name]})
        found = next((entry for entry in answer.results if entry.domain_name.lower() == name.lower()), None)
        if found is None:
            raise OutcomeUnknownError("invalid_answer")
        return facts.availability(found)

    def pricing(self, name: str, *, years: int) -> Pricing:
        answer = self._api.get(facts.PricingAnswer, _domain(name, "getPricing"), years=years)
        return facts.pricing(answer, years)

    def domain(self, name: str) -> RegisteredDomain | None:
        answer = self._find(facts.DomainAnswer, _domain(name))
        return None if answer is None else facts.domain(_of_name(answer, name))

    def register(self, request: RegistrationRequest) -> Purchase:
        wanted: dict[str, Any] = {
            "domain": {
                "domainName": request.name,
                "nameservers": list(request.nameservers),
                "contacts": contacts_to_json(request.contacts),
                "autorenewEnabled": request.autorenew,
            },
            "purchasePrice": json_number(request.price),
            "purchaseType": request.purchase_type,
            "years": request.years,
        }
        if request.requirements:
            wanted["tldRequirements"] = dict(request.requirements)
        return facts.purchase(self._api.post(facts.PurchaseAnswer, "domains", wanted))

    def transfer(self, name: str) -> Transfer | None:
        answer = self._find(facts.TransferAnswer, _transfer(name))
        return None if answer is None else facts.transfer(_of_name(answer, name))

    def start_transfer(self, request: TransferRequest) -> Purchase:
        wanted: dict[str, Any] = {
            "domainName": request.name,
            "purchasePrice": json_number(request.price),
        }
        if request.auth_code is not None:
            wanted["authCode"] = request.auth_code
        return facts.purchase(self._api.post(facts.PurchaseAnswer, "transfers", wanted))

    def cancel_transfer(self, name: str) -> Transfer:
        answer = self._api.post(facts.TransferAnswer, _transfer(name, "cancel"), {})
        return facts.transfer(_of_name(answer, name))

    def set_contacts(self, name: str, contacts: ResolvedContacts) -> None:
        wanted = {"contacts": contacts_to_json(contacts)}
        self._api.post(facts.DomainAnswer, _domain(name, "setContacts"), wanted)

    def set_nameservers(self, name: str, nameservers: Sequence[str]) -> None:
        wanted = {"nameservers": list(nameservers)}
        self._api.post(facts.DomainAnswer, _domain(name, "setNameservers"), wanted)

    def order(self, order_id: int) -> Sequence[OrderItem] | None:
        answer = self._find(facts.OrderAnswer, f"orders/{order_id}")
        return None if answer is None else facts.order_items(answer)

    def orders_since(self, name: str, *, kind: ItemKind, since: datetime) -> Sequence[OrderItem]:
        return items_since(self._api, name, kind=kind, since=since)

    def purchases(self, *, since: datetime) -> Sequence[OrderItem]:
        return purchases_since(self._api, since)

    def owns(self, name: str) -> bool:
        return self.domain(name) is not None

    def _find[M: BaseModel](self, model: type[M], path: str) -> M | None:
        try:
            return self._api.get(model, path)
        except RefusedError as refusal:
            if refusal.code != "not_found":
                raise
            return None


def _domain(name: str, verb: str = "") -> str:
    return _path("domains", name, verb)


def _transfer(name: str, verb: str = "") -> str:
    return _path("transfers", name, verb)


def _path(kind: str, name: str, verb: str) -> str:
    return f"{kind}/{quote(name, safe='')}" + (f":{verb}" if verb else "")


def _of_name[A: facts.DomainAnswer | facts.TransferAnswer](answer: A, name: str) -> A:
    """An answer about another name is not believed."""
    if answer.domain_name.lower() != name.lower():
        raise OutcomeUnknownError("invalid_answer")
    return answer
