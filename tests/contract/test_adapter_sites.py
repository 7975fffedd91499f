"""The sites adapter against the provisioner sandbox."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import urllib3
from hostcart.adapters.http_sites import HttpSites
from hostcart.contract.statuses import Term
from hostcart.domain.site import ProvisionedSite, ProvisionStatus, SiteSpec
from hostcart.ports import MisconfiguredError, OutcomeUnknownError, PortError, RefusedError, UnavailableError
from hostcart.settings import SitesSettings

from local.sandboxes.sites import SitesSandbox
from tests.contract.conftest import SITES_TOKEN
from tests.contract.stripe_shop import FixedSecrets

SPEC = SiteSpec(
    id="01234567-89ab-cdef-0123-456789abcdef",
    account_id="17",
    name="My blog",
    variant="vanilla",
    location="pdx",
    plan="basic",
    term=Term.MONTHLY,
)
ARN = "arn:stripe"

type Arm = Callable[[str, str], None]


type Adapter = Callable[..., HttpSites]


@pytest.fixture
def adapter() -> Iterator[Adapter]:
    pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(total=0.5))

    def build(url: str, *, token: str = SITES_TOKEN) -> HttpSites:
        settings = SitesSettings(base_url=url, token_secret_arn=ARN)
        return HttpSites(settings, FixedSecrets(token=token), pool=pool)

    yield build
    pool.clear()


@pytest.fixture
def arm(sites: SitesSandbox, http: urllib3.PoolManager) -> Arm:
    def fault(match: str, action: str) -> None:
        order: dict[str, Any] = {"match": match, "action": action}
        assert http.request("POST", f"{sites.url}/_sandbox/faults", json=order).status == 201

    return fault


def ended(sites: HttpSites) -> ProvisionedSite:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        found = sites.get(SPEC.id)
        assert found is not None
        if found.status is not ProvisionStatus.PROVISIONING:
            return found
        time.sleep(0.02)
    raise AssertionError("the site did not end")


def test_a_site_from_asking_to_access(sites: SitesSandbox, adapter: Adapter) -> None:
    subject = adapter(sites.url)
    assert subject.get(SPEC.id) is None
    asked = subject.put(SPEC)
    assert (asked.id, asked.status, asked.ssh) == (SPEC.id, ProvisionStatus.PROVISIONING, None)
    ready = ended(subject)
    assert (ready.status, ready.name, ready.domain) == (ProvisionStatus.READY, "My blog", asked.domain)
    assert ready.ssh is not None
    assert ready.ssh.port == 22
    assert subject.put(SPEC) == ready


def test_a_site_that_fails(sites: SitesSandbox, adapter: Adapter) -> None:
    subject = adapter(sites.url)
    subject.put(replace(SPEC, name="fail-provision"))
    failed = ended(subject)
    assert (failed.status, failed.failure_code) == (ProvisionStatus.FAILED, "provisioning_failed")


def test_refusals(sites: SitesSandbox, adapter: Adapter) -> None:
    subject = adapter(sites.url)
    with pytest.raises(RefusedError, match="site_refused"):
        subject.put(replace(SPEC, name="refuse-provision"))
    subject.put(SPEC)
    with pytest.raises(RefusedError, match="site_conflict"):
        subject.put(replace(SPEC, name="Another"))


def test_a_deleted_id_is_burnt_even_before_it_was_asked_for(sites: SitesSandbox, adapter: Adapter) -> None:
    subject = adapter(sites.url)
    for _ in range(2):
        subject.delete(SPEC.id)
    with pytest.raises(RefusedError, match="site_deleted"):
        subject.put(SPEC)
    assert subject.get(SPEC.id) is None


def test_a_site_is_suspended_and_comes_back(sites: SitesSandbox, adapter: Adapter) -> None:
    subject = adapter(sites.url)
    subject.put(SPEC)
    ready = ended(subject)
    for _ in range(2):
        subject.suspend(SPEC.id)
    assert sites.snapshot()["sites"][SPEC.id]["suspended"] is True
    assert subject.get(SPEC.id) == ready
    for _ in range(2):
        subject.resume(SPEC.id)
    assert sites.snapshot()["sites"][SPEC.id]["suspended"] is False


def test_what_is_gone_needs_no_suspension_and_does_not_come_back(
    sites: SitesSandbox, adapter: Adapter
) -> None:
    subject = adapter(sites.url)
    subject.suspend(SPEC.id)
    subject.put(SPEC)
    subject.delete(SPEC.id)
    subject.suspend(SPEC.id)
    with pytest.raises(RefusedError, match="site_not_found"):
        subject.resume(SPEC.id)


def test_a_suspension_that_is_refused(sites: SitesSandbox, adapter: Adapter) -> None:
    subject = adapter(sites.url)
    subject.put(replace(SPEC, name="refuse-suspension"))
    with pytest.raises(RefusedError, match="suspension_refused"):
        subject.suspend(SPEC.id)


def test_a_wrong_token(sites: SitesSandbox, adapter: Adapter) -> None:
    with pytest.raises(MisconfiguredError, match="sites_denied"):
        adapter(sites.url, token="wrong").put(SPEC)


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ("timeout_before", (OutcomeUnknownError, "timeout")),
        ("timeout_after", (OutcomeUnknownError, "timeout")),
        ("drop", (OutcomeUnknownError, "connection_lost")),
        ("drop_after", (OutcomeUnknownError, "connection_lost")),
        ("status:500", (OutcomeUnknownError, "server_unavailable")),
        ("status:503", (UnavailableError, "sites_busy")),
        ("status:429", (UnavailableError, "sites_busy")),
    ],
)
def test_after_any_fault_the_repeat_is_the_same_site(
    sites: SitesSandbox, adapter: Adapter, arm: Arm, action: str, told: tuple[type[PortError], str]
) -> None:
    subject = adapter(sites.url)
    arm("PUT /sites/*", action)
    with pytest.raises(PortError) as caught:
        subject.put(SPEC)
    assert (type(caught.value), caught.value.code) == told
    subject.put(SPEC)
    assert len(sites.snapshot()["sites"]) == 1


def test_nobody_there(adapter: Adapter) -> None:
    with pytest.raises(OutcomeUnknownError, match="connection_lost"):
        adapter("http://127.0.0.1:9").get(SPEC.id)
