"""Where callbacks may go: the text of the URL, then every address behind the name."""

import ipaddress
import socket
from typing import Any

import pytest
from hostcart.adapters.addresses import check_callback_url, is_public, resolve
from hostcart.ports import RefusedError, UnavailableError

PUBLIC = [
    "93.184.216.34",
    "8.8.8.8",
    "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]
PRIVATE = [
    "0.0.0.0",  # noqa: S104 - not bound, refused
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::808:808",
    "2001:0:808:808::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:808:808::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_never_called(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "https://client.example/hook",
        "https://client.example:8443/hook?a=b&c=d",
        "HTTPS://Client.Example",
        "https://client.example./hook",
        "https://xn--mnchen-3ya.example/",
        "https://8.8.8.8/hook",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/hook",
        "https://a.b/" + "x" * 2000,
    ],
)
def test_urls_that_are_taken(url: str) -> None:
    assert check_callback_url(url, allow_loopback=False) is None


REFUSED = [
    "",
    "client.example/hook",
    "//client.example/hook",
    "http://client.example/hook",
    "ftp://client.example/hook",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https://",
    "https:///hook",
    "https://user@client.example/",
    "https://user:password@client.example/",
    "https://client.example@evil.example/",
    "https://client.example/hook#fragment",
    "https://client.example/hook#",
    "https://client.example:0/",
    "https://client.example:99999/",
    "https://client.example:port/",
    "https://client.example/a b",
    "https://client.example/\r\nX-Evil: 1",
    "https://client.example\\@evil.example/",
    "https://clïent.example/",
    "https://client%2eexample/",
    "https://-client.example/",
    "https://client..example/",
    "https://intranet/hook",
    "https://localhost/hook",
    "https://app.localhost/hook",
    "https://printer.local/hook",
    "https://metadata.google.internal/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://127.1/",
    "https://0177.0.0.1/",
    "https://client.0x7f/",
    "https://[::1/",
    "https://[fe80::1%25eth0]/",
    "https://a.b/" + "x" * 2048,
    *(f"https://{address}/" for address in PRIVATE if ":" not in address),
    *(f"https://[{address}]/" for address in PRIVATE if ":" in address and "%" not in address),
]


@pytest.mark.parametrize("url", REFUSED)
def test_urls_that_are_refused_with_a_sentence(url: str) -> None:
    complaint = check_callback_url(url, allow_loopback=False)
    assert complaint is not None
    assert complaint.startswith("must ")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "[::1]"])
def test_only_the_local_setting_allows_loopback_and_plain_http_to_it(host: str) -> None:
    for scheme in ("http", "https"):
        url = f"{scheme}://{host}:8080/hook"
        assert check_callback_url(url, allow_loopback=True) is None
        assert check_callback_url(url, allow_loopback=False) is not None


def test_the_local_setting_allows_nothing_else() -> None:
    for url in (
        "http://client.example/",
        "https://10.0.0.1/",
        "https://intranet/",
        "http://169.254.169.254/",
    ):
        assert check_callback_url(url, allow_loopback=True) is not None


class Resolver:
    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.calls: list[tuple[Any, ...]] = []

    def __call__(self, host: str, port: int, **options: object) -> list[tuple[Any, ...]]:
        self.calls.append((host, port))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in self.addresses]


def test_a_name_is_resolved_once_and_keeps_its_addresses() -> None:
    resolver = Resolver("93.184.216.34", "8.8.8.8", "8.8.8.8")
    target = resolve("https://Client.Example/hook?a=1", allow_loopback=False, getaddrinfo=resolver)
    assert target.addresses == ("93.184.216.34", "8.8.8.8")
    assert (target.tls, target.host, target.port, target.path) == (True, "client.example", 443, "/hook?a=1")
    assert resolver.calls == [("client.example", 443)]


@pytest.mark.parametrize("address", PRIVATE)
def test_one_private_address_among_public_ones_is_enough_to_refuse(address: str) -> None:
    with pytest.raises(RefusedError, match="callback_address_not_public"):
        resolve("https://a.example/", allow_loopback=False, getaddrinfo=Resolver("8.8.8.8", address))


def test_the_local_setting_lets_a_name_point_to_loopback_but_not_to_the_private_network() -> None:
    resolve("https://a.example/", allow_loopback=True, getaddrinfo=Resolver("127.0.0.1"))
    with pytest.raises(RefusedError, match="callback_address_not_public"):
        resolve("https://a.example/", allow_loopback=True, getaddrinfo=Resolver("10.0.0.1"))


def test_a_stored_url_is_checked_again_before_it_is_resolved() -> None:
    resolver = Resolver("8.8.8.8")
    with pytest.raises(RefusedError, match="callback_url_not_allowed"):
        resolve("http://client.example/", allow_loopback=False, getaddrinfo=resolver)
    assert resolver.calls == []


def test_a_name_that_does_not_resolve_may_do_so_later() -> None:
    def fails(*_: object, **__: object) -> list[tuple[Any, ...]]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with pytest.raises(UnavailableError, match="callback_host_unresolved"):
        resolve("https://a.example/", allow_loopback=False, getaddrinfo=fails)
    with pytest.raises(UnavailableError, match="callback_host_unresolved"):
        resolve("https://a.example/", allow_loopback=False, getaddrinfo=Resolver())
