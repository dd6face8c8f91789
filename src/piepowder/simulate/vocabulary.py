"""The words of the synthetic marketplace, from ``words/*.yaml``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

LANGUAGES = ("en", "de", "fr", "es", "it", "zh-Hans")


@dataclass(frozen=True, slots=True)
class Product:
    """Something that is sold. ``price`` is the usual span in whole euros, ``brands`` the group whose brands it carries."""

    key: str
    category: str
    price: tuple[int, int]
    shape: str
    brands: tuple[str, ...]
    famous: tuple[str, ...]
    """Brands that get counterfeited; empty for what nobody copies."""
    needs_maker: bool
    """Whether the listing must name maker and marking."""


@dataclass(frozen=True, slots=True)
class Market:
    """A country in which the marketplace sells, with how business data look there."""

    code: str
    language: str
    share: float
    currency: str
    rate: float
    eu: bool
    phone: str
    vat: str
    register: str
    forms: tuple[str, ...]
    cities: tuple[str, ...]
    streets: tuple[str, ...]


@lru_cache(maxsize=1)
def products() -> tuple[Product, ...]:
    """Everything that is sold, in the catalogue's order."""
    raw = _read("catalogue")
    famous = tuple(name for names in raw["famous"].values() for name in names)
    return tuple(
        Product(
            key=key,
            category=one["category"],
            price=tuple(one["price"]),
            shape=one["shape"],
            brands=tuple(raw["brands"][one["brands"]]),
            famous=tuple(raw["famous"].get(one["brands"], famous)) if one.get("copied") else (),
            needs_maker=bool(one.get("safety")),
        )
        for key, one in raw["products"].items()
    )


@lru_cache(maxsize=1)
def famous_brands() -> tuple[str, ...]:
    return tuple(name for names in _read("catalogue")["famous"].values() for name in names)


@lru_cache(maxsize=1)
def markets() -> tuple[Market, ...]:
    """The eight markets."""
    return tuple(
        Market(
            code=code,
            language=one["language"],
            share=one["share"],
            currency=one["currency"],
            rate=one["rate"],
            eu=one["eu"],
            phone=one["phone"],
            vat=one["vat"],
            register=one["register"],
            forms=tuple(one["forms"]),
            cities=tuple(one["cities"]),
            streets=tuple(one["streets"]),
        )
        for code, one in _read("markets").items()
    )


@lru_cache(maxsize=len(LANGUAGES))
def words(language: str) -> dict[str, Any]:
    """Everything that can be said in one language; the shape is that of ``words/en.yaml`` in each."""
    if language not in LANGUAGES:
        raise KeyError(f"the synthetic marketplace does not speak '{language}'")
    return _read(language)


def shapes() -> dict[str, Any]:
    """The outlines that pictures are made of."""
    return _read("shapes")


def plantable() -> tuple[str, ...]:
    """The policy codes whose violation can be planted. The abuse of children is not played."""
    return tuple(words("en")["violations"])


@lru_cache(maxsize=16)
def _read(name: str) -> dict[str, Any]:
    text = files("piepowder.simulate").joinpath("words", f"{name}.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.load(text, Loader=_Loader)  # noqa: S506 - the C twin of SafeLoader
    return found
