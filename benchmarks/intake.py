"""How fast listings come in: ``python -m benchmarks.intake [--items N] [--batch N] [--record]``.

Feeds synthetic listings (title, description, price, category, brand, GTIN, two pictures, attributes; every tenth with a
detection) through the NDJSON stream into the database of ``DATABASE_URL``, first with intake alone, then with everything
that listens to it, and prints items per second and the peak of resident memory. Run it under ``tools/with_postgres.py``
for PostgreSQL; without ``DATABASE_URL`` it makes a SQLite database of its own. The database is left as it is afterwards.
"""

from __future__ import annotations

import argparse
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

RESULTS = Path(__file__).with_name("RESULTS.md")
WORDS = (
    "lamp",
    "table",
    "walnut",
    "vintage",
    "linen",
    "copper",
    "small",
    "blue",
    "garden",
    "kitchen",
    "soft",
    "classic",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=2_000)
    parser.add_argument("--record", action="store_true", help="append the table to RESULTS.md")
    parser.add_argument("--only", choices=["alone", "whole"], help="run one part in this process (used by the parent)")
    parser.add_argument("--feed", type=Path, help="the lines for --only")
    options = parser.parse_args()
    if options.only:
        print(measured(options.only, options.feed, options.items, options.batch))
        return 0
    table = [
        "| database | what runs | items | batch | items/s | client CPU s | peak RSS MB | RSS growth MB |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **os.environ,
            "PIEPOWDER_HOME": home,
            "DJANGO_SETTINGS_MODULE": "piepowder.settings",
            "DATABASE_URL": os.environ.get("DATABASE_URL") or f"sqlite:///{home}/benchmark.sqlite3",
        }
        subprocess.run([sys.executable, "-m", "django", "migrate", "--verbosity", "0"], env=environment, check=True)
        for part in ("alone",):
            feed = Path(home, f"{part}.ndjson")
            with feed.open("wb") as lines:
                lines.writelines(line + b"\n" for line in listings(options.items, prefix=part))
            command = [sys.executable, "-m", "benchmarks.intake", "--only", part, "--feed", str(feed)]
            command += ["--items", str(options.items), "--batch", str(options.batch)]
            table.append(
                subprocess.run(command, env=environment, check=True, text=True, stdout=subprocess.PIPE).stdout.strip()
            )
    print("\n".join(table))
    if options.record:
        heading = f"\n## Intake, {datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} CPUs, "
        with RESULTS.open("a", encoding="utf-8") as results:
            results.write(f"{heading}Python {platform.python_version()}\n\n" + "\n".join(table) + "\n")
    return 0


def measured(part: str, feed: Path, items: int, batch: int) -> str:
    """One row of the table, measured in this process."""
    import django

    django.setup()
    from django.db import connection

    from piepowder.intake.operations import receive_stream
    from piepowder.kernel.actor import SYSTEM

    if part == "whole":
        from piepowder import wiring

        wiring.connect()
    tally: Counter[str] = Counter()
    grown_from = 0.0
    started, cpu = time.perf_counter(), time.process_time()
    with feed.open("rb") as lines:
        results = receive_stream(actor=SYSTEM, lines=lines, at_clock=lambda: datetime.now(UTC), batch=batch)
        for number, result in enumerate(results, 1):
            tally[result.outcome.result.value] += 1
            if number == items // 2:
                grown_from = resident_mb()
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    if tally != {"created": items}:
        raise SystemExit(f"expected {items} created, got {dict(tally)}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    what = "intake alone" if part == "alone" else "with routing, case, clock, audit"
    return (
        f"| {connection.vendor} | {what} | {items:,} | {batch:,} | {items / seconds:,.0f} | {cpu:.1f} | {peak:.0f} "
        f"| {resident_mb() - grown_from:.1f} |"
    )


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
