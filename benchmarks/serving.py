"""How fast single items come in over HTTP: ``python -m benchmarks.serving [--seconds N] [--clients N] [--record]``.

Starts ``piepowder serve`` on the database of ``DATABASE_URL`` and posts listings from client processes on
loopback, one connection each, every one waiting for its answer before it sends the next. Each item is new, so every 201
stands for a stored snapshot, a routed case with its clock, and the facts in the ledger, all committed. Afterwards one
stream of many lines goes through ``/api/v1/items/bulk``, to see whether the server's memory stays flat. Run it under
``tools/with_postgres.py`` for PostgreSQL; without ``DATABASE_URL`` it makes a SQLite database of its own. Clients and
server share the machine's processors.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from benchmarks.intake import listings

RESULTS = Path(__file__).with_name("RESULTS.md")
_SETUP = """
import django; django.setup()
from datetime import UTC, datetime, timedelta
from piepowder import wiring
from piepowder.access.operations import create_key
from piepowder.kernel.actor import SYSTEM
from piepowder.kernel.permissions import Permission
from piepowder.review import operations as review
at = datetime.now(UTC)
wiring.load_shipped(at=at)
review.save_queue(actor=SYSTEM, at=at, code="listings", name="Listings")
for severity in range(4):
    review.set_target(actor=SYSTEM, at=at, queue_code="listings", severity=severity, target_s=3600)
review.publish_routing(actor=SYSTEM, at=at, rules=[{"name": "All", "when": {}, "then": {"queue": "listings"}}])
print(create_key(
    actor=SYSTEM, name="benchmark", permissions=[Permission.ITEM_SUBMIT], at=at, expires_at=at + timedelta(days=1),
    rate_per_minute=6_000_000,
).secret)
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--warm-up", type=float, default=3, help="seconds that are not counted")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--worker", action="store_true", help="run the worker beside: sealing, fetching pictures")
    parser.add_argument("--bulk", type=int, default=20_000, help="lines of the stream at the end; 0 for none")
    parser.add_argument("--record", action="store_true", help="append the tables to RESULTS.md")
    parser.add_argument("--client", type=int, help="be the client of this number (used by the parent)")
    parser.add_argument("--address", help="for --client")
    options = parser.parse_args()
    if options.client is not None:
        be_client(options.client, options.address, sys.stdin.readline().strip(), options.seconds, options.warm_up)
        return 0
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **os.environ,
            "PIEPOWDER_HOME": home,
            "DJANGO_SETTINGS_MODULE": "piepowder.settings",
            "DATABASE_URL": os.environ.get("DATABASE_URL") or f"sqlite:///{home}/benchmark.sqlite3",
        }
        subprocess.run([sys.executable, "-m", "django", "migrate", "--verbosity", "0"], env=environment, check=True)
        setup = subprocess.run(
            [sys.executable, "-c", _SETUP], env=environment, check=True, text=True, stdout=subprocess.PIPE
        )
        text = measured(options, environment, setup.stdout.strip().splitlines()[-1])
    print(text)
    if options.record:
        heading = f"\n## Serving, {datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} CPUs, "
        with RESULTS.open("a", encoding="utf-8") as results:
            results.write(f"{heading}Python {platform.python_version()}\n\n{text}\n")
    return 0


def measured(options: argparse.Namespace, environment: dict[str, str], key: str) -> str:
    """Both tables, with a server of their own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "piepowder.cli", "serve", "--port", str(port)]
    command += ["--with-worker"] if options.worker else []
    command += ["--workers", str(options.workers), "--threads", str(options.threads)]
    server = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        _wait_until_up(port, server)
        database = environment["DATABASE_URL"].partition(":")[0]
        told = f"{database} | {options.workers} × {options.threads}{' + worker' if options.worker else ''}"
        single = posted(options, environment, f"127.0.0.1:{port}", key, told, server.pid)
        bulk = streamed(options.bulk, port, key, told, server.pid) if options.bulk else ""
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)
    return f"{single}\n\n{bulk}".strip()


def posted(
    options: argparse.Namespace, environment: dict[str, str], address: str, key: str, told: str, server: int
) -> str:
    command = [sys.executable, "-m", "benchmarks.serving", "--address", address, "--seconds", str(options.seconds)]
    command += ["--warm-up", str(options.warm_up), "--client"]
    clients = [
        subprocess.Popen(
            [*command, str(number)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for number in range(options.clients)
    ]
    for client in clients:
        _into(client.stdin).write(f"{key}\n")
        _into(client.stdin).flush()
    web, database = [server], database_process(environment["DATABASE_URL"])
    spent = [cpu_seconds(web), cpu_seconds(database)]
    answers = [json.loads(client.communicate(timeout=options.seconds + options.warm_up + 60)[0]) for client in clients]
    spent = [cpu_seconds(web) - spent[0], cpu_seconds(database) - spent[1]]
    sent = sum(answer["sent"] for answer in answers)
    each = [f"{seconds / sent * 1000:.1f}" for seconds in (*spent, sum(answer["cpu_s"] for answer in answers))]
    statuses: Counter[str] = Counter()
    for answer in answers:
        statuses.update(answer["statuses"])
    took = sorted(one for answer in answers for one in answer["took_ms"])
    rate = sum(len(answer["took_ms"]) / answer["seconds"] for answer in answers)
    other = sum(count for status, count in statuses.items() if not status.startswith("2"))
    return "\n".join(
        [
            "| database | processes × threads | clients | requests | POST/s | p50 ms | p99 ms | max ms | non-2xx | RSS MB "
            "| CPU ms each: server | database | clients |",
            "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
            f"| {told} | {options.clients} | {len(took):,} | {rate:,.0f} | {_share(took, 0.5):.1f} | "
            f"{_share(took, 0.99):.1f} | {took[-1]:.1f} | {other} | {resident_mb(server):.0f} | {' | '.join(each)} |",
        ]
    )


def streamed(count: int, port: int, key: str, told: str, server: int) -> str:
    """One stream of ``count`` lines, with the server's memory before, halfway and at its peak."""
    import httpx

    before = peak = resident_mb(server)

    def pieces() -> Iterator[bytes]:
        nonlocal peak
        for number, line in enumerate(listings(count, prefix="bulk", seed=7)):
            if number % 1_000 == 0:
                peak = max(peak, resident_mb(server))
            yield line + b"\n"

    headers = {"Authorization": f"Bearer {key}"}
    address = f"http://127.0.0.1:{port}/api/v1/items/bulk"
    started = time.perf_counter()
    with httpx.stream("POST", address, content=pieces(), headers=headers, timeout=600) as response:
        lines = sum(1 for _ in response.iter_lines())
        response.raise_for_status()
    seconds = time.perf_counter() - started
    if lines != count + 1:
        raise SystemExit(f"expected {count + 1} lines, got {lines}")
    peak = max(peak, resident_mb(server))
    return "\n".join(
        [
            "| database | processes × threads | lines in one stream | items/s | RSS before MB | peak RSS MB |",
            "|---|---|---:|---:|---:|---:|",
            f"| {told} | {count:,} | {count / seconds:,.0f} | {before:.0f} | {peak:.0f} |",
        ]
    )


def be_client(number: int, address: str, key: str, seconds: float, warm_up: float) -> None:
    """Post item after item over one connection and print what was measured as JSON.

    Plain sockets and requests put together beforehand: the clients share the processors with the server.
    """
    host, _, port = address.partition(":")
    head = (
        f"POST /api/v1/items HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n"
        "Content-Type: application/json\r\nContent-Length: "
    ).encode()
    bodies = listings(200_000, prefix=f"c{number}", seed=number)
    statuses: Counter[str] = Counter()
    took: list[float] = []
    sent_in_all, cpu_before = 0, time.process_time()
    began = time.perf_counter()
    counted_from = began + warm_up
    with socket.create_connection((host, int(port))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answers = connection.makefile("rb")
        while (now := time.perf_counter()) < counted_from + seconds:
            body = next(bodies)
            request = head + str(len(body)).encode() + b"\r\n\r\n" + body
            sent = time.perf_counter()
            connection.sendall(request)
            status = _answer(answers)
            sent_in_all += 1
            if now >= counted_from:
                took.append(round((time.perf_counter() - sent) * 1000, 3))
                statuses[status] += 1
    ran = time.perf_counter() - counted_from
    cpu = time.process_time() - cpu_before
    print(json.dumps({"took_ms": took, "statuses": statuses, "seconds": ran, "sent": sent_in_all, "cpu_s": cpu}))


def _answer(answers: IO[bytes]) -> str:
    """Read one answer to its end and return its status."""
    status = answers.readline().split()[1].decode()
    length = 0
    while (line := answers.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    answers.read(length)
    return status


def resident_mb(root: int) -> float:
    """Resident memory of a process and all its descendants, in MB; shared pages count in each."""
    pages = (int(read[1]) for one in family([root]) if (read := _proc(one, "statm")))
    return sum(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


def cpu_seconds(roots: list[int]) -> float:
    """Processor time of processes and their descendants, also of those that have ended."""
    ticks = 0
    for one in family(roots):
        if stat := _proc(one, "stat"):
            ticks += sum(map(int, stat[13:17] if one in roots else stat[13:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def database_process(url: str) -> list[int]:
    """The server's process when it runs on this machine; none for SQLite, which runs in ours."""
    if not url.startswith("postgres"):
        return []
    import psycopg

    with psycopg.connect(url) as connection:
        stat = _proc(connection.info.backend_pid, "stat")
    return [int(stat[3])] if stat else []


def family(roots: list[int]) -> set[int]:
    """Processes with all their descendants."""
    numbers = (int(folder.name) for folder in Path("/proc").glob("[0-9]*"))
    parents = {number: int(stat[3]) for number in numbers if (stat := _proc(number, "stat"))}
    found, grown = set(roots), True
    while grown:
        more = {child for child, parent in parents.items() if parent in found} - found
        found, grown = found | more, bool(more)
    return found


def _proc(process: int, name: str) -> list[str]:
    """The fields of a process's file under /proc, empty when it has ended. A name with blanks counts as one field."""
    try:
        text = Path(f"/proc/{process}/{name}").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    head, bracket, tail = text.rpartition(")")
    return [*head.split("(", 1), *tail.split()] if bracket else text.split()


def _share(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _into(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def _wait_until_up(port: int, server: subprocess.Popen[Any]) -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise SystemExit(f"the server ended with {server.returncode}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not come up in 30 s")


if __name__ == "__main__":
    sys.exit(main())
