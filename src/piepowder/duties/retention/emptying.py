"""Looking for what is known of somebody in every package, and emptying it in small batches, but for what must stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.utils.functional import Promise

from piepowder.database.personal import Emptying, Kept, Part, Subject, kept_now, parts

__all__ = ["BATCH", "Line", "empty", "emptyings_of", "kept_now", "look", "with_addresses"]

BATCH = 200
"""Rows emptied in one transaction: a lock is held for milliseconds, and a stop loses nothing."""


@dataclass(frozen=True, slots=True)
class Line:
    """So many rows at one place; ``why`` they stay, as a code, or empty when they will be emptied."""

    what: str | Promise
    place: str
    rows: int
    why: str = ""
    until: date | None = None


def with_addresses(subject: Subject) -> Subject:
    """The subject with every e-mail address by which any package knows the person."""
    known = {address.strip().lower() for address in subject.addresses}
    for part in parts():
        known |= {address.strip().lower() for address in part.addresses(subject)}
    return replace(subject, addresses=tuple(sorted(known - {""})))


def emptyings_of(subject: Subject, at: datetime, kept: Sequence[Kept]) -> Iterator[Emptying]:
    """What is known of ``subject``, package by package, from the top down: what points at a row goes before the row.

    Nothing of a person who is held goes, wherever it lies.
    """
    why = next((one.why for one in kept if one.kind == subject.kind and _names(one, subject.ref)), "")
    for part in _from_the_top():
        for one in part.of(subject, at):
            yield replace(one, rows=one.left(), stays=why) if why and not one.stays else one


def _from_the_top() -> list[Part]:
    """Packages as they stand upon each other, the uppermost first: what is found through a row below is emptied before it."""
    layers = {config.label: layer for layer, config in enumerate(apps.get_app_configs())}
    return sorted(parts(), key=lambda part: -layers.get(part.package, -1))


def _names(kept: Kept, ref: str) -> bool:
    return not isinstance(kept.refs, models.QuerySet) and ref in {str(one) for one in kept.refs}


def look(emptyings: Iterable[Emptying], kept: Sequence[Kept]) -> list[Line]:
    """What would be emptied and what would stay, counted; nothing is changed."""
    lines: list[Line] = []
    for one in emptyings:
        if one.stays:
            lines += _line(one, one.rows.count(), one.stays, one.until)
            continue
        rows = one.left()
        for reason in _matching(one, kept):
            caught = {f"{one.guarded[reason.kind]}__in": reason.refs}
            lines += _line(one, rows.filter(**caught).count(), reason.why, reason.until)
            rows = rows.exclude(**caught)
        lines += _line(one, rows.count(), "", None)
    return lines


def empty(emptyings: Iterable[Emptying], kept: Sequence[Kept], *, most: int) -> Counter[str]:
    """Empty up to ``most`` rows and say how many at each place; less than ``most`` altogether means that none are left."""
    done: Counter[str] = Counter()
    for one in emptyings:
        if one.stays:
            continue
        rows = one.left()
        for reason in _matching(one, kept):
            rows = rows.exclude(**{f"{one.guarded[reason.kind]}__in": reason.refs})
        while (room := most - done.total()) > 0:
            emptied = _batch(one, rows, min(room, BATCH))
            if not emptied:
                break
            done[one.place] += emptied
    return done


@transaction.atomic
def _batch(one: Emptying, rows: models.QuerySet[Any], size: int) -> int:
    ids = list(rows.order_by("pk").values_list("pk", flat=True).distinct()[:size])
    if not ids:
        return 0
    finish = one.watch(ids) if one.watch is not None else None
    batch = one.rows.model._default_manager.filter(pk__in=ids)
    if one.becomes:
        batch.update(**one.becomes)
    else:
        batch.delete()
    if finish is not None:
        finish()
    return len(ids)


def _matching(one: Emptying, kept: Sequence[Kept]) -> list[Kept]:
    return [reason for reason in kept if reason.kind in one.guarded]


def _line(one: Emptying, rows: int, why: str, until: date | None) -> list[Line]:
    return [Line(one.what, one.place, rows, why, until)] if rows else []
