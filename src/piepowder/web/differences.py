"""What one version of an item says otherwise than another: field by field, in long texts word by word."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from piepowder.web.item_words import label, spoken

_TOKENS = re.compile(r"[\u3400-\u9fff]|\w+|\s+|.", re.DOTALL)
_MOST_WORK: Final = 1_500_000
"""Tokens of one side times tokens of the other; beyond, the stretch that differs is shown as a whole."""
_KEEP: Final = 90
"""Of a long stretch that both versions share, so many characters stay at each end."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; ``changed`` means gone on the older side and new on the newer one."""

    text: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Change:
    label: str
    before: tuple[Piece, ...]
    after: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """From the version ``number`` on; ``judged`` when that is the one decided last. Media by digest."""

    number: int
    judged: bool
    changes: tuple[Change, ...] = ()
    media_gone: tuple[str, ...] = ()
    media_new: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.changes) + len(self.media_gone) + len(self.media_new)


_MEDIA = frozenset({"images", "thumbnails", "video", "logo", "file", "evidence"})


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What the newer version says otherwise, field by field. Media are compared by their bytes, not here."""
    flat_before, flat_after = _flat(before), _flat(after)
    names = [*flat_after, *(name for name in flat_before if name not in flat_after)]
    found = []
    for name in names:
        old, new = flat_before.get(name), flat_after.get(name)
        if old == new or name in _MEDIA:
            continue
        pieces = compared(_or_dash(name, old), _or_dash(name, new))
        found.append(Change(label(name), *pieces))
    return found


def media_changes(before: Sequence[str], after: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Digests that are gone and digests that are new, in their order."""
    gone = tuple(dict.fromkeys(one for one in before if one and one not in after))
    return gone, tuple(dict.fromkeys(one for one in after if one and one not in before))


def compared(before: str, after: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both texts in pieces, what only one of them has marked; long stretches in common are shortened in the middle."""
    old, new = _TOKENS.findall(before), _TOKENS.findall(after)
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    left, right = _Side(), _Side()
    for side in (left, right):
        side.add("".join(old[:head]), changed=False)
    if len(middle_old) * len(middle_new) > _MOST_WORK:
        left.add("".join(middle_old), changed=True)
        right.add("".join(middle_new), changed=True)
    else:
        matcher = SequenceMatcher(None, middle_old, middle_new, autojunk=False)
        for tag, i1, i2, j1, j2 in matcher.get_opcodes():
            left.add("".join(middle_old[i1:i2]), changed=tag != "equal")
            right.add("".join(middle_new[j1:j2]), changed=tag != "equal")
    for side in (left, right):
        side.add("".join(old[len(old) - tail :]) if tail else "", changed=False)
    return left.pieces(), right.pieces()


class _Side:
    """One side as it grows; neighbours of one sort become one piece."""

    def __init__(self) -> None:
        self._grown: list[tuple[str, bool]] = []

    def add(self, text: str, *, changed: bool) -> None:
        if not text:
            return
        # A blank between two changed words would cut the mark in two.
        if not changed and text.isspace() and self._grown and self._grown[-1][1]:
            changed = True
        if self._grown and self._grown[-1][1] == changed:
            text = self._grown.pop()[0] + text
        self._grown.append((text, changed))

    def pieces(self) -> tuple[Piece, ...]:
        last = len(self._grown) - 1
        return tuple(
            Piece(text if changed else _shortened(text, at == 0, at == last), changed)
            for at, (text, changed) in enumerate(self._grown)
        )


def _shortened(text: str, is_first: bool, is_last: bool) -> str:
    if len(text) <= 3 * _KEEP or (is_first and is_last):
        return text
    head = "" if is_first else text[:_KEEP]
    tail = "" if is_last else text[-_KEEP:]
    return f"{head} … {tail}"


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    for index, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return index
    return min(len(one), len(other))


def _flat(content: Mapping[str, Any]) -> dict[str, Any]:
    attributes = content.get("attributes")
    more = attributes.items() if isinstance(attributes, Mapping) else ()
    return {name: value for name, value in [*content.items(), *more] if name != "attributes"}


def _or_dash(name: str, value: Any) -> str:
    return "–" if value is None else spoken(name, value)
