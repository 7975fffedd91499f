"""One form for the many ways to write a name, and a refusal for what no registry sells."""

import string
from contextlib import suppress

import idna
import pytest
from hostcart.domain import tlds
from hostcart.domain.domain_names import (
    DomainName,
    DomainNameError,
    InvalidDomainError,
    UnsupportedTldError,
    idn_language,
    normalise,
)
from hypothesis import example, given, reject
from hypothesis import strategies as st
from publicsuffixlist import PublicSuffixList


def wide(text: str) -> str:
    """The full-width forms of printable ASCII."""
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


DOTS = "." + wide(".") + "\u3002\uff61"
LETTERS = (
    string.ascii_letters
    + string.digits
    + "-éüßñåøąčğΩλжйабあカ中文한글אבגעربไท०· _💩\u00ad\ufb01\u200c\u200d\u212b"
    + DOTS
)
# Every rule of the list, not the selection that the product reads.
WHOLE_LIST = PublicSuffixList(accept_encoded_idn=True, only_icann=True)
SUFFIXES = st.sampled_from(
    [*sorted(tlds.names()), "COM", "Co.Uk", wide("com"), "xyz", "org.uk", "roma.it", "ny.us", "com."]
)
NAMES = st.builds(
    lambda label, dot, suffix: f"{label}{dot}{suffix}",
    st.text(LETTERS, min_size=1, max_size=12),
    st.sampled_from(DOTS),
    SUFFIXES,
)


@pytest.mark.parametrize(
    ("text", "ascii_name", "unicode_name"),
    [
        ("example.com", "example.com", "example.com"),
        ("EXAMPLE.Com.", "example.com", "example.com"),
        ("  example.com\n", "example.com", "example.com"),
        (wide("example.com"), "example.com", "example.com"),
        ("example。dev", "example.dev", "example.dev"),
        ("a.co.uk", "a.co.uk", "a.co.uk"),
        ("BÜCHER.com", "xn--bcher-kva.com", "bücher.com"),
        ("bu\u0308cher.com", "xn--bcher-kva.com", "bücher.com"),
        ("XN--BCHER-KVA.COM", "xn--bcher-kva.com", "bücher.com"),
        ("straße.de", "xn--strae-oqa.de", "straße.de"),
        ("ex\u00adample.com", "example.com", "example.com"),
        ("a" * 63 + ".com", "a" * 63 + ".com", "a" * 63 + ".com"),
        ("日本語.io", "xn--wgv71a119e.io", "日本語.io"),
    ],
)
def test_many_ways_to_write_a_name(text: str, ascii_name: str, unicode_name: str) -> None:
    name = normalise(text)
    assert (name.ascii, name.unicode) == (ascii_name, unicode_name)
    assert name == DomainName(
        ascii=ascii_name,
        unicode=unicode_name,
        label=ascii_name.partition(".")[0],
        suffix=ascii_name.partition(".")[2],
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "com",
        ".com",
        "example",
        "example..com",
        "example.com..",
        "a b.com",
        "a_b.com",
        "a!.com",
        "-a.com",
        "a-.com",
        "ab--c.com",
        "💩.com",
        "a" * 64 + ".com",
        "ü" * 60 + ".com",
        ".".join(["a" * 60] * 5) + ".com",
        "a" * 100_000,
        "xn--.com",
        "xn--a.com",
        "xn--bcher-KVB-.com",
        "xn--abc-.com",
        "\u200d.com",
        "אa.com",
        "co.uk",
        "com.au",
        "roma.it",
        "www.example.com",
        "a.b.co.uk",
        "bücher.us",
        "xn--bcher-kva.co.uk",
        "192.168.1.1",
        "https://example.com",
        "me@example.com",
        "example.com:443",
        "*.com",
    ],
)
def test_what_is_no_registrable_name(text: str) -> None:
    with pytest.raises(InvalidDomainError) as caught:
        normalise(text)
    assert caught.value.code == "invalid_domain"
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    "text",
    ["example.xyz", "example.org.uk", "x.roma.it", "example.edu.it", "example.ny.us", "a.рф", "a.b.xyz"],
)
def test_a_suffix_that_is_not_sold(text: str) -> None:
    with pytest.raises(UnsupportedTldError) as caught:
        normalise(text)
    assert caught.value.code == "unsupported_tld"


def test_a_suffix_with_rules_is_sold_or_not() -> None:
    sold = {"com", "co.uk"}
    assert [normalise(text, sold).suffix for text in ("example.com", "example.co.uk")] == ["com", "co.uk"]
    for text in ("example.org", "www.example.org", "b\u00fccher.us", "example.xyz"):
        with pytest.raises(UnsupportedTldError):
            normalise(text, sold)
    with pytest.raises(InvalidDomainError):
        normalise("www.example.com", sold)
    assert normalise("example.org").suffix == "org"  # ordered when it was on sale


def test_what_companies_list_as_suffixes_is_a_name_to_the_registry() -> None:
    assert normalise("github.io").suffix == "io"
    with pytest.raises(InvalidDomainError):
        normalise("someone.github.io")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("bücher.com", "DE"),
        ("mañana.com", "ES"),
        ("garçon.com", "FR"),
        ("smørrebrød.com", "DA"),
        ("żółw.com", "PL"),
        ("пример.com", "RU"),
        ("日本語.com", "ZH"),
        ("ひらがな.com", "JA"),
        ("한국.com", "KO"),
        ("ŵy.com", "DE"),
        ("example.com", None),
    ],
)
def test_the_language_of_an_internationalised_name(text: str, language: str | None) -> None:
    assert idn_language(normalise(text)) == language


def _accepted(text: str) -> DomainName:
    try:
        return normalise(text)
    except DomainNameError:
        reject()


@given(NAMES)
@example("XN--BCHER-KVA.com")
@example("faß.de")
def test_normalising_twice_is_normalising_once(text: str) -> None:
    name = _accepted(text)
    assert normalise(name.ascii) == name
    assert normalise(name.unicode) == name
    assert normalise(name.ascii.upper() + ".") == name


@given(NAMES)
@example("bücher.com")
def test_what_is_accepted_is_registrable(text: str) -> None:
    name = _accepted(text)
    assert name.ascii == f"{name.label}.{name.suffix}"
    assert name.suffix in tlds.names()
    assert "." not in name.label
    assert WHOLE_LIST.privatesuffix(name.ascii) == name.ascii
    assert 0 < len(name.label) <= 63
    assert len(name.ascii) <= 253
    assert set(name.label) <= set(string.ascii_lowercase + string.digits + "-")
    assert idna.alabel(idna.ulabel(name.label)).decode() == name.label
    assert idna.decode(name.ascii) == name.unicode


@given(st.text(max_size=40) | NAMES)
def test_a_text_is_a_name_or_is_refused(text: str) -> None:
    with suppress(InvalidDomainError, UnsupportedTldError):
        assert normalise(text).suffix in tlds.names()
