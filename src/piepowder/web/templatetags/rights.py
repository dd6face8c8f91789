"""Small words of the IP desk."""

from __future__ import annotations

from django import template
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from piepowder.rights.owners import OwnerRecord
from piepowder.rights.reading import ClaimOutcome
from piepowder.rights.states import Warned

register = template.Library()

_PROBLEMS: dict[str, Promise] = {
    "unknown_item": gettext_lazy("no such item is known here"),
    "not_permitted": gettext_lazy("the item is out of the sender's reach"),
    "contact_missing": gettext_lazy("name or e-mail address is missing"),
    "unknown_upload": gettext_lazy("a file of the evidence is missing"),
}


@register.filter
def claim_outcome(value: str) -> str:
    return str(ClaimOutcome(value).label)


@register.filter
def warned(code: str) -> str:
    """What speaks against a claim, in words."""
    return str(Warned(code).label) if code in Warned.values else code


@register.filter
def line_problem(code: str) -> str:
    """Why a line was not taken."""
    return str(_PROBLEMS.get(code, code))


@register.filter
def share_of(value: float | None) -> str:
    return "–" if value is None else f"{number_format(round(value * 100, 1), 1)} %"


@register.filter
def owner_tiles(record: OwnerRecord) -> list[tuple[str, int]]:
    return [
        (_("Rights"), record.rights),
        (_("Claims"), record.claims),
        (_("Waiting"), record.pending),
        (_("Founded"), record.founded),
        (_("Unfounded"), record.unfounded),
        (_("Countered"), record.countered),
        (_("Undone"), record.overturned),
    ]
