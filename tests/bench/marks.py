"""What each figure is to reach. Counts are asserted by the tests; times are shown, never asserted."""

from typing import Final

POLLING: Final = ("get_cart", "get_order", "list_orders")
TASKS: Final = (
    "charge_payment",
    "provision_site",
    "register_domain",
    "activate_subscription",
    "suspend_site",
    "wait_for_payment",
    "wait_for_domain",
    "close_order",
    "refund_payment",
    "send_callback",
)
COLD_START: Final[dict[str, float]] = {
    **dict.fromkeys(POLLING, 1.0),
    "authenticate": 1.2,
    **dict.fromkeys(("order_site", "order_domain"), 1.7),
    **dict.fromkeys(TASKS, 1.7),
    **dict.fromkeys(("receive_stripe_webhook", "reconcile"), 1.7),
}
OVER_PEER: Final = {"get_cart": 0.5, "order_site": 0.7}
WARM: Final = {"poll": 1.25, "post": 1.4}
WRITE_UNITS: Final = {"POST /api/orders": 3, "site": 25, "domain": 30}
POLL_READ_UNITS: Final = 1
STRAIGHT_TRANSITIONS: Final = 7
"""What a straight order of either kind takes: a test holds it there, each further one is 25 USD a million."""
TRANSITIONS: Final = {"site": 9, "domain": 10, "transfer": 60}
LAYER_BYTES: Final = 40_000_000
FUNCTION_BYTES: Final = 100_000
DOLLARS_PER_MILLION: Final = 300
COMPLETION: Final = 1.5
POLL_RATE: Final = 0.6
