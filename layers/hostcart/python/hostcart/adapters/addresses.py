"""Which addresses a callback may be sent to: HTTPS to public addresses only.

`check_callback_url` looks at the text alone, when the order is placed. `resolve` looks up the name when the
callback is sent and vets every address; the caller connects to one of those and never resolves again.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from hostcart.ports import RefusedError, UnavailableError

type IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
type Resolver = Callable[..., Sequence[tuple[Any, ...]]]

_PORTS: Final = {"https": 443, "http": 80}
_LARGEST_PORT: Final = 65_535
_LONGEST_URL: Final = 2048
_PRINTABLE: Final = re.compile(r"[!-~]+")
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
# A last label that is a number would be read as an IPv4 address in one of its many spellings.
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LOCAL_SUFFIXES: Final = (".localhost", ".local", ".internal", ".home.arpa")
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
# Not public, though the ipaddress module takes them for global: IPv4-compatible (obsolete), documentation.
_NEVER_PUBLIC: Final = (ipaddress.IPv6Network("::/96"), ipaddress.IPv6Network("3fff::/20"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A vetted place to call: `addresses` are all that the name resolved to, in the resolver's order."""

    tls: bool
    host: str
    port: int
    path: str = field(repr=False)
    addresses: tuple[str, ...]


def check_callback_url(url: str, *, allow_loopback: bool) -> str | None:
    """What is wrong with the URL as a sentence for the client, or None. Asks no name server."""
    if len(url) > _LONGEST_URL or not _PRINTABLE.fullmatch(url) or "\\" in url:
        return "must be a URL of at most 2048 printable ASCII characters"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "must be a valid URL"
    return (
        _check_scheme(parts, allow_loopback=allow_loopback)
        or _check_extras(parts, port, url)
        or _check_host(_host(parts), allow_loopback=allow_loopback)
    )


def resolve(url: str, *, allow_loopback: bool, getaddrinfo: Resolver = socket.getaddrinfo) -> Target:
    """Looks the host up once and vets every address it has.

    Raises RefusedError("callback_url_not_allowed" | "callback_address_not_public"),
    UnavailableError("callback_host_unresolved").
    """
    if check_callback_url(url, allow_loopback=allow_loopback) is not None:
        raise RefusedError("callback_url_not_allowed")
    parts = urlsplit(url)
    host, port = _host(parts), parts.port or _PORTS[parts.scheme]
    try:
        found = getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        raise UnavailableError("callback_host_unresolved") from error
    addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not addresses:
        raise UnavailableError("callback_host_unresolved")
    if not all(_may_call(address, allow_loopback=allow_loopback) for address in addresses):
        raise RefusedError("callback_address_not_public")
    path = parts.path or "/"
    return Target(
        tls=parts.scheme == "https",
        host=host,
        port=port,
        path=f"{path}?{parts.query}" if parts.query else path,
        addresses=addresses,
    )


def is_public(address: IpAddress) -> bool:
    """True for a globally routed unicast address; wrapped IPv4 addresses are judged by what they wrap."""
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = _wrapped(address)
        if wrapped is not None:
            return is_public(wrapped)
        if _is_odd(address):
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _wrapped(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped


def _is_odd(address: ipaddress.IPv6Address) -> bool:
    tunnelled = address.sixtofour is not None or address.teredo is not None
    scoped = address.is_site_local or address.scope_id is not None
    return tunnelled or scoped or any(address in network for network in _NEVER_PUBLIC)


def _may_call(text: str, *, allow_loopback: bool) -> bool:
    address = ipaddress.ip_address(text)
    return is_public(address) or (allow_loopback and address.is_loopback)


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").removesuffix(".")


def _check_scheme(parts: SplitResult, *, allow_loopback: bool) -> str | None:
    if parts.scheme == "https":
        return None
    if allow_loopback and parts.scheme == "http" and _is_loopback_host(_host(parts)):
        return None
    return "must be an https URL"


def _check_extras(parts: SplitResult, port: int | None, url: str) -> str | None:
    if "@" in parts.netloc:
        return "must not contain a user name or password"
    if "#" in url:
        return "must not contain a fragment"
    if port is not None and not 1 <= port <= _LARGEST_PORT:
        return "must not name port 0"
    return None


def _check_host(host: str, *, allow_loopback: bool) -> str | None:
    if allow_loopback and _is_loopback_host(host):
        return None
    address = _literal(host)
    if address is not None:
        return None if is_public(address) else "must not point to a private address"
    labels = host.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels) or _NUMBER.fullmatch(labels[-1]):
        return "must name a valid host"
    if len(labels) == 1 or host.endswith(_LOCAL_SUFFIXES):
        return "must name a public host"
    return None


def _is_loopback_host(host: str) -> bool:
    address = _literal(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _literal(host: str) -> IpAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
