"""Amounts and contacts on their way to the registrar and back."""

import json
from decimal import Decimal

import pytest
from hostcart.adapters.registrar_contacts import ContactAnswer, contact_of, contact_to_json
from hostcart.adapters.registrar_money import cents, json_number
from hostcart.domain.contacts import Contact
from hypothesis import given
from hypothesis import strategies as st

TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=0x17F), min_size=1, max_size=40)
# Possible numbers of plans with one, two and three digits of country code.
PHONES = st.sampled_from(["+15555550100", "+442079460123", "+4915112345678", "+390612345678", "+37060112345"])
CONTACTS = st.builds(
    Contact,
    first_name=TEXT,
    last_name=TEXT,
    organization=st.none() | TEXT,
    street_address=TEXT | st.builds("\n".join, st.lists(TEXT, min_size=2, max_size=2)),
    post_code=TEXT,
    city=TEXT,
    state=st.none() | TEXT,
    country=st.sampled_from(["GB", "IT", "US"]),
    email=TEXT,
    phone=PHONES,
    extra_properties=st.just({}),
)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("9.9900000000000002", 999),
        ("12.989999771118164", 1299),
        ("349.95", 34_995),
        ("699.90", 69_990),
        ("0.005", 0),
        ("0.015", 2),
        ("0.025", 2),
        ("10", 1000),
        ("1E+2", 10_000),
        ("-0", 0),
    ],
)
def test_noise_is_rounded_to_cents_half_to_even(text: str, amount: int) -> None:
    assert cents(Decimal(text)) == amount


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1E+30", "1E+999999", "10000000000"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount of money"):
        cents(Decimal(text))


@given(st.integers(min_value=0, max_value=10**9))
def test_an_amount_survives_the_way_there_and_back(amount: int) -> None:
    text = json.dumps({"price": json_number(amount)})
    assert cents(json.loads(text, parse_float=Decimal)["price"]) == amount


@given(st.integers(min_value=0, max_value=10**9))
def test_an_amount_survives_seventeen_digits(amount: int) -> None:
    assert cents(Decimal(format(amount / 100, ".17g"))) == amount


@given(CONTACTS)
def test_a_contact_survives_the_way_there_and_back(contact: Contact) -> None:
    assert contact_of(ContactAnswer.model_validate(contact_to_json(contact))) == contact


@given(CONTACTS)
def test_nothing_empty_is_sent(contact: Contact) -> None:
    assert all(contact_to_json(contact).values())
