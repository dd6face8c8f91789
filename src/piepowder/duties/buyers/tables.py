"""Buyers as a table that the marketplace exports."""

from __future__ import annotations

import csv
import io
from datetime import date

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from piepowder.duties.buyers.campaigns import BadCampaign, BuyerGiven
from piepowder.kernel.errors import FieldProblem

COLUMNS = ("order", "buyer", "name", "email", "language", "bought_on")


def read_csv(text: str) -> list[BuyerGiven]:
    """Buyers from a table with the columns ``order, buyer, name, email, language, bought_on``; raises ``BadCampaign``."""
    try:
        return _read(csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=None)))
    except csv.Error as error:
        raise BadCampaign(_("some rows of the table cannot be read")) from error


def _read(rows: csv.DictReader[str]) -> list[BuyerGiven]:
    if lacking := {"order", "bought_on"} - {(name or "").strip().lower() for name in rows.fieldnames or ()}:
        detail = _("the table has no column %(columns)s") % {"columns": ", ".join(sorted(lacking))}
        raise BadCampaign(detail, problems=[FieldProblem("/table", "missing_column", detail)])
    found, problems = [], []
    for index, row in enumerate(rows):
        cells = {
            (name or "").strip().lower(): (cell or "").strip() for name, cell in row.items() if isinstance(cell, str)
        }
        bought_on = _day(cells.get("bought_on", ""))
        if bought_on is None:
            detail = _("row %(row)d has no day such as 2026-03-04") % {"row": index + 2}
            problems.append(FieldProblem(f"/table/{index}/bought_on", "bad_day", detail))
            continue
        found.append(
            BuyerGiven(
                order_ref=cells.get("order", ""),
                bought_on=bought_on,
                buyer_ref=cells.get("buyer", ""),
                name=cells.get("name", ""),
                email=cells.get("email", ""),
                language=cells.get("language") or "en",
            )
        )
    if problems:
        raise BadCampaign(_("some rows of the table cannot be read"), problems=problems[:100])
    return found


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
