"""The line to the database: with which token, to what address, and whether it may be used now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from piepowder.access.options import chosen
from piepowder.interop.models import Line
from piepowder.interop.options import ADDRESS, SUBMITS
from piepowder.kernel.actor import SYSTEM
from piepowder.ledger.operations import record
from piepowder.outbox.operations import enqueue

HALTED_TOPIC = "submissions.halted"
LATE_TOPIC = "submissions.late"
STREAM_TOPIC = "submissions.stream_changed"
_ORDER_KEY = "dsa"
_TELL_AGAIN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the line stands. ``token`` is empty when there is none; ``from_environment`` says where it comes from."""

    on: bool
    address: str
    token: str = field(repr=False)
    from_environment: bool
    halted_at: datetime | None
    problem: str
    rests_until: datetime | None
    failures: int
    token_changed_at: datetime | None

    @property
    def usable(self) -> bool:
        return self.on and bool(self.token) and bool(self.address) and self.halted_at is None

    def rests(self, now: datetime) -> bool:
        return self.rests_until is not None and self.rests_until > now


def standing() -> Standing:
    """The line as it stands now; one query."""
    row = Line.objects.filter(pk=1).first() or Line()
    token = settings.DSA_TOKEN or row.token
    halted = bool(row.halted_for) and row.halted_for == fingerprint(token)
    return Standing(
        on=bool(chosen(SUBMITS)),
        address=str(chosen(ADDRESS)).strip(),
        token=token,
        from_environment=bool(settings.DSA_TOKEN),
        halted_at=row.halted_at if halted else None,
        problem=row.problem,
        rests_until=row.rests_until,
        failures=row.failures,
        token_changed_at=row.token_changed_at,
    )


def fingerprint(token: str) -> str:
    """By which a token is known without being told."""
    return sha256(token.encode()).hexdigest() if token else ""


def halt(*, token: str, problem: str, at: datetime) -> bool:
    """Use this token no more, and tell; false when it had already been halted or is no longer the one in use.

    An attempt that was under way while the token was changed comes back refused: that says nothing about the new one.
    """
    if standing().token != token:
        return False
    Line.objects.get_or_create(pk=1)
    used = fingerprint(token)
    if not Line.objects.exclude(halted_for=used).update(halted_for=used, halted_at=at, problem=problem[:300]):
        return False
    record(actor=SYSTEM, at=at, verb="submission_line.halt", subject_kind="submission_line", subject_id="dsa")
    enqueue(
        topic=HALTED_TOPIC,
        order_key=_ORDER_KEY,
        body={"line": "dsa", "problem": problem, "halted_at": at.isoformat()},
        at=at,
        not_before=at,
    )
    return True


def rest(*, until: datetime, problem: str) -> None:
    """Leave the line alone for a while after an attempt that settled nothing."""
    Line.objects.get_or_create(pk=1)
    Line.objects.filter(pk=1).update(rests_until=until, failures=F("failures") + 1, problem=problem[:300])


def works() -> None:
    """The line was used and answered."""
    Line.objects.filter(pk=1).exclude(failures=0, rests_until=None, problem="").update(
        rests_until=None, failures=0, problem=""
    )


def tell_of_lateness(*, late: int, oldest: datetime, at: datetime) -> bool:
    """Say once a day that statements are late; false when that was said."""
    body = {"line": "dsa", "late": late, "oldest_decided_at": oldest.isoformat()}
    return _tell("late_told_at", LATE_TOPIC, body, at)


def tell_of_streams(*, changed: list[dict[str, str]], at: datetime) -> bool:
    """Say once a day that streams of statements changed; false when that was said."""
    return _tell("streams_told_at", STREAM_TOPIC, {"line": "dsa", "changed": changed}, at)


@transaction.atomic
def _tell(when: str, topic: str, body: dict[str, Any], at: datetime) -> bool:
    Line.objects.get_or_create(pk=1)
    due = Q(**{f"{when}__isnull": True}) | Q(**{f"{when}__lte": at - _TELL_AGAIN_AFTER})
    if not Line.objects.filter(due).update(**{when: at}):
        return False
    enqueue(topic=topic, order_key=_ORDER_KEY, body=body, at=at, not_before=at)
    return True
