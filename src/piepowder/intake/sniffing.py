"""What a file is, judged by its own first bytes, and how large its picture is.

What the sender calls it counts for nothing: a web page that is called a picture would run in a reviewer's browser.
"""

from __future__ import annotations

import struct
from typing import IO

from PIL import Image, UnidentifiedImageError

HEAD_BYTES = 4_096
MOST_PIXELS = 80_000_000
"""A browser unpacks a picture to four bytes for each pixel."""

_PICTURES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP", "image/avif": "AVIF"}
_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heic",
    b"qt  ": "video/quicktime",
}
CONTENT_TYPES = frozenset(
    {*_PICTURES, *_BRANDS.values(), "video/mp4", "video/webm", "audio/mpeg", "audio/mp4", "application/pdf"}
)
"""Everything that is kept; pages, scripts and vector pictures are not among it."""


class TooManyPixels(ValueError):
    """The picture would take more memory to show than it is worth."""


def content_type_of(head: bytes) -> str:
    """The type that the first bytes show, or an empty text for anything that is not kept."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return _BRANDS.get(brand, "audio/mp4" if brand == b"M4A " else "video/mp4")
    if head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head[:64]:
        return "video/webm"
    if head.startswith(b"ID3") or (len(head) > 2 and head[0] == 0xFF and head[1] in (0xFB, 0xF3, 0xF2)):
        return "audio/mpeg"
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    return ""


def picture_size(file: IO[bytes], content_type: str) -> tuple[int, int] | None:
    """Width and height from the picture's header, without unpacking it; ``None`` for what is no readable picture.

    Raises ``TooManyPixels``.
    """
    if content_type not in _PICTURES:
        return None
    file.seek(0)
    # Pillow makes room for the whole canvas of a WebP as soon as it opens one, so that its size is read here.
    size = _webp_size(file.read(30)) if content_type == "image/webp" else _pillow_size(file, _PICTURES[content_type])
    if size is not None and size[0] * size[1] > MOST_PIXELS:
        raise TooManyPixels(f"{size[0]} × {size[1]} pixels")
    return size


def _pillow_size(file: IO[bytes], form: str) -> tuple[int, int] | None:
    file.seek(0)
    try:
        with Image.open(file, formats=[form]) as picture:
            return picture.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixels("far too many pixels") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, struct.error, KeyError):
        # A broken file is kept as it is: that it is broken may be what a case is about.
        return None


def _webp_size(head: bytes) -> tuple[int, int] | None:
    if len(head) < 30:
        return None
    chunk = head[12:16]
    if chunk == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if chunk == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 ":
        width, height = struct.unpack("<HH", head[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None
