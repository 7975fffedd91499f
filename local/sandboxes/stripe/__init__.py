"""A Stripe account kept in memory; `app.StripeSandbox` serves it."""

from local.sandboxes.stripe.app import StripeSandbox

__all__ = ["StripeSandbox"]
