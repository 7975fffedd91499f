"""`python -m tools.load_catalogue`."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hostcart.adapters.dynamodb_catalogue import DynamoCatalogue
from hostcart.contract.statuses import Term
from hostcart.domain.catalogue import Occupancy, Slot
from hostcart.ports import MisconfiguredError

from tools import catalogue_file, load_catalogue
from tools.catalogue_changes import Change, changes
from tools.yaml_file import FileFaultError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

type Write = Callable[[str], Path]

GOOD = """\
plans:
  basic:
    title: Basic
    stripe_product: prod_basic
    prices:
      usd: {monthly: 1300, annual: 13000}
variants:
  vanilla: {title: WordPress}
  extendify: {title: Extendify}
locations:
  pdx:
    title: Portland
    capacity: {vanilla: 5, extendify: unlimited}
  ams:
    title: Amsterdam
    capacity: {vanilla: 0}
"""


def test_a_file_becomes_a_catalogue(write: Write) -> None:
    catalogue = catalogue_file.load(write(GOOD))
    assert catalogue.plans["basic"].price("usd", Term.MONTHLY) == 1300
    assert catalogue.plans["basic"].price("eur", Term.MONTHLY) is None
    assert catalogue.plans["basic"].stripe_product == "prod_basic"
    assert catalogue.locations["pdx"].capacity == {"vanilla": 5, "extendify": None}
    assert catalogue.locations["ams"].capacity == {"vanilla": 0}
    assert catalogue.variants["extendify"].title == "Extendify"


def test_the_version_is_the_digest_of_the_text(write: Write) -> None:
    first = catalogue_file.load(write(GOOD)).version
    assert first == catalogue_file.load(write(GOOD)).version
    assert len(first) == 12
    assert first != catalogue_file.load(write(GOOD + "# a remark\n")).version


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("usd:", "xxx:", "line 6, plans.basic.prices.xxx: is not a known currency (usd, eur,"),
        ("1300,", "-1,", "line 6, plans.basic.prices.usd.monthly: a price is a whole number"),
        ("1300,", "0,", "line 6, plans.basic.prices.usd.monthly: a price is a whole number"),
        ("1300,", "13.0,", "line 6, plans.basic.prices.usd.monthly: a price is a whole number"),
        ("1300,", "yes,", "line 6, plans.basic.prices.usd.monthly: a price is a whole number"),
        ("1300,", '"1300",', "line 6, plans.basic.prices.usd.monthly: a price is a whole number"),
        ("1300,", "49,", "line 6, plans.basic.prices.usd.monthly: is below the smallest amount"),
        ("monthly", "weekly", "line 6, plans.basic.prices.usd.weekly: Input should be 'monthly' or 'annual'"),
        ("{monthly: 1300, annual: 13000}", "{}", "line 6, plans.basic.prices.usd: "),
        ("\n      usd: {monthly: 1300, annual: 13000}", " {}", "line 5, plans.basic.prices: "),
        ("    stripe_product: prod_basic\n", "", "line 2, plans.basic.stripe_product: is missing"),
        ("title: Basic", "titel: Basic", "line 3, plans.basic.titel: is not a known field"),
        ("  basic:", "  Basic Plan:", "line 2, plans.Basic Plan: a short name has"),
        ("  basic:", "  a#b:", "line 2, plans.a#b: a short name has"),
        ("vanilla: 5", "vanila: 5", "line 13, locations.pdx.capacity.vanila: is not one of the variants"),
        ("vanilla: 5", "vanilla: -1", "line 13, locations.pdx.capacity.vanilla: a capacity is"),
        ("vanilla: 5", "vanilla: lots", "line 13, locations.pdx.capacity.vanilla: a capacity is"),
        ("vanilla: 5", "vanilla: 1.5", "line 13, locations.pdx.capacity.vanilla: a capacity is"),
        ("  ams:", "  pdx:", "line 14, locations.pdx: is there twice, the first time in line 11"),
        ("  extendify:", "  vanilla:", "line 9, variants.vanilla: is there twice"),
        ("variants:", "variant:", "line 7, variant: is not a known field"),
    ],
)
def test_a_fault_is_named(write: Write, old: str, new: str, sentence: str) -> None:
    assert old in GOOD
    with pytest.raises(FileFaultError) as caught:
        catalogue_file.load(write(GOOD.replace(old, new, 1)))
    assert any(f"file.yaml, {sentence}" in told for told in caught.value.sentences), caught.value.sentences


IN_EURO = GOOD.replace("13000}", "13000}\n      eur: {monthly: 1200}")


@pytest.mark.parametrize(
    ("rate", "stored"),
    [("0.92", "0.92"), ("1", "1"), ('"0.920"', "0.92"), ("151.25", "151.25"), ("1e-2", "0.01")],
)
def test_a_rate_is_stored_as_it_is_written(write: Write, rate: str, stored: str) -> None:
    catalogue = catalogue_file.load(write(f"{IN_EURO}usd_rates: {{eur: {rate}}}\n"))
    assert catalogue.usd_rates == {"eur": stored}


@pytest.mark.parametrize(
    ("rates", "sentence"),
    [
        ("", "line 7, plans.basic.prices.eur.monthly: has no rate: add eur to usd_rates"),
        ("usd_rates: {gbp: 0.8}\n", "line 7, plans.basic.prices.eur.monthly: has no rate"),
        ("usd_rates: {eur: 0.9, usd: 1}\n", "usd_rates.usd: is not needed"),
        ("usd_rates: {eur: 0}\n", "usd_rates.eur: a rate is a number above 0"),
        ("usd_rates: {eur: -1}\n", "usd_rates.eur: a rate is a number above 0"),
        ("usd_rates: {eur: much}\n", "usd_rates.eur: a rate is a number above 0"),
        ("usd_rates: {eur: .inf}\n", "usd_rates.eur: a rate is a number above 0"),
        ("usd_rates: {eur: .nan}\n", "usd_rates.eur: a rate is a number above 0"),
        ("usd_rates: {eur: yes}\n", "usd_rates.eur: a rate is a number above 0"),
        ("usd_rates: {xxx: 1}\n", "usd_rates.xxx: is not a known currency"),
    ],
)
def test_every_other_currency_has_a_rate(write: Write, rates: str, sentence: str) -> None:
    with pytest.raises(FileFaultError) as caught:
        catalogue_file.load(write(IN_EURO + rates))
    assert any(sentence in told for told in caught.value.sentences), caught.value.sentences


def test_a_changed_rate_is_named(write: Write) -> None:
    before, after = (
        catalogue_file.load(write(f"{IN_EURO}usd_rates: {{eur: {rate}}}\n")) for rate in (0.92, 0.9)
    )
    assert changes(before, after) == [Change("usd_rates.eur", "0.92", "0.9")]


def test_two_plans_do_not_share_a_title_or_a_product(write: Write) -> None:
    twin = "  pro:\n    title: Basic\n    stripe_product: prod_basic\n    prices: {usd: {monthly: 900}}\n"
    with pytest.raises(FileFaultError) as caught:
        catalogue_file.load(write(GOOD.replace("variants:", twin + "variants:")))
    assert [fault.path for fault in caught.value.faults] == [
        ("plans", "pro", "title"),
        ("plans", "pro", "stripe_product"),
    ]


@pytest.mark.parametrize("text", ["", "[]", "just text"])
def test_a_file_without_a_catalogue_is_refused(write: Write, text: str) -> None:
    with pytest.raises(FileFaultError):
        catalogue_file.load(write(text))


def test_changes_are_named(write: Write) -> None:
    before = catalogue_file.load(write(GOOD))
    edited = GOOD.replace("1300,", "1400,").replace("vanilla: 5", "vanilla: 7").split("  ams:", maxsplit=1)[0]
    assert changes(before, catalogue_file.load(write(edited))) == [
        Change("plans.basic.prices.usd.monthly", "13.00 USD", "14.00 USD"),
        Change("locations.pdx.capacity.vanilla", "5", "7"),
        Change("locations.ams.title", "Amsterdam", None),
        Change("locations.ams.capacity.vanilla", "0", None),
    ]
    assert changes(before, before) == []
    assert all(change.before is None for change in changes(None, before))


def test_loading_stores_catalogue_and_totals(
    dynamodb: "DynamoDBClient", write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load_catalogue.main([str(write(GOOD))]) == 0
    assert "13.00 USD" in capsys.readouterr().out
    dynamodb.update_item(
        TableName="hostcart",
        Key={"pk": {"S": "SLOT#pdx#vanilla"}, "sk": {"S": "SLOT"}},
        UpdateExpression="SET taken = :three",
        ExpressionAttributeValues={":three": {"N": "3"}},
    )

    assert load_catalogue.main([str(write(GOOD.replace("vanilla: 5", "vanilla: 9")))]) == 0
    printed = capsys.readouterr().out
    assert "locations.pdx.capacity.vanilla" in printed
    assert "13.00 USD" not in printed
    slot = Slot(location="pdx", variant="vanilla")
    store = DynamoCatalogue(dynamodb, "hostcart")
    assert store.occupancy([slot]) == [Occupancy(slot=slot, total=9, taken=3)]
    assert store.catalogue().locations["pdx"].capacity == {"vanilla": 9, "extendify": None}

    assert load_catalogue.main([str(write(GOOD.replace("vanilla: 5", "vanilla: 9")))]) == 0
    assert "Nothing differs" in capsys.readouterr().out


def test_a_dry_run_stores_nothing(
    dynamodb: "DynamoDBClient", write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load_catalogue.main([str(write(GOOD)), "--dry-run"]) == 0
    assert "nothing was stored" in capsys.readouterr().out
    with pytest.raises(MisconfiguredError):
        DynamoCatalogue(dynamodb, "hostcart").catalogue()


@pytest.mark.usefixtures("dynamodb")
def test_exit_codes_come_with_sentences(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert load_catalogue.main([str(write("plans: [\n"))]) == 1
    assert capsys.readouterr().err.startswith("file.yaml, line 2")
    assert load_catalogue.main(["/nowhere/catalogue.yaml"]) == 2
    assert capsys.readouterr().err == "Cannot use /nowhere/catalogue.yaml: No such file or directory.\n"
    assert load_catalogue.main([str(write(GOOD)), "--table", "other"]) == 2
    assert "AWS refused or was not reached" in capsys.readouterr().err
    assert load_catalogue.main([str(write(GOOD)), "--table", ""]) == 2
    assert "TABLE_NAME" in capsys.readouterr().err
