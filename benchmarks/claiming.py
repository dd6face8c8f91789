"""How fast cases are claimed: ``python -m benchmarks.claiming [--cases N] [--processes N] [--record]``.

Under ``tools/with_postgres.py`` (or with any ``DATABASE_URL`` whose user may create databases) it races on PostgreSQL:

- the claim statement alone (find, lock, mark), and the whole operation (with lease, events and ledger fact);
- the whole operation for a rare language, few cases of it among very many, and with an old snapshot open all along;
- procrastinate's fetch on the same server in the same run, from Python processes too, installed into an environment of
  its own under ``benchmarks/.venv`` (``--no-peer`` leaves it out).

On SQLite it always runs the whole operation from ten processes. Every claim of every process is compared: a case given
twice, or left over, ends the run with an error. Each process of every contender claims three cases to warm up. Claims
per second count from the common start until the first process finds nothing more; latencies are those of successful
claims from then on.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HERE = Path(__file__).parent
QUEUES = [f"queue-{number}" for number in range(12)]
LANGUAGES = ["en", "de", "fr", "it", "es", "nl", "pl", "pt", "sv", "cs", "da", "fi"]
RARE = "is"
MOST = 10_000
"""Cases in hand at once, which the race must not run into."""
WARM_UP = 3
"""Claims of each process before the common start: a fresh connection has its catalogue to read, a running one has not."""


@dataclass(frozen=True, slots=True)
class Run:
    """One measured race: what each process was given, when, and how long each claim took."""

    name: str
    processes: int
    expected: int
    results: list[dict[str, Any]]

    @property
    def row(self) -> str:
        claimed = [case for result in self.results for case in result["claimed"]]
        doubles = len(claimed) - len(set(claimed))
        if doubles or len(claimed) != self.expected:
            raise SystemExit(f"{self.name}: {doubles} given twice, {self.expected - len(claimed)} left over")
        started = min(result["started"] for result in self.results)
        dry = min(result["dry"] for result in self.results)
        ends = [end for result in self.results for end in result["ends"]]
        within = sum(1 for end in ends if end <= dry)
        took = sorted(one for result in self.results for one in result["took"])
        rate = within / (dry - started)
        p50, p99 = (took[min(len(took) - 1, int(len(took) * share))] * 1000 for share in (0.5, 0.99))
        return (
            f"| {self.name} | {self.processes} | {len(claimed):,} | {rate:,.0f} | {p50:.1f} | {p99:.1f} "
            f"| {took[-1] * 1000:.0f} | {doubles} |"
        )


HEADING = (
    "| what | processes | claimed | claims/s | p50 ms | p99 ms | worst ms | given twice |\n"
    "|---|---:|---:|---:|---:|---:|---:|---:|"
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=5_000)
    parser.add_argument("--processes", type=int, default=32)
    parser.add_argument("--no-peer", action="store_true", help="leave procrastinate out")
    parser.add_argument("--record", action="store_true", help="append the table to RESULTS.md")
    parser.add_argument("--scenario", help="run one race in this process (used by the parent)")
    options = parser.parse_args()
    if options.scenario:
        print(SCENARIOS[options.scenario](options.cases, options.processes).row)
        return 0
    rows = [HEADING]
    server = os.environ.get("DATABASE_URL", "")
    if server.startswith("postgres"):
        for scenario in ("statement", "whole", "rare", "snapshot"):
            rows.append(_on_postgresql(server, scenario, options.cases, options.processes))
            print(rows[-1], flush=True)
        if not options.no_peer:
            rows.append(_peer(server, options.cases, options.processes))
            print(rows[-1], flush=True)
    rows.append(_on_sqlite(options.cases, min(options.processes, 10)))
    print("\n".join(["", *rows]))
    if options.record:
        title = f"\n## Claiming, {datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} CPUs, "
        with (HERE / "RESULTS.md").open("a", encoding="utf-8") as results:
            results.write(f"{title}Python {platform.python_version()}\n\n" + "\n".join(rows) + "\n")
    return 0


def _on_postgresql(server: str, scenario: str, cases: int, processes: int) -> str:
    with _Database(server) as url, tempfile.TemporaryDirectory() as home:
        return _inside(url, home, scenario, cases, processes)


def _on_sqlite(cases: int, processes: int) -> str:
    with tempfile.TemporaryDirectory() as home:
        return _inside(f"sqlite:///{home}/benchmark.sqlite3", home, "sqlite", cases, processes)


def _inside(url: str, home: str, scenario: str, cases: int, processes: int) -> str:
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "PIEPOWDER_HOME": home,
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "piepowder.settings"),
    }
    subprocess.run([sys.executable, "-m", "django", "migrate", "--verbosity", "0"], env=environment, check=True)
    command = [sys.executable, "-m", "benchmarks.claiming", "--scenario", scenario]
    command += ["--cases", str(cases), "--processes", str(processes)]
    return subprocess.run(command, env=environment, check=True, text=True, stdout=subprocess.PIPE).stdout.strip()


def _peer(server: str, cases: int, processes: int) -> str:
    folder = HERE / ".venv"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "procrastinate", "psycopg[binary,pool]"], check=True)
    with _Database(server) as url:
        command = [str(python), str(HERE / "claiming_peer.py"), url, str(cases), str(processes)]
        told = json.loads(subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout)
    return Run(f"PostgreSQL: procrastinate {told['version']} fetch", processes, cases, told["results"]).row


class _Database:
    """A PostgreSQL database of one race's own."""

    def __init__(self, server: str) -> None:
        self.server, self.name = server, f"claiming_{os.getpid()}_{time.monotonic_ns()}"

    def __enter__(self) -> str:
        self._tell(f"CREATE DATABASE {self.name}")
        return urlsplit(self.server)._replace(path=f"/{self.name}").geturl()

    def __exit__(self, *_: object) -> None:
        self._tell(f"DROP DATABASE {self.name} WITH (FORCE)")

    def _tell(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(statement)


def whole(cases: int, processes: int) -> Run:
    """The whole operation, each person with twelve lanes of 144."""
    _begin()
    people = _people(processes)
    expected = _open(cases, LANGUAGES)
    return Run("PostgreSQL: claim_next, whole", processes, expected, race(people, _claim_next))


def statement(cases: int, processes: int) -> Run:
    """Finding, locking and marking alone, as a queue that keeps no record would do it."""
    _begin()
    people = _people(processes)
    expected = _open(cases, LANGUAGES)
    return Run("PostgreSQL: claim statement alone", processes, expected, race(people, _mark_only))


def rare(cases: int, processes: int) -> Run:
    """Eight people who speak one rare language, 90 cases of it behind those of all other languages."""
    _begin()
    people = _people(8, languages=[[RARE]] * 8, queues=[QUEUES] * 8)
    _open(cases, LANGUAGES)
    expected = _open(90, [RARE])
    return Run(f"PostgreSQL: claim_next, 90 in a rare language among {cases:,}", 8, expected, race(people, _claim_next))


def snapshot(cases: int, processes: int) -> Run:
    """The whole operation while a transaction from before keeps every old row version alive."""
    import psycopg

    _begin()
    people = _people(processes)
    expected = _open(cases, LANGUAGES)
    with psycopg.connect(os.environ["DATABASE_URL"]) as old:
        old.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        old.execute("SELECT count(*) FROM review_case")
        results = race(people, _claim_next)
    return Run("PostgreSQL: claim_next, old snapshot open", processes, expected, results)


def sqlite(cases: int, processes: int) -> Run:
    _begin()
    people = _people(processes)
    expected = _open(cases, LANGUAGES)
    return Run("SQLite: claim_next, whole", processes, expected, race(people, _claim_next))


SCENARIOS: dict[str, Callable[[int, int], Run]] = {
    "whole": whole,
    "statement": statement,
    "rare": rare,
    "snapshot": snapshot,
    "sqlite": sqlite,
}


def race(people: Sequence[Any], claim: Callable[[Any], str | None]) -> list[dict[str, Any]]:
    """One process per person, started together, each claiming until nothing is left for it."""
    from django.db import connection

    connection.close()
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(len(people)), context.Queue()
    workers = [context.Process(target=_work, args=(person, claim, barrier, results)) for person in people]
    for worker in workers:
        worker.start()
    gathered = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    return gathered


def _work(person: Any, claim: Callable[[Any], str | None], barrier: Any, results: Any) -> None:
    from django.db import connection

    from piepowder.review.reference import reference

    reference()
    claimed = [case for _ in range(WARM_UP) if (case := claim(person))]
    took: list[float] = []
    ends: list[float] = []
    barrier.wait()
    started = time.perf_counter()
    while True:
        before = time.perf_counter()
        case = claim(person)
        after = time.perf_counter()
        if case is None:
            break
        claimed.append(case)
        took.append(after - before)
        ends.append(after)
    results.put({"claimed": claimed, "took": took, "ends": ends, "started": started, "dry": after})
    connection.close()


def _claim_next(person: Any) -> str | None:
    from piepowder.review.operations import claim_next

    claim = claim_next(actor=person, at=datetime.now(UTC))
    return str(claim.case.pk) if claim else None


def _lift_the_limit() -> None:
    """Nobody here ever finishes a case, so that hands must be allowed to fill."""
    from piepowder.access.options import choose
    from piepowder.kernel.actor import SYSTEM

    choose(actor=SYSTEM, at=datetime.now(UTC), values={"bench.in_hand": MOST})


def _mark_only(person: Any) -> str | None:
    from django.db import connection

    from piepowder.kernel.ids import new_id
    from piepowder.review import claim_statement
    from piepowder.review.reference import at_hand
    from piepowder.review.standing import valid_skills, wish

    now = datetime.now(UTC)
    user = int(person.ref)
    known = at_hand()
    wanted = wish(known, person, valid_skills(known, user, now))
    values = claim_statement.values(
        actor=person, user=user, wish=wanted, in_hand=MOST, lease_id=new_id(), changes=known.changes, at=now
    )
    with connection.cursor() as cursor:
        for look in claim_statement.LOOKS:
            cursor.execute(claim_statement.mark(wanted, look), values)
            row = cursor.fetchone()
            if row is not None:
                return str(row[0])
    return None


def _begin() -> None:
    import django

    django.setup()


def _people(
    count: int, *, languages: list[list[str]] | None = None, queues: list[list[str]] | None = None
) -> list[Any]:
    """People with twelve lanes each, so that together they cover all 144 (or with the lanes asked for)."""
    from piepowder.access.models import User, Vendor
    from piepowder.kernel.actor import SYSTEM, Actor, ActorKind, Mandate, Scope
    from piepowder.kernel.permissions import Permission
    from piepowder.review import operations as review

    now = datetime.now(UTC)
    _lift_the_limit()
    for position, code in enumerate(QUEUES):
        review.save_queue(actor=SYSTEM, at=now, code=code, name=code, position=position)
        for severity, target_s in enumerate((900, 3_600, 14_400, 86_400)):
            review.set_target(actor=SYSTEM, at=now, queue_code=code, severity=severity, target_s=target_s)
    rules = [
        {"name": code, "when": {"market": [f"M{number}"]}, "then": {"queue": code}}
        for number, code in enumerate(QUEUES)
    ]
    review.publish_routing(actor=SYSTEM, at=now, rules=rules)
    vendor = Vendor.objects.create(code="house", name="House", kind="in_house")
    people = []
    for number in range(count):
        speaks = languages[number] if languages else LANGUAGES[number // 4 % 3 * 4 :][:4]
        works = queues[number] if queues else QUEUES[number % 4 * 3 :][:3]
        if count < 12 and not languages:
            speaks, works = LANGUAGES, QUEUES
        user = User.objects.create(email=f"p{number}@example.org", name=f"P{number}", vendor=vendor, languages=speaks)
        person = Actor(
            kind=ActorKind.PERSON,
            ref=str(user.pk),
            mandates=(Mandate(frozenset({Permission.CASE_CLAIM}), Scope(queues=frozenset(works))),),
            vendor="house",
            languages=frozenset(speaks),
        )
        review.set_availability(actor=person, state="available", at=now)
        people.append(person)
    return people


def _open(count: int, languages: Sequence[str]) -> int:
    """``count`` cases through the listener that intake calls, spread over queues and languages."""
    from django.db import connection, transaction

    from piepowder.database.bulk import insert_rows
    from piepowder.intake.events import Arrival, ItemsReceived
    from piepowder.intake.models import Item, Snapshot
    from piepowder.kernel.actor import SYSTEM
    from piepowder.kernel.ids import new_id
    from piepowder.review.intake_listeners import on_items_received

    now = datetime.now(UTC)
    items, snapshots, arrivals = [], [], []
    for number in range(count):
        item, snapshot_id = new_id(), new_id()
        market, language = f"M{number % 12}", languages[number // 12 % len(languages)]
        name, seller = f"{language}-{number}", f"S-{number % 97}"
        items.append((item, "listing", name, market, language, "live", seller, name, None, now, now, ""))
        snapshots.append((snapshot_id, item, 1, "submitted", 1, {}, name, now, "benchmark"))
        arrivals.append(
            Arrival(item, snapshot_id, 1, "listing", name, market, language, seller, "submitted", True, True, (), name)
        )
    item_columns = (
        "id kind external_id market language state seller_ref title snapshot_id received_at updated_at title_key"
    )
    snapshot_columns = "id item_id number submission schema_version content digest received_at source"
    with transaction.atomic():
        insert_rows(Item, item_columns.split(), items)
        insert_rows(Snapshot, snapshot_columns.split(), snapshots)
        on_items_received(ItemsReceived(tuple(arrivals), now, SYSTEM))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return count


if __name__ == "__main__":
    sys.exit(main())
