"""Seed data of the local stack: a catalogue, an account for every situation, 10,000 past orders."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def seed(stack: Mapping[str, Any], state_dir: Path) -> dict[str, dict[str, str]]:
    """Bring the running stack's data to what it should be and return what scripts need of each account.

    `stack` is stack.json without its accounts; `state_dir` holds secrets.json and keeps seed.json.
    Repeating it changes nothing but the tokens, which are minted anew.
    """
    import tools  # noqa: F401 - puts the layer on the path
    from local.seed.seeding import seed_stack

    return seed_stack(stack, state_dir)
