"""Which cart a payment is for: a PaymentIntent knows no invoice any more, an invoice's payment knows both."""

from collections.abc import Sequence

import stripe
from pydantic import BaseModel

from hostcart.adapters.stripe_api import StripeApi, answer
from hostcart.domain.payment_events import CartRef
from hostcart.ports import RefusedError


class _Invoice(BaseModel):
    metadata: dict[str, str] | None = None


class _InvoicePayment(BaseModel):
    invoice: _Invoice


class _Page(BaseModel):
    data: Sequence[_InvoicePayment]


def cart_of_intent(api: StripeApi, intent_id: str) -> CartRef | None:
    """None when the payment is for no invoice of a cart."""
    params: stripe.params.InvoicePaymentListParams = {
        "payment": {"type": "payment_intent", "payment_intent": intent_id},
        "limit": 1,
        "expand": ["data.invoice"],
    }
    try:
        with api.calls() as v1:
            page = _Page.model_validate(answer(v1.invoice_payments.list(params)))
    except RefusedError as refused:
        if refused.code != "resource_missing":
            raise
        return None
    metadata = (page.data[0].invoice.metadata or {}) if page.data else {}
    if not {"account_id", "cart_token"} <= metadata.keys():
        return None
    return CartRef(account_id=metadata["account_id"], cart_token=metadata["cart_token"])
