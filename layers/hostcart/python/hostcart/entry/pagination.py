"""Page numbers in, `Link` and `X-Total-Count` out (RFC 8288)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hostcart.contract.errors import ApiError, FieldError

DEFAULT_PER_PAGE: Final = 50
LARGEST_PER_PAGE: Final = 100
_LARGEST_PAGE: Final = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    number: int
    size: int


def page_of(query: Mapping[str, str]) -> Page:
    """`page` from 1, `per_page` 1..100. Raises ApiError invalid_pagination."""
    return Page(
        number=_whole(query, "page", default=1, largest=_LARGEST_PAGE),
        size=_whole(query, "per_page", default=DEFAULT_PER_PAGE, largest=LARGEST_PER_PAGE),
    )


def page_headers(url: str, page: Page, total: int) -> dict[str, str]:
    """`url` is the address of the list that was called, empty where it is not known: links are relative to it
    then. Relations that do not exist are left out.
    """
    last = max(1, -(-total // page.size))
    relations = {"first": 1, "last": last}
    if page.number > 1:
        relations["prev"] = min(page.number - 1, last)
    if page.number < last:
        relations["next"] = page.number + 1
    links = [
        f'<{url}?page={number}&per_page={page.size}>; rel="{relation}"'
        for relation, number in relations.items()
    ]
    return {"Link": ", ".join(links), "X-Total-Count": str(total)}


def _whole(query: Mapping[str, str], name: str, *, default: int, largest: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not (
        text.isascii() and text.isdigit() and len(text) <= len(str(largest)) and 1 <= int(text) <= largest
    ):
        message = f"{name} must be a whole number from 1 to {largest}."
        raise ApiError("invalid_pagination", message, errors=[FieldError(name, "out_of_range", message)])
    return int(text)
