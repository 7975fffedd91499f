"""Names: which suffixes are sold and at what price, and what a name's first label says of its fate."""

import re

from local.sandboxes.registrar.answers import Cents, invalid

# Cents for one year: registration, and as much for renewal and transfer.
PRICES = {
    "com": 1299,
    "net": 1499,
    "org": 999,
    "io": 3999,
    "dev": 1499,
    "app": 1699,
    "ninja": 1099,
    "it": 1899,
    "de": 899,
    "fr": 1199,
    "eu": 899,
    "uk": 999,
    "co.uk": 999,
    "us": 899,
    "ca": 1399,
    "au": 1999,
    "com.au": 1999,
}
WITHOUT_AUTH_CODE = frozenset({"uk", "co.uk"})
WITH_NAMESERVER_CHECK = frozenset({"de"})
_PREMIUM_YEAR, _AFTERMARKET_YEAR = 34_995, 49_900
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_MOST_NAMESERVERS = 13


class Name:
    """A name as the registry sees it: `text`, `sld` and `tld` in ASCII, `label` in Unicode."""

    def __init__(self, text: object) -> None:
        """V4Error 400 for what is no name under a suffix that is sold."""
        if not isinstance(text, str) or not text:
            raise invalid("domainName is required")
        self.text = text.lower()
        self.sld, _, self.tld = self.text.partition(".")
        if not all(_LABEL.fullmatch(label) for label in self.text.split(".")):
            raise invalid("domainName is not a valid domain name")
        if self.tld not in PRICES:
            raise invalid("Unsupported TLD")
        self.label = _unicode(self.sld)

    @property
    def is_idn(self) -> bool:
        """Whether the name needs to say its language."""
        return self.sld.startswith("xn--")

    @property
    def premium(self) -> bool:
        """Whether the registry asks a price of its own."""
        return self.label.startswith("premium-")

    @property
    def purchase_type(self) -> str:
        """How the name is sold."""
        return "aftermarket_s" if self.label.startswith("aftermarket-") else "registration"

    @property
    def must_name_price(self) -> bool:
        """Whether a purchase without a price is refused."""
        return self.premium or self.purchase_type != "registration"

    @property
    def price(self) -> Cents:
        """The first year's price."""
        if self.premium:
            return Cents(_PREMIUM_YEAR)
        return Cents(_AFTERMARKET_YEAR if self.purchase_type != "registration" else PRICES[self.tld])

    @property
    def renewal_price(self) -> Cents:
        """A further year's price."""
        return Cents(_PREMIUM_YEAR if self.premium else PRICES[self.tld])

    @property
    def transfer_price(self) -> Cents:
        """The price of a transfer, for one year."""
        return self.renewal_price


def check_nameservers(name: Name, given: object) -> list[str]:
    """The nameservers of a request; V4Error 400 when the registry would not take them."""
    if given is None:
        given = []
    if not isinstance(given, list) or not all(isinstance(server, str) for server in given):
        raise invalid("nameservers must be a list of names")
    servers = [server.lower().rstrip(".") for server in given]
    for server in servers:
        if "." not in server or not all(_LABEL.fullmatch(label) for label in server.split(".")):
            raise invalid("Nameserver name is not valid")
    if len(servers) > _MOST_NAMESERVERS or len(set(servers)) != len(servers):
        raise invalid("Nameservers must be different and 13 at most")
    if name.tld in WITH_NAMESERVER_CHECK and (not servers or any(map(_is_lame, servers))):
        raise invalid("Nameserver check failed: the registry wants nameservers that answer for the domain")
    return servers


def cents(given: object, what: str) -> int | None:
    """An amount of a request in cents; None when none was given."""
    if given is None or given == 0:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise invalid(f"{what} must be a number")
    return round(given * 100)


def check_price(given: object, price: int, *, required: bool) -> None:
    """V4Error 400 when the price named is not the price asked."""
    named = cents(given, "purchasePrice")
    if named is None and required:
        raise invalid("Purchase price is required for premium domains and for domains of the aftermarket")
    if named is not None and named != price:
        raise invalid("Purchase price does not match the price of the domain")


def _is_lame(server: str) -> bool:
    return server.startswith(("lame.", "lame-"))


def _unicode(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode().decode("punycode")
    except UnicodeError as error:
        raise invalid("domainName is not a valid domain name") from error
