"""The words of the registrar API (`/v4`). Its own two order statuses are success and failed; the others are
those of its successor, for orders in progress.
"""

from enum import StrEnum


class SaleStatus(StrEnum):
    """Of an order. INITIALIZED: not paid yet; REVIEW: the customer must act; STARTED: paid, in delivery."""

    INITIALIZED = "initialized"
    REVIEW = "review"
    STARTED = "started"
    SUCCESS = "success"
    FAILED = "failed"


class SaleItemStatus(StrEnum):
    """Of an item. REFUNDED: all that the order took was given back."""

    INITIALIZED = "initialized"
    SUCCESS = "success"
    FAILED = "failed"
    REFUNDED = "refunded"


class SaleKind(StrEnum):
    """What an item sells; SITE is ours alone."""

    REGISTRATION = "registration"
    TRANSFER = "transfer"
    RENEWAL = "renewal"
    SITE = "site"


class Interval(StrEnum):
    MONTH = "month"
    YEAR = "year"
