"""Products, customers and payment methods at the payment processor, made through its own SDK."""

import logging
from collections.abc import Iterable

import stripe
from hostcart.domain.catalogue import Plan, TldPrices

from local.seed.accounts import SeedAccount, contact
from local.seed.state import Billing

_UNKNOWN_ENDPOINT = "Unrecognized request URL"


class Processor:
    """Each method looks before it makes, so that a repeat changes nothing."""

    def __init__(self, api_key: str, base: str, *, http_client: stripe.HTTPClient | None = None) -> None:
        # Its log lines would say which cards were refused on purpose.
        logging.getLogger("stripe").setLevel(logging.CRITICAL)
        self._stripe = stripe.StripeClient(
            api_key, base_addresses={"api": base}, max_network_retries=2, http_client=http_client
        ).v1

    def ensure_products(self, sold: Iterable[Plan | TldPrices]) -> None:
        for thing in sold:
            try:
                self._stripe.products.retrieve(thing.stripe_product)
            except stripe.InvalidRequestError:
                self._stripe.products.create({"id": thing.stripe_product, "name": thing.title})

    def ensure_billing(self, seed: SeedAccount, known: Billing) -> Billing:
        """The account's customer and default payment method: the known ones while they exist."""
        if not seed.customer:
            return Billing()
        customer = self._known_customer(known) or self._new_customer(seed)
        method = _default_method(customer)
        if method is None and (seed.card or seed.iban):
            method = self._new_method(seed, customer.id)
        return Billing(customer.id, method)

    def _known_customer(self, known: Billing) -> stripe.Customer | None:
        if known.customer is None:
            return None
        try:
            found = self._stripe.customers.retrieve(known.customer)
        except stripe.InvalidRequestError:
            return None  # the processor's state was wiped
        return None if getattr(found, "deleted", False) else found

    def _new_customer(self, seed: SeedAccount) -> stripe.Customer:
        details = contact(seed)
        customer = self._stripe.customers.create(
            {"name": seed.name, "email": details.email or "", "metadata": {"seeded_account": seed.name}}
        )
        if seed.balance:
            self._stripe.customers.balance_transactions.create(
                customer.id, {"amount": seed.balance, "currency": str(seed.entry.get("currency", "usd"))}
            )
        return customer

    def _new_method(self, seed: SeedAccount, customer_id: str) -> str | None:
        method_id = seed.card or self._new_debit(seed)
        if method_id is None:
            return None
        attached = self._stripe.payment_methods.attach(method_id, {"customer": customer_id}).id
        self._stripe.customers.update(customer_id, {"invoice_settings": {"default_payment_method": attached}})
        return attached

    def _new_debit(self, seed: SeedAccount) -> str | None:
        """None where the processor takes no debits: the account then has no payment method."""
        details = contact(seed)
        try:
            return self._stripe.payment_methods.create(
                {
                    "type": "sepa_debit",
                    "sepa_debit": {"iban": seed.iban or ""},
                    "billing_details": {"name": details.name or "", "email": details.email or ""},
                }
            ).id
        except stripe.InvalidRequestError as error:
            if _UNKNOWN_ENDPOINT in str(error):
                return None
            raise


def _default_method(customer: stripe.Customer) -> str | None:
    settings = customer.invoice_settings
    method = settings.default_payment_method if settings else None
    return method if method is None or isinstance(method, str) else method.id
