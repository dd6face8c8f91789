"""The listings of the study."""

from __future__ import annotations

import orjson


def listing(external_id: str) -> bytes:
    """One listing as a line of JSON."""
    return orjson.dumps(
        {
            "kind": "listing",
            "id": external_id,
            "market": "DE",
            "language": "de",
            "seller": f"S{hash_of(external_id) % 50}",
            "content": {
                "title": f"Ledertasche {external_id}",
                "description": "Handgenähte Tasche aus pflanzlich gegerbtem Leder.",
                "price": {"amount": 4990, "currency": "EUR"},
                "category": "bags",
            },
        }
    )


def hash_of(text: str) -> int:
    """A small stable number for a text (Python's own hash changes from run to run)."""
    return sum(ord(letter) * (place + 1) for place, letter in enumerate(text))
