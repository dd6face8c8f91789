"""Which addresses are reached on somebody else's word, and that the socket goes where the check looked."""

from __future__ import annotations

import contextlib
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from piepowder.kernel.addresses import AddressRefused, NoSuchHost, check_url, is_public, resolve_public
from piepowder.kernel.pinned import pinned_client, within


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.8.8.8", "169.254.169.254",
        "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1",
        "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:8.8.8.8", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1",
        "2001::1", "2001:10::1",
        "2001:db8::1", "2002:7f00:1::1", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1",
        "fe80::1%eth0", "fec0::1", "ff02::1", "2a00:1450::1%eth0",
    ],
)  # fmt: skip
def test_a_private_reserved_or_wrapped_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.32.0.1",
     "223.255.255.255", "2606:4700::1111", "2a00:1450::1"],
)  # fmt: skip
def test_an_ordinary_address_is_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses())
def test_nothing_that_the_standard_library_calls_private_is_public(address: object) -> None:
    if getattr(address, "is_private", False) or getattr(address, "is_multicast", False):
        assert not is_public(address)  # type: ignore[arg-type]


def test_a_name_with_one_public_and_one_private_address_is_refused() -> None:
    with pytest.raises(AddressRefused, match="private or reserved"):
        resolve_public("two.example", 80, resolver=lambda host, port: ["8.8.8.8", "10.0.0.1"])
    assert resolve_public("one.example", 80, resolver=lambda host, port: ["8.8.8.8"]) == ("8.8.8.8",)


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "localhost"])
def test_other_spellings_of_the_loopback_address_are_refused_too(host: str) -> None:
    with pytest.raises(AddressRefused):
        resolve_public(host, 80)


def test_a_name_without_an_address_is_no_such_host() -> None:
    with pytest.raises(NoSuchHost):
        resolve_public("nowhere.example", 80, resolver=lambda host, port: [])


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        ("ftp://shop.example/a", "http"),
        ("file:///etc/passwd", "http"),
        ("https:///a", "no host"),
        ("https://user:secret@shop.example/a", "password"),
        ("http://shop.example:22/", "port 22"),
        ("http://shop.example:99999/", "not a web address"),
        ("http://[::1/", "not a web address"),
    ],
)
def test_an_address_that_is_no_ordinary_web_address_is_refused_with_the_cause(url: str, cause: str) -> None:
    with pytest.raises(AddressRefused, match=cause):
        check_url(url)


class Recorder(BaseHTTPRequestHandler):
    seen: list[tuple[str, str]]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        type(self).seen.append((self.headers["Host"], self.path))
        if self.path == "/drip":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            with contextlib.suppress(OSError):
                for _ in range(200):
                    self.wfile.write(b"x")
                    self.wfile.flush()
                    time.sleep(0.05)
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output quiet."""


Serve = Callable[..., tuple[int, list[tuple[str, str]]]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[ThreadingHTTPServer] = []

    def start(context: ssl.SSLContext | None = None) -> tuple[int, list[tuple[str, str]]]:
        seen: list[tuple[str, str]] = []
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("One", (Recorder,), {"seen": seen}))
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return server.server_address[1], seen

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_the_client_asks_for_the_name_once_and_keeps_it_in_the_host_header(serve: Serve) -> None:
    port, seen = serve()
    asked: list[str] = []

    def resolver(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["192.0.2.1"]

    with pinned_client(allow_private=True, ports=None, resolver=resolver) as client:
        assert client.get(f"http://shop.example:{port}/a").text == "hello"
    assert asked == ["shop.example"]
    assert seen == [(f"shop.example:{port}", "/a")]


def test_a_private_address_is_refused_before_anything_is_sent(serve: Serve) -> None:
    port, seen = serve()
    with (
        pinned_client(ports=None, resolver=lambda host, _: ["127.0.0.1"]) as client,
        pytest.raises(AddressRefused, match=r"shop\.example is at a private"),
    ):
        client.get(f"http://shop.example:{port}/a")
    assert seen == []


def test_the_next_address_is_tried_when_one_does_not_answer(serve: Serve) -> None:
    port, _ = serve()
    with pinned_client(allow_private=True, ports=None, resolver=lambda host, _: ["127.0.0.2", "127.0.0.1"]) as client:
        assert client.get(f"http://shop.example:{port}/").status_code == 200


def test_a_sender_that_drips_is_cut_off(serve: Serve) -> None:
    port, _ = serve()
    with (
        pinned_client(allow_private=True, ports=None) as client,
        within(0.3),
        pytest.raises(httpx.TimeoutException),
    ):
        client.get(f"http://127.0.0.1:{port}/drip")


def test_a_refused_connection_is_httpx_s_own_error() -> None:
    with pinned_client(allow_private=True, ports=None) as client, pytest.raises(httpx.ConnectError):
        client.get("http://127.0.0.1:9/")


@pytest.mark.skipif(not shutil.which("openssl"), reason="makes its certificate with openssl")
def test_the_certificate_must_be_for_the_name_and_not_for_the_address(serve: Serve, tmp_path: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem",
         "-days", "2", "-subj", "/CN=shop.example", "-addext", "subjectAltName=DNS:shop.example"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    trusting = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    port, _ = serve(server_side)
    with pinned_client(
        allow_private=True, ports=None, resolver=lambda host, _: ["127.0.0.1"], verify=trusting
    ) as client:
        assert client.get(f"https://shop.example:{port}/").text == "hello"
        with pytest.raises(httpx.ConnectError, match="certificate"):
            client.get(f"https://other.example:{port}/")
