"""Reading appeals."""

from __future__ import annotations

from piepowder.appeals.appealing import Complainant, May, appealable, second_until
from piepowder.appeals.bars import may_hear
from piepowder.appeals.counting import Complaints, complaints_of
from piepowder.appeals.listing import AppealRow, DeskFilters, appeal_row, desk_list

__all__ = [
    "AppealRow",
    "Complainant",
    "Complaints",
    "DeskFilters",
    "May",
    "appeal_row",
    "appealable",
    "complaints_of",
    "desk_list",
    "may_hear",
    "second_until",
]
