"""What is really wrong with an item, and the sign of it that a person can see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from piepowder.simulate.chance import Chance
from piepowder.simulate.vocabulary import Market, famous_brands, words

PREVALENCE: Mapping[str, float] = {
    "seller": 0.14,
    "listing": 0.17,
    "short_video": 0.15,
    "livestream": 0.22,
    "text": 0.20,
    "document": 0.18,
    "ip_claim": 0.25,
}
"""The share of each kind that breaks a policy, outside planted waves."""

WEIGHTS: Mapping[str, Mapping[str, float]] = {
    "seller": {"V-1": 4, "V-2": 3, "V-3": 2, "F-1": 1, "F-4": 1, "C-1.2": 1, "O-1": 1, "O-2": 2, "H-1": 0.2, "Y-2": 0.2},
    "listing": {
        "C-1.1": 10, "C-1.2": 6, "C-2.1": 4, "C-2.2": 3,
        "P-1.1": 1, "P-1.2": 0.4, "P-1.3": 3, "P-2.1": 2, "P-2.2": 4, "P-3.1": 2, "P-4.1": 2,
        "R-1": 2, "R-2": 4, "R-3": 3, "R-4": 3,
        "M-1": 6, "M-2": 5, "M-3": 7, "M-4": 5, "F-1": 4, "F-5": 2, "F-2": 1,
        "U-1": 4, "U-2": 5, "U-3": 8, "A-1": 1, "A-2": 3, "A-3": 1, "A-4": 0.3,
        "H-1": 1.5, "H-3": 0.3, "H-4": 0.3, "O-1": 5, "O-2": 6,
    },
    "short_video": {"M-5": 8, "M-1": 2, "M-4": 3, "C-1.1": 4, "C-2.1": 4, "R-2": 3, "P-1.3": 2, "A-1": 3, "A-2": 2,
                    "H-1": 1, "H-2": 2, "Y-2": 2, "O-2": 4, "L-1": 3, "F-5": 2, "F-4": 1, "H-3": 0.2},
    "livestream": {"L-1": 4, "L-2": 6, "C-1.1": 4, "M-2": 3, "M-4": 2, "R-1": 2, "Y-2": 3, "A-1": 2, "O-1": 3, "O-2": 3,
                   "F-1": 1, "H-2": 1, "P-3.1": 1},
    "text": {"F-3": 8, "H-2": 7, "H-1": 3, "O-1": 4, "O-2": 6, "F-2": 4, "F-5": 2, "M-5": 2, "P-2.1": 2, "A-3": 2,
             "A-4": 0.5, "H-3": 0.4, "H-4": 0.4},
    "document": {"V-2": 6, "V-1": 2, "U-2": 3, "R-3": 1, "C-3.1": 1},
    "ip_claim": {"C-3.1": 1},
}  # fmt: skip
"""Which policies a kind breaks how often, in proportion."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A planted violation: the policy, and the words and gaps by which it shows.

    ``title`` replaces a listing's, empty where the sign is elsewhere. ``missing`` names fields that are left out,
    ``price_share`` makes it that much of the usual price, ``mismatch`` puts another name on a document.
    """

    code: str
    says: str
    title: str = ""
    missing: tuple[str, ...] = ()
    price_share: float = 1.0
    mismatch: bool = False
    renamed: bool = False
    """Whether the title speaks of something else than the product it is listed as."""


GOODS: Mapping[str, tuple[str, ...]] = {
    "P-1.1": ("drill", "novel"), "P-1.2": ("shampoo", "candle"), "P-1.3": ("face_cream", "knife"),
    "P-2.1": ("green_tea", "plant_pot"), "P-2.2": ("face_cream", "green_tea"), "P-3.1": ("plush_bear", "side_table"),
    "P-4.1": ("novel", "memory_stick", "phone_case"), "R-1": ("olive_oil", "olive_oil"), "R-2": ("perfume", "green_tea"),
    "R-3": ("face_cream", "sunglasses"), "R-4": ("olive_oil", "green_tea"), "C-2.1": ("memory_stick", "poster"),
    "C-2.2": ("armchair", "desk_lamp"), "M-1": ("memory_stick", "power_bank"), "M-4": ("green_tea", "necklace"),
    "F-1": ("game_console", "game_console"), "F-5": ("novel",), "U-1": ("charger", "face_cream"),
    "U-2": ("charger", "cycle_helmet"), "A-1": ("t_shirt",), "A-2": ("hair_dryer",), "A-3": ("t_shirt",),
    "A-4": ("phone_case",), "H-1": ("t_shirt",), "H-3": ("poster",), "H-4": ("necklace",),
}  # fmt: skip
"""What a listing whose title is replaced pretends to be, for each of the titles in the vocabulary."""


@dataclass(frozen=True, slots=True)
class Pretext:
    """Which of the titles a violation gets, and the product it is listed as; no product means any."""

    number: int
    product: str = ""


def pretext(code: str, *, chance: Chance) -> Pretext:
    """How a violation of ``code`` is dressed up."""
    titles = words("en")["violations"][code].get("title", ())
    number = chance.whole(0, max(0, len(titles) - 1))
    goods = GOODS.get(code, ())
    return Pretext(number, goods[number] if number < len(goods) else "")


def plant(code: str, *, chance: Chance, language: str, name: str = "", number: int = 0) -> Wrong:
    """A violation of ``code`` in ``language``; ``name`` is the product's, for titles that mention it."""
    signs: dict[str, Any] = words(language)["violations"][code]
    brands = [chance.pick(famous_brands()) for _ in range(3)]
    named = {"name": name, "famous": brands[0], "famous2": brands[1], "famous3": brands[2]}
    titles = signs.get("title", ())
    return Wrong(
        code=code,
        says=chance.pick(signs["says"]).format(**named),
        title=titles[number].format(**named) if titles else "",
        renamed=bool(titles) and "{name}" not in titles[number],
        missing=tuple(signs.get("missing", ())),
        price_share=float(signs.get("price", 1.0)),
        mismatch=bool(signs.get("mismatch", False)),
    )


def draw_code(kind: str, *, chance: Chance, market: Market) -> str:
    """The policy that an item of ``kind`` really breaks, or an empty string."""
    if not chance.happens(PREVALENCE[kind]):
        return ""
    weights = WEIGHTS[kind]
    code = chance.weighted(tuple(weights), tuple(weights.values()))
    if code == "U-3" and not market.eu:
        # The duty to name maker and responsible person is a rule of the European Union only.
        return "U-2"
    return code


def lookalike(kind: str, *, chance: Chance, language: str) -> tuple[str, str]:
    """A sentence that is allowed but reads like a violation, and the policy it reads like; empty for most items."""
    if kind in ("seller", "document", "ip_claim") or not chance.happens(0.06):
        return "", ""
    found: dict[str, list[str]] = words(language)["lookalikes"]
    code = chance.pick(tuple(found))
    return code, chance.pick(found[code]).format(famous=chance.pick(famous_brands()))
