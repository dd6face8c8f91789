"""A program that reads a table from one moment while it writes to it, and tells what it saw as JSON."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import django

django.setup()

from piepowder.access.models import Vendor  # noqa: E402
from piepowder.access.operations import create_vendor  # noqa: E402
from piepowder.database.snapshot import read_apart  # noqa: E402
from piepowder.kernel.actor import SYSTEM  # noqa: E402

ROWS = 6_000


def land(prefix: str, many: int) -> None:
    Vendor.objects.bulk_create(Vendor(code=f"{prefix}-{n:05}", name="x", kind="bpo") for n in range(many))


def codes() -> Iterator[str]:
    yield from Vendor.objects.order_by("code").values_list("code", flat=True).iterator(100)


def readers() -> int:
    return sum(thread.name == "snapshot" for thread in threading.enumerate())


def until(true: Any) -> bool:
    deadline = time.monotonic() + 30
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)
    return bool(true())


land("m", ROWS)
reading = read_apart(Vendor.objects.count, codes)
first = [next(reading.rows) for _ in range(10)]
# Before, amid and behind what has been read; through an operation too, which takes SQLite's write lock.
land("a", 50)
land("z", 50)
create_vendor(actor=SYSTEM, code="m-00500-and-a-half", name="x", kind="bpo", at=datetime.now(UTC))
Vendor.objects.filter(code="m-05999").delete()
seen = first + list(reading.rows)

left = read_apart(Vendor.objects.count, codes)
next(left.rows)
left.rows.close()  # type: ignore[attr-defined]


def broken() -> Iterator[str]:
    yield "one"
    raise RuntimeError("the disk is gone")


try:
    told = list(read_apart(lambda: 2, broken).rows)
except RuntimeError as error:
    told = [str(error)]
print(
    json.dumps(
        {
            "total": reading.total,
            "whole": seen == [f"m-{n:05}" for n in range(ROWS)],
            "ended": until(lambda: readers() == 0),
            "told": told,
        }
    )
)
