"""Looks for secrets in everything that the stack wrote where others may read it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from local.seed.accounts import ACCOUNTS, contact
from tests.e2e.support.names import SECRETS
from tests.e2e.support.world import World

type Json = dict[str, Any]

_RANDOM = 32  # hex digits of a uuid


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret's name and where it was found; never the secret itself."""

    secret: str
    place: str


def written_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of every file below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()


def histories(world: World, *, newest: int) -> Iterator[tuple[str, bytes]]:
    """Name, input, output and all events of so many executions."""
    found = sorted(world.executions(), key=lambda entry: str(entry["startDate"]))
    for entry in found[-newest:]:
        described = world.stepfunctions.describe_execution(executionArn=entry["executionArn"])
        events = world.history(entry["name"])
        yield f"execution {entry['name']}", json.dumps([described, events], default=str).encode()


def kept(world: World) -> Iterator[tuple[str, bytes]]:
    """Name and content of all logs, and of the journal with the histories of all executions that ended."""
    yield from written_files(world.stack.workspace.logs)
    journal = world.stack.workspace.state / "executions.jsonl"
    yield journal.name, journal.read_bytes()


def find(places: Iterable[tuple[str, bytes]], secrets: Mapping[str, str]) -> list[Leak]:
    """Every secret in every place, plain or as JSON or a URL would write it."""
    searched = list(places)
    everything = b"\n".join(content for _, content in searched)
    spelled = ((name, spelling) for name, secret in secrets.items() for spelling in _spellings(secret))
    present = [(name, spelling) for name, spelling in spelled if spelling in everything]
    return [
        Leak(name, place)
        for place, content in searched
        for name in dict.fromkeys(name for name, spelling in present if spelling in content)
    ]


def _spellings(secret: str) -> set[bytes]:
    return {secret.encode(), json.dumps(secret)[1:-1].encode(), quote(secret, safe="").encode()}


def secrets_of(world: World) -> dict[str, str]:
    """Every secret that the stack knows or was told, by a name that may be shown."""
    found = {f"stack {name}": value for name, value in world.stack.secrets.items()}
    for account, facts in world.accounts.items():
        for name in ("user_key", "account_key", "callback_secret"):
            found[f"{account} {name}"] = facts[name]
        for name in ("session_token", "oauth_read_token", "oauth_other_token"):
            found[f"{account} {name}"] = facts[name]
            found[f"{account} {name} signature"] = facts[name].rpartition(".")[2]
        found[f"{account} user name"] = f"{account} client"
    return found | _billing_contacts() | _told(world) | _passwords(world) | dict(SECRETS)


def _billing_contacts() -> dict[str, str]:
    """All that the seeded accounts' contacts say, each value once; a country is found anywhere."""
    fields = {
        value: f"{seed.name} billing {field}"
        for seed in ACCOUNTS
        for field, value in contact(seed).model_dump(exclude={"country"}, exclude_none=True).items()
    }
    return {name: value for value, name in fields.items()}


def _told(world: World) -> dict[str, str]:
    """Callback authorizations and the paths they went to: a callback's URL may carry a secret.

    The fuzzer's authorizations are left out: one letter is found anywhere.
    """
    told = {}
    for place, entry in enumerate(world.received()):
        authorization = entry["headers"].get("authorization", "")
        if authorization.startswith("Bearer callback-"):
            told[f"authorization {place}"] = authorization.removeprefix("Bearer ")
        last = entry["path"].rpartition("/")[2]
        if len(last) == _RANDOM:  # paths of a sink of its own; the example events' are in the repository
            told[f"callback path {place}"] = last
    return told


def _passwords(world: World) -> dict[str, str]:
    """The sites' passwords, from the provisioner itself."""
    headers = {"Authorization": f"Bearer {world.stack.secrets['sites_token']}"}
    passwords = {}
    for site in world.sites():
        answer = world.http.get(f"{world.facts['sites_url']}/sites/{site['id']}", headers=headers)
        ssh = answer.json().get("ssh")
        if ssh is not None:
            passwords[f"password of {site['id']}"] = ssh["password"]
    return passwords
