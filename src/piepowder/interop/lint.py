"""Looking for personal data in what would be published (DSA Art. 24(5)); pure functions on texts.

A finding says where something stands and what it looks like, never what it is: findings are stored and shown to people who
need not see the words.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from stdnum import iban

FREE_TEXTS: Final = (
    "decision_visibility_other",
    "decision_monetary_other",
    "illegal_content_legal_ground",
    "illegal_content_explanation",
    "incompatible_content_ground",
    "incompatible_content_explanation",
    "category_specification_other",
    "content_type_other",
    "decision_facts",
)
_SHORTEST_NAME: Final = 4
_SHORTEST_ACCOUNT: Final = 15

_EMAIL: Final = re.compile(r"[\w.+-]+(?:@|\s?(?:\(at\)|\[at\])\s?)[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_IBAN: Final = re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{2,4}){3,8}\b", re.IGNORECASE)
# A country prefix, or a number that is announced as one: other long numbers are product codes, laws, prices.
_PHONE: Final = re.compile(
    r"(?<![\w+])\+\(?[1-9](?:[\s().\-/]{0,2}[0-9]){7,14}(?![0-9])"
    r"|(?<!\w)00[1-9](?:[\s().\-/]{0,2}[0-9]){7,13}(?![0-9])"
)
_ANNOUNCED_PHONE: Final = re.compile(
    r"(?:\b(?:tel|fon|phone|mobile|mobil|whats ?app|telefon|telefono|teléfono|téléphone|handy)\b|电话|手机|微信)"
    r"[^0-9\n]{0,20}((?:[\s().\-/]{0,2}[0-9]){6,15})",
    re.IGNORECASE,
)
_HANDLE: Final = re.compile(r"(?<![\w@.])@[A-Za-z_][\w.]{2,39}(?!@)")
_ANNOUNCED_HANDLE: Final = re.compile(
    r"(?:\b(?:telegram|wechat|weixin|snapchat|instagram|skype|line id|signal)\b|微信|电报)"
    r"\s*(?:id|号)?\s*[:：=]\s*([\w.@-]{4,40})",
    re.IGNORECASE,
)
_PROFILE: Final = re.compile(
    r"(?:https?://)?(?:www\.|m\.)?(?:facebook|instagram|tiktok|twitter|x|vk|linkedin|snapchat|youtube|weibo|douyin)\.com/"
    r"(?:in/|u/|user/|add/|@|profile\.php\?id=)?[\w.@-]{3,}"
    r"|(?:https?://)?(?:t\.me|wa\.me|telegram\.me|line\.me|bsky\.app/profile|linktr\.ee)/[\w.@+~/-]{3,}",
    re.IGNORECASE,
)
_ORDER: Final = re.compile(
    r"(?:\b(?:order|bestellung|bestellnummer|auftrag|commande|pedido|ordine|zamówieni[ea])\b|订单)"
    r"\s*(?:no\.?|nr\.?|number|id|nummer|numéro|n°|núm\.?|numero|号|编号)?\s*[:：#]?\s*#?"
    r"((?=[A-Z0-9-]*[0-9])[A-Z0-9][A-Z0-9-]{5,39})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something that looks like personal data: characters ``start`` to ``end`` of the field."""

    field: str
    start: int
    end: int
    kind: str


def findings(
    payload: Mapping[str, Any], *, names: Collection[str] = (), organisations: Collection[str] = ()
) -> tuple[Finding, ...]:
    """What in a statement looks like personal data, by field and place.

    ``names`` are those under which the seller is registered; ``organisations`` those that may stand as the source of a
    notice, because they are bodies and not people.
    """
    found: set[Finding] = set()
    for field in FREE_TEXTS:
        text = payload.get(field)
        if isinstance(text, str):
            found |= {Finding(field, start, end, kind) for kind, start, end in _in_text(text, names)}
    identity = payload.get("source_identity")
    if isinstance(identity, str) and identity.strip():
        known = {name.strip().casefold() for name in organisations}
        if identity.strip().casefold() not in known:
            found.add(Finding("source_identity", 0, len(identity), "source_identity"))
    return tuple(sorted(found))


def _in_text(text: str, names: Collection[str]) -> Iterator[tuple[str, int, int]]:
    """The surest kinds first; what lies within something already found is not told twice."""
    taken: list[tuple[int, int]] = []
    for kind, start, end in _all_in(text, names):
        if not any(start < other_end and other_start < end for other_start, other_end in taken):
            taken.append((start, end))
            yield kind, start, end


def _all_in(text: str, names: Collection[str]) -> Iterator[tuple[str, int, int]]:
    for found in _IBAN.finditer(text):
        length = _account_in(found[0])
        if length:
            yield "iban", found.start(), found.start() + length
    for kind, pattern in (
        ("email", _EMAIL),
        ("profile", _PROFILE),
        ("order", _ORDER),
        ("phone", _PHONE),
        ("phone", _ANNOUNCED_PHONE),
        ("handle", _HANDLE),
        ("handle", _ANNOUNCED_HANDLE),
    ):
        for found in pattern.finditer(text):
            start, end = found.span(1 if found.re.groups else 0)
            yield kind, start, end
    for name in names:
        if len(name.strip()) >= _SHORTEST_NAME or not name.isascii():
            for found in _as_words(name).finditer(text):
                yield "name", *found.span()


def _account_in(text: str) -> int:
    """How much of the text is an account number, which may be followed by words that look like its next groups."""
    while len(text) >= _SHORTEST_ACCOUNT:
        if iban.is_valid(text, check_country=False):
            return len(text)
        text = text.rpartition(" ")[0]
    return 0


def _as_words(name: str) -> re.Pattern[str]:
    """The name as it would be written, whatever the case and the spaces."""
    inside = r"\s+".join(re.escape(word) for word in name.split())
    return re.compile(rf"(?<!\w){inside}(?!\w)" if name.strip().isascii() else inside, re.IGNORECASE)
