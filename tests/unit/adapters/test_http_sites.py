"""The site provisioner: what is sent, what each answer means, what is not believed."""

import json
import logging
import traceback
from typing import Any, cast

import pytest
import urllib3
from hostcart.adapters.http_sites import HttpSites
from hostcart.contract.statuses import Term
from hostcart.domain.site import ProvisionStatus, SiteSpec
from hostcart.ports import (
    MisconfiguredError,
    OutcomeUnknownError,
    PortError,
    RefusedError,
    UnavailableError,
)
from hostcart.settings import SitesSettings

from tests.unit.adapters.secret_stub import StubSecrets

SITE = "01234567-89ab-cdef-0123-456789abcdef"
SPEC = SiteSpec(
    id=SITE,
    account_id="17",
    name="My blog",
    variant="vanilla",
    location="pdx",
    plan="basic",
    term=Term.ANNUAL,
)
SSH = {"ipaddr": "192.0.2.7", "username": "site_1", "password": "hunter2-secret", "port": 22}


class FakeAnswer:
    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.body = body

    def read(self, amount: int) -> bytes:
        return self.body[:amount]

    def release_conn(self) -> None:
        """Nothing to release."""

    close = release_conn


class FakePool:
    def __init__(self, answer: FakeAnswer | Exception) -> None:
        self.answer = answer
        self.sent: list[tuple[str, str, dict[str, Any]]] = []

    def request(self, method: str, url: str, **options: Any) -> FakeAnswer:
        self.sent.append((method, url, options))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def adapter(pool: FakePool, secrets: StubSecrets | None = None) -> HttpSites:
    settings = SitesSettings(base_url="https://sites.test/v1/", token_secret_arn="arn:sites")
    return HttpSites(
        settings, secrets or StubSecrets(token="bearer-secret"), pool=cast("urllib3.PoolManager", pool)
    )


def answering(status: int, body: object = None) -> FakePool:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return FakePool(FakeAnswer(status, raw))


def site(status: str = "provisioning", **more: Any) -> dict[str, Any]:
    return {
        "id": SITE,
        "status": status,
        "name": "My blog",
        "domain": "my-blog.sites.example",
        "variant": "vanilla",
        "location": "pdx",
        "since": "a later version",
        **more,
    }


def test_put_sends_the_site_and_nothing_more() -> None:
    pool = answering(202, site())
    found = adapter(pool).put(SPEC)
    assert (found.status, found.domain, found.ssh) == (
        ProvisionStatus.PROVISIONING,
        "my-blog.sites.example",
        None,
    )
    ((method, url, options),) = pool.sent
    assert (method, url) == ("PUT", f"https://sites.test/v1/sites/{SITE}")
    assert options["json"] == {
        "account_id": "17",
        "name": "My blog",
        "variant": "vanilla",
        "location": "pdx",
        "plan": "basic",
        "term": "annual",
    }
    assert options["headers"]["Authorization"] == "Bearer bearer-secret"
    assert options["redirect"] is False


def test_the_default_pool_is_patient_for_eight_seconds_and_repeats_nothing() -> None:
    settings = SitesSettings(base_url="https://sites.test", token_secret_arn="arn:sites")
    options = HttpSites(settings, StubSecrets(token="x"))._pool.connection_pool_kw
    assert (options["timeout"].total, options["timeout"].connect_timeout) == (8.0, 3.0)
    assert options["retries"].total is False


def test_a_ready_site_has_its_access_and_shows_no_password() -> None:
    found = adapter(answering(200, site("ready", ssh=SSH))).get(SITE)
    assert found is not None
    assert found.ssh is not None
    assert (found.ssh.ipaddr, found.ssh.port, found.ssh.password) == ("192.0.2.7", 22, "hunter2-secret")
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        ({"code": "disk_full", "message": "x"}, "disk_full"),
        ({"code": "Not a code"}, "provisioning_failed"),
        ({}, "provisioning_failed"),
        (None, "provisioning_failed"),
    ],
)
def test_a_failed_site_says_why(failure: object, code: str) -> None:
    found = adapter(answering(200, site("failed", failure=failure, ssh=SSH))).get(SITE)
    assert found is not None
    assert (found.failure_code, found.ssh) == (code, None)


@pytest.mark.parametrize("status", [404, 410])
def test_an_unknown_site_is_none_and_deleting_it_is_fine(status: int) -> None:
    assert adapter(answering(status, {"code": "site_not_found"})).get(SITE) is None
    adapter(answering(status)).delete(SITE)


@pytest.mark.parametrize("status", [200, 202, 204])
def test_delete(status: int) -> None:
    pool = answering(status)
    adapter(pool).delete(SITE)
    assert pool.sent[0][0] == "DELETE"


ANSWERS: list[tuple[int, object, type[PortError], str]] = [
    (409, {"code": "site_conflict"}, RefusedError, "site_conflict"),
    (410, {"code": "site_deleted"}, RefusedError, "site_deleted"),
    (422, {"code": "site_refused"}, RefusedError, "site_refused"),
    (422, {"code": "Shout!"}, RefusedError, "sites_http_422"),
    (422, b"<html>", RefusedError, "sites_http_422"),
    (400, {"detail": "x"}, RefusedError, "sites_http_400"),
    (404, {"code": "not_found"}, RefusedError, "not_found"),
    (401, {}, MisconfiguredError, "sites_denied"),
    (403, {}, MisconfiguredError, "sites_denied"),
    (302, {}, MisconfiguredError, "sites_redirected"),
    (408, {}, UnavailableError, "sites_busy"),
    (425, {}, UnavailableError, "sites_busy"),
    (429, {}, UnavailableError, "sites_busy"),
    (503, {}, UnavailableError, "sites_busy"),
    (500, {}, OutcomeUnknownError, "server_unavailable"),
    (502, b"<html>", OutcomeUnknownError, "server_unavailable"),
    (504, {}, OutcomeUnknownError, "server_unavailable"),
    (202, b"<html>", OutcomeUnknownError, "invalid_answer"),
    (202, b"", OutcomeUnknownError, "invalid_answer"),
    (202, [], OutcomeUnknownError, "invalid_answer"),
    (202, {"id": SITE}, OutcomeUnknownError, "invalid_answer"),
    (202, site("dreaming"), OutcomeUnknownError, "invalid_answer"),
    (202, site(id="another"), OutcomeUnknownError, "invalid_answer"),
    (200, site("ready"), OutcomeUnknownError, "invalid_answer"),
    (200, site("ready", ssh={**SSH, "port": 0}), OutcomeUnknownError, "invalid_answer"),
    (200, site("ready", ssh={**SSH, "password": ""}), OutcomeUnknownError, "invalid_answer"),
    (200, site(padding="x" * 70_000), OutcomeUnknownError, "invalid_answer"),
]


@pytest.mark.parametrize(("status", "body", "kind", "code"), ANSWERS)
def test_what_an_answer_to_put_means(status: int, body: object, kind: type[PortError], code: str) -> None:
    with pytest.raises(PortError) as caught:
        adapter(answering(status, body)).put(SPEC)
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (urllib3.exceptions.ReadTimeoutError(cast("Any", None), "/", "slow"), "timeout"),
        (urllib3.exceptions.ConnectTimeoutError(), "timeout"),
        (urllib3.exceptions.ProtocolError("Connection aborted."), "connection_lost"),
        (urllib3.exceptions.SSLError("bad certificate"), "connection_lost"),
    ],
)
def test_a_lost_answer_is_an_unknown_outcome(failure: Exception, code: str) -> None:
    with pytest.raises(OutcomeUnknownError) as caught:
        adapter(FakePool(failure)).put(SPEC)
    assert caught.value.code == code


def test_a_refused_token_is_read_anew_and_never_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = StubSecrets(token="bearer-secret")
    with pytest.raises(MisconfiguredError) as caught:
        adapter(answering(401, {}), secrets).get(SITE)
    assert secrets.forgotten == ["arn:sites"]
    assert "bearer-secret" not in "".join(traceback.format_exception(caught.value)) + caplog.text


def test_an_id_cannot_leave_its_place_in_the_path() -> None:
    pool = answering(404)
    adapter(pool).get("../admin?x=1")
    assert pool.sent[0][1] == "https://sites.test/v1/sites/..%2Fadmin%3Fx%3D1"
