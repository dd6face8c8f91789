"""Values as the cells of a table that leaves as text."""

from __future__ import annotations

from datetime import UTC, datetime

# What a spreadsheet takes for the beginning of a formula; the wide signs are those of Chinese and Japanese keyboards.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def cell(value: object) -> str:
    """``value`` as text that no spreadsheet takes for a formula; times in UTC."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
