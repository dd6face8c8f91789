"""An HTTP client that connects only to addresses it has checked itself.

The name is resolved once per connection, every answer is checked, and the socket is opened to exactly that answer; the
``Host`` header and the TLS name stay those of the URL. Redirects are never followed by the client: whoever follows one
makes a new request, which is checked like the first.
"""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Collection, Iterable, Iterator
from contextvars import ContextVar
from types import TracebackType
from typing import Any

import httpcore
import httpx

from piepowder.kernel.addresses import WEB_PORTS, Resolver, check_url, resolve_public, system_resolver

_ends_at: ContextVar[float | None] = ContextVar("pinned_ends_at", default=None)


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Bound the whole of an exchange, headers and body: a sender that drips one byte at a time gets no further.

    Past the end the next read or write raises ``httpx.TimeoutException``.
    """
    token = _ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(token)


def pinned_client(
    *,
    allow_private: bool = False,
    ports: Collection[int] | None = WEB_PORTS,
    timeout_s: float = 10.0,
    resolver: Resolver = system_resolver,
    verify: ssl.SSLContext | None = None,
    max_connections: int = 20,
    headers: dict[str, str] | None = None,
) -> httpx.Client:
    """A client for addresses that others have named; proxies and credentials of the environment are left aside.

    Raises ``AddressRefused`` or ``NoSuchHost`` from a request besides httpx's own errors. With ``allow_private`` every
    address is allowed; ``ports`` of ``None`` allows every port.
    """
    transport = PinnedTransport(
        allow_private=allow_private, ports=ports, resolver=resolver, verify=verify, max_connections=max_connections
    )
    return httpx.Client(
        transport=transport, timeout=timeout_s, follow_redirects=False, trust_env=False, headers=headers
    )


class PinnedTransport(httpx.BaseTransport):
    """httpx's transport over a pool whose connections go to checked addresses."""

    def __init__(
        self,
        *,
        allow_private: bool,
        ports: Collection[int] | None,
        resolver: Resolver,
        verify: ssl.SSLContext | None,
        max_connections: int,
    ) -> None:
        self._ports = ports
        self._pool = httpcore.ConnectionPool(
            ssl_context=verify or httpx.create_ssl_context(),
            max_connections=max_connections,
            keepalive_expiry=15.0,
            network_backend=_CheckedNetwork(allow_private, resolver),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        check_url(str(request.url), self._ports)
        assert isinstance(request.stream, httpx.SyncByteStream)
        wanted = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _httpx_errors():
            answer = self._pool.handle_request(wanted)
        assert isinstance(answer.stream, Iterable)
        return httpx.Response(
            status_code=answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions
        )

    def close(self) -> None:
        self._pool.close()

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _httpx_errors():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class _CheckedNetwork(httpcore.NetworkBackend):
    """Opens sockets to checked addresses instead of names."""

    def __init__(self, allow_private: bool, resolver: Resolver) -> None:
        self._allow_private = allow_private
        self._resolver = resolver
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception | None = None
        for address in resolve_public(host, port, self._allow_private, self._resolver):
            try:
                stream = self._sockets.connect_tcp(address, port, _left(timeout), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Bounded(stream)
        assert failure is not None
        raise failure

    def sleep(self, seconds: float) -> None:
        self._sockets.sleep(seconds)


class _Bounded(httpcore.NetworkStream):
    """A stream whose every step ends when ``within`` does."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Bounded(self._stream.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(timeout: float | None, late: type[Exception] = httpcore.ConnectTimeout) -> float | None:
    end = _ends_at.get()
    if end is None:
        return timeout
    left = end - time.monotonic()
    if left <= 0:
        raise late("the whole exchange took too long")
    return left if timeout is None else min(timeout, left)


_ERRORS: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (httpcore.ConnectTimeout, httpx.ConnectTimeout),
    (httpcore.ReadTimeout, httpx.ReadTimeout),
    (httpcore.WriteTimeout, httpx.WriteTimeout),
    (httpcore.PoolTimeout, httpx.PoolTimeout),
    (httpcore.TimeoutException, httpx.TimeoutException),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.ReadError, httpx.ReadError),
    (httpcore.WriteError, httpx.WriteError),
    (httpcore.NetworkError, httpx.NetworkError),
    (httpcore.RemoteProtocolError, httpx.RemoteProtocolError),
    (httpcore.LocalProtocolError, httpx.LocalProtocolError),
    (httpcore.ProtocolError, httpx.ProtocolError),
    (httpcore.UnsupportedProtocol, httpx.UnsupportedProtocol),
)


@contextlib.contextmanager
def _httpx_errors() -> Iterator[None]:
    try:
        yield
    except tuple(source for source, _ in _ERRORS) as error:
        target = next(target for source, target in _ERRORS if isinstance(error, source))
        raise target(str(error)) from error
