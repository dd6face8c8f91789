"""Sealing, and publishing the head outside the database."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import orjson
from django.conf import settings

from piepowder.kernel.events import publish
from piepowder.ledger.events import HeadPublished
from piepowder.ledger.models import Unsealed
from piepowder.ledger.operations import BLOCK_SIZE, seal
from piepowder.ledger.queries import Head, head


def seal_facts(*, now: datetime) -> int:
    """Seal everything that waits, block after block; asks before it locks, since most calls find nothing."""
    done = 0
    while Unsealed.objects.exists():
        block = seal(at=now)
        if block is None:
            break
        done += block.last_position - block.first_position + 1
        if block.last_position - block.first_position + 1 < BLOCK_SIZE:
            break
    return done


def publish_head(*, now: datetime) -> int:
    """Append the head to the file of heads and tell whoever subscribed, when it moved since the last time."""
    current = head()
    known = published_heads(settings.LEDGER_HEAD_FILE)
    if current.block == 0 or (known and known[-1].block >= current.block):
        return 0
    line = orjson.dumps({"at": now, "block": current.block, "position": current.position, "hash": current.hash})
    settings.LEDGER_HEAD_FILE.parent.mkdir(parents=True, exist_ok=True)
    with open(settings.LEDGER_HEAD_FILE, "ab") as file:
        file.write(line + b"\n")
        file.flush()
        os.fsync(file.fileno())
    publish(HeadPublished(current.block, current.position, current.hash, now))
    return 1


def published_heads(path: Path) -> list[Head]:
    """The heads in the file, oldest first; a line cut off by a crash is passed over."""
    if not path.exists():
        return []
    heads = []
    for line in path.read_bytes().splitlines():
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        heads.append(Head(row["block"], row["position"], row["hash"]))
    return heads
