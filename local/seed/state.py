"""What seeding made at random or was given by the payment processor, kept over restarts."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

FILE = "seed.json"


@dataclass(frozen=True, slots=True)
class Billing:
    """A customer and its default payment method at the processor."""

    customer: str | None = None
    method: str | None = None


@dataclass(slots=True)
class SeedState:
    """Each account's billing ids and its two keys (user key, account key)."""

    billing: dict[str, Billing] = field(default_factory=dict)
    keys: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, state_dir: Path) -> Self:
        """The kept state, or an empty one."""
        path = state_dir / FILE
        if not path.exists():
            return cls()
        kept: dict[str, Any] = json.loads(path.read_text())
        return cls(
            billing={name: Billing(**ids) for name, ids in kept["billing"].items()},
            keys={name: (user, account) for name, (user, account) in kept["keys"].items()},
        )

    def save(self, state_dir: Path) -> None:
        """Write it for the owner only, whole or not at all."""
        temporary = state_dir / f"{FILE}.tmp"
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(self), file)
        temporary.replace(state_dir / FILE)
