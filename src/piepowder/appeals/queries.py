"""Reading appeals: the desk, one in full, who may complain, the numbers, and what is left to do."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from piepowder.appeals.aftercare_lists import (
    OutOfCourtCount,
    audit_requests,
    bodies,
    out_of_court_case,
    out_of_court_cases,
    out_of_court_count,
    restitution_list,
)
from piepowder.appeals.appealing import Complainant, May, appealable, second_until
from piepowder.appeals.bars import may_hear
from piepowder.appeals.board import BY, Ended, Rate, Waiting, ended, rates, waiting
from piepowder.appeals.counting import Complaints, complaints_of
from piepowder.appeals.listing import AppealRow, DeskFilters, appeal_row, appeals_after, desk_list
from piepowder.appeals.models import Appeal
from piepowder.appeals.page import AppealView, appeal_page, may_be_given_to, seen_appeal
from piepowder.appeals.states import OPEN_STATES

__all__ = [
    "BY",
    "AppealRow",
    "AppealView",
    "Complainant",
    "Complaints",
    "DeskFilters",
    "Ended",
    "May",
    "OutOfCourtCount",
    "Rate",
    "Waiting",
    "appeal_page",
    "appeal_row",
    "appealable",
    "appeals_after",
    "audit_requests",
    "bodies",
    "complaints_of",
    "desk_list",
    "ended",
    "may_be_given_to",
    "may_hear",
    "open_for",
    "out_of_court_case",
    "out_of_court_cases",
    "out_of_court_count",
    "rates",
    "restitution_list",
    "second_until",
    "seen_appeal",
    "waiting",
]


def open_for(decision_id: UUID) -> QuerySet[Appeal]:
    """The appeals against a decision that nobody has concluded yet, oldest first. Not narrowed: the caller knows who asks."""
    return Appeal.objects.filter(decision_id=decision_id, state__in=list(OPEN_STATES)).order_by("filed_at", "id")
