"""The callback adapter against the sink, a TLS server and endpoints that misbehave."""

import base64
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3
from hostcart.adapters.http_callbacks import TOTAL_SECONDS, HttpCallbacks
from hostcart.adapters.webhook_signature import account_secret
from hostcart.ports import Callback, MisconfiguredError, PortError, RefusedError, UnavailableError
from hostcart.settings import CallbackSettings
from standardwebhooks import Webhook

from local.sandboxes.callbacks import CallbackSink
from tests.contract.stripe_shop import FixedSecrets
from tests.contract.tls_receiver import receiver

CURRENT = "whsec_" + base64.b64encode(b"c" * 32).decode()
PREVIOUS = "whsec_" + base64.b64encode(b"p" * 32).decode()
BODY = '{"type":"order.completed","data":{"name":"Café"}}'.encode()
HOST = "hooks.client.example"


def adapter(*, loopback: bool = True, secrets: FixedSecrets | None = None, **options: Any) -> HttpCallbacks:
    settings = CallbackSettings(signing_secret_arn="arn:callbacks", allow_loopback=loopback)
    return HttpCallbacks(settings, secrets or FixedSecrets(current=CURRENT), **options)


def deliver(subject: HttpCallbacks, url: str, authorization: str | None = "Bearer 12345") -> None:
    subject.deliver(
        Callback(url=url, authorization=authorization), message_id="msg_1", account_id="17", body=BODY
    )


def refused(subject: HttpCallbacks, url: str, **options: Any) -> PortError:
    with pytest.raises(PortError) as caught:
        deliver(subject, url, **options)
    return caught.value


def pointing_to(*addresses: str) -> Callable[..., list[tuple[Any, ...]]]:
    return lambda _host, port, **_: [(0, 0, 0, "", (address, port)) for address in addresses]


@pytest.fixture
def received(sink: CallbackSink, http: urllib3.PoolManager) -> Callable[[], list[dict[str, Any]]]:
    return lambda: http.request("GET", f"{sink.url}/_sandbox/received").json()


def test_one_signed_post_with_the_given_authorization(
    sink: CallbackSink, received: Callable[[], list[dict[str, Any]]]
) -> None:
    deliver(adapter(), f"{sink.url}/hooks?order=1", "Basic dXNlcjpwYXNz")
    (seen,) = received()
    assert (seen["method"], seen["path"], seen["raw"].encode()) == ("POST", "/hooks", BODY)
    headers = seen["headers"]
    assert headers["authorization"] == "Basic dXNlcjpwYXNz"
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"] == "hostcart"
    assert headers["host"] == sink.url.removeprefix("http://")
    assert headers["webhook-id"] == "msg_1"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 10
    Webhook(account_secret(CURRENT, "17")).verify(BODY, headers)


def test_no_authorization_means_no_header(
    sink: CallbackSink, received: Callable[[], list[dict[str, Any]]]
) -> None:
    deliver(adapter(), sink.url, None)
    assert "authorization" not in received()[0]["headers"]


def test_while_the_secret_rolls_the_previous_one_still_verifies(
    sink: CallbackSink, received: Callable[[], list[dict[str, Any]]]
) -> None:
    deliver(adapter(secrets=FixedSecrets(current=CURRENT, previous=PREVIOUS)), sink.url)
    for master in (CURRENT, PREVIOUS):
        Webhook(account_secret(master, "17")).verify(BODY, received()[0]["headers"])


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_delivered(sink: CallbackSink, status: int) -> None:
    deliver(adapter(), f"{sink.url}/status/{status}")


@pytest.mark.parametrize("status", [304, 400, 401, 404, 429, 500, 503])
def test_anything_else_may_pass_later(sink: CallbackSink, status: int) -> None:
    failure = refused(adapter(), f"{sink.url}/status/{status}")
    assert type(failure) is UnavailableError
    assert failure.code == ("callback_redirected" if status == 304 else f"callback_http_{status}")


def test_410_stops(sink: CallbackSink) -> None:
    failure = refused(adapter(), f"{sink.url}/status/410")
    assert (type(failure), failure.code) == (RefusedError, "gone")


def test_a_redirect_is_not_followed(sink: CallbackSink, received: Callable[[], list[dict[str, Any]]]) -> None:
    failure = refused(adapter(), f"{sink.url}/redirect/x")
    assert (type(failure), failure.code) == (UnavailableError, "callback_redirected")
    assert [entry["path"] for entry in received()] == ["/redirect/x"]


def test_loopback_needs_the_local_setting(
    sink: CallbackSink, received: Callable[[], list[dict[str, Any]]]
) -> None:
    port = sink.url.rpartition(":")[2]
    for url, code in (
        (sink.url, "callback_url_not_allowed"),
        (f"https://127.0.0.1:{port}/", "callback_url_not_allowed"),
        (f"https://{HOST}:{port}/", "callback_address_not_public"),
    ):
        failure = refused(adapter(loopback=False, getaddrinfo=pointing_to("127.0.0.1")), url)
        assert (type(failure), failure.code) == (RefusedError, code)
    assert received() == []


@pytest.mark.parametrize("value", ["Bearer a\r\nX-Evil: 1", "Bearer \x00", "Bearer ä", "Bearer \ud800"])
def test_an_authorization_that_is_no_header_value(
    sink: CallbackSink, received: Callable[[], list[dict[str, Any]]], value: str
) -> None:
    failure = refused(adapter(), sink.url, authorization=value)
    assert (type(failure), failure.code) == (RefusedError, "callback_authorization_invalid")
    assert received() == []


def test_nothing_is_sent_unsigned(sink: CallbackSink, received: Callable[[], list[dict[str, Any]]]) -> None:
    for secrets in (FixedSecrets(), FixedSecrets(current="whsec_short")):
        with pytest.raises(MisconfiguredError):
            deliver(adapter(secrets=secrets), sink.url)
    assert received() == []


def test_the_vetted_address_is_called_under_the_hosts_name(tmp_path: Path) -> None:
    with receiver(HOST, tmp_path) as server:
        subject = adapter(tls=server.trust, getaddrinfo=pointing_to("127.0.0.1"))
        deliver(subject, f"https://{HOST}:{server.port}/hook")
        assert server.server_names == [HOST]
        assert server.hosts == [f"{HOST}:{server.port}"]


def test_a_second_address_is_tried_when_the_first_does_not_answer(tmp_path: Path) -> None:
    with receiver(HOST, tmp_path) as server:
        # Nothing listens on the server's port of the other loopback address.
        subject = adapter(tls=server.trust, getaddrinfo=pointing_to("127.0.0.2", "127.0.0.1"))
        deliver(subject, f"https://{HOST}:{server.port}/hook")
        assert len(server.hosts) == 1


def test_the_name_is_looked_up_once_for_a_delivery(tmp_path: Path) -> None:
    """A name that points elsewhere at the second look (DNS rebinding) gains nothing."""
    with receiver(HOST, tmp_path) as server:
        answers = [pointing_to("127.0.0.1"), pointing_to("10.0.0.1")]

        def rebinding(host: str, port: int, **options: Any) -> list[tuple[Any, ...]]:
            return answers.pop(0)(host, port, **options)

        subject = adapter(tls=server.trust, getaddrinfo=rebinding)
        deliver(subject, f"https://{HOST}:{server.port}/hook")
        assert len(answers) == 1


def test_a_certificate_must_be_trusted_and_name_the_host(tmp_path: Path) -> None:
    with receiver(HOST, tmp_path) as server:
        other = f"https://other.client.example:{server.port}/hook"
        for subject, url in (
            (adapter(getaddrinfo=pointing_to("127.0.0.1")), f"https://{HOST}:{server.port}/hook"),
            (adapter(tls=server.trust, getaddrinfo=pointing_to("127.0.0.1")), other),
        ):
            failure = refused(subject, url)
            assert (type(failure), failure.code) == (UnavailableError, "callback_tls_failed")
        assert server.hosts == []


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """A raw server for one connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            connection, _ = server.accept()
            with connection:
                serve(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/hook"
        thread.join(5)


def trickle(connection: socket.socket) -> None:
    """A header that never ends, a byte at a time: no single read takes long."""
    connection.recv(65_536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    try:
        while True:
            connection.sendall(b"x")
            time.sleep(0.02)
    except OSError:
        return


def flood(connection: socket.socket) -> None:
    connection.recv(65_536)
    try:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65_536)
    except OSError:
        return


def silent(connection: socket.socket) -> None:
    while connection.recv(65_536):
        pass


def garbage(connection: socket.socket) -> None:
    connection.recv(65_536)
    connection.sendall(b"I am no web server\r\n\r\n")


@pytest.mark.parametrize("serve", [trickle, silent])
def test_the_whole_exchange_has_one_time_limit(serve: Callable[[socket.socket], None]) -> None:
    started = time.monotonic()
    with listening(serve) as url:
        failure = refused(adapter(total_seconds=0.4), url)
    assert (type(failure), failure.code) == (UnavailableError, "callback_timed_out")
    assert time.monotonic() - started < 3
    assert TOTAL_SECONDS == 10


def test_an_endless_body_is_not_read() -> None:
    with listening(flood) as url:
        deliver(adapter(), url)


@pytest.mark.parametrize("serve", [garbage, lambda _: None])
def test_what_is_no_answer_may_pass_later(serve: Callable[[socket.socket], None]) -> None:
    with listening(serve) as url:
        failure = refused(adapter(), url)
    assert (type(failure), failure.code) == (UnavailableError, "callback_unreachable")


def test_nobody_there() -> None:
    assert refused(adapter(), "http://127.0.0.1:9/hook").code == "callback_unreachable"


def test_the_default_context_verifies() -> None:
    context = adapter()._context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
