"""Pictures, films and documents: brought by upload, fetched by digest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Annotated

from django.conf import settings
from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from django.utils import timezone
from ninja import Path, Router

from piepowder.access.visibility import require
from piepowder.api.auth import READING, WRITING, caller
from piepowder.api.bodies import TooLarge, stream
from piepowder.api.contract import answer_shape, contract
from piepowder.intake.media import MediaRefused, NoSuchMedia, open_media
from piepowder.intake.operations import store_upload
from piepowder.intake.queries import media_seen_by
from piepowder.kernel.permissions import Permission

router = Router(tags=["media"])
_CHUNK = 64 * 1024
_RECEIPT = {
    "type": "object",
    "required": ["digest", "content_type", "size", "width", "height"],
    "properties": {
        "digest": {"type": "string", "description": "SHA-256 in hex; cite it in content as `sha256:<digest>`"},
        "content_type": {"type": "string", "description": "as read from the bytes"},
        "size": {"type": "integer"},
        "width": {"type": ["integer", "null"]},
        "height": {"type": ["integer", "null"]},
    },
}


@router.post(
    "/media",
    auth=WRITING,
    response={201: None},
    url_name="upload_media",
    summary="Upload a picture, film or document",
    **contract(
        "upload_media",
        permission=Permission.MEDIA_UPLOAD,
        repeating="The same bytes are stored once and give the same answer.",
        refuses=(TooLarge, MediaRefused),
        more={
            "requestBody": {
                "required": True,
                "description": "the bytes themselves; their type is read from them, not from a header",
                "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
            },
            "responses": {201: answer_shape("Stored", _RECEIPT)},
        },
    ),
)
def upload_media(request: HttpRequest) -> JsonResponse:
    """Keep a file, read bit by bit, so that an item can name it in its content."""
    told = request.META.get("CONTENT_LENGTH") or "0"
    if told.isdigit() and int(told) > settings.MEDIA_LIMIT_BYTES:
        raise TooLarge(f"a file has at most {settings.MEDIA_LIMIT_BYTES // 2**20} MiB")
    stored = store_upload(actor=caller(request), content=stream(request), at=timezone.now())
    receipt = {
        "digest": stored.digest,
        "content_type": stored.content_type,
        "size": stored.size,
        "width": stored.width,
        "height": stored.height,
    }
    return JsonResponse(receipt, status=201)


@router.get(
    "/media/{digest}",
    auth=READING,
    response={200: None},
    url_name="media",
    summary="One file",
    **contract(
        "read_media",
        permission=Permission.ITEM_VIEW,
        refuses=(NoSuchMedia,),
        more={
            "responses": {
                200: answer_shape("The bytes", {"type": "string", "format": "binary"}, "application/octet-stream")
            }
        },
    ),
)
def read_media(request: HttpRequest, digest: Annotated[str, Path(pattern="^[0-9a-f]{64}$")]) -> StreamingHttpResponse:
    """A stored file, for callers who may see an item that has it."""
    actor = caller(request)
    require(actor, Permission.ITEM_VIEW)
    stored = media_seen_by(actor, digest)
    response = StreamingHttpResponse(_pieces(open_media(digest)), content_type=stored.content_type)
    response["Content-Length"] = str(stored.size)
    # Whatever a seller uploaded is saved, never run, in a browser that follows a link here.
    response["Content-Disposition"] = f'attachment; filename="{digest[:16]}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_CHUNK):
            yield piece
