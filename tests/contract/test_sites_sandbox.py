"""The site provisioner contract of docs/site-provisioner.md, as the sandbox keeps it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import urllib3

from local.sandboxes.sites import SitesSandbox
from tests.contract.conftest import SITES_TOKEN

_SITE = {
    "account_id": "acc-1",
    "name": "My shop",
    "variant": "vanilla",
    "location": "pdx",
    "plan": "basic",
    "term": "monthly",
}

type Call = Callable[..., urllib3.BaseHTTPResponse]


@pytest.fixture
def call(sites: SitesSandbox, http: urllib3.PoolManager) -> Call:
    def request(
        method: str, path: str, body: object = None, token: str = SITES_TOKEN
    ) -> urllib3.BaseHTTPResponse:
        return http.request(method, sites.url + path, json=body, headers={"Authorization": f"Bearer {token}"})

    return request


def _settled(call: Call, site_id: str) -> Any:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        site = call("GET", f"/sites/{site_id}").json()
        if site["status"] != "provisioning":
            return site
        time.sleep(0.01)
    raise AssertionError("the site stays provisioning")


def test_a_site_becomes_ready(call: Call) -> None:
    accepted = call("PUT", "/sites/s1", _SITE)
    assert accepted.status == 202
    assert accepted.json()["status"] == "provisioning"
    assert "ssh" not in accepted.json()
    site = _settled(call, "s1")
    assert (site["status"], site["name"], site["variant"], site["location"]) == (
        "ready",
        "My shop",
        "vanilla",
        "pdx",
    )
    assert site["domain"] == accepted.json()["domain"]
    assert set(site["ssh"]) == {"ipaddr", "username", "password", "port"}


def test_passwords_differ(call: Call) -> None:
    for site_id in ("s1", "s2"):
        call("PUT", f"/sites/{site_id}", _SITE)
    assert _settled(call, "s1")["ssh"]["password"] != _settled(call, "s2")["ssh"]["password"]


def test_asking_twice_makes_one_site(call: Call) -> None:
    call("PUT", "/sites/s1", _SITE)
    ready = _settled(call, "s1")
    again = call("PUT", "/sites/s1", _SITE)
    assert (again.status, again.json()) == (200, ready)
    assert len(call("GET", "/_sandbox/sites").json()) == 1


def test_another_body_is_a_conflict(call: Call) -> None:
    call("PUT", "/sites/s1", _SITE)
    refusal = call("PUT", "/sites/s1", {**_SITE, "plan": "pro"})
    assert (refusal.status, refusal.json()["code"]) == (409, "site_conflict")
    assert refusal.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("known", [True, False])
def test_a_deleted_id_is_burnt(call: Call, *, known: bool) -> None:
    if known:
        call("PUT", "/sites/s1", _SITE)
    assert call("DELETE", "/sites/s1").status == 204
    assert call("DELETE", "/sites/s1").status == 204
    assert call("GET", "/sites/s1").status == 404
    refusal = call("PUT", "/sites/s1", _SITE)
    assert (refusal.status, refusal.json()["code"]) == (410, "site_deleted")
    assert [site["status"] for site in call("GET", "/_sandbox/sites").json()] == ["deleted"]


def test_an_unknown_site_is_not_found(call: Call) -> None:
    answer = call("GET", "/sites/s1")
    assert (answer.status, answer.json()["code"]) == (404, "site_not_found")


@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
def test_a_wrong_token_is_refused(call: Call, method: str) -> None:
    answer = call(method, "/sites/s1", _SITE, token="guess")
    assert (answer.status, answer.json()["code"]) == (401, "unauthenticated")
    assert call("GET", "/_sandbox/sites").json() == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({**_SITE, "name": ""}, 422, "invalid_site"),
        ({**_SITE, "plan": 5}, 422, "invalid_site"),
        ({"name": "x"}, 422, "invalid_site"),
        ({name: value for name, value in _SITE.items() if name != "term"}, 422, "invalid_site"),
        ([], 400, "invalid_json"),
        ({**_SITE, "name": "refuse-provision"}, 422, "site_refused"),
    ],
)
def test_what_cannot_be_made_is_refused(call: Call, body: object, status: int, code: str) -> None:
    answer = call("PUT", "/sites/s1", body)
    assert (answer.status, answer.json()["code"]) == (status, code)
    assert call("GET", "/sites/s1").status == 404


def test_sites_fail_by_name_and_on_demand(call: Call) -> None:
    call("PUT", "/sites/s1", {**_SITE, "name": "fail-provision"})
    call("POST", "/_sandbox/settings", {"fail_next": 1})
    call("PUT", "/sites/s2", _SITE)
    call("PUT", "/sites/s3", _SITE)
    sites = [_settled(call, site_id) for site_id in ("s1", "s2", "s3")]
    assert [site["status"] for site in sites] == ["failed", "failed", "ready"]
    assert sites[0]["failure"]["code"] == "provisioning_failed"
    assert "ssh" not in sites[0]


def test_a_site_is_suspended_until_it_is_resumed(call: Call) -> None:
    assert call("PUT", "/sites/s1/suspension").status == 404
    call("PUT", "/sites/s1", _SITE)
    _settled(call, "s1")
    for method, shown in (
        ("PUT", "suspended"),
        ("PUT", "suspended"),
        ("DELETE", "ready"),
        ("DELETE", "ready"),
    ):
        assert call(method, "/sites/s1/suspension").status == 204
        assert [site["status"] for site in call("GET", "/_sandbox/sites").json()] == [shown]
        seen = call("GET", "/sites/s1").json()
        assert (seen["status"], seen.get("suspended", False)) == ("ready", shown == "suspended")


@pytest.mark.parametrize(
    ("action", "status", "made"),
    [("status:503", 503, False), ("error:too_many_requests", 429, False), ("slow:0.1", 202, True)],
)
def test_faults(call: Call, action: str, status: int, *, made: bool) -> None:
    call("POST", "/_sandbox/faults", {"match": "PUT /sites/{id}", "action": action})
    answer = call("PUT", "/sites/s1", _SITE)
    assert answer.status == status
    assert ("Retry-After" in answer.headers) is not made
    assert (call("GET", "/sites/s1").status == 200) is made


def test_a_dropped_answer_may_have_had_its_effect(call: Call) -> None:
    call("POST", "/_sandbox/faults", {"match": "PUT /sites/*", "action": "drop_after"})
    with pytest.raises(urllib3.exceptions.ProtocolError):
        call("PUT", "/sites/s1", _SITE)
    assert call("GET", "/sites/s1").status == 200


@pytest.mark.parametrize(
    "fault",
    [
        {"match": "PUT /sites", "action": "explode"},
        {"match": "PUT", "action": "drop"},
        {"match": "PUT /sites", "action": "status:9"},
        {"match": "PUT /sites", "action": "drop", "times": 0},
        {"match": "PUT /sites", "action": "drop", "twice": True},
        {"match": "PUT /sites"},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(call: Call, fault: object) -> None:
    assert call("POST", "/_sandbox/faults", fault).status == 400
    assert call("GET", "/_sandbox/faults").json() == []


def test_the_state_survives_a_restart(tmp_path: Path, http: urllib3.PoolManager) -> None:
    headers = {"Authorization": f"Bearer {SITES_TOKEN}"}
    with SitesSandbox(token=SITES_TOKEN, state_dir=tmp_path, provision_seconds=0) as sandbox:
        http.request("PUT", f"{sandbox.url}/sites/s1", json=_SITE, headers=headers)
        before = http.request("GET", f"{sandbox.url}/sites/s1", headers=headers).json()
    with SitesSandbox(token=SITES_TOKEN, state_dir=tmp_path) as sandbox:
        assert http.request("GET", f"{sandbox.url}/sites/s1", headers=headers).json() == before
