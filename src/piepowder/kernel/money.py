"""How many digits the minor unit of a currency has (ISO 4217)."""

from __future__ import annotations

from typing import Final

_WITHOUT: Final = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"} | {"PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"}
)
_THREE: Final = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def minor_digits(currency: str) -> int:
    """2 for euros and cents, 0 for yen, 3 for dinars."""
    return 0 if currency in _WITHOUT else 3 if currency in _THREE else 2
