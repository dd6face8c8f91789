"""How fast listings come in: ``python -m benchmarks.intake [--items N] [--batch N] [--clients N] [--record]``.

Feeds synthetic listings (title, description, price, category, brand, GTIN, two pictures, attributes; every tenth with a
detection) as NDJSON through ``receive_stream`` into the database of ``DATABASE_URL``: first with intake alone (item,
snapshot, media, detections, ledger), then with everything that listens to it (routing, case, clock, their facts). Prints
items per second over all clients and, per client, CPU time and resident memory; growth is over the second half. Run it
under ``tools/with_postgres.py`` for PostgreSQL; without ``DATABASE_URL`` it makes a SQLite database of its own, where
there is one writer and so one client.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("RESULTS.md")
WORDS = (
    "lamp", "table", "walnut", "vintage", "linen", "copper", "small", "blue", "garden", "kitchen", "soft", "classic",
)  # fmt: skip


PARTS = {"alone": "intake alone", "whole": "with routing, case, clock, audit"}
HEAD = (
    "| database | what runs | items | batch | clients | items/s | CPU s per client | peak RSS MB | RSS growth MB |",
    "|---|---|---:|---:|---:|---:|---:|---:|---:|",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=2_000)
    parser.add_argument("--clients", type=int, default=1, help="processes that feed at the same time")
    parser.add_argument("--record", action="store_true", help="append the table to RESULTS.md")
    parser.add_argument("--prepare", action="store_true", help="set review up and end (used by the parent)")
    parser.add_argument("--feed", type=Path, help="be one client with these lines (used by the parent)")
    parser.add_argument("--part", choices=PARTS)
    options = parser.parse_args()
    if options.prepare:
        prepare_review()
        return 0
    if options.feed:
        print(json.dumps(fed(options.part, options.feed, options.batch)))
        return 0
    table = list(HEAD)
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **os.environ,
            "PIEPOWDER_HOME": home,
            "DJANGO_SETTINGS_MODULE": "piepowder.settings",
            "DATABASE_URL": os.environ.get("DATABASE_URL") or f"sqlite:///{home}/benchmark.sqlite3",
        }
        subprocess.run([sys.executable, "-m", "django", "migrate", "--verbosity", "0"], env=environment, check=True)
        subprocess.run([sys.executable, "-m", "benchmarks.intake", "--prepare"], env=environment, check=True)
        table += [raced(part, Path(home), environment, options) for part in PARTS]
    print("\n".join(table))
    if options.record:
        heading = f"\n## Intake, {datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} CPUs, "
        with RESULTS.open("a", encoding="utf-8") as results:
            results.write(f"{heading}Python {platform.python_version()}\n\n" + "\n".join(table) + "\n")
    return 0


def raced(part: str, home: Path, environment: dict[str, str], options: argparse.Namespace) -> str:
    """One row of the table: the clients begin together, and the time is that of the last one to end."""
    share = options.items // options.clients
    clients = []
    for number in range(options.clients):
        feed = home / f"{part}-{number}.ndjson"
        with feed.open("wb") as lines:
            lines.writelines(line + b"\n" for line in listings(share, prefix=f"{part}-{number}", seed=number))
        command = [sys.executable, "-m", "benchmarks.intake", "--part", part, "--feed", str(feed)]
        clients.append(
            subprocess.Popen(
                [*command, "--batch", str(options.batch)],
                env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )
        )  # fmt: skip
    for client in clients:
        assert client.stdout is not None
        client.stdout.readline()
    for client in clients:
        assert client.stdin is not None
        client.stdin.write("go\n")
        client.stdin.flush()
    told = [json.loads(client.communicate()[0]) for client in clients]
    if any(one["tally"] != {"created": share} for one in told):
        raise SystemExit(f"expected {share} created by each client, got {[one['tally'] for one in told]}")
    seconds = max(one["seconds"] for one in told)
    cpu, peak, growth = (max(one[name] for one in told) for name in ("cpu", "peak_mb", "growth_mb"))
    return (
        f"| {told[0]['database']} | {PARTS[part]} | {share * options.clients:,} | {options.batch:,} | {options.clients} "
        f"| {share * options.clients / seconds:,.0f} | {cpu:.1f} | {peak:.0f} | {growth:.1f} |"
    )


def fed(part: str, feed: Path, batch: int) -> dict[str, Any]:
    """What one client measured of itself."""
    import django

    django.setup()
    from django.db import connection

    from piepowder.intake.operations import receive_stream
    from piepowder.kernel import events
    from piepowder.kernel.actor import SYSTEM

    if part == "alone":
        events._listeners.clear()
    total = feed.read_bytes().count(b"\n")
    tally: Counter[str] = Counter()
    half_mb = 0.0
    print("ready", flush=True)
    sys.stdin.readline()
    started, cpu = time.perf_counter(), time.process_time()
    with feed.open("rb") as lines:
        results = receive_stream(actor=SYSTEM, lines=lines, at_clock=lambda: datetime.now(UTC), batch=batch)
        for number, result in enumerate(results, 1):
            tally[result.outcome.result.value] += 1
            if number == total // 2:
                half_mb = resident_mb()
    return {
        "database": connection.vendor,
        "tally": tally,
        "seconds": time.perf_counter() - started,
        "cpu": time.process_time() - cpu,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "growth_mb": resident_mb() - half_mb,
    }


def prepare_review() -> None:
    """Policies, two queues with their promises, and rules that part the listings between them."""
    import django

    django.setup()
    from django.db import transaction

    from piepowder import wiring
    from piepowder.kernel.actor import SYSTEM
    from piepowder.review.operations import publish_routing, save_queue, set_target

    at = datetime.now(UTC)
    with transaction.atomic():
        wiring.load_shipped(at=at)
        for code in ("general", "counterfeit"):
            save_queue(actor=SYSTEM, at=at, code=code, name=code.title())
            for severity in range(4):
                set_target(actor=SYSTEM, at=at, queue_code=code, severity=severity, target_s=3_600 * (severity + 1))
        rules = [
            {
                "name": "Looks copied",
                "when": {"label": "counterfeit", "min_score": 0.5},
                "then": {"queue": "counterfeit"},
            },
            {"name": "All others", "when": {"kind": ["listing"]}, "then": {"queue": "general"}},
        ]
        publish_routing(actor=SYSTEM, at=at, rules=rules)


def resident_mb() -> float:
    """Resident memory of now, in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1024 / 1024


def listings(count: int, *, prefix: str, seed: int = 1) -> Iterator[bytes]:
    """``count`` listings as lines of JSON, of some 750 bytes each."""
    import orjson
    from stdnum import ean

    rng = random.Random(seed)
    markets = [("DE", "de"), ("FR", "fr"), ("GB", "en"), ("ES", "es"), ("IT", "it"), ("NL", "nl")]
    for number in range(count):
        market, language = rng.choice(markets)
        body = f"4{rng.randrange(10**11):011d}"
        item = {
            "kind": "listing",
            "id": f"{prefix}-{number}",
            "market": market,
            "language": language,
            "seller": f"S-{rng.randrange(2_000)}",
            "content": {
                "title": " ".join(rng.choices(WORDS, k=6)),
                "description": " ".join(rng.choices(WORDS, k=45)),
                "price": {"amount": rng.randrange(100, 90_000), "currency": "EUR"},
                "category": f"home/{rng.choice(WORDS)}",
                "brand": rng.choice(WORDS).title(),
                "gtin": body + ean.calc_check_digit(body),
                "condition": rng.choice(["new", "used"]),
                "images": [f"https://img.example/{prefix}/{number}-{side}.jpg" for side in "ab"],
                "attributes": {"colour": rng.choice(WORDS), "weight_g": rng.randrange(9_000)},
            },
        }
        if number % 10 == 0:
            item["detections"] = [{"model": "text", "version": "3", "label": "counterfeit", "score": rng.random()}]
        yield orjson.dumps(item)


if __name__ == "__main__":
    sys.exit(main())
