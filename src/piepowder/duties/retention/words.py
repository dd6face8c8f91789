"""Codes of the record in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WHY: Final[Mapping[str, str | Promise]] = {
    "held": _("under a legal hold"),
    "complaint_open": _("still open to a complaint"),
    "undecided": _("waits for a decision"),
    "being_sent": _("still on its way"),
    "still_here": _("can still log in: deactivate the account first"),
    "legal_duty": _("the law asks us to keep it for a time"),
    "appeal_open": _("an appeal or dispute about it is open"),
}


def why_words(code: str) -> str | Promise:
    """Why something stays; the code itself when it is not known."""
    return WHY.get(code, code)


def place_words(place: str) -> str:
    """A table and its columns, as the record names them, for people to read."""
    table, _dot, columns = place.partition(".")
    return (
        f"{table.replace('_', ' ')}: {columns.replace('+', ', ').replace('_', ' ')}"
        if columns
        else table.replace("_", " ")
    )
