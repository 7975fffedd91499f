"""Which request is served by which operation, and which SDK type its parameters must have."""

from collections.abc import Mapping
from dataclasses import dataclass

from local.sandboxes.http import Json, Router
from local.sandboxes.stripe import (
    catalogue,
    collection,
    credit_notes,
    customers,
    disputes,
    invoices,
    payments,
    refunds,
    sepa,
    subscriptions,
)
from local.sandboxes.stripe.account import Account, Operation
from local.sandboxes.stripe.objects import created_bounds, within


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint: `params` names a type of `stripe.params`."""

    params: str
    operation: Operation


def _get_event(account: Account, _params: Json, path: Mapping[str, str]) -> Json:
    return account.store.get("event", path["id"])


def _list_events(account: Account, params: Json, _path: Mapping[str, str]) -> list[Json]:
    kinds = params.get("types") or ([params["type"]] if "type" in params else None)
    bounds = created_bounds(params)
    return [
        event
        for event in account.store.newest_first("event")
        if (kinds is None or event["type"] in kinds) and within(event["created"], bounds)
    ]


ROUTES: dict[str, Route] = {
    "POST /v1/products": Route("ProductCreateParams", catalogue.create_product),
    "GET /v1/products": Route("ProductListParams", catalogue.list_products),
    "GET /v1/products/{id}": Route("ProductRetrieveParams", catalogue.get_product),
    "POST /v1/prices": Route("PriceCreateParams", catalogue.create_price),
    "GET /v1/prices/{id}": Route("PriceRetrieveParams", catalogue.get_price),
    "POST /v1/customers": Route("CustomerCreateParams", customers.create_customer),
    "GET /v1/customers": Route("CustomerListParams", customers.list_customers),
    "GET /v1/customers/{id}": Route("CustomerRetrieveParams", customers.get_customer),
    "POST /v1/customers/{id}": Route("CustomerUpdateParams", customers.update_customer),
    "DELETE /v1/customers/{id}": Route("CustomerDeleteParams", customers.delete_customer),
    "GET /v1/customers/{id}/payment_methods": Route(
        "CustomerPaymentMethodListParams", customers.list_customer_methods
    ),
    "GET /v1/customers/{id}/payment_methods/{method}": Route(
        "CustomerPaymentMethodRetrieveParams", customers.get_customer_method
    ),
    "POST /v1/customers/{id}/balance_transactions": Route(
        "CustomerBalanceTransactionCreateParams", customers.create_balance_transaction
    ),
    "GET /v1/customers/{id}/balance_transactions": Route(
        "CustomerBalanceTransactionListParams", customers.list_balance_transactions
    ),
    "GET /v1/payment_methods": Route("PaymentMethodListParams", customers.list_methods),
    "GET /v1/payment_methods/{id}": Route("PaymentMethodRetrieveParams", customers.get_method),
    "POST /v1/payment_methods/{id}/attach": Route("PaymentMethodAttachParams", customers.attach_method),
    "POST /v1/payment_methods/{id}/detach": Route("PaymentMethodDetachParams", customers.detach_method),
    "POST /v1/payment_methods": Route("PaymentMethodCreateParams", sepa.create_method),
    "POST /v1/refunds": Route("RefundCreateParams", refunds.create_refund),
    "GET /v1/refunds": Route("RefundListParams", refunds.list_refunds),
    "GET /v1/refunds/{id}": Route("RefundRetrieveParams", refunds.get_refund),
    "POST /v1/refunds/{id}": Route("RefundUpdateParams", refunds.update_refund),
    "GET /v1/disputes": Route("DisputeListParams", disputes.list_disputes),
    "GET /v1/disputes/{id}": Route("DisputeRetrieveParams", disputes.get_dispute),
    "POST /v1/credit_notes": Route("CreditNoteCreateParams", credit_notes.create_credit_note),
    "GET /v1/credit_notes": Route("CreditNoteListParams", credit_notes.list_credit_notes),
    "GET /v1/credit_notes/{id}": Route("CreditNoteRetrieveParams", credit_notes.get_credit_note),
    "GET /v1/credit_notes/{id}/lines": Route(
        "CreditNoteLineItemListParams", credit_notes.list_credit_note_lines
    ),
    "POST /v1/invoices": Route("InvoiceCreateParams", invoices.create_invoice),
    "GET /v1/invoices": Route("InvoiceListParams", invoices.list_invoices),
    "GET /v1/invoices/{id}": Route("InvoiceRetrieveParams", invoices.get_invoice),
    "POST /v1/invoices/{id}": Route("InvoiceUpdateParams", invoices.update_invoice),
    "DELETE /v1/invoices/{id}": Route("InvoiceDeleteParams", invoices.delete_invoice),
    "GET /v1/invoices/{id}/lines": Route("InvoiceLineItemListParams", invoices.list_lines),
    "POST /v1/invoices/{id}/add_lines": Route("InvoiceAddLinesParams", invoices.add_lines),
    "POST /v1/invoices/{id}/finalize": Route("InvoiceFinalizeInvoiceParams", collection.finalize_invoice),
    "POST /v1/invoices/{id}/pay": Route("InvoicePayParams", collection.pay_invoice),
    "POST /v1/invoices/{id}/void": Route("InvoiceVoidInvoiceParams", collection.void_invoice),
    "POST /v1/invoices/{id}/mark_uncollectible": Route(
        "InvoiceMarkUncollectibleParams", collection.mark_uncollectible
    ),
    "GET /v1/invoice_payments": Route("InvoicePaymentListParams", payments.list_invoice_payments),
    "GET /v1/invoice_payments/{id}": Route("InvoicePaymentRetrieveParams", payments.get_invoice_payment),
    "GET /v1/payment_intents": Route("PaymentIntentListParams", payments.list_intents),
    "GET /v1/payment_intents/{id}": Route("PaymentIntentRetrieveParams", payments.get_intent),
    "GET /v1/charges": Route("ChargeListParams", payments.list_charges),
    "GET /v1/charges/{id}": Route("ChargeRetrieveParams", payments.get_charge),
    "POST /v1/subscriptions": Route("SubscriptionCreateParams", subscriptions.create_subscription),
    "GET /v1/subscriptions": Route("SubscriptionListParams", subscriptions.list_subscriptions),
    "GET /v1/subscriptions/{id}": Route("SubscriptionRetrieveParams", subscriptions.get_subscription),
    "POST /v1/subscriptions/{id}": Route("SubscriptionUpdateParams", subscriptions.update_subscription),
    "DELETE /v1/subscriptions/{id}": Route("SubscriptionCancelParams", subscriptions.cancel_subscription),
    "GET /v1/events": Route("EventListParams", _list_events),
    "GET /v1/events/{id}": Route("EventRetrieveParams", _get_event),
}


def router() -> Router[Route]:
    """The endpoints, ready to look up."""
    routes: Router[Route] = Router()
    for route, entry in ROUTES.items():
        routes.add(route, entry)
    return routes
