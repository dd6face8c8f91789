"""A receiver of webhooks that does what it is told: answer, fail, hang, refuse, or not be there.

In a test it runs in this process; for a study it is a process of its own::

    python -m tests.outbox.receiver --port 9000 --file received.ndjson --secret pps_…

Every request is written down, one JSON line each, before it is answered, so that whatever reached the receiver is known
even when the sender dies at that moment.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from piepowder.outbox.signing import verify

ALWAYS = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came in; ``signed_by`` are the places of the secrets whose signature it carries."""

    number: int
    event_id: str
    topic: str
    sequence: int
    order_key: str
    attempt: int
    signed_by: list[int]
    body: Any
    status: int
    """What it was answered; 0 when the connection was cut."""


@dataclass(slots=True)
class Orders:
    """What the receiver does with the next requests; ``fail`` and ``refuse`` count down."""

    fail: int = 0
    status: int = 503
    refuse: int = 0
    hang_s: float = 0.0
    headers: tuple[tuple[str, str], ...] = ()


class Receiver:
    """Listens on a port of 127.0.0.1. ``stop`` and ``start`` may alternate: the port stays the same."""

    def __init__(self, *, port: int = 0, file: Path | None = None, secrets: Sequence[str] = ()) -> None:
        self.port = port
        self.file = file
        self.secrets = list(secrets)
        self.orders = Orders()
        self.received: list[Received] = []
        self.arrived = threading.Condition()
        self._server: ThreadingHTTPServer | None = None
        self._released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def event_ids(self) -> list[str]:
        return [request.event_id for request in self.received]

    @property
    def accepted(self) -> list[Received]:
        return [request for request in self.received if 200 <= request.status < 300]

    def start(self) -> Receiver:
        self._released.clear()
        self._server = _Server(("127.0.0.1", self.port), _listener(self))
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self) -> None:
        """Be gone: connections are refused. Requests that hang are let go first."""
        self._released.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def let_go(self) -> None:
        """Answer the requests that hang."""
        self._released.set()

    def wait_for(self, count: int, timeout_s: float = 30) -> None:
        """Return once ``count`` requests have come in; raises ``TimeoutError``."""
        with self.arrived:
            if not self.arrived.wait_for(lambda: len(self.received) >= count, timeout_s):
                raise TimeoutError(f"{len(self.received)} of {count} requests came in")

    def take(self, headers: dict[str, str], body: bytes) -> tuple[int, float]:
        """Write one request down; returns the status to answer (0 to cut the connection) and how long to hang first."""
        told = json.loads(body)
        event_id = headers.get("piepowder-event-id", "")
        header = headers.get("piepowder-signature", "")
        with self.arrived:
            orders, status = self.orders, 200
            if orders.refuse > 0:
                orders.refuse, status = orders.refuse - 1, 0
            elif orders.fail > 0:
                orders.fail, status = orders.fail - 1, orders.status
            request = Received(
                number=len(self.received) + 1,
                event_id=event_id,
                topic=headers.get("piepowder-topic", ""),
                sequence=int(headers.get("piepowder-sequence", "0")),
                order_key=told["order_key"],
                attempt=int(headers.get("piepowder-attempt", "0")),
                signed_by=[
                    place
                    for place, secret in enumerate(self.secrets)
                    # Tests send at simulated times; how old a signature may be is tested where it is checked.
                    if verify(header, secret, event_id, body, now=datetime.now(UTC), tolerance=ALWAYS)
                ],
                body=told,
                status=status,
            )
            self.received.append(request)
            if self.file is not None:
                with self.file.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(request)) + "\n")
            self.arrived.notify_all()
        return status, orders.hang_s

    def hang(self, seconds: float) -> None:
        self._released.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # The port is taken again at once after a stop, though old connections linger.
    allow_reuse_address = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that was killed leaves a broken connection; that is what some tests are about."""


def _listener(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Listener(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status, hang_s = receiver.take({name.lower(): value for name, value in self.headers.items()}, body)
            if hang_s:
                receiver.hang(hang_s)
            if status == 0:
                self.close_connection = True
                self.connection.close()
                return
            answer = json.dumps({"status": status}).encode()
            self.send_response(status)
            for name, value in receiver.orders.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *arguments: Any) -> None:
            """Silent: the file is the record."""

    return Listener


@contextmanager
def receiving(**options: Any) -> Iterator[Receiver]:
    """A receiver in this process, gone at the end."""
    receiver = Receiver(**options).start()
    try:
        yield receiver
    finally:
        receiver.stop()


def read(file: Path) -> list[Received]:
    """What a receiver wrote to ``file``; a last line that was cut off is left out."""
    if not file.exists():
        return []
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    return [Received(**json.loads(line)) for line in lines if line.endswith("\n")]


def accepted_once(requests: Iterable[Received]) -> dict[str, Received]:
    """The first accepted request of each event, as a receiver that remembers event ids would act on them."""
    first: dict[str, Received] = {}
    for request in requests:
        if 200 <= request.status < 300:
            first.setdefault(request.event_id, request)
    return first


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--file", type=Path, required=True, help="one JSON line per request is appended here")
    parser.add_argument("--secret", action="append", default=[], help="a signing secret to check; may be repeated")
    parser.add_argument("--fail", type=int, default=0, help="answer so many requests with --status")
    parser.add_argument("--status", type=int, default=503)
    parser.add_argument("--refuse", type=int, default=0, help="cut the connection of so many requests")
    parser.add_argument("--hang", type=float, default=0.0, help="seconds to wait before each answer")
    given = parser.parse_args()
    receiver = Receiver(port=given.port, file=given.file, secrets=given.secret)
    receiver.orders = Orders(given.fail, given.status, given.refuse, given.hang)
    receiver.start()
    print(receiver.url, flush=True)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        receiver.stop()
        sys.exit(0)


if __name__ == "__main__":
    main()
