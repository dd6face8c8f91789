"""Which item somebody means who names it by its page's address, by the marketplace's id, or by both kind and id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl, unquote, urlsplit

from piepowder.access.options import chosen
from piepowder.intake.models import Item
from piepowder.intake.states import Kind

ADDRESSES = "reports.addresses"
_LONGEST_ID = 200
_ID = "{id}"
# Of several items with one id, the one that is most likely looked at on a page.
_FIRST = (Kind.LISTING, Kind.SHORT_VIDEO, Kind.LIVESTREAM, Kind.TEXT, Kind.SELLER, Kind.DOCUMENT)
_KINDS = {kind.value for kind in _FIRST}

Meant = tuple[str, str]
"""Kind (empty when it was not said) and the marketplace's id."""


def items_at(locations: Sequence[str]) -> list[Item | None]:
    """The item at each location, in their order; ``None`` where none is known. One query."""
    patterns = [text for text in chosen(ADDRESSES) if text.strip()]
    wanted = [meant_by(location, patterns) for location in locations]
    ids = {external_id for one in wanted for kind, external_id in one}
    found: dict[str, dict[str, Item]] = {}
    if ids:
        for item in Item.objects.filter(external_id__in=ids, kind__in=_KINDS).select_related("snapshot"):
            found.setdefault(item.external_id, {})[item.kind] = item
    return [_first(one, found) for one in wanted]


def meant_by(location: str, patterns: Sequence[str] = ()) -> list[Meant]:
    """What ``location`` can mean, the likeliest first.

    ``patterns`` say where items live: an address with ``{id}`` in it, and behind a space the kind if it is no listing.
    Without any, every part of an address is tried as an id, the last first. An address elsewhere means nothing.
    """
    text = location.strip()
    if not text or "\0" in text:
        return []
    if re.match(r"https?://", text, re.IGNORECASE):
        meant = _by_pattern(text, patterns) if patterns else [("", part) for part in _parts(text)]
    else:
        kind, sign, rest = text.partition(":")
        named = bool(sign) and kind.strip().lower() in _KINDS
        meant = [(kind.strip().lower(), rest.strip())] if named else [("", text)]
    return [one for one in meant if one[1] and len(one[1]) <= _LONGEST_ID]


def _by_pattern(address: str, patterns: Iterable[str]) -> list[Meant]:
    found = []
    for pattern in patterns:
        place, _space, kind = pattern.strip().partition(" ")
        before, sign, after = place.partition(_ID)
        if not sign:
            continue
        match = re.match(re.escape(before) + r"([^/?#&]+)" + re.escape(after), address, re.IGNORECASE)
        if match:
            found.append((kind.strip() if kind.strip() in _KINDS else Kind.LISTING.value, unquote(match[1])))
    return found


def _parts(address: str) -> list[str]:
    try:
        split = urlsplit(address)
    except ValueError:
        return []
    path = [unquote(part) for part in split.path.split("/") if part]
    values = [value for _name, value in parse_qsl(split.query, max_num_fields=20)] if split.query else []
    return [*reversed(path), *values][:20]


def _first(wanted: Sequence[Meant], found: dict[str, dict[str, Item]]) -> Item | None:
    for kind, external_id in wanted:
        kinds = found.get(external_id, {})
        hit = kinds.get(kind) if kind else next((kinds[one.value] for one in _FIRST if one.value in kinds), None)
        if hit is not None:
            return hit
    return None
