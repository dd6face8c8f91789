"""Pictures, films and documents of items, given only to those who may see an item that has them; and marks in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.intake.media import open_media
from piepowder.intake.queries import media_seen_by
from piepowder.kernel.errors import Malformed
from piepowder.review.marks import add_mark, marks_in, remove_mark
from piepowder.review.queries import console_case

_CHUNK = 64 * 1024
# What a browser shows as a picture or film and cannot run; everything else is only ever saved.
_SHOWN = {
    "image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/bmp",
    "video/mp4", "video/webm", "video/ogg", "video/quicktime",
    "audio/mpeg", "audio/ogg", "audio/wav",
}  # fmt: skip
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


@screen("POST")
def mark_add(request: HttpRequest, lease_id: UUID) -> HttpResponse:
    """Mark a place in a film or stream of the case in hand; answers with all its marks."""
    actor, now = actor_of(request), timezone.now()
    typed = request.POST
    add_mark(
        actor=actor,
        lease_id=lease_id,
        at=now,
        at_ms=_milliseconds(typed.get("at_ms", "")),
        media=typed.get("media", ""),
        text=typed.get("text", ""),
    )
    return _marks(request, lease_id)


@screen("POST")
def mark_remove(request: HttpRequest, lease_id: UUID, mark_id: UUID) -> HttpResponse:
    """Take one's own mark away; answers with those that are left."""
    remove_mark(actor=actor_of(request), mark_id=mark_id, at=timezone.now())
    return _marks(request, lease_id)


def _marks(request: HttpRequest, lease_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    case = console_case(actor, lease_id, now=timezone.now())
    return render(request, "web/console/_marks.html", {"marks": marks_in(actor, case.item_id), "lease_id": lease_id})


def _milliseconds(typed: str) -> int:
    if not typed.isascii() or not typed.isdigit() or len(typed) > 12:
        raise Malformed(_("a mark needs a place in the film"))
    return int(typed)


@screen()
def media(request: HttpRequest, digest: str) -> HttpResponseBase:
    """The bytes of one digest, whole or the range asked for (RFC 9110, one range at a time)."""
    stored = media_seen_by(actor_of(request), digest)
    if request.headers.get("If-None-Match") == f'"{digest}"':
        return _labelled(HttpResponse(status=304), stored.content_type, digest)
    asked = _asked(request.headers.get("Range", ""), stored.size)
    if asked is not None and asked[0] >= stored.size:
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{stored.size}"
        return _labelled(response, stored.content_type, digest)
    first, last = asked or (0, stored.size - 1)
    part = _Part(open_media(digest), first, last - first + 1)
    answer = StreamingHttpResponse(part, status=206 if asked else 200, content_type=stored.content_type)
    answer["Content-Length"] = str(last - first + 1)
    if asked:
        answer["Content-Range"] = f"bytes {first}-{last}/{stored.size}"
    return _labelled(answer, stored.content_type, digest)


def _labelled(response: HttpResponseBase, content_type: str, digest: str) -> HttpResponseBase:
    disposition = "inline" if content_type in _SHOWN else "attachment"
    response["Content-Disposition"] = f'{disposition}; filename="{digest[:16]}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, max-age=3600"
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = f'"{digest}"'
    return response


def _asked(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte wanted; ``None`` for the whole, also when the range cannot be read."""
    found = _RANGE.fullmatch(header.strip())
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        return max(0, size - int(last)), size - 1
    end = min(int(last), size - 1) if last else size - 1
    return None if last and int(last) < int(first) else (int(first), end)


class _Part:
    """``count`` bytes of ``file`` from ``first`` on; closes the file also when nobody reads it to the end."""

    def __init__(self, file: IO[bytes], first: int, count: int) -> None:
        self._file, self._left = file, count
        file.seek(first)

    def __iter__(self) -> Iterator[bytes]:
        while self._left > 0 and (chunk := self._file.read(min(_CHUNK, self._left))):
            self._left -= len(chunk)
            yield chunk

    def close(self) -> None:
        self._file.close()
