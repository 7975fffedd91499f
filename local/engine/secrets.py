"""The local stack's secrets: made once at random, kept with the state, put into Secrets Manager."""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from botocore.exceptions import ClientError

from local.engine import aws
from local.engine.workspace import Workspace


@dataclass(frozen=True)
class Secrets:
    """What the product and the sandboxes both have to know."""

    stripe_api_key: str
    stripe_webhook_secret: str
    sites_token: str
    callback_signing_secret: str
    registrar_user: str
    registrar_token: str


def load(workspace: Workspace) -> Secrets:
    """The secrets of this stack's state; made when there are none."""
    path = workspace.state / "secrets.json"
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    made = {**_made(), **kept}  # a state of an earlier version lacks what came later
    if made != kept:
        write_private(path, json.dumps(made))
    return Secrets(**made)


def _made() -> dict[str, str]:
    made = Secrets(
        stripe_api_key=f"sk_test_{secrets.token_urlsafe(24)}",
        stripe_webhook_secret=_signing_secret(),
        sites_token=secrets.token_urlsafe(24),
        callback_signing_secret=_signing_secret(),
        registrar_user="hostcart-test",
        registrar_token=secrets.token_urlsafe(24),
    )
    return asdict(made)


def put(endpoint: str, values: Secrets) -> dict[str, str]:
    """Store the secrets in Secrets Manager; the ARN of each by its short name."""
    manager = aws.client("secretsmanager", endpoint)
    wanted: Mapping[str, Mapping[str, str]] = {
        "stripe": {"api_key": values.stripe_api_key},
        "stripe-webhook": {"current": values.stripe_webhook_secret},
        "sites": {"token": values.sites_token},
        "registrar": {"username": values.registrar_user, "token": values.registrar_token},
        "callback-signing": {"current": values.callback_signing_secret},
    }
    arns = {}
    for name, value in wanted.items():
        secret_id, text = f"hostcart/local/{name}", json.dumps(value)
        try:
            arns[name] = manager.create_secret(Name=secret_id, SecretString=text)["ARN"]
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "ResourceExistsException":
                raise
            arns[name] = manager.put_secret_value(SecretId=secret_id, SecretString=text)["ARN"]
    return arns


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    path.chmod(0o600)


def _signing_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
