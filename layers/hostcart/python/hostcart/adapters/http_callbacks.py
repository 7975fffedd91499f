"""Callbacks over HTTP(S): one signed POST to a vetted, pinned address, whatever the far end does."""

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

from hostcart.adapters.addresses import Resolver, Target, resolve
from hostcart.adapters.secrets import Secrets
from hostcart.adapters.webhook_signature import signed_headers
from hostcart.ports import Callback, RefusedError, UnavailableError
from hostcart.settings import CallbackSettings

TOTAL_SECONDS: Final = 10.0
_CONNECT_SECONDS: Final = 4.0
_MOST_ADDRESSES: Final = 2
_BODY_BYTES_READ: Final = 4096
_GONE: Final = 410


class HttpCallbacks:
    """The port Callbacks. The signing secret is {"current": "whsec_...", "previous"?: "whsec_..."}."""

    def __init__(
        self,
        settings: CallbackSettings,
        secrets: Secrets,
        *,
        tls: ssl.SSLContext | None = None,
        getaddrinfo: Resolver = socket.getaddrinfo,
        now: Callable[[], float] = time.time,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._settings = settings
        self._secrets = secrets
        self._tls = tls
        self._getaddrinfo = getaddrinfo
        self._now = now
        self._total_seconds = total_seconds

    def deliver(self, callback: Callback, *, message_id: str, account_id: str, body: bytes) -> None:
        """See the port. A redirect is not followed and counts as a failure that may pass.

        Codes: gone, callback_url_not_allowed, callback_address_not_public, callback_authorization_invalid
        (refused); callback_host_unresolved, callback_unreachable, callback_timed_out, callback_tls_failed,
        callback_redirected, callback_http_<status> (later).
        """
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "hostcart",
            "Accept": "*/*",
            "Connection": "close",
            **signed_headers(
                self._masters(),
                account_id=account_id,
                message_id=message_id,
                timestamp=int(self._now()),
                body=body,
            ),
        }
        if callback.authorization is not None:
            headers["Authorization"] = _header_value(callback.authorization)
        target = resolve(
            callback.url, allow_loopback=self._settings.allow_loopback, getaddrinfo=self._getaddrinfo
        )
        _judge(self._post(target, headers, body))

    def _masters(self) -> list[str]:
        arn = self._settings.signing_secret_arn
        current = self._secrets.member(arn, "current")
        previous = self._secrets.get(arn).get("previous")
        return [current, previous] if previous else [current]

    def _post(self, target: Target, headers: Mapping[str, str], body: bytes) -> int:
        connection = _PinnedConnection(target, self._context() if target.tls else None)
        # Socket time-outs start anew with every byte: the watchdog bounds the whole exchange.
        watchdog = threading.Timer(self._total_seconds, connection.abort)
        watchdog.daemon = True
        watchdog.start()
        try:
            connection.request("POST", target.path, body=body, headers=dict(headers))
            with connection.getresponse() as response:
                connection.raise_if_aborted()  # headers that were cut off look complete
                with contextlib.suppress(OSError, http.client.HTTPException):
                    response.read(_BODY_BYTES_READ)  # a courtesy to the sender; the status has decided
                return response.status
        except TimeoutError as error:
            raise UnavailableError("callback_timed_out") from error
        except (OSError, http.client.HTTPException) as error:
            raise UnavailableError(_failure_code(error, aborted=connection.aborted)) from error
        finally:
            watchdog.cancel()
            connection.close()

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls


class _PinnedConnection(http.client.HTTPConnection):
    """Speaks to the vetted addresses only; Host, SNI and certificate check keep the name."""

    def __init__(self, target: Target, tls: ssl.SSLContext | None) -> None:
        self.default_port = http.client.HTTPS_PORT if target.tls else http.client.HTTP_PORT
        super().__init__(target.host, target.port, timeout=_CONNECT_SECONDS)
        self._target = target
        self._tls = tls
        self.aborted = False

    def connect(self) -> None:
        self.sock = self._connect_to_any()
        self.raise_if_aborted()
        self.sock.settimeout(TOTAL_SECONDS)
        if self._tls is not None:
            self.sock = self._tls.wrap_socket(
                self.sock, server_hostname=self._target.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()

    def _connect_to_any(self) -> socket.socket:
        failure: OSError | None = None
        for address in self._target.addresses[:_MOST_ADDRESSES]:
            try:
                return socket.create_connection((address, self._target.port), timeout=_CONNECT_SECONDS)
            except OSError as error:
                failure = error
        raise failure or OSError("no address")

    def raise_if_aborted(self) -> None:
        if self.aborted:
            raise TimeoutError

    def abort(self) -> None:
        """Ends the exchange from another thread."""
        self.aborted = True
        if self.sock is not None:
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


def _failure_code(error: Exception, *, aborted: bool) -> str:
    if aborted:
        return "callback_timed_out"
    return "callback_tls_failed" if isinstance(error, ssl.SSLError) else "callback_unreachable"


def _header_value(text: str) -> str:
    """Exactly as given, unless it cannot be a header's value."""
    if not text.isascii() or not text.isprintable():
        raise RefusedError("callback_authorization_invalid")
    return text


def _judge(status: int) -> None:
    if http.HTTPStatus.OK <= status < http.HTTPStatus.MULTIPLE_CHOICES:
        return
    if status == _GONE:
        raise RefusedError("gone")
    if http.HTTPStatus.MULTIPLE_CHOICES <= status < http.HTTPStatus.BAD_REQUEST:
        raise UnavailableError("callback_redirected")
    raise UnavailableError(f"callback_http_{status}")
