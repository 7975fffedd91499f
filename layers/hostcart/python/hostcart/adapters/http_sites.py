"""The site provisioner over HTTP, as docs/site-provisioner.md describes it."""

import re
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlencode

import urllib3
from pydantic import BaseModel, Field, ValidationError

from hostcart.adapters.secrets import Secrets
from hostcart.domain.site import ProvisionedSite, ProvisionStatus, SiteSpec, SshAccess
from hostcart.ports import MisconfiguredError, OutcomeUnknownError, PortError, RefusedError, UnavailableError
from hostcart.ports_reconcile import ListedSite
from hostcart.settings import SitesSettings

_TIMEOUT: Final = urllib3.Timeout(total=8.0, connect=3.0)
_LARGEST_ANSWER_BYTES: Final = 65_536
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_BUSY: Final = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }
)
_DENIED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_ABSENT: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


class _Ssh(BaseModel):
    ipaddr: str = Field(min_length=1)
    username: str = Field(min_length=1)
    password: str = Field(min_length=1, repr=False)
    port: int = Field(ge=1, le=65_535)


class _Failure(BaseModel):
    code: str = ""


class _Site(BaseModel):
    """What an answer must contain; other members are ignored."""

    id: str
    status: ProvisionStatus
    name: str
    domain: str = Field(min_length=1)
    ssh: _Ssh | None = None
    failure: _Failure | None = None


class _ListedSite(BaseModel):
    id: str
    account_id: str
    created_at: datetime


class _Sites(BaseModel):
    sites: Sequence[_ListedSite]


class _Problem(BaseModel):
    code: str = ""


class HttpSites:
    """The port Sites. The token secret is {"token": "..."}."""

    def __init__(
        self, settings: SitesSettings, secrets: Secrets, *, pool: urllib3.PoolManager | None = None
    ) -> None:
        self._settings = settings
        self._secrets = secrets
        self._pool = pool or urllib3.PoolManager(retries=False, timeout=_TIMEOUT)

    def put(self, spec: SiteSpec) -> ProvisionedSite:
        wanted = {
            "account_id": spec.account_id,
            "name": spec.name,
            "variant": spec.variant,
            "location": spec.location,
            "plan": spec.plan,
            "term": spec.term,
        }
        status, body = self._call("PUT", spec.id, wanted)
        if not _is_success(status):
            raise self._refusal(status, body)
        return _site(body, spec.id)

    def get(self, site_id: str) -> ProvisionedSite | None:
        status, body = self._call("GET", site_id)
        if status in _ABSENT:
            return None
        if not _is_success(status):
            raise self._refusal(status, body)
        return _site(body, site_id)

    def suspend(self, site_id: str) -> None:
        status, body = self._call("PUT", site_id, part="/suspension")
        if not _is_success(status) and status not in _ABSENT:
            raise self._refusal(status, body)

    def resume(self, site_id: str) -> None:
        status, body = self._call("DELETE", site_id, part="/suspension")
        if not _is_success(status):
            raise self._refusal(status, body)

    def delete(self, site_id: str) -> None:
        status, body = self._call("DELETE", site_id)
        if not _is_success(status) and status not in _ABSENT:
            raise self._refusal(status, body)

    def listed(self, *, after: str | None, limit: int) -> Sequence[ListedSite]:
        wanted = {"limit": str(limit)} | ({} if after is None else {"after": after})
        status, body = self._send("GET", f"sites?{urlencode(wanted)}")
        if not _is_success(status):
            raise self._refusal(status, body)
        try:
            answered = _Sites.model_validate_json(body).sites
        except ValidationError:
            raise OutcomeUnknownError("invalid_answer") from None
        return [
            ListedSite(id=site.id, account_id=site.account_id, created_at=site.created_at)
            for site in answered
        ]

    def exists(self, site_id: str) -> bool:
        return self.get(site_id) is not None

    def _call(
        self, method: str, site_id: str, wanted: dict[str, str] | None = None, *, part: str = ""
    ) -> tuple[int, bytes]:
        return self._send(method, f"sites/{quote(site_id, safe='')}{part}", wanted)

    def _send(self, method: str, path: str, wanted: dict[str, str] | None = None) -> tuple[int, bytes]:
        token = self._secrets.member(self._settings.token_secret_arn, "token")
        url = f"{self._settings.base_url.rstrip('/')}/{path}"
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "User-Agent": "hostcart"}
        try:
            response = self._pool.request(
                method, url, headers=headers, json=wanted, redirect=False, preload_content=False
            )
            body = response.read(_LARGEST_ANSWER_BYTES + 1)
        except urllib3.exceptions.HTTPError as error:
            raise OutcomeUnknownError(_failure_code(error)) from error
        if len(body) > _LARGEST_ANSWER_BYTES:
            response.close()
            raise OutcomeUnknownError("invalid_answer")
        response.release_conn()
        return response.status, body

    def _refusal(self, status: int, body: bytes) -> PortError:
        if status in _DENIED:
            self._secrets.forget(self._settings.token_secret_arn)
            return MisconfiguredError("sites_denied")
        if status in _BUSY:
            return UnavailableError("sites_busy")
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            return MisconfiguredError("sites_redirected")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return OutcomeUnknownError("server_unavailable")
        return RefusedError(_problem_code(body) or f"sites_http_{status}")


def _is_success(status: int) -> bool:
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def _failure_code(error: Exception) -> str:
    # A refused connection counts as a time-out in urllib3's class tree.
    refused = isinstance(error, urllib3.exceptions.NewConnectionError)
    timed_out = isinstance(error, urllib3.exceptions.TimeoutError)
    return "timeout" if timed_out and not refused else "connection_lost"


def _site(body: bytes, site_id: str) -> ProvisionedSite:
    # Without causes: a validation error's text shows the input, which may hold the password.
    try:
        site = _Site.model_validate_json(body)
    except ValidationError:
        raise OutcomeUnknownError("invalid_answer") from None
    if site.id != site_id or (site.status is ProvisionStatus.READY and site.ssh is None):
        raise OutcomeUnknownError("invalid_answer")
    return ProvisionedSite(
        id=site.id,
        status=site.status,
        name=site.name,
        domain=site.domain,
        ssh=_ssh(site.ssh) if site.status is ProvisionStatus.READY else None,
        failure_code=_failure(site) if site.status is ProvisionStatus.FAILED else None,
    )


def _ssh(ssh: _Ssh | None) -> SshAccess | None:
    if ssh is None:
        return None
    return SshAccess(ipaddr=ssh.ipaddr, username=ssh.username, password=ssh.password, port=ssh.port)


def _failure(site: _Site) -> str:
    code = site.failure.code if site.failure is not None else ""
    return code if _CODE.fullmatch(code) else "provisioning_failed"


def _problem_code(body: bytes) -> str | None:
    try:
        code = _Problem.model_validate_json(body).code
    except ValidationError:
        return None
    return code if _CODE.fullmatch(code) else None
