"""A kind of letter of the tests' own, beside those that ship."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from piepowder.correspondence import events
from piepowder.correspondence.events import LetterKind, declare
from piepowder.correspondence.models import Letter
from piepowder.correspondence.operations import (
    Recipient,
    RecipientKind,
    Words,
    load_shipped_letters,
    publish_letter_template,
    send,
)
from piepowder.kernel.actor import SYSTEM

WARNED = LetterKind(
    code="test.warned",
    label="A warning",
    recipient=RecipientKind.SELLER,
    places=("rule", "until", "how"),
    folder=Path(__file__).parent / "nowhere",
    choices={"how": ("person", "machine")},
    required=("rule",),
    example={"rule": "Seller Terms 4.2", "until": "2026-05-01", "how": "person"},
)
ENGLISH = Words(
    "A warning about {{ rule }}",
    "Dear {{ name }},\n\n{{ rule }} was broken. It counts until {{ until }}. {{ how }}\n\n{{ marketplace }}",
    {"how": {"person": "A person saw it.", "machine": "Software found it."}},
)
GERMAN = Words(
    "Verwarnung: {{ rule }}",
    "Guten Tag {{ name }},\n\n{{ rule }} wurde verletzt. Das zählt bis {{ until }}. {{ how }}",
    {"how": {"person": "Ein Mensch hat es gesehen.", "machine": "Software hat es gefunden."}},
)
VALUES = {"rule": "Seller Terms 4.2", "until": "2026-05-01", "how": "machine"}
SELLER = Recipient(RecipientKind.SELLER, "S-1", email="ann@shop.example", name="Ann", language="en")


@pytest.fixture(autouse=True)
def _kind() -> Iterator[None]:
    declare(WARNED)
    yield
    events._declared.pop(WARNED.code, None)


@pytest.fixture
def words(db: None, now: datetime) -> None:
    """What ships, and the words of the tests' own kind in two languages."""
    load_shipped_letters(actor=SYSTEM, at=now)
    for language, said in (("en", ENGLISH), ("de", GERMAN)):
        publish_letter_template(actor=SYSTEM, event=WARNED.code, language=language, words=said, at=now)


@pytest.fixture
def write(words: None, now: datetime) -> Callable[..., Letter]:
    """Write a warning to a seller; anything of it can be said otherwise."""

    def one(**changes: Any) -> Letter:
        given: dict[str, Any] = {
            "actor": SYSTEM,
            "event": WARNED.code,
            "recipient": SELLER,
            "about": ("seller", "S-1"),
            "values": VALUES,
            "at": now,
        }
        return send(**{**given, **changes})

    return one
