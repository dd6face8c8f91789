"""Who sells: business data, and the documents that prove them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from piepowder.simulate.chance import Chance
from piepowder.simulate.vocabulary import Market, words
from piepowder.simulate.wrongs import Wrong


@dataclass(frozen=True, slots=True)
class Business:
    """A seller as the generators know it; ``ring`` names the linked sellers it belongs to."""

    ref: str
    name: str
    legal_name: str
    market: Market
    street: str
    city: str
    email: str
    phone: str
    vat_id: str
    register: str
    payout: str
    ring: str = ""


def business(ref: str, *, chance: Chance, market: Market, ring: str = "", like: Business | None = None) -> Business:
    """A new seller in ``market``. One of a ring shares street and payout account with ``like``, as linked shops do."""
    said = words(market.language)
    last = chance.pick(said["last"])
    name = chance.pick(said["company"]).format(last=last)
    return Business(
        ref=ref,
        name=name,
        legal_name=f"{name} {chance.pick(market.forms)}",
        market=market,
        street=like.street if like else f"{chance.pick(market.streets)} {chance.whole(1, 148)}",
        city=like.city if like else chance.pick(market.cities),
        email=f"shop-{ref.lower()}@sellers.example",
        phone=f"{market.phone} {chance.digits(3)} {chance.digits(6)}",
        vat_id=chance.filled(market.vat),
        register=chance.filled(market.register),
        payout=like.payout if like else f"PAY-{chance.digits(10)}",
        ring=ring,
    )


def place_name(city: str) -> str:
    """The name alone of a city as it stands in an address with its postcode."""
    words_of_it = [word for word in city.split(",")[0].split(" ") if not any(sign.isdigit() for sign in word)]
    return " ".join(words_of_it)


def seller_content(one: Business, *, chance: Chance, wrong: Wrong | None, logo: str, joined_on: date) -> dict[str, Any]:
    """The seller as submitted for verification."""
    missing = wrong.missing if wrong else ()
    about = chance.pick(words(one.market.language)["about"])
    content: dict[str, Any] = {
        "name": one.name,
        "legal_name": one.legal_name,
        "business_type": "company",
        "description": f"{about} {wrong.says}" if wrong and not missing else about,
        "address": {"lines": [one.street], "city": one.city, "country": one.market.code},
        "email": one.email,
        "self_certified": not missing,
        "joined_at": f"{joined_on.isoformat()}T00:00:00Z",
        "logo": logo,
        "attributes": {"payout_account": one.payout},
    }
    if "phone" not in missing:
        content["phone"] = one.phone
    if "tax_number" not in missing:
        content["vat_id"] = one.vat_id
    if "registration_number" not in missing:
        content["registration"] = {"register": place_name(one.city), "number": one.register}
    if wrong and wrong.mismatch:
        content["attributes"]["document_check"] = wrong.says
    return content


_PAPERS = ("business_licence", "identity_document", "tax_certificate", "authorisation_letter", "test_report")


def document_content(
    one: Business, *, chance: Chance, wrong: Wrong | None, picture: str, issued_on: date
) -> dict[str, Any]:
    """A document about a seller; its text is what an outside reader made of the scan."""
    said = words(one.market.language)
    paper = chance.pick(_PAPERS)
    if wrong and wrong.code in ("U-2", "R-3"):
        paper = "test_report"
    holder = one.legal_name
    if wrong and wrong.mismatch:
        others = [name for name in said["last"] if name not in one.name]
        holder = f"{chance.pick(said['company']).format(last=chance.pick(others))} {chance.pick(one.market.forms)}"
    number = chance.digits(9)
    text = said["document"]["line"].format(
        title=said["document"][paper], holder=holder, number=number, issued=issued_on.isoformat()
    )
    content: dict[str, Any] = {
        "doc_type": paper,
        "file": picture,
        "issuer": place_name(one.city),
        "issued_on": issued_on.isoformat(),
        "expires_on": (issued_on + timedelta(days=1_825)).isoformat(),
        "document_of": {"kind": "seller", "id": one.ref},
        "attributes": {"text_read": f"{text} {wrong.says}" if wrong else text, "holder": holder},
    }
    if not (wrong and wrong.missing):
        content["number"] = number
    return content
