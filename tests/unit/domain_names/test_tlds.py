"""data/tlds.json is whole, and its types say what it says."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hostcart.domain import tlds
from hostcart.domain.contacts_fields import FIELDS, LONGEST
from hostcart.domain.contacts_values import countries
from hostcart.domain.tlds import Role, Tld
from hostcart.domain.tlds_conditions import (
    Always,
    Condition,
    Either,
    Every,
    Matches,
    Negation,
    OneOf,
    Present,
    SameAs,
)
from jsonschema import Draft202012Validator

from tests.unit.domain_names.tlds_schema import SCHEMA

SOLD = {
    *("com", "net", "org", "io", "dev", "app", "ninja", "it", "de", "fr", "eu"),
    *("uk", "co.uk", "us", "ca", "au", "com.au"),
}
DOCUMENT: dict[str, Any] = json.loads(tlds.DATA.read_text(encoding="utf-8"))
ALL = [tlds.get(name) for name in sorted(SOLD)]


def each_tld(tld: Tld) -> str:
    return tld.name


def test_the_data_has_its_shape() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    validator = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(DOCUMENT)] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("tlds", "com", "years", "min"), 0),
        (("tlds", "com", "confidence"), "D"),
        (("tlds", "net", "like"), 1),
        (("tlds", "it", "properties", 1, "mandatory"), {"of": "x", "is": "y"}),
        (("tlds", "it", "rules", 0, "then"), {"all": []}),
        (("country_sets", "eu", 0), "at"),
    ],
)
def test_wrong_data_does_not_pass(path: tuple[Any, ...], value: object) -> None:
    document = json.loads(json.dumps(DOCUMENT))
    inner = document
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    assert not Draft202012Validator(SCHEMA).is_valid(document)


def test_what_is_sold() -> None:
    assert tlds.names() == SOLD
    assert tlds.version() == DOCUMENT["version"]
    with pytest.raises(KeyError):
        tlds.get("xyz")


@pytest.mark.parametrize("tld", ALL, ids=each_tld)
def test_every_name_in_an_entry_is_known(tld: Tld) -> None:
    assert set(tld.sources) <= set(DOCUMENT["sources"])
    assert tld.years_min <= tld.years_max
    assert tld.transfer.typical_days <= tld.transfer.longest_days
    assert tld.renewal.window_days is None or tld.renewal.lead_days < tld.renewal.window_days
    names = [known.name for known in tld.properties]
    assert len(names) == len(set(names))
    subjects = {*FIELDS, *(f"extra_properties.{name}" for name in names)}
    used = {subject for condition in _conditions(tld) for subject in _subjects(condition)}
    assert used | {rule.field for rule in tld.rules} <= subjects
    assert {code for known in tld.contact.eligible_countries.values() for code in known} <= countries()
    assert set(tld.contact.state_required_in) <= countries()
    merged = {**DOCUMENT["tlds"]["com"], **DOCUMENT["tlds"][tld.name]}
    for path in tld.uncertain:
        assert path.partition(".")[0] in merged


@pytest.mark.parametrize("tld", ALL, ids=each_tld)
def test_every_pattern_compiles_and_every_value_fits_its_own(tld: Tld) -> None:
    for known in tld.properties:
        if known.pattern is not None:
            re.compile(known.pattern)
            assert all(re.fullmatch(known.pattern, value.value) for value in known.values)
        assert known.default is None or known.default in {value.value for value in known.values}
        assert known.default_from is None or known.default_from in LONGEST
    for condition in _conditions(tld):
        for test in _tests(condition):
            if isinstance(test, Matches):
                re.compile(test.pattern)


@pytest.mark.parametrize("tld", ALL, ids=each_tld)
def test_conditions_compare_with_values_that_exist(tld: Tld) -> None:
    closed = {
        f"extra_properties.{known.name}": {value.value for value in known.values}
        for known in tld.properties
        if known.values and not known.open
    }
    for condition in _conditions(tld):
        for test in _tests(condition):
            if isinstance(test, OneOf) and test.subject in closed:
                assert set(test.values) <= closed[test.subject]


@pytest.mark.parametrize("tld", ALL, ids=each_tld)
def test_the_registrar_is_told_of_properties_that_exist(tld: Tld) -> None:
    names = {f"extra_properties.{known.name}" for known in tld.properties}
    told = {subject for requirement in tld.registrar.requirements for subject in requirement.subjects}
    assert told <= names


def test_country_sets_are_of_countries() -> None:
    assert {code for found in DOCUMENT["country_sets"].values() for code in found} <= countries()
    assert len(DOCUMENT["country_sets"]["eu"]) == 27


def test_facts_of_the_registries() -> None:
    assert not tlds.get("co.uk").transfer.auth_code
    assert tlds.get("uk").transfer.years_added == 0
    assert all(tlds.get(name).transfer.auth_code for name in SOLD - {"uk", "co.uk"})
    assert tlds.get("au").renewal.window_days == 90
    assert tlds.get("it").transfer.restarts_term
    assert tlds.get("eu").expiry.redemption_days == 40
    assert tlds.get("us").contact.state_required_in == ("US",)
    assert [notice.code for notice in tlds.get("app").notices] == ["https_only"]
    assert tlds.get("de").nameservers_first
    assert set(tlds.get("fr").contact.eligible_countries) == {Role.OWNER, Role.ADMIN}
    assert tlds.get("com.au").properties == tlds.get("au").properties
    assert [known.name for known in tlds.get("it").properties_of(Role.ADMIN)] == []


def _conditions(tld: Tld) -> Iterator[Condition]:
    for known in tld.properties:
        yield known.mandatory
    for rule in tld.rules:
        yield rule.condition
        yield rule.demand
    for requirement in tld.registrar.requirements:
        yield requirement.condition


def _tests(condition: Condition) -> Iterator[Present | OneOf | Matches | SameAs]:
    match condition:
        case Always():
            return
        case Every(parts) | Either(parts):
            for part in parts:
                yield from _tests(part)
        case Negation(part):
            yield from _tests(part)
        case _:
            yield condition


def _subjects(condition: Condition) -> Iterator[str]:
    for test in _tests(condition):
        yield test.subject
        if isinstance(test, SameAs):
            yield test.other
