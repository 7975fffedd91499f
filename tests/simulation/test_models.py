"""The models are held to what they stand for: the store's contract and the processor's sandbox."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
import stripe
import urllib3
from hostcart.adapters.dynamodb_carts import DynamoCarts
from hostcart.adapters.dynamodb_catalogue import DynamoCatalogue
from hostcart.adapters.stripe_payments import StripePayments
from hostcart.domain.money import Line
from hostcart.domain.payment import Invoice
from hostcart.ports import PortError

from local.sandboxes.stripe import StripeSandbox
from tests.contract.stripe_shop import shops
from tests.fakes.claims_contract import ClaimsContract
from tests.fakes.platform import START
from tests.fakes.store_contract import Bench, StoreContract
from tests.fakes.world import CATALOGUE
from tests.simulation import expressions
from tests.simulation import stripe_model as model
from tests.simulation.dynamo import Open, Table
from tests.simulation.stripe_services import Services, payments_over
from tests.simulation.world import TABLE

_LINES = [Line(id="site", description="WordPress site", amount=1300)]
_DAY = 86_400


class TestTable(StoreContract, ClaimsContract):
    """The simulated table under the real adapter keeps the store's contract."""

    @pytest.fixture
    def bench(self) -> Bench:
        client: Any = Table(Open(), {"orders_by_number": ("pk", "number")})
        catalogue = DynamoCatalogue(client, TABLE)
        catalogue.replace(CATALOGUE)
        return Bench(DynamoCarts(client, TABLE), catalogue)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("a = :one", True),
        ("attribute_exists(b) AND a = :one", False),
        ("attribute_not_exists(b) OR a = :two", True),
        ("NOT (a = :one)", False),
        ("a BETWEEN :zero AND :two", True),
        ("a IN (:zero, :two)", False),
        ("b < :one", False),
        ("#name >= :one AND a <> :two", True),
    ],
)
def test_conditions(text: str, *, holds: bool) -> None:
    values = {":zero": {"N": "0"}, ":one": {"N": "1"}, ":two": {"N": "2"}}
    assert expressions.condition(text)({"a": {"N": "1"}}, {"#name": "a"}, values) is holds


def test_an_expression_that_is_not_known_is_refused() -> None:
    with pytest.raises(expressions.UnsupportedError):
        expressions.condition("size(a) > :one")


# --- the processor --------------------------------------------------------------------------------


class Shop:
    """The adapter over one of the two, with one customer."""

    def __init__(
        self,
        payments: StripePayments,
        customer: str,
        method: str,
        act: Callable[[str, str], None],
        name: str,
    ) -> None:
        self.payments, self.customer, self.method, self.act = payments, customer, method, act
        self.token = uuid.uuid5(uuid.NAMESPACE_DNS, name).hex
        self.told: list[Any] = []

    def note(self, call: Callable[[], Any]) -> Any:
        """What it came to, as far as the two can be compared."""
        try:
            found = call()
        except PortError as error:
            self.told.append((type(error).__name__, error.code))
            return None
        self.told.append(_comparable(found))
        return found

    def live(self, outcome: str | None, *, refund: bool, currency: str) -> None:
        """An order's life at the processor; every call is sent twice."""
        payments = self.payments
        invoice_id = payments.open_invoice(
            customer_id=self.customer,
            method_id=self.method,
            currency=currency,
            account_id="17",
            cart_token=self.token,
        ).id
        for _ in range(2):
            self.note(lambda: payments.add_lines(invoice_id, _LINES, cart_token=self.token))
            self.note(lambda: payments.finalize(invoice_id, cart_token=self.token))
        for _ in range(2):
            self.note(
                lambda: payments.pay(invoice_id, method_id=self.method, cart_token=self.token, attempt=1)
            )
            self.note(lambda: payments.get_invoice(invoice_id))
        if outcome is not None:
            self.act(invoice_id, outcome)
            self.note(lambda: payments.get_invoice(invoice_id))
        for _ in range(2):
            voided = self.note(lambda: payments.void(invoice_id))
        if refund and voided is not None:
            for _ in range(2):
                self.note(lambda: payments.refund(voided, cart_token=self.token))
        self.note(lambda: payments.get_invoice(invoice_id))


def _comparable(found: Any) -> Any:
    if isinstance(found, Invoice):
        return (
            found.status,
            found.total,
            found.amount_due,
            found.amount_paid,
            found.credit_applied,
            found.attempt,
            found.method_type,
            found.hosted_url is not None,
            found.paid_at is not None,
        )
    return found.refunded, found.credited_back, found.settled


@pytest.fixture(scope="module")
def sandbox() -> Iterator[StripeSandbox]:
    with StripeSandbox(api_key="sk_test_contract") as running:
        yield running


def _modelled(method: str, balance: int, name: str) -> Shop:
    clock = [START.timestamp()]
    due: list[tuple[str, str]] = []
    processor = model.Processor(
        lambda: clock[0], lambda _seconds, kind, name: due.append((kind, name)), lambda *_: None
    )
    processor.add_customer("cus", method=method, balance=balance)
    processor.state["methods"] = {f"pm_{method}": method}

    def act(invoice: str, outcome: str) -> None:
        if outcome == "settle":
            processor.timer(*due.pop(0))
        else:
            processor.visit(invoice, {"pay": "pays", "fail": "fails"}[outcome])

    return Shop(payments_over(Services(processor, Open(), pytest.fail)), "cus", f"pm_{method}", act, name)


_LIVES = {
    # method in the model, at the sandbox, balance, what happens outside, whether it is given back
    "card": (model.CARD, "pm_card_visa", 0, None, True),
    "credit": (model.CARD, "pm_card_visa", -500, None, True),
    "all credit": (model.CARD, "pm_card_visa", -5000, None, True),
    "too little": (model.CARD, "pm_card_visa", -1270, None, False),
    "authenticates": (model.AUTHENTICATION, "pm_card_authenticationRequired", -500, "pay", True),
    "never authenticates": (model.AUTHENTICATION, "pm_card_authenticationRequired", -500, None, False),
    "declined": (model.DECLINED, "pm_card_chargeCustomerFail", 0, None, False),
    "stolen": (model.STOLEN, "pm_sandbox_stolen_card", -500, None, False),
    "debit settles": (model.SEPA, "pm_sepa_success", 0, "settle", True),
    "debit under way": (model.SEPA, "pm_sepa_success", 0, None, False),
    "debit fails": (model.SEPA_FAILS, "pm_sepa_fails", 0, "settle", False),
}


@pytest.mark.parametrize("name", _LIVES)
def test_the_processor_answers_as_its_sandbox(sandbox: StripeSandbox, name: str) -> None:
    method, test_method, balance, outcome, refund = _LIVES[name]
    currency = "eur" if "sepa" in method else "usd"
    modelled = _modelled(method, balance, name)
    modelled.live(outcome, refund=refund, currency=currency)
    with _transport() as transport:
        client = stripe.StripeClient(
            "sk_test_contract",
            base_addresses={"api": sandbox.url},
            max_network_retries=0,
            http_client=transport,
        )
        with shops(sandbox.url, client) as open_shop:
            opened = open_shop(test_method, balance=balance, currency=currency)
            true = Shop(opened.payments, opened.customer, opened.method, _acting(sandbox), name)
            true.live(outcome, refund=refund, currency=currency)
    assert modelled.told == true.told


def _transport() -> Any:
    return closing(stripe.RequestsClient(timeout=5))


def _acting(sandbox: StripeSandbox) -> Callable[[str, str], None]:
    def act(invoice: str, outcome: str) -> None:
        pool = urllib3.PoolManager(retries=False, timeout=5)
        path = "authenticate"
        body: dict[str, Any] = {"invoice": invoice, "outcome": outcome}
        if outcome == "settle":
            path, body = "clock", {"advance_seconds": 2 * _DAY}
        answer = pool.request("POST", f"{sandbox.url}/_sandbox/{path}", json=body)
        assert answer.status < 300, answer.data
        pool.clear()

    return act
