"""Pictures, films and documents: kept by their digests, so that evidence outlives the seller's deletion."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.intake.guard import Fetched, NotTaken, Unreachable, save
from piepowder.intake.models import Item, ItemMedia, Moment, StoredMedia
from piepowder.intake.sniffing import TooManyPixels, picture_size
from piepowder.intake.states import Kind
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.errors import NotFound, Refused
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record


class MediaRefused(Refused):
    code = "media_refused"


class NoSuchMedia(NotFound):
    code = "no_such_media"


def store_upload(*, actor: Actor, content: bytes | IO[bytes], at: datetime) -> StoredMedia:
    """Keep an uploaded file and return its row; the same bytes again are the same row.

    The type is read from the bytes. Raises ``MediaRefused`` when it is not kept or the file is too large.
    """
    require(actor, Permission.MEDIA_UPLOAD)
    try:
        fetched = save(_chunks(content), folder=incoming_folder(), most_bytes=settings.MEDIA_LIMIT_BYTES)
        width, height = keep(fetched)
    except (NotTaken, Unreachable) as error:
        raise MediaRefused(str(error)) from error
    with transaction.atomic():
        stored, is_new = stored_row(fetched, width, height, at)
        if is_new:
            about = {"subject_kind": "media", "subject_id": stored.digest}
            record(actor=actor, at=at, verb="media.upload", **about, size=stored.size, content_type=stored.content_type)
    return stored


@transaction.atomic
def reveal_media(*, actor: Actor, item_id: UUID, digest: str, at: datetime) -> StoredMedia | None:
    """Record that ``actor`` looked at a picture or film of an item, which was hidden until then; of a livestream that is not
    kept there is no ``digest``, and nothing is returned.

    Raises ``NoSuchMedia`` when the item never had it, ``NotPermitted`` when the item is not theirs to see.
    """
    item = Item.objects.filter(id=item_id).first()
    if item is not None:
        require(actor, Permission.ITEM_VIEW, Place(market=item.market, language=item.language))
    if not digest and item is not None and item.kind == Kind.LIVESTREAM:
        record(actor=actor, at=at, verb="media.reveal", subject_kind="item", subject_id=item_id, media="")
        return None
    uses = ItemMedia.objects.filter(snapshot__item_id=item_id, stored_id=digest).select_related("stored")
    moments = Moment.objects.filter(item_id=item_id, stored_id=digest).select_related("stored")
    use = uses.order_by("-id").first() or moments.first()
    if use is None or use.stored is None:
        raise NoSuchMedia(_("this item has no such picture, film or document"))
    record(actor=actor, at=at, verb="media.reveal", subject_kind="item", subject_id=item_id, media=digest)
    return use.stored


def open_media(digest: str) -> IO[bytes]:
    """The stored bytes, open for reading; whoever serves them has asked ``queries.media_seen_by`` before."""
    try:
        return default_storage.open(storage_name(digest), "rb")
    except FileNotFoundError as error:
        raise NoSuchMedia(_("the stored file is missing")) from error


def keep(fetched: Fetched) -> tuple[int | None, int | None]:
    """Move a fetched file into the storage under its digest, at once and whole; its width and height, if a picture.

    A file that is there already is left alone. Raises ``NotTaken`` for a picture too large to show. The temporary file is
    gone afterwards.
    """
    try:
        with fetched.path.open("rb") as file:
            try:
                size = picture_size(file, fetched.content_type)
            except TooManyPixels as error:
                raise NotTaken(f"the picture is too large to show: {error}") from error
        name = storage_name(fetched.digest)
        if not default_storage.exists(name):
            with _Movable(fetched.path) as movable:
                saved = default_storage.save(name, movable)
            if saved != name:
                # Somebody stored the same bytes in the meantime, and the storage found another name for ours.
                default_storage.delete(saved)
    finally:
        fetched.path.unlink(missing_ok=True)
    return size or (None, None)


def stored_row(fetched: Fetched, width: int | None, height: int | None, at: datetime) -> tuple[StoredMedia, bool]:
    """The row of the stored file, and whether it is new."""
    return StoredMedia.objects.get_or_create(
        digest=fetched.digest,
        defaults={
            "content_type": fetched.content_type,
            "size": fetched.size,
            "width": width,
            "height": height,
            "stored_at": at,
        },
    )


def storage_name(digest: str) -> str:
    """Where the storage holds a file."""
    return f"{digest[:2]}/{digest[2:4]}/{digest}"


def incoming_folder() -> Path:
    """Where files are put together: beside the storage when that is a folder, so that moving one in is one step."""
    with suppress(NotImplementedError):
        return Path(default_storage.path("incoming"))
    return Path(tempfile.gettempdir()) / "piepowder-incoming"


class _Movable(File):  # type: ignore[type-arg]  # generic to the type checker only
    """A file that a storage in a folder takes by moving it, as it does with Django's own uploads."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.open("rb"), name=path.name)
        self._path = path

    def temporary_file_path(self) -> str:
        return str(self._path)


def _chunks(content: bytes | IO[bytes] | Any) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    while chunk := content.read(64 * 1024):
        yield chunk
