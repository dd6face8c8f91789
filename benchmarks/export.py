"""Exporting a million decisions: its memory, and whether it is whole: ``python -m benchmarks.export [--rows N] [--record]``.

Fills the database of ``DATABASE_URL`` (or an SQLite of its own) with decisions, then exports all of them as CSV and as a
workbook through the same functions that answer over HTTP, while a writer in a process of its own goes on deciding. The
exporting process's memory is watched from outside. Afterwards every id in the file is compared with the ids that were
there when the export began: each has to be there exactly once, in order, and nothing else.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

from benchmarks.recording import machine, record

_BATCH = 20_000
_POLICIES = ("C-1.1", "P-1.1", "V-1")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--record", action="store_true", help="append the table to RESULTS.md")
    parser.add_argument("--part", choices=("fill", "write", "csv", "xlsx"), help="used by the parent")
    parser.add_argument("--into", help="file of a part")
    options = parser.parse_args()
    if options.part:
        part(options)
        return 0
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **os.environ,
            "PIEPOWDER_HOME": home,
            "TMPDIR": home,
            "DJANGO_SETTINGS_MODULE": "piepowder.settings",
            "DATABASE_URL": os.environ.get("DATABASE_URL") or f"sqlite:///{home}/benchmark.sqlite3",
        }
        subprocess.run([sys.executable, "-m", "django", "migrate", "--verbosity", "0"], env=environment, check=True)
        command = [sys.executable, "-m", "benchmarks.export", "--rows", str(options.rows), "--part"]
        subprocess.run([*command, "fill"], env=environment, check=True)
        lines = []
        for form in ("csv", "xlsx"):
            lines.append(watched(form, command, environment, Path(home)))
            print(lines[-1], file=sys.stderr)
    head = "| database | file | decisions | landed meanwhile | s | decisions/s | file, MB | peak RSS, MB | before, MB | whole |"
    table = "\n".join([head, "|---|---|---:|---:|---:|---:|---:|---:|---:|---|", *lines])
    print(table)
    if options.record:
        record("Export of decisions", f"`python -m benchmarks.export --rows {options.rows}`, {machine()}", table)
    return 0 if all("| yes |" in line for line in lines) else 1


def watched(form: str, command: list[str], environment: dict[str, str], home: Path) -> str:
    """One export with a writer beside it, as a line of the table."""
    into = home / f"export.{form}"
    writer = subprocess.Popen([*command, "write"], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        exporter = subprocess.Popen(
            [*command, form, "--into", str(into)], env=environment, stdout=subprocess.PIPE, text=True
        )
        peak = 0
        while exporter.poll() is None:
            peak = max(peak, _rss_mb(exporter.pid))
            time.sleep(0.1)
        assert exporter.stdout is not None
        told: dict[str, Any] = json.loads(exporter.stdout.read())
    finally:
        writer.terminate()
        writer.wait(timeout=60)
    assert exporter.returncode == 0, "the export failed"
    size = into.stat().st_size / 2**20
    into.unlink()
    whole = "yes" if told["whole"] and told["rows"] == told["expected"] else f"NO: {told}"
    rate = told["rows"] / told["took_s"]
    return (
        f"| {told['database']} | {form.upper()} | {told['rows']:,} | {told['landed']:,} | {told['took_s']:.0f} | {rate:,.0f} "
        f"| {size:,.0f} | {peak} | {told['before_mb']} | {whole} |"
    )


def _rss_mb(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS")), 0)


def part(options: argparse.Namespace) -> None:
    import django

    django.setup()
    {"fill": fill, "write": write, "csv": export, "xlsx": export}[options.part](options)


def fill(options: argparse.Namespace) -> None:
    """So many decisions over the last half year, with what they cite and enforce, through ``insert_rows``."""
    from django.db import connection, transaction

    from piepowder import wiring
    from piepowder.access.models import Role
    from piepowder.access.operations import PersonFields, add_person, create_site, create_vendor, give
    from piepowder.kernel.actor import SYSTEM, Scope

    at = datetime.now(UTC)
    wiring.load_shipped(at=at)
    vendor = create_vendor(actor=SYSTEM, code="house", name="House", kind="in_house", at=at)
    site = create_site(
        actor=SYSTEM, vendor=vendor, code="dublin", name="Dublin", country="IE", timezone="Europe/Dublin", at=at
    )
    for login, role in (("lead", "operations_lead"), ("moderator", "moderator")):
        fields = PersonFields(
            email=f"{login}@market.example", name=login, vendor=vendor, site=site, team=None, languages=["en"]
        )
        person = add_person(actor=SYSTEM, fields=fields, at=at, password="a market in the morning")
        give(actor=SYSTEM, user=person, role=Role.objects.get(code=role), scope=Scope(), at=at)
    started = time.perf_counter()
    for first in range(0, options.rows, _BATCH):
        with transaction.atomic():
            land(range(first, min(first + _BATCH, options.rows)), since=at - timedelta(days=180), total=options.rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(f"{options.rows:,} decisions in {time.perf_counter() - started:.0f} s", file=sys.stderr)


def land(numbers: range, *, since: datetime, total: int) -> None:
    """Rows of decisions whose times rise with their numbers; every second one a violation that cites a policy."""
    from piepowder.access.models import User
    from piepowder.database.bulk import insert_rows
    from piepowder.decisions.models import Citation, Decision
    from piepowder.intake.models import Item, Snapshot
    from piepowder.kernel.ids import new_id
    from piepowder.policy.models import PolicyVersion

    decider = User.objects.get(email="moderator@market.example").pk
    versions = list(
        PolicyVersion.objects.filter(policy__code__in=_POLICIES).order_by("id").values_list("id", flat=True)
    )
    step = timedelta(days=180) / max(total, 1)
    item, snapshot = _item_row(Item, Snapshot)
    items, snapshots, decisions, citations = [], [], [], []
    for number in numbers:
        at = since + step * number
        if number % 10 == 0 or not items:
            item_id, snapshot_id = new_id(), new_id()
            items.append({**item, "id": item_id, "external_id": f"X-{number}", "received_at": at, "updated_at": at})
            snapshots.append(
                {**snapshot, "id": snapshot_id, "item_id": item_id, "digest": str(number), "received_at": at}
            )
        violates = number % 2 == 0
        ref = new_id()
        decisions.append(
            {
                "id": ref,
                "case_id": None,
                "item_id": item_id,
                "snapshot_id": snapshot_id,
                "outcome": "violation" if violates else "no_violation",
                "ground": "terms" if violates else "",
                "facts": f"=Picture {number} shows a copied logo, and the title says replica." if violates else "",
                "facts_key": "",
                "evidence": [],
                "note": "",
                "state": "issued",
                "decided_at": at,
                "final_at": at,
                "decider_id": decider,
                "machine": "",
                "machine_version": "",
                "automated_detection": False,
                "source": "notice",
                "vendor": "house",
                "site": "dublin",
                "team": "",
                "queue": "listings",
                "market": "DE",
                "language": "en",
                "handling_ms": 40_000,
            }
        )
        if violates:
            version = versions[number % len(versions)]
            citations.append({"decision_id": ref, "version_id": version, "primary": True})
    for model, rows in ((Item, items), (Snapshot, snapshots), (Decision, decisions), (Citation, citations)):
        columns = tuple(rows[0])
        insert_rows(model, columns, (tuple(row.values()) for row in rows))


def _item_row(item: Any, snapshot: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Every column of the two tables with its default, so that a new one does not break the filling."""
    shop = {
        "kind": "listing",
        "market": "DE",
        "language": "en",
        "seller_ref": "S-1",
        "title": "Cotton scarf, hand woven",
    }
    seen = {"number": 1, "submission": "submitted", "schema_version": 1, "content": {}, "source": "benchmark"}
    return {**_blank(item), **shop}, {**_blank(snapshot), **seen}


def _blank(model: Any) -> dict[str, Any]:
    return {
        field.column: None if field.null else field.get_default()
        for field in model._meta.concrete_fields
        if not field.primary_key or not field.get_internal_type().endswith("AutoField")
    }


def write(options: argparse.Namespace) -> None:
    """Decide until stopped, some forty a second."""
    from django.db import transaction

    number = options.rows + int(time.time()) * 1_000  # no number of an earlier writer
    while True:
        with transaction.atomic():
            land(range(number, number + 10), since=datetime.now(UTC), total=10**9)
        number += 10
        time.sleep(0.25)


def export(options: argparse.Namespace) -> None:
    """Send the file into ``--into`` and tell whether it has what it should."""
    from django.db import connection

    from piepowder.access.models import User
    from piepowder.access.queries import actor_for
    from piepowder.decisions.export import export_decisions
    from piepowder.decisions.models import Decision
    from piepowder.decisions.queries import DecisionFilters
    from piepowder.http.tables import csv_response, xlsx_response

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # Pages of the file that counting and comparing map into memory are not the export's.
            cursor.execute("PRAGMA mmap_size=0")
    now = datetime.now(UTC)
    actor = actor_for(User.objects.get(email="lead@market.example"), now=now)
    before = Decision.objects.count()
    before_mb = _rss_mb(os.getpid())
    started = time.perf_counter()
    # Everything that is there when the export begins, also what the writer has landed by now.
    table = export_decisions(actor=actor, filters=DecisionFilters(), at=now + timedelta(days=1))
    form = {"csv": csv_response, "xlsx": xlsx_response}[options.part]
    with Path(options.into).open("wb") as file:
        for piece in form(table):
            file.write(piece)
    took = time.perf_counter() - started
    found, digest = _digest(_ids(options.part, Path(options.into)))
    expected, wanted = _digest(_ids_there(table.total))
    told = {
        "database": {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[connection.vendor],
        "rows": found,
        "expected": table.total,
        "landed": Decision.objects.count() - before,
        "took_s": took,
        "before_mb": before_mb,
        "whole": digest == wanted and expected == found >= before,
    }
    print(json.dumps(told))


def _ids_there(total: int) -> Iterator[str]:
    """The first ``total`` decisions in the order in which they were made: later ones can only have come afterwards."""
    from piepowder.decisions.models import Decision

    rows = Decision.objects.order_by("decided_at", "id").values_list("id", flat=True)[:total]
    return (str(ref) for ref in rows.iterator(2_000))


def _ids(form: str, file: Path) -> Iterator[str]:
    """The first column of the file, without its head."""
    if form == "csv":
        with file.open(encoding="utf-8") as lines:
            next(lines)
            for line in lines:
                yield line.partition(",")[0]
        return
    with ZipFile(file) as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        for name in sorted(sheets, key=lambda name: (len(name), name)):
            with book.open(name) as sheet:
                yield from _first_cells(sheet)


_FIRST_CELL = re.compile(rb'<c r="A(?!1")\d+"[^>]*><is><t>([^<]+)</t>')


def _first_cells(sheet: IO[bytes]) -> Iterator[str]:
    """The texts of the first column below the head, read piece by piece."""
    rest = b""
    while piece := sheet.read(2**20):
        rest += piece
        end = rest.rfind(b"</row>") + 1
        yield from (found[1].decode() for found in _FIRST_CELL.finditer(rest[:end]))
        rest = rest[end:]


def _digest(refs: Iterator[str]) -> tuple[int, str]:
    whole, number = hashlib.sha256(), 0
    for ref in refs:
        whole.update(ref.encode())
        number += 1
    return number, whole.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
