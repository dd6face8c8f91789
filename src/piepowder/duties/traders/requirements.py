"""What each body of law wants to know of a trader before and while they trade, as plain values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from piepowder.duties.traders.states import FieldState, TraderKind

EU, US = "eu_dsa", "us_inform"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that is asked for. ``document`` wants a copy of a paper, ``declared`` a plain yes.

    ``kinds`` are the kinds of trader that it is asked of; ``shown`` says that buyers must see it on the offer.
    """

    code: str
    title: str | Promise
    source: str
    kinds: tuple[TraderKind, ...] = tuple(TraderKind)
    document: bool = False
    declared: bool = False
    shown: bool = False


_COMPANY = (TraderKind.COMPANY,)

WANTED: Mapping[str, tuple[Wanted, ...]] = {
    EU: (
        Wanted("name", _("Name"), "DSA Art. 30(1)(a)", shown=True),
        Wanted("address", _("Postal address"), "DSA Art. 30(1)(a)", shown=True),
        Wanted("phone", _("Telephone number"), "DSA Art. 30(1)(a)", shown=True),
        Wanted("email", _("E-mail address"), "DSA Art. 30(1)(a)", shown=True),
        Wanted(
            "id_document",
            _("Copy of an identification document, or electronic identification"),
            "DSA Art. 30(1)(b)",
            document=True,
        ),
        Wanted("payment_account", _("Payment account"), "DSA Art. 30(1)(c)"),
        Wanted("trade_register", _("Trade register"), "DSA Art. 30(1)(d)", kinds=_COMPANY, shown=True),
        Wanted("register_number", _("Number in the register"), "DSA Art. 30(1)(d)", kinds=_COMPANY, shown=True),
        Wanted(
            "self_certification",
            _("Will only offer what complies with Union law"),
            "DSA Art. 30(1)(e)",
            declared=True,
            shown=True,
        ),
    ),
    US: (
        Wanted("payment_account", _("Bank account, or the payee of a person without one"), "15 USC 45f(a)(1)(A)(i)"),
        Wanted("name", _("Name"), "15 USC 45f(a)(1)(A)(ii)"),
        Wanted("email", _("Working e-mail address"), "15 USC 45f(a)(1)(A)(iv)"),
        Wanted("phone", _("Working telephone number"), "15 USC 45f(a)(1)(A)(iv)"),
        Wanted("tax_id", _("Tax identification number"), "15 USC 45f(a)(1)(A)(iii)"),
        Wanted(
            "representative_id",
            _("Government paper of a representative, or a record that names the business"),
            "15 USC 45f(a)(1)(A)(ii)",
            kinds=_COMPANY,
            document=True,
        ),
    ),
}

OPTIONAL: tuple[Wanted, ...] = (
    Wanted("vat", _("VAT number"), ""),
    Wanted("lei", _("Legal entity identifier (LEI)"), ""),
    Wanted("eori", _("EORI number"), ""),
    Wanted("fulfilment", _("A different seller who fulfils orders"), "15 USC 45f(b)(1)(A)(ii)"),
)
"""Not asked for, but checked when given: they make the rest easier to believe."""


def wanted(packs: Collection[str], kind: str, *, high_volume: bool) -> tuple[Wanted, ...]:
    """What is asked of a trader of that kind under these packs, each thing once, the European ones first.

    The American list is asked of high-volume sellers only.
    """
    found: dict[str, Wanted] = {}
    for pack in (EU, US):
        if pack not in packs or (pack == US and not high_volume):
            continue
        for one in WANTED[pack]:
            if kind in one.kinds:
                found.setdefault(one.code, one)
    return tuple(found.values())


def known_codes() -> frozenset[str]:
    """Every code that a trader can give something under."""
    return frozenset(one.code for group in (*WANTED.values(), OPTIONAL) for one in group)


def title_of(code: str) -> str | Promise:
    """What a thing is called; its code when it is unknown."""
    return next((one.title for group in (*WANTED.values(), OPTIONAL) for one in group if one.code == code), code)


def missing(asked: Iterable[Wanted], given: Mapping[str, str]) -> tuple[Wanted, ...]:
    """What was asked for and is not there, or was rejected; ``given`` maps codes to states."""
    return tuple(one for one in asked if given.get(one.code) in (None, FieldState.REJECTED.value))


def unverified(asked: Iterable[Wanted], given: Mapping[str, str]) -> tuple[Wanted, ...]:
    """What was asked for and nobody has verified."""
    return tuple(one for one in asked if given.get(one.code) != FieldState.VERIFIED.value)
