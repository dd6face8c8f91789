"""What sellers say of themselves by which two accounts can be told to be one, as keyed digests and shortened forms.

The digest compares and cannot be turned back without the installation's key; the shortened form lets a person recognise
what was compared. Nothing else of it is kept outside the seller's own snapshots.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any, Final

from django.conf import settings

from piepowder.intake.states import TraitKind

MOST_TRAITS: Final = 50
"""Of one seller; what comes after them is not compared."""

_SIGNS = re.compile(r"[\W_]+")
_ATTRIBUTES: Final[Mapping[str, TraitKind]] = {
    "device_id": TraitKind.DEVICE,
    "device_ids": TraitKind.DEVICE,
    "devices": TraitKind.DEVICE,
    "iban": TraitKind.PAYOUT,
    "payout": TraitKind.PAYOUT,
    "payout_account": TraitKind.PAYOUT,
    "payout_accounts": TraitKind.PAYOUT,
    "tax_number": TraitKind.TAX,
    "tax_id": TraitKind.TAX,
    "email": TraitKind.EMAIL,
    "emails": TraitKind.EMAIL,
    "phone": TraitKind.PHONE,
    "phones": TraitKind.PHONE,
}
"""Which of the attributes that a marketplace adds are compared, and as what."""


@dataclass(frozen=True, slots=True)
class TraitFound:
    kind: str
    digest: str
    """32 hexadecimal digits."""
    shown: str


def traits_of(content: Mapping[str, Any], key: bytes | None = None) -> tuple[TraitFound, ...]:
    """The traits in a seller's ``content``, each once, in a fixed order.

    Equal means equal to the marketplace: case, spaces and signs do not count, nor does what follows a ``+`` in the name of
    a mailbox. ``key`` defaults to one made from the installation's secret.
    """
    secret = _key(settings.SECRET_KEY) if key is None else key
    found: dict[tuple[str, str], TraitFound] = {}
    for kind, plain, shown in _plain(content):
        digest = hmac.new(secret, f"{kind}:{plain}".encode(), sha256).hexdigest()[:32]
        found.setdefault((kind, digest), TraitFound(kind, digest, shown[:80]))
    return tuple(found.values())[:MOST_TRAITS]


@cache
def _key(secret: str) -> bytes:
    return sha256(f"piepowder.intake.traits:{secret}".encode()).digest()


def _plain(content: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Kind, comparable form and shown form of everything that is long enough to tell sellers apart."""
    given: list[tuple[TraitKind, Any]] = [
        (TraitKind.EMAIL, content.get("email")),
        (TraitKind.PHONE, content.get("phone")),
        (TraitKind.TAX, content.get("vat_id")),
    ]
    registration = content.get("registration")
    if isinstance(registration, Mapping):
        # Registers number on their own, so the number alone says nothing.
        given.append((TraitKind.TAX, f"{registration.get('register', '')} {registration.get('number', '')}"))
    attributes = content.get("attributes")
    if isinstance(attributes, Mapping):
        given += [(kind, attributes[name]) for name, kind in _ATTRIBUTES.items() if name in attributes]
    for kind, value in given:
        for text in _texts(value):
            if (pair := _SHAPES[kind](text)) is not None:
                yield (kind.value, *pair)
    if (pair := _address(content.get("address"))) is not None:
        yield (TraitKind.ADDRESS.value, *pair)


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ()
    return (str(value),)


def _email(text: str) -> tuple[str, str] | None:
    name, at, host = text.strip().casefold().rpartition("@")
    mailbox = name.split("+")[0]
    return (f"{mailbox}@{host}", f"{mailbox[0]}…@{host}") if at and mailbox and host else None


def _phone(text: str) -> tuple[str, str] | None:
    digits = "".join(sign for sign in unicodedata.normalize("NFKC", text) if sign.isdecimal()).lstrip("0")
    return (digits, f"…{digits[-3:]}") if len(digits) >= 6 else None


def _number(text: str) -> tuple[str, str] | None:
    plain = _SIGNS.sub("", unicodedata.normalize("NFKC", text)).upper()
    return (plain, f"{plain[:2]}…{plain[-3:]}") if len(plain) >= 6 else None


_SHAPES: Final = {
    TraitKind.EMAIL: _email,
    TraitKind.PHONE: _phone,
    TraitKind.DEVICE: _number,
    TraitKind.PAYOUT: _number,
    TraitKind.TAX: _number,
}


def _address(value: Any) -> tuple[str, str] | None:
    """Shown as the town alone; an address without a street is no trait."""
    if not isinstance(value, Mapping) or not value.get("lines"):
        return None
    parts = [*_texts(value["lines"]), *(str(value.get(name, "")) for name in ("postcode", "city", "country"))]
    plain = " ".join(_SIGNS.sub(" ", unicodedata.normalize("NFKC", " ".join(parts))).casefold().split())
    town = ", ".join(str(value[name]) for name in ("city", "country") if value.get(name))
    return plain, town
