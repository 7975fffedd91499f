"""The site provisioner sandbox: the contract of docs/site-provisioner.md, kept in memory.

A site is ready `provision_seconds` after its PUT. A name that contains `fail-provision` ends `failed`, one
that contains `refuse-provision` is refused with 422, one with `refuse-suspension` cannot be suspended.
`POST /_sandbox/settings` with {"provision_seconds": x, "fail_next": n} changes the speed and makes
the next n new sites fail.
"""

import hmac
import json
import re
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs

from local.sandboxes.http import Handler, Json, Request, Response, Router, json_response
from local.sandboxes.server import Sandbox

_REQUIRED = ("name", "variant", "location", "plan", "term", "account_id")
_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    410: "Gone",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    503: "Service Unavailable",
}
_CODE_STATUS = {
    "unauthenticated": 401,
    "site_not_found": 404,
    "site_conflict": 409,
    "site_deleted": 410,
    "too_many_requests": 429,
    "temporarily_unavailable": 503,
}
_RETRY_AFTER_SECONDS = "1"
_MOST_LISTED = 100


def problem(status: int, code: str, detail: str) -> Response:
    """An RFC 9457 answer; 429 and 503 carry Retry-After."""
    body = {
        "type": "about:blank",
        "title": _TITLES.get(status, "Error"),
        "status": status,
        "code": code,
        "detail": detail,
    }
    retry = {"Retry-After": _RETRY_AFTER_SECONDS} if status in (429, 503) else {}
    return json_response(status, body, content_type="application/problem+json", headers=retry)


class SitesSandbox(Sandbox):
    """A provisioner that always works unless told otherwise."""

    name = "sites"

    def __init__(
        self, *, token: str, port: int = 0, state_dir: Path | None = None, provision_seconds: float = 1.0
    ) -> None:
        super().__init__(port=port, state_dir=state_dir)
        self._token = token
        self._settings: Json = {"provision_seconds": provision_seconds, "fail_next": 0}
        self._sites: dict[str, Json] = {}
        self._router: Router[Handler] = Router()
        self._router.add("GET /sites", self._list)
        self._router.add("PUT /sites/{id}", self._put)
        self._router.add("GET /sites/{id}", self._get)
        self._router.add("DELETE /sites/{id}", self._delete)
        self._router.add("PUT /sites/{id}/suspension", self._suspend)
        self._router.add("DELETE /sites/{id}/suspension", self._resume)

    def serve(self, request: Request) -> Response:
        given = request.header("authorization") or ""
        if not hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
            return problem(401, "unauthenticated", "A valid bearer token is required.")
        found = self._router.find(request.method, request.path)
        if found is None:
            methods = self._router.methods(request.path)
            if methods:
                refusal = problem(405, "method_not_allowed", f"Allowed: {', '.join(methods)}")
                return refusal.with_headers(Allow=", ".join(methods))
            return problem(404, "not_found", "Unknown path.")
        handler, values = found
        with self.lock:
            return handler(
                Request(request.method, request.path, query=request.query, body=request.body, params=values)
            )

    def _put(self, request: Request) -> Response:
        site_id = request.params["id"]
        try:
            wanted = json.loads(request.body)
        except ValueError:
            return problem(400, "invalid_json", "The body is not JSON.")
        existing = self._sites.get(site_id)
        if existing is not None:
            return self._repeat(existing, wanted)
        refusal = _refusal(wanted)
        if refusal is not None:
            return refusal
        site = self._new_site(site_id, wanted)
        self._sites[site_id] = site
        return json_response(202, self._view(site))

    def _list(self, request: Request) -> Response:
        query = {name: values[-1] for name, values in parse_qs(request.query).items()}
        limit, after = query.get("limit", str(_MOST_LISTED)), query.get("after", "")
        if not limit.isdecimal() or not 1 <= int(limit) <= _MOST_LISTED:
            return problem(400, "invalid_limit", f"limit is a number from 1 to {_MOST_LISTED}.")
        found = sorted(key for key, site in self._sites.items() if key > after and not site["deleted"])
        entries = [_entry(self._sites[key], _status(self._sites[key])) for key in found[: int(limit)]]
        return json_response(200, {"sites": entries})

    def _repeat(self, site: Json, wanted: Json) -> Response:
        if site["deleted"]:
            return problem(410, "site_deleted", "This site was deleted; its id cannot be used again.")
        if site["request"] != wanted:
            return problem(409, "site_conflict", "Another site was requested under this id.")
        view = self._view(site)
        return json_response(202 if view["status"] == "provisioning" else 200, view)

    def _new_site(self, site_id: str, wanted: Json) -> Json:
        fails = "fail-provision" in wanted["name"]
        if not fails and self._settings["fail_next"] > 0:
            self._settings["fail_next"] -= 1
            fails = True
        slug = re.sub(r"[^a-z0-9]+", "-", wanted["name"].lower()).strip("-") or "site"
        suffix = secrets.token_hex(4)
        return {
            "id": site_id,
            "request": wanted,
            "domain": f"{slug[:40]}-{suffix}.sites.example",
            "ssh": {
                "ipaddr": f"192.0.2.{secrets.randbelow(254) + 1}",
                "username": f"site_{suffix}",
                "password": secrets.token_urlsafe(18),
                "port": 22,
            },
            "ready_at": time.time() + self._settings["provision_seconds"],
            "fails": fails,
            "created_at": time.time(),
            "deleted": False,
        }

    def _get(self, request: Request) -> Response:
        site = self._sites.get(request.params["id"])
        if site is None or site["deleted"]:
            return problem(404, "site_not_found", "No such site.")
        return json_response(200, self._view(site))

    def _delete(self, request: Request) -> Response:
        # An unknown id is burnt too: a PUT that was delayed on its way must not create the site afterwards.
        site_id = request.params["id"]
        site = self._sites.setdefault(site_id, {"id": site_id, "request": {"name": ""}})
        site.update(deleted=True, ssh=None)
        return Response(204)

    def _suspend(self, request: Request) -> Response:
        return self._set_suspended(request, suspended=True)

    def _resume(self, request: Request) -> Response:
        return self._set_suspended(request, suspended=False)

    def _set_suspended(self, request: Request, *, suspended: bool) -> Response:
        site = self._sites.get(request.params["id"])
        if site is None or site["deleted"]:
            return problem(404, "site_not_found", "No such site.")
        if "refuse-suspension" in site["request"]["name"]:
            return problem(422, "suspension_refused", "This site cannot be suspended.")
        site["suspended"] = suspended
        return Response(204)

    def _view(self, site: Json) -> Json:
        status = _status(site)
        view: Json = {
            "id": site["id"],
            "status": status,
            "name": site["request"]["name"],
            "domain": site["domain"],
            "variant": site["request"]["variant"],
            "location": site["request"]["location"],
        }
        if site.get("suspended"):
            view["suspended"] = True
        if status == "ready":
            view["ssh"] = site["ssh"]
        if status == "failed":
            view["failure"] = {
                "code": "provisioning_failed",
                "message": "The platform could not build the site.",
            }
        return view

    def views(self, request: Request) -> Response | None:
        with self.lock:
            match request.method, request.path:
                case "GET", "/_sandbox/sites":
                    sites = [
                        {"id": site["id"], "name": site["request"]["name"], "status": _shown(site)}
                        for site in self._sites.values()
                    ]
                    return json_response(200, sites)
                case "GET", "/_sandbox/settings":
                    return json_response(200, self._settings)
                case "POST", "/_sandbox/settings":
                    self._change_settings(request.json())
                    return json_response(200, self._settings)
        return None

    def _change_settings(self, changes: Json) -> None:
        unknown = set(changes) - set(self._settings)
        if unknown:
            raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}")
        if any(
            isinstance(value, bool) or not isinstance(value, int | float) or value < 0
            for value in changes.values()
        ):
            raise ValueError("settings are numbers of 0 or more")
        self._settings.update(changes)

    def error_response(self, code: str) -> Response:
        return problem(_CODE_STATUS.get(code, 422), code, f"injected error {code}")

    def status_response(self, status: int, request: Request) -> Response:
        return problem(status, "injected", f"injected status {status}")

    def snapshot(self) -> Json:
        return {"sites": self._sites, "settings": self._settings}

    def restore(self, state: Json) -> None:
        self._sites = state["sites"]
        self._settings = state["settings"]


def _entry(site: Json, status: str) -> Json:
    created = datetime.fromtimestamp(site.get("created_at", 0), UTC)
    return {
        "id": site["id"],
        "status": status,
        "account_id": site["request"]["account_id"],
        "created_at": created.isoformat(timespec="seconds"),
    }


def _status(site: Json) -> str:
    if site["deleted"]:
        return "deleted"
    if time.time() < site["ready_at"]:
        return "provisioning"
    return "failed" if site["fails"] else "ready"


def _shown(site: Json) -> str:
    """What tests see of a site."""
    status = _status(site)
    return "suspended" if status == "ready" and site.get("suspended") else status


def _refusal(wanted: object) -> Response | None:
    if not isinstance(wanted, dict):
        return problem(400, "invalid_json", "The body must be an object.")
    missing = [name for name in _REQUIRED if not wanted.get(name)]
    if missing:
        return problem(422, "invalid_site", f"Missing: {', '.join(missing)}.")
    wrong = [name for name in _REQUIRED if not isinstance(wanted.get(name), str | None)]
    if wrong:
        return problem(422, "invalid_site", f"Not a string: {', '.join(wrong)}.")
    if "refuse-provision" in wanted["name"]:
        return problem(422, "site_refused", "This name is refused.")
    return None
