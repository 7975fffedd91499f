"""The small language in which the TLD catalogue says when something is needed or allowed.

    true | false
    {"all": [condition, ...]} | {"any": [condition, ...]} | {"not": condition}
    {"of": subject, "present": true | false}
    {"of": subject, "in": ["C31", "C32"] | "@country_set"}
    {"of": subject, "matches": "[0-9]{11}"}                        the whole value
    {"of": subject, "same_as": subject, "among": ["FR"] | "@country_set"}

A subject is a contact's field (`country`) or one of its properties (`extra_properties.entityType`). Where a
subject has no value, only `present: false` and `not` hold.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# subject -> value; a subject without a value is left out
type Facts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Always:
    holds: bool


@dataclass(frozen=True, slots=True)
class Every:
    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Either:
    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Negation:
    condition: "Condition"


@dataclass(frozen=True, slots=True)
class Present:
    subject: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class OneOf:
    subject: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matches:
    subject: str
    pattern: str


@dataclass(frozen=True, slots=True)
class SameAs:
    """Both subjects have one value, and it is among `values`."""

    subject: str
    other: str
    values: tuple[str, ...]


type Condition = Always | Every | Either | Negation | Present | OneOf | Matches | SameAs


def holds(condition: Condition, facts: Facts) -> bool:
    """Whether the condition holds of the facts."""
    match condition:
        case Always(answer):
            return answer
        case Every(conditions):
            return all(holds(part, facts) for part in conditions)
        case Either(conditions):
            return any(holds(part, facts) for part in conditions)
        case Negation(part):
            return not holds(part, facts)
        case _:
            return _test_holds(condition, facts)


def _test_holds(test: Present | OneOf | Matches | SameAs, facts: Facts) -> bool:
    value = facts.get(test.subject)
    match test:
        case Present(_, wanted):
            return (value is not None) is wanted
        case OneOf(_, values):
            return value in values
        case Matches(_, pattern):
            return value is not None and matches(pattern, value)
        case SameAs(_, other, values):
            return value in values and value == facts.get(other)


def matches(pattern: str, value: str) -> bool:
    """Whether the whole value matches, with digits and letters of ASCII only."""
    return re.fullmatch(pattern, value, re.ASCII) is not None


def read(source: Any, sets: Mapping[str, Sequence[str]]) -> Condition:
    """The condition that the JSON value writes; `sets` holds what `@name` stands for.

    Raises ValueError for anything that is not in the language.
    """
    if isinstance(source, bool):
        return Always(source)
    match source:
        case {"all": [*parts], **rest} if not rest:
            return Every(tuple(read(part, sets) for part in parts))
        case {"any": [*parts], **rest} if not rest:
            return Either(tuple(read(part, sets) for part in parts))
        case {"not": part, **rest} if not rest:
            return Negation(read(part, sets))
        case {"of": str(subject)}:
            test = {key: value for key, value in source.items() if key != "of"}
            return _read_test(subject, test, sets)
        case _:
            raise ValueError(f"not a condition: {source!r}")


def values(source: Any, sets: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """A list of values, or the set that `@name` stands for."""
    if isinstance(source, str) and source.startswith("@"):
        return tuple(sets[source[1:]])
    if isinstance(source, list) and all(isinstance(value, str) for value in source):
        return tuple(source)
    raise ValueError(f"not a list of values: {source!r}")


def _read_test(subject: str, test: Mapping[str, Any], sets: Mapping[str, Sequence[str]]) -> Condition:
    match test:
        case {"present": bool(wanted), **rest} if not rest:
            return Present(subject, wanted)
        case {"in": allowed, **rest} if not rest:
            return OneOf(subject, values(allowed, sets))
        case {"matches": str(pattern), **rest} if not rest:
            return Matches(subject, pattern)
        case {"same_as": str(other), "among": allowed, **rest} if not rest:
            return SameAs(subject, other, values(allowed, sets))
        case _:
            raise ValueError(f"not a test of {subject}: {test!r}")
