"""Lengths of time as people type them: ``4 h``, ``30 m``, ``1 d 12 h``, or a bare number of hours."""

from __future__ import annotations

import re

_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "min": 60, "s": 1}
_PIECE = re.compile(r"(\d+(?:[.,]\d+)?)\s*(d|h|min|m|s)", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


def seconds_of(text: str) -> int | None:
    """Whole seconds; ``None`` for what is no length of time."""
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return round(float(text.replace(",", ".")) * 3_600)
    if not text or _PIECE.sub("", text).strip():
        return None
    return round(sum(float(number.replace(",", ".")) * _UNITS[unit.lower()] for number, unit in _PIECE.findall(text)))


def duration_text(seconds: int) -> str:
    """What ``seconds_of`` reads as the same number: ``1 d 12 h``."""
    pieces = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            pieces.append(f"{count} {unit}")
    return " ".join(pieces) or "0 s"
