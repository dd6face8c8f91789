"""Files from outside: how large, how many, of which type; kept beside the media of items, by their digests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext as _

from piepowder.intake.media import MediaRefused
from piepowder.intake.models import StoredMedia
from piepowder.intake.operations import store_upload
from piepowder.kernel.errors import FieldProblem, Malformed, PiepowderError
from piepowder.portal.limits import spend
from piepowder.portal.visits import Guest

Upload: TypeAlias = "UploadedFile[bytes]"
_MIB: Final = 1024 * 1024
MOST_FILE: Final = 20 * _MIB
MOST_FILES: Final = 10
MOST_BYTES: Final = 60 * _MIB
"""Of one form with everything in it."""
_DRAINED_AT_MOST: Final = 3 * MOST_BYTES
_CHUNK: Final = 256 * 1024


class TooMuch(PiepowderError):
    status = 413
    code = "too_much_at_once"


class FilesRefused(Malformed):
    """At least one file cannot be kept; ``problems`` name each under ``/files``."""

    code = "files_refused"


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored file, and what its sender called it."""

    stored: StoredMedia
    name: str


def told_length(request: HttpRequest) -> int:
    told = request.META.get("CONTENT_LENGTH") or "0"
    return int(told) if told.isascii() and told.isdigit() and len(told) < 16 else 0


def refuse_too_much(request: HttpRequest) -> None:
    """Raise ``TooMuch`` before any of a body that is too large is kept.

    One that is only somewhat too large is read to its end and thrown away, else its sender might not get the answer.
    """
    told = told_length(request)
    if told <= MOST_BYTES:
        return
    if told <= _DRAINED_AT_MOST:
        while request.read(_CHUNK):
            pass
    raise TooMuch(_("all files together may have at most %(most)s MB") % {"most": MOST_BYTES // _MIB})


def keep_files(*, guest: Guest, files: Sequence[Upload], at: datetime) -> list[Kept]:
    """Store what was uploaded; raises ``FilesRefused`` naming each file that cannot be kept, and then keeps none of them
    for the caller."""
    problems, kept = [], []
    if len(files) > MOST_FILES:
        detail = _("at most %(most)s files at once") % {"most": MOST_FILES}
        raise FilesRefused(detail, problems=[FieldProblem("/files", "too_many", detail)])
    for place, file in enumerate(files):
        name = _plain(file.name or "")
        spend("upload", guest.who)
        try:
            if (file.size or 0) > MOST_FILE:
                raise MediaRefused(_("it is larger than %(most)s MB") % {"most": MOST_FILE // _MIB})
            kept.append(Kept(store_upload(actor=guest.actor, content=file, at=at), name))
        except MediaRefused:
            problems.append(FieldProblem(f"/files/{place}", MediaRefused.code, _refusal(name, file)))
    if problems:
        raise FilesRefused(problems[0].detail, problems=problems)
    return kept


def _refusal(name: str, file: Upload) -> str:
    if not file.size:
        return _("%(name)s is empty.") % {"name": name}
    if file.size > MOST_FILE:
        return _("%(name)s is larger than %(most)s MB.") % {"name": name, "most": MOST_FILE // _MIB}
    return _("%(name)s cannot be kept. Pictures, films, sound and PDF files can.") % {"name": name}


def _plain(name: str) -> str:
    """The name as one line without a folder; browsers of old sent whole paths."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(sign for sign in last if sign.isprintable())[:150] or "file"
