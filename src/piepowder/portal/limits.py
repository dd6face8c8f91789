"""How much one visit, one address or one person may ask in a minute; each web process counts its own share."""

from __future__ import annotations

import os
import time
from typing import Final

from django.utils.translation import gettext as _

from piepowder.http.keys import Bucket
from piepowder.kernel.errors import TooMany

PER_MINUTE: Final = {"open": 30, "read": 240, "write": 60, "upload": 20, "send": 6, "download": 4}
"""Opening links, by address; pages; forms; files; appeals, corrections and reports; everything in one file."""
_MOST_KEPT = 20_000

_buckets: dict[tuple[str, str], Bucket] = {}


def spend(what: str, who: str) -> None:
    """Count one ``what`` of ``who``; raises ``TooMany`` with the seconds to wait."""
    bucket = _buckets.get((what, who))
    if bucket is None:
        if len(_buckets) >= _MOST_KEPT:
            _buckets.clear()
        share = PER_MINUTE[what] / max(1, int(os.environ.get("PIEPOWDER_WORKERS", "1")))
        bucket = _buckets[what, who] = Bucket(max(2.0, share))
    wait = bucket.take(time.monotonic())
    if wait:
        raise TooMany(_("this came too often within a minute"), retry_after_s=max(1, round(wait + 0.5)))


def forget_limits() -> None:
    """Count from the beginning."""
    _buckets.clear()
