"""The small language of the TLD catalogue."""

from typing import Any

import pytest
from hostcart.domain.tlds_conditions import holds, matches, read, values

SETS = {"north": ["SE", "NO"]}
FACTS = {
    "country": "SE",
    "organization": "Example",
    "extra_properties.kind": "2",
    "extra_properties.land": "SE",
}
KIND = "extra_properties.kind"


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        (True, True),
        (False, False),
        ({"of": "organization", "present": True}, True),
        ({"of": "organization", "present": False}, False),
        ({"of": "state", "present": True}, False),
        ({"of": "state", "present": False}, True),
        ({"of": "country", "in": ["SE"]}, True),
        ({"of": "country", "in": "@north"}, True),
        ({"of": KIND, "in": ["1", "3"]}, False),
        ({"of": "state", "in": ["OR"]}, False),
        ({"of": KIND, "matches": "[0-9]"}, True),
        ({"of": "organization", "matches": "[A-Z]"}, False),
        ({"of": "state", "matches": ".*"}, False),
        ({"of": "extra_properties.land", "same_as": "country", "among": "@north"}, True),
        ({"of": "extra_properties.land", "same_as": "country", "among": ["DK"]}, False),
        ({"of": KIND, "same_as": "country", "among": ["2", "SE"]}, False),
        ({"of": "state", "same_as": "missing", "among": ["OR"]}, False),
        ({"not": {"of": "state", "present": True}}, True),
        ({"all": [True, {"of": KIND, "in": ["2"]}]}, True),
        ({"all": [True, False]}, False),
        ({"any": [False, {"not": False}]}, True),
        ({"any": [False, False]}, False),
    ],
)
def test_a_condition_holds_or_not(source: Any, answer: bool) -> None:  # noqa: FBT001 - the case's outcome
    assert holds(read(source, SETS), FACTS) is answer


@pytest.mark.parametrize(
    "source",
    [
        None,
        "yes",
        1,
        {},
        {"of": "country"},
        {"of": 1, "present": True},
        {"of": "country", "present": "yes"},
        {"of": "country", "in": "SE"},
        {"of": "country", "in": ["SE"], "matches": "SE"},
        {"of": "country", "equals": "SE"},
        {"all": [True], "any": [True]},
        {"not": {"of": "country"}},
        {"of": "country", "same_as": "state"},
    ],
)
def test_what_is_not_in_the_language_is_refused(source: Any) -> None:
    with pytest.raises(ValueError, match="not a"):
        read(source, SETS)


def test_a_set_must_exist() -> None:
    with pytest.raises(KeyError):
        values("@south", SETS)


def test_a_pattern_is_for_the_whole_value_and_for_ascii_digits() -> None:
    assert matches("[0-9]{2}", "12")
    assert not matches("[0-9]{2}", "123")
    assert not matches("[0-9]{2}", "12\n")
    assert not matches(r"\d", "\u0661")
