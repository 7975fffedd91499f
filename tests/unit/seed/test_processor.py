"""Customers and payment methods at the Stripe sandbox."""

from pathlib import Path

import pytest

from local.sandboxes.stripe import StripeSandbox
from local.seed.accounts import ACCOUNTS, SeedAccount
from local.seed.processor import Processor
from local.seed.state import Billing
from tests.unit.seed.conftest import InProcess
from tools import catalogue_file

CATALOGUE = Path(__file__).parents[3] / "local" / "seed" / "catalogue.yaml"
SEEDS = {seed.name: seed for seed in ACCOUNTS}


def test_a_repeat_makes_nothing(processor: Processor, http: InProcess) -> None:
    plans = list(catalogue_file.load(CATALOGUE).plans.values())
    processor.ensure_products(plans)
    first = {name: processor.ensure_billing(seed, Billing()) for name, seed in SEEDS.items()}
    assert http.writes.count("/v1/customers") == len(SEEDS) - 1
    http.writes.clear()
    processor.ensure_products(plans)
    again = {name: processor.ensure_billing(seed, first[name]) for name, seed in SEEDS.items()}
    assert again == first
    assert [path for path in http.writes if path != "/v1/payment_methods"] == []


@pytest.mark.parametrize("name", ["ready", "needs_3ds", "declined", "stolen"])
def test_a_card_is_the_default_method(processor: Processor, sandbox: StripeSandbox, name: str) -> None:
    billing = processor.ensure_billing(SEEDS[name], Billing())
    customer = sandbox.store.get("customer", billing.customer or "")
    assert billing.method is not None
    assert customer["invoice_settings"]["default_payment_method"] == billing.method
    assert sandbox.store.get("payment_method", billing.method)["customer"] == billing.customer


def test_the_stolen_card_is_declined_as_stolen(processor: Processor, sandbox: StripeSandbox) -> None:
    billing = processor.ensure_billing(SEEDS["stolen"], Billing())
    assert sandbox.store.get("payment_method", billing.method or "")["_declined"] == "stolen_card"


def test_credit_is_given_once(processor: Processor, sandbox: StripeSandbox) -> None:
    billing = processor.ensure_billing(SEEDS["credit"], Billing())
    processor.ensure_billing(SEEDS["credit"], billing)
    assert sandbox.store.get("customer", billing.customer or "")["balance"] == -500


def test_accounts_without_method_or_customer(processor: Processor) -> None:
    assert processor.ensure_billing(SEEDS["no_customer"], Billing()) == Billing()
    no_method = processor.ensure_billing(SEEDS["no_method"], Billing())
    assert no_method.customer is not None
    assert no_method.method is None


def test_a_wiped_processor_gets_new_customers(processor: Processor) -> None:
    billing = processor.ensure_billing(SEEDS["ready"], Billing("cus_gone", "pm_gone"))
    assert billing.customer not in {None, "cus_gone"}
    assert billing.method not in {None, "pm_gone"}


def test_a_detached_method_is_replaced(processor: Processor, sandbox: StripeSandbox) -> None:
    seed = SeedAccount(name="ready")
    billing = processor.ensure_billing(seed, Billing())
    sandbox.store.get("customer", billing.customer or "")["invoice_settings"]["default_payment_method"] = None
    replaced = processor.ensure_billing(seed, billing)
    assert replaced.customer == billing.customer
    assert replaced.method not in {None, billing.method}
