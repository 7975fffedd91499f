"""Which orders a list of the registrar API shows: all, unless the request says less."""

from dataclasses import dataclass
from datetime import datetime

from hostcart.contract.statuses import SaleStatus
from hostcart.domain.sales import Sale


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesFilter:
    """What each order must meet; None asks for nothing.

    `name` is an A-label in lower case, or `*` and the end of one; `tld` is without a leading dot. Orders
    were placed at `since` or later and before `until` (UTC).
    """

    name: str | None = None
    tld: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    status: SaleStatus | None = None

    def admits(self, sale: Sale) -> bool:
        return self._admits_items(sale) and self._admits_date(sale) and self.status in {None, sale.status}

    def _admits_items(self, sale: Sale) -> bool:
        """One item must meet both: its domain and its TLD. A site has neither."""
        if self.name is None and self.tld is None:
            return True
        return any(
            item.tld is not None and self.tld in {None, item.tld} and self._matches(item.name)
            for item in sale.items
        )

    def _matches(self, name: str) -> bool:
        if self.name is None:
            return True
        if self.name.startswith("*"):
            return name.endswith(self.name[1:])
        return name == self.name

    def _admits_date(self, sale: Sale) -> bool:
        if self.since is None and self.until is None:
            return True
        placed = datetime.fromisoformat(sale.created_at)
        return (self.since is None or placed >= self.since) and (self.until is None or placed < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersWanted:
    """Page `page` (from 1) of `per_page` orders, oldest first unless `newest_first`."""

    page: int
    per_page: int
    newest_first: bool
    filter: SalesFilter


def a_label(name: str) -> str:
    """The A-label of any name: one may be looked for whose TLD is not sold any more. Raises ValueError."""
    import idna

    return idna.encode(name, uts46=True).decode("ascii").rstrip(".")
