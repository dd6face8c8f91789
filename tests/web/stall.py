"""What only the tests of media need in the town: a film, a stream and a paper. Run as a program with their places."""

from __future__ import annotations

import io
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any


def fill(film: Path, stream: str, now: datetime) -> None:
    from piepowder.intake.operations import receive, receive_moments, store_upload
    from piepowder.intake.schemas import MomentGiven, parse_moments
    from piepowder.kernel.actor import SYSTEM
    from tests.web.town import parsed

    def kept(content: bytes) -> str:
        return f"sha256:{store_upload(actor=SYSTEM, content=content, at=now).digest}"

    def arrives(kind: str, ref: str, content: dict[str, Any]) -> None:
        raw = {"kind": kind, "id": ref, "market": "DE", "language": "en", "seller": "S-7", "content": content}
        (outcome,) = receive(actor=SYSTEM, submissions=[parsed(raw)], at=now)
        assert outcome.item_id, outcome

    started = (now - timedelta(minutes=2)).isoformat()
    arrives("livestream", "V-1", {"title": "Live sale", "stream": stream, "started_at": started})
    arrives("short_video", "F-1", {"caption": "A lamp", "video": kept(film.read_bytes())})
    arrives("document", "D-1", {"doc_type": "licence", "file": kept(_paper()), "expires_on": "2020-01-01"})
    found = {"model": "ear", "version": "1", "label": "cure", "score": 0.9, "policy": "M-1"}
    said = {"kind": "transcript", "reference": "t", "at_ms": 1_000, "text": "This lamp, it heals"}
    given = parse_moments({"moments": [said | {"detections": [found | {"spans": [{"start": 11, "end": 19}]}]}]})
    moments = [one for one in given if isinstance(one, MomentGiven)]
    receive_moments(actor=SYSTEM, kind="livestream", external_id="V-1", moments=moments, at=now)


def _paper() -> bytes:
    from PIL import Image, ImageDraw

    pages = [Image.new("RGB", (210, 297), "white") for _ in range(2)]
    for number, page in enumerate(pages, 1):
        ImageDraw.Draw(page).text((20, 20), f"Licence, page {number}", fill="black")
    out = io.BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:])
    return out.getvalue()


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "piepowder.settings")
    django.setup()
    fill(Path(sys.argv[1]), sys.argv[2], datetime.now(UTC))
