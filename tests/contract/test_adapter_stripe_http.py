"""The SDK over our HTTP client: what goes out, what comes back, what a lost connection becomes."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import stripe
from hostcart.adapters.stripe_http import Urllib3Client
from urllib3.exceptions import TimeoutError as TimedOutError


class Answers(BaseHTTPRequestHandler):
    """`/echo` answers the body it got, `/moved` a redirect, `/slow` nothing for long, `/cut` half a body."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/slow":
            self.server.released.wait(10)  # type: ignore[attr-defined]
            return
        self.send_response(302 if self.path == "/moved" else 201)
        self.send_header("Idempotent-Replayed", "true")
        self.send_header("Location", "/echo")
        self.send_header("Content-Length", str(len(body) + (100 if self.path == "/cut" else 0)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.path == "/cut"

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.released = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.released.set()  # type: ignore[attr-defined]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client() -> Iterator[Urllib3Client]:
    client = Urllib3Client(connect_seconds=1, read_seconds=0.2)
    yield client
    client.close()


def test_body_status_and_headers_come_back(client: Urllib3Client, url: str) -> None:
    body, status, headers = client.request("post", f"{url}/echo", {"X-One": "1"}, "a=b&c=ü")
    assert (body, status) == ("a=b&c=ü", 201)
    assert headers["idempotent-replayed"] == headers["Idempotent-Replayed"] == "true"


def test_no_redirect_is_followed(client: Urllib3Client, url: str) -> None:
    _, status, _ = client.request("post", f"{url}/moved", {}, "a=b")
    assert status == 302


def test_no_answer_in_time_is_a_lost_connection_with_its_cause(client: Urllib3Client, url: str) -> None:
    with pytest.raises(stripe.APIConnectionError) as caught:
        client.request("post", f"{url}/slow", {}, "a=b")
    assert isinstance(caught.value.__cause__, TimedOutError)
    assert caught.value.should_retry is False
    assert url not in str(caught.value)


def test_half_an_answer_is_a_lost_connection(client: Urllib3Client, url: str) -> None:
    with pytest.raises(stripe.APIConnectionError) as caught:
        client.request("post", f"{url}/cut", {}, "a=b")
    assert not isinstance(caught.value.__cause__, TimedOutError)


def test_nobody_listening_is_a_lost_connection(client: Urllib3Client) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(stripe.APIConnectionError):
            client.request("get", f"http://127.0.0.1:{taken.getsockname()[1]}/", {})


def test_certificates_are_verified(client: Urllib3Client) -> None:
    assert client._pool.connection_pool_kw["ca_certs"] == stripe.ca_bundle_path
    assert "cert_reqs" not in client._pool.connection_pool_kw  # urllib3 verifies unless told otherwise
