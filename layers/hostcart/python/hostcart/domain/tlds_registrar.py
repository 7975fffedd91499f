"""What the registrar calls the properties of a TLD: its `tldRequirements`, from our own vocabulary.

    {"key": "X-IT-PIN", "from": ["extra_properties.regCode"]}           the first subject that has a value
    {"key": "business", "value": "no", "if": condition}                 a value of its own

`if` may stand in both, `lower: true` in the first. A property that no entry names is not told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hostcart.domain import tlds_conditions
from hostcart.domain.tlds_conditions import Condition, Facts, holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One key; `value` stands for itself, else the first of `subjects` that has a value is told."""

    key: str
    subjects: tuple[str, ...]
    value: str | None
    condition: Condition
    lower: bool

    def told(self, facts: Facts) -> str | None:
        """The value for the registrar; None: the key is left out."""
        if not holds(self.condition, facts):
            return None
        found = self.value or next((facts[name] for name in self.subjects if name in facts), None)
        return found.lower() if found is not None and self.lower else found


def read(entry: Mapping[str, Any], sets: Mapping[str, Sequence[str]]) -> Requirement:
    return Requirement(
        key=entry["key"],
        subjects=tuple(entry.get("from", ())),
        value=entry.get("value"),
        condition=tlds_conditions.read(entry.get("if", True), sets),
        lower=entry.get("lower", False),
    )


def told(requirements: Iterable[Requirement], facts: Facts) -> dict[str, str]:
    """All keys that have a value; of two entries of one key the later one counts."""
    found = ((requirement.key, requirement.told(facts)) for requirement in requirements)
    return {key: value for key, value in found if value is not None}
