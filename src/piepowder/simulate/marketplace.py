"""The marketplace: sellers come and stay, items arrive one after another, a ring of fraudsters strikes in the third week."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from piepowder.simulate import gallery as shown
from piepowder.simulate.chance import Chance
from piepowder.simulate.gallery import Gallery
from piepowder.simulate.goods import Named, listing_content, named
from piepowder.simulate.outside import Complaint, complaint, detections
from piepowder.simulate.sellers import Business, business, document_content, seller_content
from piepowder.simulate.speech import claim_content, livestream_content, text_content, video_content
from piepowder.simulate.vocabulary import Market, markets, words
from piepowder.simulate.wrongs import Pretext, Wrong, draw_code, lookalike, plant, pretext

SHARES = {
    "seller": 0.08,
    "listing": 0.50,
    "short_video": 0.13,
    "livestream": 0.05,
    "text": 0.13,
    "document": 0.06,
    "ip_claim": 0.05,
}
"""How many of the items are of which kind."""

WAVE = "empty-boxes"
WAVE_CODES = {"F-1": 0.55, "O-1": 0.35, "F-2": 0.10}
WAVE_SELLERS = 9
_WAVE_MARKETS = ("DE", "FR", "IT")


@dataclass(frozen=True, slots=True)
class Arriving:
    """One submission as it comes in, with what is really true of it."""

    raw: dict[str, Any]
    code: str
    """The policy it breaks; empty when it breaks none."""
    lookalike_of: str
    facts: str
    """What a reviewer who looks at it can write down, in its language."""
    wave: str
    complaint: Complaint | None

    @property
    def key(self) -> tuple[str, str]:
        return self.raw["kind"], self.raw["id"]


@dataclass(slots=True)
class Marketplace:
    """Makes items in the order of their arrival; equal seeds make equal items."""

    chance: Chance
    gallery: Gallery
    sellers: dict[str, list[Business]] = field(default_factory=dict)
    listings: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Recent listings by market, as (id, seller)."""
    ring: list[Business] = field(default_factory=list)
    series: str = ""
    """Stands in every id, so that two marketplaces on one database do not speak of each other's items."""
    _numbers: dict[str, int] = field(default_factory=dict)

    def next_item(self, at: datetime, *, wave: bool = False) -> Arriving:
        """What arrives at ``at``; ``wave`` asks for the next stroke of the ring."""
        if wave:
            return self._stroke(at)
        chance = self.chance
        market = chance.weighted(markets(), [one.share for one in markets()])
        known = self.sellers.setdefault(market.code, [])
        kind = chance.weighted(tuple(SHARES), tuple(SHARES.values()))
        if len(known) < 3:
            kind = "seller"
        if kind == "seller":
            return self._seller(market, at)
        if kind == "ip_claim" and not self.listings.get(market.code):
            kind = "listing"
        return self._made(kind, chance.pick(known), at, code=draw_code(kind, chance=chance, market=market))

    def on_air(self, at: datetime, code: str, breaks: str) -> tuple[Arriving, Arriving]:
        """A new seller in the market ``code`` and a stream of theirs that is on; ``breaks`` is a policy, or nothing."""
        market = next(one for one in markets() if one.code == code)
        seller = self._seller(market, at)
        return seller, self._made("livestream", self.sellers[code][-1], at, code=breaks)

    def changed(self, raw: dict[str, Any], submission: str, at: datetime) -> dict[str, Any]:
        """A later submission about an item: a new price and a note when it is updated, nothing but the fact otherwise."""
        later = {name: value for name, value in raw.items() if name not in ("content", "detections")}
        later["submission"] = submission
        later["occurred_at"] = at.isoformat()
        if submission == "updated":
            content = dict(raw["content"])
            content["price"] = {**content["price"], "amount": round(content["price"]["amount"] * 0.93)}
            later["content"] = content
        return later

    def _seller(self, market: Market, at: datetime, *, ring: str = "") -> Arriving:
        chance, ref = self.chance, self._number("S")
        like = self.ring[0] if ring and self.ring else None
        one = business(ref, chance=chance, market=market, ring=ring, like=like)
        (self.ring if ring else self.sellers.setdefault(market.code, [])).append(one)
        code = "" if ring else draw_code("seller", chance=chance, market=market)
        wrong = plant(code, chance=chance, language=market.language, name=one.name) if code else None
        logo = self.gallery.picture(shown.seller_logo(chance))
        joined_on = (at - timedelta(days=chance.whole(0, 3 if ring else 900))).date()
        content = seller_content(one, chance=chance, wrong=wrong, logo=logo, joined_on=joined_on)
        return self._arriving("seller", ref, one, content, wrong, "", "", at)

    def _made(self, kind: str, seller: Business, at: datetime, *, code: str, wave: str = "") -> Arriving:
        chance, language = self.chance, seller.market.language
        dress = pretext(code, chance=chance) if code else Pretext(0)
        key = dress.product if kind == "listing" else ""
        what = named(chance=chance, language=language, famous=code == "C-1.1", key=key)
        wrong = plant(code, chance=chance, language=language, name=what.name, number=dress.number) if code else None
        like_code, like = ("", "") if wrong else lookalike(kind, chance=chance, language=language)
        ref = self._number(kind[0].upper() if kind != "listing" else "L")
        content = self._content(kind, what, seller, at, wrong, like)
        if kind == "listing":
            recent = self.listings.setdefault(seller.market.code, [])
            recent.append((ref, seller.ref))
            del recent[:-400]
        sign = wrong.title if wrong and wrong.title else wrong.says if wrong else like
        return self._arriving(kind, ref, seller, content, wrong, like_code, sign, at, wave=wave)

    def _content(
        self, kind: str, what: Named, seller: Business, at: datetime, wrong: Wrong | None, like: str
    ) -> dict[str, Any]:
        chance, gallery = self.chance, self.gallery
        if kind == "listing":
            images = [gallery.picture(one) for one in shown.goods_pictures(what, wrong=wrong, chance=chance)]
            return listing_content(what, chance=chance, seller=seller, wrong=wrong, lookalike=like, images=images)
        if kind == "text":
            near = self._some_listings(seller.market, 1)
            about = ("listing", near[0]) if near else None
            language = seller.market.language
            return text_content(chance=chance, language=language, wrong=wrong, lookalike=like, about=about)
        if kind == "document":
            picture = gallery.picture(shown.paper(wrong=wrong, chance=chance, portrait=chance.happens(0.3)))
            issued_on = (at - timedelta(days=chance.whole(20, 1_200))).date()
            return document_content(seller, chance=chance, wrong=wrong, picture=picture, issued_on=issued_on)
        if kind == "ip_claim":
            evidence = gallery.picture(shown.paper(wrong=None, chance=chance))
            against = self._some_listings(seller.market, chance.whole(1, 3))
            language = seller.market.language
            return claim_content(chance=chance, language=language, wrong=wrong, against=against, evidence=evidence)
        film, thumbnail = gallery.film(chance)
        promotes = self._some_listings(seller.market, 1) if chance.happens(0.6) else []
        if kind == "short_video":
            return video_content(
                what, chance=chance, seller=seller, wrong=wrong, lookalike=like, video=film, thumbnail=thumbnail,
                promotes=promotes,
            )  # fmt: skip
        return livestream_content(
            what, chance=chance, seller=seller, wrong=wrong, lookalike=like, stream=film, thumbnail=thumbnail,
            promotes=promotes, started_at=at - timedelta(minutes=chance.whole(1, 90)),
        )  # fmt: skip

    def _stroke(self, at: datetime) -> Arriving:
        """A new shop of the ring first, then its offers: consoles at half price that never come."""
        chance = self.chance
        if len(self.ring) < WAVE_SELLERS and (len(self.ring) < 2 or chance.happens(0.12)):
            code = chance.pick(_WAVE_MARKETS)
            return self._seller(next(one for one in markets() if one.code == code), at, ring=WAVE)
        code = chance.weighted(tuple(WAVE_CODES), tuple(WAVE_CODES.values()))
        return self._made("listing", chance.pick(self.ring), at, code=code, wave=WAVE)

    def _arriving(
        self, kind: str, ref: str, seller: Business, content: dict[str, Any], wrong: Wrong | None, like_code: str,
        sign: str, at: datetime, *, wave: str = "",
    ) -> Arriving:  # fmt: skip
        chance, market = self.chance, seller.market
        code = wrong.code if wrong else ""
        raw: dict[str, Any] = {
            "kind": kind,
            "id": ref,
            "market": market.code,
            "language": market.language,
            "content": content,
            "occurred_at": at.isoformat(),
        }
        if kind == "ip_claim":
            # Who claims is answerable for the claim, as a seller is for a listing.
            raw["seller"] = f"RH-{chance.whole(1, 24):03d}"
        elif kind != "seller":
            raw["seller"] = seller.ref
            raw["relations"] = [{"role": "sold_by", "kind": "seller", "id": seller.ref}]
        if found := detections(kind, code=code, lookalike_of=like_code, chance=chance):
            raw["detections"] = found
        told = complaint(
            kind,
            ref,
            code=code,
            lookalike_of=like_code,
            language=market.language,
            number=self._number("N"),
            chance=chance,
        )
        facts = _facts(content, wrong, sign, market.language)
        return Arriving(raw, code, like_code, facts, wave or seller.ring, told)

    def _some_listings(self, market: Market, count: int) -> list[str]:
        near = self.listings.get(market.code, [])
        return sorted({self.chance.pick(near)[0] for _ in range(count)}) if near else []

    def _number(self, letter: str) -> str:
        return f"{letter}{self.series}-{self._count(letter):06d}"

    def _count(self, letter: str) -> int:
        self._numbers[letter] = self._numbers.get(letter, 0) + 1
        return self._numbers[letter]


_SAYS_WHAT_IT_IS = ("title", "caption", "body", "statement", "name", "doc_type")


def _facts(content: dict[str, Any], wrong: Wrong | None, sign: str, language: str) -> str:
    """The sign in words: what is missing, whose name it is, or what stands there."""
    said = words(language)
    if wrong and wrong.missing:
        fields = ", ".join(said["fields"][name] for name in wrong.missing)
        return str(said["facts"]["missing"].format(fields=fields))
    if wrong and wrong.mismatch and "holder" in content.get("attributes", {}):
        return str(said["facts"]["mismatch"].format(holder=content["attributes"]["holder"]))
    if not sign:
        sign = next(str(content[name]) for name in _SAYS_WHAT_IT_IS if name in content)
    return str(said["facts"]["quote"].format(quote=sign[:200]))
