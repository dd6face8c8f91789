"""What the tests of intake share: wire items, an actor who may submit, and the events that were published."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from piepowder.intake.events import ItemsReceived, ReportsReceived
from piepowder.intake.operations import receive
from piepowder.intake.outcomes import Outcome
from piepowder.intake.schemas import Submitted, parse_submission
from piepowder.kernel import events
from piepowder.kernel.actor import Actor, ActorKind, Mandate, Scope
from piepowder.kernel.permissions import Permission

Wire = dict[str, Any]


@pytest.fixture(autouse=True)
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The events that intake published; nobody else listens, so that these tests are about intake alone."""
    monkeypatch.setattr(events, "_listeners", {})
    told: list[Any] = []
    events.subscribe(ItemsReceived, told.append)
    events.subscribe(ReportsReceived, told.append)
    return told


def actor_with(*permissions: Permission, **scope: set[str]) -> Actor:
    """A key of the marketplace with these permissions, within ``markets`` or ``languages`` if given."""
    limits = Scope(**{name: frozenset(values) for name, values in scope.items()})
    return Actor(ActorKind.KEY, "pk_test", (Mandate(frozenset(permissions), limits),))


@pytest.fixture
def sender() -> Actor:
    return actor_with(Permission.ITEM_SUBMIT, Permission.REPORT_SUBMIT, Permission.MEDIA_UPLOAD)


@pytest.fixture
def reader() -> Actor:
    return actor_with(Permission.ITEM_VIEW, Permission.REPORT_VIEW)


def listing(ref: str = "L-1", **changes: Any) -> Wire:
    """A listing as it comes over the wire; ``content`` changes single fields of the content."""
    content = {
        "title": "Walnut lamp",
        "description": "A lamp of walnut, hand made.",
        "price": {"amount": 1299, "currency": "EUR"},
        "category": "home/lamps",
        "brand": "Lux",
        "gtin": "4006381333931",
        "condition": "new",
        **changes.pop("content", {}),
    }
    return {
        "kind": "listing",
        "id": ref,
        "market": "DE",
        "language": "de",
        "seller": "S-1",
        "content": content,
        **changes,
    }


def parsed(raw: Any) -> Submitted:
    """``raw``, which is right, as a value."""
    given = parse_submission(raw)
    assert isinstance(given, Submitted), given
    return given


Submit = Callable[..., list[Outcome]]


@pytest.fixture
def submit(sender: Actor, now: datetime) -> Submit:
    """Submit wire items in one call and return the outcomes."""

    def call(*raw: Wire, actor: Actor = sender, at: datetime = now) -> list[Outcome]:
        return receive(actor=actor, submissions=[parsed(one) for one in raw], at=at)

    return call


@dataclass
class Shop:
    """A web server of a seller: ``pages`` by path, each (status, headers, body); it counts who asks."""

    port: int
    pages: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"http://shop.example:{self.port}{path}"

    def serve(self, path: str, body: bytes, status: int = 200, **headers: str) -> str:
        self.pages[path] = (status, headers, body)
        return self.url(path)


@pytest.fixture
def shop() -> Iterator[Shop]:
    box: list[Shop] = []

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            box[0].asked.append(self.path)
            status, headers, body = box[0].pages.get(self.path, (404, {}, b"nothing here"))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            if "Content_Length" not in headers and "Transfer_Encoding" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test's output quiet."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that hangs up in the middle is what some tests are about."""

    server = Quiet(("127.0.0.1", 0), Answers)
    box.append(Shop(server.server_address[1]))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield box[0]
    server.shutdown()
    server.server_close()


def here(host: str, port: int) -> list[str]:
    """A resolver for which every name is this machine."""
    return ["127.0.0.1"]


def png(width: int = 3, height: int = 2) -> bytes:
    """A picture of this size."""
    from io import BytesIO

    from PIL import Image

    out = BytesIO()
    Image.new("RGB", (width, height), (200, 30, 60)).save(out, "PNG")
    return out.getvalue()
