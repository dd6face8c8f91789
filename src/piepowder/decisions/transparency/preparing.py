"""What the database makes of a request before it judges it, and how its language reads JSON values.

Its validator is written in PHP, where an empty object is an empty list, ``false`` is written as nothing, and a number that
is asked for its length is measured as it would be printed. A client that wants the same verdict must count the same way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_LARGEST_WHOLE: Final = 2**63 - 1
# White space in the sense of Unicode, zero bytes, and the three invisible marks that are trimmed like it.
_PADDING: Final = r"[\s\x00\ufeff\u200b\u200e]+"
_ENDS: Final = re.compile(rf"\A{_PADDING}|{_PADDING}\Z")


def prepared(value: Any) -> Any:
    """Strings trimmed, blank ones as null, at any depth."""
    if isinstance(value, str):
        return trimmed(value) or None
    if isinstance(value, Mapping):
        return {key: prepared(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [prepared(one) for one in value]
    return value


def trimmed(text: str) -> str:
    """Without the white space around it."""
    return _ENDS.sub("", text)


def fields_of(value: Any) -> dict[str, Any]:
    """The prepared fields of a body; anything that is not an object has none."""
    return prepared(value) if isinstance(value, Mapping) else {}


def members(value: Any) -> list[Any] | None:
    """The values of a list, or of an object, which counts as one; ``None`` for anything else."""
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list) else None


def filled(value: Any) -> bool:
    """Whether something is there at all; ``false`` and zero are something."""
    if value is None or (isinstance(value, str) and not trimmed(value)):
        return False
    inside = members(value)
    return inside is None or bool(inside)


def printed(value: Any) -> str:
    """A scalar as it would be printed there."""
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    if isinstance(value, int):
        return str(value) if -_LARGEST_WHOLE - 1 <= value <= _LARGEST_WHOLE else _exponent(float_of(value))
    if isinstance(value, float):
        return _exponent(value)
    return str(value)


def float_of(value: int) -> float:
    """The nearest floating number, however large."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _exponent(value: float) -> str:
    """Fourteen significant digits, the mantissa of an exponent always with a point."""
    text = f"{value:.14G}"
    mantissa, letter, exponent = text.partition("E")
    if not letter:
        return text
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{exponent[0]}{exponent[1:].lstrip('0')}"


def size(value: Any) -> int:
    """What a length limit measures: characters, or the members of a list."""
    inside = members(value)
    return len(inside) if inside is not None else len(printed(value))
