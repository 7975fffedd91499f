"""Which memory size each function has, and why: one reason for each group of functions."""

from typing import Final

SIZES: Final = (128, 256, 512, 1024, 1769)
HEADROOM: Final = 1.5
"""A size holds a function when it is so many times the peak of a request."""

GROUPS: Final = {
    "task": (
        *("charge_payment", "provision_site", "register_domain", "activate_subscription", "close_order"),
        *("refund_payment", "send_callback", "suspend_site", "wait_for_payment", "wait_for_domain"),
    ),
    "POST": ("order_site", "order_domain"),
    "read": (
        *("authenticate", "get_cart", "get_order", "list_orders", "list_registrar_orders"),
        *("get_registrar_order", "describe_catalogue", "describe_tld", "cancel_order"),
    ),
    "webhook": ("receive_stripe_webhook",),
    "reconciler": ("reconcile",),
    "refusal": ("refuse_method", "update_order"),
}
GROUP: Final = {name: group for group, names in GROUPS.items() for name in names}
CHOSEN_MB: Final = {
    "task": 128,
    "POST": 256,
    "read": 512,
    "webhook": 512,
    "reconciler": 512,
    "refusal": 128,
}
REASONS: Final = {
    "task": (
        "mostly waits for others, and nobody waits for it: the smallest size that holds it. The next one "
        "would end an order a third of a second sooner and cost nearly twice as much."
    ),
    "POST": (
        "a customer waits, but it waits for the payment processor and the registrar: 512 MB would save a "
        "twelfth of the time and cost nearly twice as much."
    ),
    "read": (
        "a client waits, and it computes about as long as it waits: half the size would take up to two "
        "thirds longer and save about a quarter of a dollar in a million orders."
    ),
    "webhook": (
        "it loads what it needs with the first event that is Stripe's, after the start, when the processor "
        "is as small as the memory: on 128 MB for seconds, of those that Stripe waits. Once warm all sizes "
        "cost about the same."
    ),
    "reconciler": (
        "it loads as late, and its sweeps share a time limit: what is left at its end waits for the next "
        "run. Half the size would save about ten cents a month."
    ),
    "refusal": "one fixed answer, nothing to load and nothing to wait for: the smallest size.",
}
