"""An appeal that is being written: kept from step to step and from visit to visit until it is sent or thrown away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.decisions.models import Decision
from piepowder.kernel.errors import Refused
from piepowder.portal.links import Subject
from piepowder.portal.models import AppealDraft, DraftFile
from piepowder.portal.uploads import MOST_FILES, FilesRefused, Upload, keep_files
from piepowder.portal.visits import Guest

MOST_TEXT: Final = 10_000


class TextTooLong(Refused):
    code = "text_too_long"


def draft_of(subject: Subject, decision: Decision) -> AppealDraft | None:
    """What ``subject`` has begun to write about the decision."""
    return AppealDraft.objects.filter(kind=subject.kind, ref=subject.ref, decision=decision).first()


def save_draft(*, guest: Guest, decision: Decision, text: str, language: str, at: datetime) -> AppealDraft:
    """Keep the words; raises ``TextTooLong``."""
    if len(text) > MOST_TEXT:
        raise TextTooLong(_("the text may have at most %(most)s characters") % {"most": MOST_TEXT})
    known: dict[str, Any] = {"kind": guest.subject.kind, "ref": guest.subject.ref, "decision": decision}
    told: dict[str, Any] = {"text": text, "language": language[:10], "saved_at": at}
    draft, _new = AppealDraft.objects.update_or_create(**known, defaults=told)
    return draft


def add_files(*, guest: Guest, draft: AppealDraft, files: Sequence[Upload], at: datetime) -> None:
    """Keep files with the draft; the same file twice is there once. Raises ``FilesRefused``."""
    if draft.files.count() + len(files) > MOST_FILES:
        raise FilesRefused(_("at most %(most)s files go with an appeal") % {"most": MOST_FILES})
    kept = keep_files(guest=guest, files=files, at=at)
    with transaction.atomic():
        for one in kept:
            DraftFile.objects.get_or_create(draft=draft, stored=one.stored, defaults={"name": one.name, "added_at": at})


def remove_file(*, draft: AppealDraft, file_id: int) -> None:
    """Take a file off the draft; the stored bytes stay until they are tidied."""
    draft.files.filter(pk=file_id).delete()


def throw_away(*, draft: AppealDraft) -> None:
    draft.delete()
