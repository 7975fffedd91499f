"""Sites, zones, callbacks, the cipher and Step Functions' client behind their ports."""

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Final

from botocore.exceptions import ClientError, ReadTimeoutError
from hostcart.domain.accounts import Account
from hostcart.domain.site import ProvisionedSite, ProvisionStatus, SiteSpec, SshAccess
from hostcart.ports import (
    Callback,
    MisconfiguredError,
    OutcomeUnknownError,
    RefusedError,
    UnavailableError,
    Zone,
)
from hostcart.ports_reconcile import ListedSite, ListedZone, Page

from tests.simulation.dynamo import Gate

type Json = dict[str, Any]

PASSWORD: Final = "site-password-secret"


def _outside_error(system: str, kind: str) -> Exception:
    """What an adapter of an outside system raises for a fault."""
    if kind.startswith(("timeout", "late")):
        return OutcomeUnknownError("timeout")
    if kind.startswith("error"):
        return OutcomeUnknownError("server_unavailable")
    if kind == "throttle":
        return UnavailableError(f"{system}_busy")
    if kind == "denied":
        return MisconfiguredError(f"{system}_denied")
    return RefusedError("gone" if system == "callbacks" else f"{system}_http_422")


class SitesModel:
    """Port Sites: a site is ready `takes` seconds after its PUT, or has `fails` then.

    `suspended`: since when, by id. `unwanted`: which ones it was asked to suspend, whatever it answered.
    """

    def __init__(self, gate: Gate, now: Callable[[], float]) -> None:
        self._gate = gate
        self._now = now
        self._asked: tuple[str, str] = ("", "")
        self.state: Json = {
            "sites": {},
            "deleted": {},
            "suspended": {},
            "unwanted": {},
            "takes": 0,
            "fails": False,
        }

    @property
    def live(self) -> set[str]:
        return set(self.state["sites"]) - set(self.state["deleted"])

    def put(self, spec: SiteSpec) -> ProvisionedSite:
        def make() -> ProvisionedSite:
            if spec.id in self.state["deleted"]:
                raise RefusedError("site_deleted")
            given = [spec.account_id, spec.name, spec.variant, spec.location, spec.plan, spec.term.value]
            known = self.state["sites"].setdefault(spec.id, {"spec": given, "at": self._now()})
            if known["spec"] != given:
                raise RefusedError("site_conflict")
            return self._site(spec.id)

        return self._call("put", make)

    def get(self, site_id: str) -> ProvisionedSite | None:
        return self._call("get", lambda: self._site(site_id) if site_id in self.live else None)

    def suspend(self, site_id: str) -> None:
        def take_away() -> None:
            if site_id in self.live:
                self.state["suspended"].setdefault(site_id, self._now())

        self._asked = ("suspend", site_id)
        self.state["unwanted"][site_id] = 1
        self._call("suspend", take_away)

    def resume(self, site_id: str) -> None:
        def bring_back() -> None:
            if site_id not in self.live:
                raise RefusedError("site_not_found")
            self.state["suspended"].pop(site_id, None)

        self._asked = ("resume", site_id)
        self._call("resume", bring_back)

    def hold(self) -> Json:
        """The request is under way."""
        verb, site_id = self._asked
        return {"site": site_id, "verb": verb}

    def finish_late(self, held: Json) -> None:
        """The effect of a request that was given up comes after all."""
        with suppress(RefusedError):
            (self.suspend if held["verb"] == "suspend" else self.resume)(held["site"])

    def delete(self, site_id: str) -> None:
        def remove() -> None:
            self.state["deleted"][site_id] = 1
            self.state["suspended"].pop(site_id, None)

        self._call("delete", remove)

    def listed(self, *, after: str | None, limit: int) -> Sequence[ListedSite]:
        def read() -> list[ListedSite]:
            return [
                ListedSite(
                    id=site_id,
                    account_id=self.state["sites"][site_id]["spec"][0],
                    created_at=datetime.fromtimestamp(int(self.state["sites"][site_id]["at"]), UTC),
                )
                for site_id in sorted(self.live)
                if after is None or site_id > after
            ][:limit]

        return self._call("list", read)

    def exists(self, site_id: str) -> bool:
        return self.get(site_id) is not None

    def error(self, _name: str, kind: str) -> Exception:
        return _outside_error("sites", kind)

    def _call[T](self, name: str, effect: Callable[[], T]) -> T:
        answer: T = self._gate.pass_through(f"sites.{name}", effect, self)
        return answer

    def _site(self, site_id: str) -> ProvisionedSite:
        site = self.state["sites"][site_id]
        over = self._now() >= site["at"] + self.state["takes"]
        status = ProvisionStatus.PROVISIONING
        if over:
            status = ProvisionStatus.FAILED if self.state["fails"] else ProvisionStatus.READY
        access = SshAccess(ipaddr="203.0.113.10", username="site1", port=22, password=PASSWORD)
        return ProvisionedSite(
            id=site_id,
            status=status,
            name=site["spec"][1],
            domain="my-blog.sites.example",
            ssh=access if status is ProvisionStatus.READY else None,
            failure_code="disk_full" if status is ProvisionStatus.FAILED else None,
        )


class ZonesModel:
    """Ports DnsZones and ZoneInventory; `zones`: name and account by reference."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.state: Json = {"zones": {}}

    def ensure(self, name: str, *, account_id: str, reference: str) -> Zone:
        def make() -> Zone:
            self.state["zones"].setdefault(reference, [name, account_id])
            number = hashlib.sha256(reference.encode()).hexdigest()[:6]
            return Zone(id=f"Z{number}", nameservers=(f"ns1.{number}.example", f"ns2.{number}.example"))

        zone: Zone = self._gate.pass_through("zones.ensure", make, self)
        return zone

    def delete(self, name: str, *, reference: str) -> None:
        def remove() -> None:
            if self.state["zones"].get(reference, [None])[0] == name:
                del self.state["zones"][reference]

        self._gate.pass_through("zones.delete", remove, self)

    def listed(self, *, after: str | None) -> Page[ListedZone]:
        del after

        def read() -> Page[ListedZone]:
            zones = self.state["zones"].items()
            entries = tuple(
                ListedZone(name=name, reference=reference, account_id=account)
                for reference, (name, account) in zones
            )
            return Page(entries=entries, after=None)

        page: Page[ListedZone] = self._gate.pass_through("zones.list", read, self)
        return page

    def exists(self, name: str, *, reference: str) -> bool:
        def read() -> bool:
            return bool(self.state["zones"].get(reference, [None])[0] == name)

        there: bool = self._gate.pass_through("zones.exists", read, self)
        return there

    def error(self, _name: str, kind: str) -> Exception:
        if kind == "denied":
            return MisconfiguredError("dns_denied")
        return UnavailableError("dns_unavailable")


class CallbacksModel:
    """Port Callbacks; keeps which messages came: by id, the digests of their bodies and their types."""

    def __init__(self, gate: Gate, seen: Callable[[Json], None]) -> None:
        self._gate = gate
        self._seen = seen
        self.state: Json = {"received": {}}

    def deliver(self, callback: Callback, *, message_id: str, account_id: str, body: bytes) -> None:
        del callback, account_id

        def receive() -> None:
            message = json.loads(body)
            entry = [message["type"], hashlib.sha256(body).hexdigest()]
            entries = self.state["received"].setdefault(message_id, [])
            if entry not in entries:
                entries.append(entry)
            self._seen(message)

        self._gate.pass_through("callbacks.deliver", receive, self)

    def error(self, _name: str, kind: str) -> Exception:
        return _outside_error("callbacks", kind)


class CipherModel:
    """Port Cipher: a sealed text is no secret, but it is bound to its account and cart."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def seal(self, plaintext: bytes, *, account_id: str, cart_token: str) -> bytes:
        sealed: bytes = self._gate.pass_through(
            "kms.seal", lambda: f"{account_id}|{cart_token}|".encode() + plaintext[::-1], self
        )
        return sealed

    def open(self, sealed: bytes, *, account_id: str, cart_token: str) -> bytes:
        def read() -> bytes:
            account, cart, text = sealed.split(b"|", 2)
            if (account.decode(), cart.decode()) != (account_id, cart_token):
                raise MisconfiguredError("encryption_refused")
            return text[::-1]

        opened: bytes = self._gate.pass_through("kms.open", read, self)
        return opened

    def error(self, _name: str, kind: str) -> Exception:
        if kind == "denied":
            return MisconfiguredError("encryption_denied")
        return UnavailableError("encryption_unavailable")


class FeaturesModel:
    """Port Features: as the rule in the template."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def domain_registration(self, account: Account) -> bool:
        flag: bool = self._gate.pass_through(
            "features.check", lambda: "domain_registration" in account.features, self
        )
        return flag

    def error(self, _name: str, _kind: str) -> Exception:
        return UnavailableError("features_unavailable")


class MetricsModel:
    """Ports Metrics and Gauges: `counted` is told the names of what is counted, and nothing is kept."""

    def __init__(self, counted: Callable[[str], None]) -> None:
        self._counted = counted

    def count(self, name: str, **dimensions: str) -> None:
        del dimensions
        self._counted(name)

    def seconds(self, name: str, value: float, **dimensions: str) -> None:
        """Nothing."""

    def level(self, name: str, value: int, **dimensions: str) -> None:
        """Nothing."""


class _ExistsError(ClientError):
    """ExecutionAlreadyExists"""


class _TaskGoneError(ClientError):
    """TaskTimedOut"""


class _NoTaskError(ClientError):
    """TaskDoesNotExist"""


class _NoExecutionError(ClientError):
    """ExecutionDoesNotExist"""


class StepFunctionsClient:
    """The client of Step Functions over the simulated executions, see `Executions`."""

    def __init__(self, gate: Gate, executions: Any) -> None:
        self._gate = gate
        self._executions = executions
        self.exceptions = SimpleNamespace(
            ClientError=ClientError,
            ExecutionAlreadyExists=_ExistsError,
            TaskTimedOut=_TaskGoneError,
            TaskDoesNotExist=_NoTaskError,
            ExecutionDoesNotExist=_NoExecutionError,
        )

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> Json:  # noqa: A002, N803
        def start() -> Json:
            if not self._executions.begin(name, json.loads(input)):
                raise _ExistsError(_error("ExecutionAlreadyExists"), "StartExecution")
            return {"executionArn": _arn(stateMachineArn, name)}

        return self._call("start", start)

    def send_task_success(self, *, taskToken: str, output: str) -> Json:  # noqa: N803
        def send() -> Json:
            if not self._executions.wake(taskToken, json.loads(output)):
                raise _TaskGoneError(_error("TaskTimedOut"), "SendTaskSuccess")
            return {}

        return self._call("wake", send)

    def send_task_failure(self, *, taskToken: str, error: str = "", cause: str = "") -> Json:  # noqa: N803
        def send() -> Json:
            if not self._executions.wake(taskToken, None, error=error, cause=cause):
                raise _TaskGoneError(_error("TaskTimedOut"), "SendTaskFailure")
            return {}

        return self._call("fail", send)

    def describe_execution(self, *, executionArn: str) -> Json:  # noqa: N803
        def describe() -> Json:
            told: Json | None = self._executions.describe(executionArn.rpartition(":")[2])
            if told is None:
                raise _NoExecutionError(_error("ExecutionDoesNotExist"), "DescribeExecution")
            return {"executionArn": executionArn, **told}

        return self._call("describe", describe)

    def redrive_execution(self, *, executionArn: str) -> Json:  # noqa: N803
        name = executionArn.rpartition(":")[2]

        def redrive() -> Json:
            told: Json | None = self._executions.describe(name)
            if told is None or told.get("redriveStatus") != "REDRIVABLE":
                raise ClientError(_error("ExecutionNotRedrivable"), "RedriveExecution")
            self._executions.redrive(name)
            return {}

        return self._call("redrive", redrive)

    def error(self, _name: str, kind: str) -> Exception:
        if kind.startswith("timeout"):
            return ReadTimeoutError(endpoint_url="https://states.example")
        return ClientError(_error("ThrottlingException"), "StartExecution")

    def _call(self, name: str, effect: Callable[[], Json]) -> Json:
        answer: Json = self._gate.pass_through(f"sfn.{name}", effect, self)
        return answer


def _arn(machine: str, name: str) -> str:
    return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"


def _error(code: str) -> Any:
    return {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 400}}
