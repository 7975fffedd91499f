"""Domain names as a registry knows them: IDNA 2008 with the mapping of UTS 46.

A name is one label below a suffix whose rules domain/tlds.py has. Everything is decided offline: the public
suffixes come from the list that publicsuffixlist carries.
"""

import unicodedata
from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from hostcart.domain import tlds

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

# A name has 253 octets at most; the mapping may drop invisible characters from a longer text.
_LONGEST_INPUT: Final = 1024
_LONGEST_NAME: Final = 253
_ACE: Final = "xn--"
_END_OF_ICANN: Final = "// ===END ICANN DOMAINS==="


class DomainNameError(Exception):
    """The name cannot be ordered; `code` is the public error code, the text a sentence for the client."""

    code: str


class InvalidDomainError(DomainNameError):
    """The text is not a registrable name."""

    code = "invalid_domain"


class UnsupportedTldError(DomainNameError):
    """A name under a suffix that is not sold."""

    code = "unsupported_tld"


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainName:
    """A registrable name.

    `ascii` is its A-label form in lower case (`xn--bcher-kva.com`), `unicode` the same name to show
    (`bücher.com`), `label` the first label of `ascii` and `suffix` the rest, a key of the TLD catalogue.
    """

    ascii: str
    unicode: str
    label: str
    suffix: str

    @property
    def internationalised(self) -> bool:
        return self.label.startswith(_ACE)


def normalise(text: str, sold: Container[str] | None = None) -> DomainName:
    """The one form of a name that a client may write in many ways.

    `sold` are the suffixes that are on sale; None for a name that was ordered, whose suffix may not be any
    more. Raises InvalidDomainError (not a host name, a bare suffix, a subdomain, an internationalised name
    where the registry takes none) or UnsupportedTldError.
    """
    ascii_name, unicode_name = _idna(text.strip())
    labels = ascii_name.split(".")
    if len(labels) == 1 or labels[-1].isdecimal():
        raise InvalidDomainError("A domain name has at least two labels, such as example.com.")
    if labels[-1] not in _top_labels():
        raise UnsupportedTldError(f"Names under .{labels[-1]} are not offered.")
    depth = len((_suffixes().publicsuffix(ascii_name) or labels[-1]).split("."))
    suffix = ".".join(labels[-depth:])
    if depth == len(labels):
        raise InvalidDomainError(f".{suffix} is a public suffix, not a domain name.")
    if suffix not in tlds.names() or (sold is not None and suffix not in sold):
        raise UnsupportedTldError(f"Names under .{suffix} are not offered.")
    if len(labels) > depth + 1:
        raise InvalidDomainError(
            f"A domain name has one label before .{suffix}; a subdomain cannot be ordered."
        )
    name = DomainName(ascii=ascii_name, unicode=unicode_name, label=labels[0], suffix=suffix)
    if name.internationalised and not tlds.get(suffix).idn.allowed:
        raise InvalidDomainError(f"Names under .{suffix} have only the letters a to z, digits and hyphens.")
    return name


def idn_language(name: DomainName) -> str | None:
    """The language to tell a registry that wants one for an internationalised name (`DE` for bücher.com).

    It is the first of the catalogue whose letters the label keeps to, else one of the label's script.
    """
    letters = {letter for letter in name.unicode.removesuffix(f".{name.suffix}") if not letter.isascii()}
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in letters}
    for known in tlds.idn_languages():
        if letters and (letters <= set(known.letters) or known.script in scripts):
            return known.language
    return None


def _idna(text: str) -> tuple[str, str]:
    """The A-label and the U-label form without a trailing dot. Raises InvalidDomainError."""
    import idna

    if len(text) > _LONGEST_INPUT:
        raise InvalidDomainError("A domain name has at most 253 characters.")
    try:
        mapped = idna.uts46_remap(text, std3_rules=True).removesuffix(".")
        ascii_name = idna.encode(mapped).decode("ascii")
        unicode_name = idna.decode(ascii_name)
        stable = idna.encode(unicode_name, uts46=True, std3_rules=True).decode("ascii")
    except ValueError:  # IDNAError is one; its text repeats the input
        raise InvalidDomainError(
            "A domain name has labels of 1 to 63 letters, digits and inner hyphens, separated by dots."
        ) from None
    if len(ascii_name) > _LONGEST_NAME or ascii_name.endswith(".") or stable != ascii_name:
        raise InvalidDomainError("A domain name has at most 253 characters and no empty label.")
    return ascii_name, unicode_name


@cache
def _top_labels() -> frozenset[str]:
    return frozenset(name.rpartition(".")[2] for name in tlds.names())


@cache
def _suffixes() -> "PublicSuffixList":
    """The rules under the top-level domains that we sell; the others would cost every cold start 50 ms."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(source=_rules(), accept_encoded_idn=False)


def _rules() -> Iterator[str]:
    """ICANN's rules; what companies list (github.io) is a name of theirs to the registry."""
    from publicsuffixlist import PSLFILE

    with open(PSLFILE, encoding="utf-8") as lines:
        for line in lines:
            rule = line.partition(" ")[0].strip()
            if line.startswith(_END_OF_ICANN):
                return
            if rule.rpartition(".")[2] in _top_labels():
                yield rule
