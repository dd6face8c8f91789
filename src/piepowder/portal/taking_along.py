"""What people take with them: one decision to print or as data, and everything about them in one file."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

from django.db.models import QuerySet
from django.template.loader import render_to_string

from piepowder.portal import account_data as plain
from piepowder.portal.complaints import appeals_of, complaint_of, tell_appeal
from piepowder.portal.health import healths
from piepowder.portal.letters import letters_of
from piepowder.portal.links import Subject
from piepowder.portal.models import Resubmission
from piepowder.portal.overview import decisions_listed, item_rows, items_listed
from piepowder.portal.resubmitting import resubmissions_of
from piepowder.portal.retelling import Told, tell

_SOME: Final = 200
_IN_MEMORY: Final = 8 * 1024 * 1024


def printed(told: Told) -> str:
    """One decision as a page of its own, which needs nothing from anywhere to be read or printed."""
    return render_to_string("portal/printed.html", {"told": told})


def everything(subject: Subject, *, at: datetime, language: str) -> IO[bytes]:
    """A zip with all that is told to ``subject`` here, as data and as pages to read; open at its beginning."""
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  # the answer closes it when it is sent
    try:
        _fill(file, subject, at, language)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _fill(file: Any, subject: Subject, at: datetime, language: str) -> None:
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for decision in _all(decisions_listed(subject, at).select_related("item", "statement", "snapshot")):
            told = tell(decision, at=at, language=language)
            name = f"decisions/{told.decided_at:%Y-%m-%d}-{told.reference}"
            archive.writestr(f"{name}.html", printed(told))
            archive.writestr(f"{name}.json", _json(plain.told(told, complaint_of(subject, decision, at=at))))
        appeals = _all(appeals_of(subject, at).select_related("decision__item"))
        archive.writestr("appeals.json", _json([plain.appeal_told(tell_appeal(one)) for one in appeals]))
        archive.writestr("letters.json", _json([plain.letter(one) for one in _all(letters_of(subject, at))]))
        archive.writestr("items.json", _json(list(_items(subject, at))))
        archive.writestr("corrections.json", _json(list(_corrections(subject, at))))
        archive.writestr("account.json", _json(plain.health(healths(subject, at=at))))


def _items(subject: Subject, at: datetime) -> Iterator[dict[str, Any]]:
    rows = items_listed(subject, at=at)
    for start in range(0, 1_000_000, _SOME):
        some = list(rows[start : start + _SOME])
        yield from (plain.item_row(one) for one in item_rows(subject, some, at=at))
        if len(some) < _SOME:
            return


def _corrections(subject: Subject, at: datetime) -> Iterator[dict[str, Any]]:
    items = {row.item for row in Resubmission.objects.filter(ref=subject.ref).select_related("item")}
    for item in sorted(items, key=lambda one: one.external_id):
        for one in resubmissions_of(subject, item, at=at):
            yield {"item": item.external_id, "at": plain.moment(one.at), "note": one.note, "state": one.state}


def _all(rows: QuerySet[Any]) -> Iterator[Any]:
    """Every row, some at a time."""
    return rows.iterator(chunk_size=_SOME)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)
