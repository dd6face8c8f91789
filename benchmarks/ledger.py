"""How fast the ledger takes facts, seals and verifies them: ``python -m benchmarks.ledger [--facts N] [--record]``.

Appends facts one per transaction (as an operation does) and in batches of 1,000 (as bulk intake does), beside the same
transaction without its fact; then seals all of them and verifies the chain. On the database of ``DATABASE_URL``, or on an
SQLite of its own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime

from benchmarks.recording import machine, record


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--facts", type=int, default=100_000)
    parser.add_argument("--record", action="store_true", help="append the table to RESULTS.md")
    parser.add_argument("--here", action="store_true", help="measure in this process (used by the parent)")
    options = parser.parse_args()
    if options.here:
        print(measured(options.facts))
        return 0
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **os.environ,
            "PIEPOWDER_HOME": home,
            "DJANGO_SETTINGS_MODULE": "piepowder.settings",
            "DATABASE_URL": os.environ.get("DATABASE_URL") or f"sqlite:///{home}/benchmark.sqlite3",
        }
        subprocess.run([sys.executable, "-m", "django", "migrate", "--verbosity", "0"], env=environment, check=True)
        command = [sys.executable, "-m", "benchmarks.ledger", "--here", "--facts", str(options.facts)]
        table = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    print(table)
    if options.record:
        record("Ledger", f"`python -m benchmarks.ledger --facts {options.facts}`, {machine()}", table)
    return 0


def measured(facts: int) -> str:
    """The table, measured in this process."""
    import django

    django.setup()
    from django.db import connection, transaction

    from piepowder.access.models import Vendor
    from piepowder.kernel.actor import SYSTEM
    from piepowder.ledger.jobs import seal_facts
    from piepowder.ledger.operations import Entry, record_many
    from piepowder.ledger.queries import verify

    now = datetime.now(UTC)
    single, batch = min(3_000, facts // 10), 1_000

    def entry(number: int) -> Entry:
        return Entry("case.claim", "case", f"case-{number}", {"lease": f"lease-{number}", "queue": "listings"})

    def bare() -> None:
        for number in range(single):
            with transaction.atomic():
                Vendor.objects.create(code=f"bare-{number}", name="x", kind="bpo")

    def with_fact() -> None:
        for number in range(single):
            with transaction.atomic():
                Vendor.objects.create(code=f"told-{number}", name="x", kind="bpo")
                record_many(actor=SYSTEM, at=now, entries=[entry(number)])

    def batches() -> None:
        for start in range(0, facts, batch):
            with transaction.atomic():
                record_many(actor=SYSTEM, at=now, entries=[entry(start + n) for n in range(batch)])

    rates = {
        "one row per transaction, no fact": single / _took(bare),
        "the same with its fact": single / _took(with_fact),
        f"facts appended, {batch:,} per transaction": facts / _took(batches),
        "facts sealed": (facts + single) / _took(lambda: seal_facts(now=now)),
        "facts verified": (facts + single) / _took(lambda: _whole(verify(now=now).problems)),
    }
    name = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[connection.vendor]
    lines = [f"| {name} | {what} | {rate:,.0f} |" for what, rate in rates.items()]
    share = rates["the same with its fact"] / rates["one row per transaction, no fact"]
    lines.append(f"| {name} | share of the bare rate that remains with a fact | {share:.2f} |")
    return "\n".join(["| database | what | per second |", "|---|---|---:|", *lines])


def _took(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _whole(problems: list[str]) -> None:
    if problems:
        raise SystemExit(f"the ledger is not whole: {problems[:3]}")


if __name__ == "__main__":
    sys.exit(main())
