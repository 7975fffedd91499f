"""What a TLD asks of an order, for `GET /api/about/tlds/{tld}`."""

from typing import Any

from hostcart.contract.errors import ApiError
from hostcart.domain import tlds
from hostcart.domain.requirements import describe
from hostcart.ports import CatalogueStore


def describe_tld(name: str, store: CatalogueStore) -> dict[str, Any]:
    """Its rules and its contacts' schemas. Raises ApiError not_found for a TLD that is not sold."""
    if name not in store.catalogue().tlds:
        raise ApiError("not_found", "Names under this TLD are not offered.")
    return describe(tlds.get(name))
