"""What exists outside, listed from the sandboxes: sites at the provisioner, purchases at the registrar."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import urllib3
from hostcart.adapters.http_sites import HttpSites
from hostcart.adapters.registrar_namecom import NamecomRegistrar
from hostcart.ports import OutcomeUnknownError, RefusedError
from hostcart.settings import SitesSettings

from local.sandboxes.sites import SitesSandbox
from tests.contract.conftest import SITES_TOKEN
from tests.contract.registrar_shop import Control, control, registrar, registration, sandbox
from tests.contract.stripe_shop import FixedSecrets
from tests.contract.test_adapter_sites import SPEC

__all__ = ["control", "registrar", "sandbox"]


@pytest.fixture
def inventory(sites: SitesSandbox) -> Iterator[HttpSites]:
    pool = urllib3.PoolManager(retries=False, timeout=2)
    settings = SitesSettings(base_url=sites.url, token_secret_arn="arn:sites")
    yield HttpSites(settings, FixedSecrets(token=SITES_TOKEN), pool=pool)
    pool.clear()


def test_sites_are_listed_by_id_in_stretches(inventory: HttpSites) -> None:
    ids = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(5)]
    for site_id in reversed(ids):
        inventory.put(replace(SPEC, id=site_id))
    first = inventory.listed(after=None, limit=2)
    assert [site.id for site in first] == ids[:2]
    assert [site.id for site in inventory.listed(after=ids[1], limit=2)] == ids[2:4]
    assert [site.id for site in inventory.listed(after=ids[3], limit=2)] == ids[4:]
    assert inventory.listed(after=ids[4], limit=2) == []
    assert first[0].account_id == SPEC.account_id
    assert abs(first[0].created_at - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_deleted_site_is_not_listed(inventory: HttpSites) -> None:
    inventory.put(SPEC)
    assert inventory.exists(SPEC.id)
    inventory.delete(SPEC.id)
    inventory.delete("ffffffff-0000-4000-8000-000000000000")  # never asked for
    assert inventory.listed(after=None, limit=100) == []
    assert not inventory.exists(SPEC.id)


def test_a_limit_that_is_too_large_is_refused(inventory: HttpSites) -> None:
    with pytest.raises(RefusedError, match="invalid_limit"):
        inventory.listed(after=None, limit=101)


def test_a_provisioner_without_a_list_is_an_error(
    inventory: HttpSites, sites: SitesSandbox, http: urllib3.PoolManager
) -> None:
    for action, error in (("status:404", RefusedError), ("drop", OutcomeUnknownError)):
        order = {"match": "GET /sites", "action": action}
        http.request("POST", f"{sites.url}/_sandbox/faults", json=order)
        with pytest.raises(error):
            inventory.listed(after=None, limit=10)


def test_purchases_of_any_name_are_listed(registrar: NamecomRegistrar, control: Control) -> None:
    del control
    now = datetime.now(UTC)
    names = ["first.com", "second.com"]
    for name in names:
        registrar.register(registration(name))
    found = registrar.purchases(since=now - timedelta(minutes=5))
    assert [item.name for item in found] == names
    assert registrar.purchases(since=now + timedelta(hours=1)) == []
    assert [registrar.owns(name) for name in (*names, "third.com")] == [True, True, False]
