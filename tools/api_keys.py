"""API keys: a prefix that says whose kind it is, then 192 random bits."""

import re
import secrets
from typing import Final

from hostcart.domain.accounts import CredentialKind

PREFIXES: Final = {CredentialKind.API_KEY: "hcu_", CredentialKind.ACCOUNT_KEY: "hca_"}
_RANDOM_BYTES: Final = 24  # 32 characters


def generate(kind: CredentialKind) -> str:
    """A new key of a user (`hcu_...`) or of an account (`hca_...`)."""
    return PREFIXES[kind] + secrets.token_urlsafe(_RANDOM_BYTES)


def well_formed(key: str, kind: CredentialKind) -> bool:
    return re.fullmatch(PREFIXES[kind] + r"[A-Za-z0-9_-]{32}", key) is not None
