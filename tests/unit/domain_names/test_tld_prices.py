"""The tlds section of the catalogue file."""

from pathlib import Path

import pytest
from hostcart.adapters.records import decode, encode
from hostcart.domain import tlds
from hostcart.domain.catalogue import Catalogue, DomainCharge

from local.seed.seeding import CATALOGUE
from tools import catalogue_file
from tools.catalogue_changes import Change, changes
from tools.yaml_file import FileFaultError

GOOD = """\
plans:
  basic: {title: Basic, stripe_product: prod_basic, prices: {usd: {monthly: 1300}}}
variants: {vanilla: {title: WordPress}}
locations: {pdx: {title: Portland, capacity: {vanilla: 5}}}
tlds:
  co.uk:
    stripe_product: prod_co_uk
    prices:
      standard:
        usd: {register: 899, transfer: 500, renew: 999}
        eur: {register: 799, renew: 899}
usd_rates: {eur: 0.92}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.yaml"


def load(path: Path, text: str) -> Catalogue:
    path.write_text(text)
    return catalogue_file.load(path)


def test_prices_are_found_by_plan_currency_and_charge(path: Path) -> None:
    prices = load(path, GOOD).tlds["co.uk"]
    assert (prices.title, prices.stripe_product) == (".co.uk domain", "prod_co_uk")
    assert prices.price("standard", "usd", DomainCharge.TRANSFER) == 500
    assert prices.price("standard", "eur", DomainCharge.TRANSFER) is None
    assert prices.price("standard", "gbp", DomainCharge.REGISTER) is None
    assert prices.price("other", "usd", DomainCharge.REGISTER) is None


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("co.uk", "xyz", "line 6, tlds.xyz: is not a known TLD (app, au,"),
        ("    stripe_product: prod_co_uk\n", "", "line 6, tlds.co.uk.stripe_product: is missing"),
        ("prod_co_uk", "prod_basic", "line 7, tlds.co.uk.stripe_product: is the same as that of plan basic"),
        ("standard", "Standard Plan", "line 9, tlds.co.uk.prices.Standard Plan: "),
        ("eur:", "xxx:", "line 11, tlds.co.uk.prices.standard.xxx: is not a known currency"),
        (", renew: 899", "", "line 11, tlds.co.uk.prices.standard.eur.renew: is missing"),
        ("register: 799", "register: 49", "eur.register: is below the smallest amount"),
        ("register: 799", "register: 7.99", "eur.register: a price is a whole number"),
        ("transfer: 500", "trade: 500", "usd.trade: is not a known field"),
    ],
)
def test_a_fault_is_named(path: Path, old: str, new: str, sentence: str) -> None:
    assert old in GOOD
    with pytest.raises(FileFaultError) as caught:
        load(path, GOOD.replace(old, new, 1))
    assert any(sentence in told for told in caught.value.sentences), caught.value.sentences


def test_changes_are_named(path: Path) -> None:
    before = load(path, GOOD)
    after = load(path, GOOD.replace("transfer: 500, ", "").replace("register: 899", "register: 900"))
    where = "tlds.co.uk.prices.standard.usd"
    assert changes(before, after) == [
        Change(f"{where}.register", "8.99 USD", "9.00 USD"),
        Change(f"{where}.transfer", "5.00 USD", None),
    ]


def test_a_catalogue_stored_without_tlds_is_read(path: Path) -> None:
    catalogue = load(path, GOOD)
    assert decode(Catalogue, encode(catalogue)) == catalogue
    assert load(path, GOOD[: GOOD.index("tlds:")]).tlds == {}


def test_the_local_stack_sells_every_tld_but_one_in_euro() -> None:
    sold = catalogue_file.load(CATALOGUE).tlds
    assert set(sold) == tlds.names()
    for charge in DomainCharge:
        assert all(prices.price("standard", "usd", charge) for prices in sold.values())
        assert [name for name in sold if not sold[name].price("standard", "eur", charge)] == ["ninja"]
