"""A real server process on a database of its own, for what needs several processes or a real network."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from piepowder.client import Client
from tests.conftest import Database

_MAKE_KEY = """
import django; django.setup()
from datetime import UTC, datetime, timedelta
from piepowder import wiring
from piepowder.access.operations import create_key
from piepowder.kernel.actor import SYSTEM
from piepowder.kernel.permissions import Permission
at = datetime.now(UTC)
wiring.load_shipped(at=at)
print(create_key(
    actor=SYSTEM, name="live", permissions=list(Permission), at=at, expires_at=at + timedelta(days=1),
    rate_per_minute={rate},
).secret)
"""


@dataclass
class Live:
    """A running server; ``key`` may do everything."""

    address: str
    key: str
    process: subprocess.Popen[str]

    def client(self, **options: object) -> Client:
        return Client(self.address, self.key, **options)  # type: ignore[arg-type]

    def kill(self) -> None:
        """As a power cut does it: nobody gets to tidy up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)


def new_live_key(database: Database, rate: int = 60_000) -> str:
    made = database.run("-c", _MAKE_KEY.format(rate=rate))
    assert made.returncode == 0, made.stderr
    return made.stdout.strip().splitlines()[-1]


@contextmanager
def serving(database: Database, key: str = "", *, workers: int = 1) -> Iterator[Live]:
    """A server that answers; it is stopped at the end."""
    key = key or new_live_key(database)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--port", str(port), "--workers", str(workers), "--threads", "4"]
    process = database.start("-m", "piepowder.cli", "serve", *options, start_new_session=True)
    live = Live(f"http://127.0.0.1:{port}", key, process)
    try:
        _wait_until_up(live)
        yield live
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=20)


def _wait_until_up(live: Live) -> None:
    for _ in range(300):
        if live.process.poll() is not None:
            raise AssertionError(f"the server ended with {live.process.returncode}")
        try:
            if httpx.get(f"{live.address}/healthz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("the server did not come up in 30 s")
