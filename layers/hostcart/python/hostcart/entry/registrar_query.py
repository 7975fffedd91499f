"""The query of `GET /v4/orders`: pages, direction and filters in, `Link` out (RFC 8288)."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode

from hostcart.contract.errors import ApiError, FieldError
from hostcart.contract.statuses import SaleStatus
from hostcart.domain.sales_filter import OrdersWanted, SalesFilter, a_label

LARGEST_PER_PAGE: Final = 1000
LARGEST_INT32: Final = 2**31 - 1
DIRECTIONS: Final = ("asc", "desc")
NAME: Final = r"^(\*|\*?[^\s*/]{1,253})$"
TLD: Final = r"^\.?[^\s*/]{1,63}$"
PARAMETERS: Final = (
    "perPage",
    "page",
    "dir",
    "domainName",
    "tld",
    "createDateStart",
    "createDateEnd",
    "orderStatus",
)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT: Final = re.compile(_DAY.pattern + r"[Tt ]\d{2}:\d{2}(:.*|[Zz+-].*)?")
_A_NAME: Final = "must be a domain name, or * and the end of one"


def orders_wanted(query: Mapping[str, str]) -> OrdersWanted:
    """What the query asks for; unknown parameters are passed over. Raises ApiError 400."""
    return OrdersWanted(
        page=whole_number(query.get("page", "1"), "page", LARGEST_INT32),
        per_page=whole_number(query.get("perPage", str(LARGEST_PER_PAGE)), "perPage", LARGEST_PER_PAGE),
        newest_first=_one_of(query.get("dir", "asc"), "dir", DIRECTIONS) == "desc",
        filter=SalesFilter(
            name=_name(query.get("domainName")),
            tld=_tld(query.get("tld")),
            since=_since(query.get("createDateStart")),
            until=_until(query.get("createDateEnd")),
            status=_status(query.get("orderStatus")),
        ),
    )


def whole_number(text: str, name: str, largest: int) -> int:
    """A number from 1 to `largest`. Raises ApiError 400 with the parameter's name."""
    digits = text.isascii() and text.isdigit() and len(text) <= len(str(largest))
    if not digits or not 1 <= int(text) <= largest:
        raise _invalid(name, f"must be a whole number from 1 to {largest}")
    return int(text)


def link(query: Mapping[str, str], page: int, last_page: int, url: str = "") -> dict[str, str]:
    """The `Link` header of a page that others follow, relative to the request's own address where that is not
    known: the registrar's own links are absolute, and clients follow them as they are.
    """
    known = {name: query[name] for name in PARAMETERS if name in query}
    numbers = {"next": page + 1, "last": last_page}
    links = [
        f'<{url}?{urlencode(known | {"page": str(number)})}>; rel="{relation}"'
        for relation, number in numbers.items()
    ]
    return {"Link": ", ".join(links)}


def _name(text: str | None) -> str | None:
    if text is None:
        return None
    if not re.fullmatch(NAME, text):
        raise _invalid("domainName", _A_NAME)
    if text.isascii():
        return text.lower().rstrip(".")
    if text.startswith("*"):  # the end of a name is not the end of its A-label
        raise _invalid("domainName", f"{_A_NAME} in the letters of its A-label (xn--)")
    try:
        return a_label(text)
    except ValueError:
        raise _invalid("domainName", _A_NAME) from None


def _tld(text: str | None) -> str | None:
    if text is None:
        return None
    if not re.fullmatch(TLD, text):
        raise _invalid("tld", "must be a TLD such as com or co.uk")
    return text.lower().removeprefix(".")


def _status(text: str | None) -> SaleStatus | None:
    return None if text is None else SaleStatus(_one_of(text, "orderStatus", tuple(SaleStatus)))


def _one_of(text: str, name: str, known: tuple[str, ...]) -> str:
    if text not in known:
        raise _invalid(name, f"must be one of {', '.join(known)}")
    return text


def _since(text: str | None) -> datetime | None:
    return None if text is None else _moment(text, "createDateStart")


def _until(text: str | None) -> datetime | None:
    """The moment after the last one that is wanted: of a day all is wanted, of a moment its second."""
    if text is None:
        return None
    step = timedelta(days=1) if _DAY.fullmatch(text) else timedelta(seconds=1)
    try:
        return _moment(text, "createDateEnd").replace(microsecond=0) + step
    except OverflowError:
        raise _not_a_date("createDateEnd") from None


def _moment(text: str, name: str) -> datetime:
    try:
        if _DAY.fullmatch(text):
            return datetime.combine(date.fromisoformat(text), time(), UTC)
        if not _MOMENT.fullmatch(text):
            raise _not_a_date(name)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _not_a_date(name) from None


def _not_a_date(name: str) -> ApiError:
    return _invalid(name, "must be a date such as 2026-11-21 or 2026-11-21T17:30:00Z")


def _invalid(name: str, what: str) -> ApiError:
    message = f"{name} {what}."
    return ApiError("validation_failed", message, errors=[FieldError(name, "invalid", message)])
