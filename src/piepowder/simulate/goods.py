"""Listings: titles, prices, descriptions, brands and numbers as sellers write them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from piepowder.simulate.chance import Chance
from piepowder.simulate.sellers import Business
from piepowder.simulate.vocabulary import Product, products, words
from piepowder.simulate.wrongs import Wrong


@dataclass(frozen=True, slots=True)
class Named:
    """A product as it is called in one language."""

    product: Product
    name: str
    features: tuple[str, ...]
    brand: str
    colour: int
    """Place of the colour in each language's list, so that words and pictures agree."""


def named(*, chance: Chance, language: str, famous: bool = False, key: str = "") -> Named:
    """A product to talk about; ``famous`` asks for one that gets copied, ``key`` for a certain one."""
    said = words(language)
    among = [one for one in products() if (one.key == key if key else one.famous or not famous)]
    product = chance.pick(among)
    name, *features = said["products"][product.key]
    # Each product comes in two colours, so that a few hundred pictures show everything that is sold.
    colour = (products().index(product) + 3 * chance.whole(0, 1)) % len(said["colours"])
    return Named(product, name, tuple(features), chance.pick(product.brands), colour)


def listing_content(
    what: Named, *, chance: Chance, seller: Business, wrong: Wrong | None, lookalike: str, images: list[str]
) -> dict[str, Any]:
    """A listing of ``what``; the sign of ``wrong``, or a harmless ``lookalike``, stands where a reader comes by."""
    said, market = words(seller.market.language), seller.market
    fields = {
        "brand": what.brand,
        "name": what.name,
        "feature": chance.pick(what.features),
        "colour": said["colours"][what.colour],
    }
    title = wrong.title if wrong and wrong.title else chance.pick(said["listing"]["title"]).format(**fields)
    texts = [chance.pick(said["listing"]["body"])]
    if not (wrong and wrong.renamed):
        texts.insert(0, chance.pick(said["listing"]["opening"]).format(**fields))
    if wrong or lookalike:
        texts.append(wrong.says if wrong else lookalike)
    texts.append(chance.pick(said["listing"]["closing"]))
    low, high = what.product.price
    usual = chance.between(low, high) * market.rate
    share = wrong.price_share if wrong else 1.0
    content: dict[str, Any] = {
        "title": title,
        "description": ("" if market.language == "zh-Hans" else " ").join(texts),
        "price": {"amount": max(99, round(usual * share) * 100 - 10), "currency": market.currency},
        "category": what.product.category,
        "brand": what.brand,
        "condition": chance.weighted(("new", "used", "refurbished"), (0.86, 0.1, 0.04)),
        "images": images,
        "attributes": _attributes(what, chance=chance, wrong=wrong),
    }
    if not (wrong and wrong.title) and chance.happens(0.8):
        content["gtin"] = chance.gtin()
    return content


def _attributes(what: Named, *, chance: Chance, wrong: Wrong | None) -> dict[str, Any]:
    missing = wrong.missing if wrong else ()
    found: dict[str, Any] = {"stock": chance.whole(1, 60)}
    if not (wrong and wrong.renamed):
        found["features"] = list(what.features)
    if what.product.needs_maker:
        if "manufacturer" not in missing:
            found["manufacturer"] = f"{what.brand} Manufacturing, 12 Harbour Road, Rotterdam, care@brand.example"
        if "responsible_person" not in missing:
            found["responsible_person"] = "EU Rep Services, Keizersgracht 100, Amsterdam, rep@brand.example"
    return found
