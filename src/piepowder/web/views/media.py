"""Pictures, films and documents of items, given only to those who may see an item that has them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.intake.media import open_media
from piepowder.intake.queries import media_seen_by

_CHUNK = 64 * 1024
# What a browser shows as a picture or film and cannot run; everything else is only ever saved.
_SHOWN = {
    "image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/bmp",
    "video/mp4", "video/webm", "video/ogg", "video/quicktime",
    "audio/mpeg", "audio/ogg", "audio/wav",
}  # fmt: skip
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@screen()
def media(request: HttpRequest, digest: str) -> HttpResponseBase:
    """The bytes of one digest, whole or the range asked for (RFC 9110, one range at a time)."""
    stored = media_seen_by(actor_of(request), digest)
    if request.headers.get("If-None-Match") == f'"{digest}"':
        return _labelled(HttpResponse(status=304), stored.content_type, digest)
    file = open_media(digest)
    asked = _asked(request.headers.get("Range", ""), stored.size)
    if asked is None:
        response = StreamingHttpResponse(_chunks(file, stored.size), content_type=stored.content_type)
        response["Content-Length"] = str(stored.size)
    elif asked[0] >= stored.size:
        file.close()
        response = StreamingHttpResponse(iter(()), status=416)
        response["Content-Range"] = f"bytes */{stored.size}"
    else:
        first, last = asked
        file.seek(first)
        response = StreamingHttpResponse(
            _chunks(file, last - first + 1), status=206, content_type=stored.content_type
        )
        response["Content-Range"] = f"bytes {first}-{last}/{stored.size}"
        response["Content-Length"] = str(last - first + 1)
    return _labelled(response, stored.content_type, digest)


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
    return int(first), min(int(last), size - 1) if last else size - 1


def _chunks(file: IO[bytes], count: int) -> Iterator[bytes]:
    with file:
        while count > 0 and (chunk := file.read(min(_CHUNK, count))):
            count -= len(chunk)
            yield chunk
