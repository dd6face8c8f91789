"""What an order must have by law, and what one lacks: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from piepowder.duties.states import OrderKind

ELEMENTS: Final[Mapping[str, str | Promise]] = {
    "legal_basis": _("the legal basis of the order"),
    "reasons": _("a statement of reasons"),
    "locations": _("the exact address or another identifier of each item"),
    "subject": _("who or what the information is about"),
    "territories": _("where the order applies"),
    "redress": _("information about redress"),
    "contact": _("where the answer goes"),
    "identifiers": _("what identical products are known by"),
}
"""The elements of DSA Art. 9(2)(a), 10(2)(a) and GPSR Art. 22(4), (5), by the codes that are stored."""

_WANTED: Final[Mapping[str, tuple[str, ...]]] = {
    OrderKind.ACT: ("legal_basis", "reasons", "locations", "territories", "redress", "contact"),
    OrderKind.INFORMATION: ("legal_basis", "reasons", "subject", "redress", "contact"),
    OrderKind.SAFETY: ("legal_basis", "reasons", "locations", "redress", "contact"),
}


@dataclass(frozen=True, slots=True)
class Identifiers:
    """What a product is known by in an order; nothing else may be looked at (GPSR Art. 22(5))."""

    gtins: tuple[str, ...] = ()
    brand: str = ""
    model: str = ""
    title: str = ""

    def __bool__(self) -> bool:
        return bool(self.gtins or (self.brand and self.model) or self.title)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderGiven:
    """An order as it was sent; what it lacks is empty. Times are moments, territories country codes."""

    kind: str
    reference: str
    country: str
    authority: str
    language: str = "en"
    contact_name: str = ""
    contact_email: str = ""
    legal_basis: str = ""
    reasons: str = ""
    territories: tuple[str, ...] = ()
    redress: str = ""
    category: str = ""
    locations: tuple[str, ...] = ()
    subject_ref: str = ""
    identifiers: Identifiers = field(default_factory=Identifiers)
    identical_until: date | None = None
    notify_not_before: datetime | None = None
    received_at: datetime


def missing_elements(given: OrderGiven) -> tuple[str, ...]:
    """Codes of the elements that the law asks for and ``given`` lacks, in the order of ``ELEMENTS``."""
    there = {
        "legal_basis": bool(given.legal_basis.strip()),
        "reasons": bool(given.reasons.strip()),
        "locations": bool(given.locations),
        "subject": bool(given.subject_ref.strip() or given.locations),
        "territories": bool(given.territories),
        "redress": bool(given.redress.strip()),
        "contact": bool(given.contact_email.strip()),
        "identifiers": given.identical_until is None or bool(given.identifiers),
    }
    wanted = {*_WANTED[given.kind], "identifiers"}
    return tuple(code for code in ELEMENTS if code in wanted and not there[code])
