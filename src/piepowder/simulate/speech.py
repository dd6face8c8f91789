"""What is said and shown: short videos, livestreams, texts, and claims about rights."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from piepowder.simulate.chance import Chance
from piepowder.simulate.goods import Named
from piepowder.simulate.sellers import Business
from piepowder.simulate.vocabulary import famous_brands, words
from piepowder.simulate.wrongs import Wrong


def _fields(what: Named, chance: Chance) -> dict[str, str]:
    first = chance.whole(0, len(what.features) - 1)
    second = what.features[(first + 1) % len(what.features)]
    return {"brand": what.brand, "name": what.name, "feature": what.features[first], "feature2": second}


def video_content(
    what: Named, *, chance: Chance, seller: Business, wrong: Wrong | None, lookalike: str, video: str, thumbnail: str,
    promotes: list[str],
) -> dict[str, Any]:  # fmt: skip
    """A short video; the sign stands in the caption or is spoken."""
    said = words(seller.market.language)["video"]
    fields = _fields(what, chance)
    spoken = list(said["speech"])
    caption = f"{chance.pick(said['title']).format(**fields)} – {chance.pick(said['caption']).format(**fields)}"
    sign = wrong.says if wrong else lookalike
    if sign and chance.happens(0.5):
        caption = f"{caption} {sign}"
    elif sign:
        spoken.insert(chance.whole(1, len(spoken)), sign)
    content: dict[str, Any] = {
        "video": video,
        "caption": caption,
        "duration_s": float(chance.whole(8, 58)),
        "thumbnails": [thumbnail],
        "attributes": {"transcript": " ".join(spoken), "views": chance.whole(0, 40_000)},
    }
    if promotes:
        content["promotes"] = promotes
    return content


def livestream_content(
    what: Named, *, chance: Chance, seller: Business, wrong: Wrong | None, lookalike: str, thumbnail: str, stream: str,
    promotes: list[str], started_at: datetime,
) -> dict[str, Any]:  # fmt: skip
    """A livestream with what was said so far."""
    language = seller.market.language
    said = words(language)
    spoken = list(said["livestream"]["speech"])
    sign = wrong.says if wrong else lookalike
    if sign:
        spoken.insert(chance.whole(1, len(spoken)), sign)
    first, last = chance.pick(said["first"]), chance.pick(said["last"])
    content: dict[str, Any] = {
        "title": chance.pick(said["livestream"]["title"]).format(**_fields(what, chance)),
        "stream": stream,
        "started_at": started_at.isoformat(),
        "host": f"{last}{first}" if language == "zh-Hans" else f"{first} {last}",
        "thumbnails": [thumbnail],
        "attributes": {"transcript": " ".join(spoken), "viewers": chance.whole(3, 2_500)},
    }
    if promotes:
        content["promotes"] = promotes
    return content


def text_content(
    *, chance: Chance, language: str, wrong: Wrong | None, lookalike: str, about: tuple[str, str] | None
) -> dict[str, Any]:
    """A review, comment or message; a violating one says little else."""
    said = words(language)
    text_type = chance.weighted(("review", "comment", "message"), (0.5, 0.3, 0.2))
    if wrong and wrong.code == "F-3":
        text_type = "review"
    body = chance.pick(said[text_type])
    sign = wrong.says if wrong else lookalike
    if sign:
        body = sign if chance.happens(0.6) else f"{body} {sign}"
    content: dict[str, Any] = {"body": body, "text_type": text_type}
    if text_type == "review":
        content["rating"] = chance.whole(1, 5) if not (wrong and wrong.code == "F-3") else 5
    if about:
        content["about"] = {"kind": about[0], "id": about[1]}
    return content


_RIGHTS = {"trademark": "trade_mark", "copyright": "copyright", "design": "design", "patent": "patent"}


def claim_content(
    *, chance: Chance, language: str, wrong: Wrong | None, against: list[str], evidence: str
) -> dict[str, Any]:
    """A claim of a rights holder against listings. An unfounded one shows it in its own words."""
    said = words(language)["claim"]
    right = chance.weighted(tuple(_RIGHTS), (0.55, 0.2, 0.15, 0.1))
    owner = f"{chance.pick(famous_brands())} Holding"
    number = f"{chance.pick(('EU', 'WO', 'DE', 'FR'))} {chance.digits(9)}"
    mark = owner.removesuffix(" Holding")
    statement = said["statement"].format(holder=owner, right=said["rights"][_RIGHTS[right]], number=number, mark=mark)
    content: dict[str, Any] = {
        "right_type": right,
        "owner": owner,
        "statement": f"{statement} {wrong.says}" if wrong else statement,
        "claimed_items": [{"kind": "listing", "id": one} for one in against],
        "evidence": [evidence],
    }
    if not wrong:
        content["right_number"] = number
    return content
