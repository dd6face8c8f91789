"""Reading review: lists of cases, the board, the desk of a person, the life of a case."""

from __future__ import annotations

from piepowder.review.board import AGE_BANDS, Board, PersonLine, QueueLine, Tally, people_online, waiting_board
from piepowder.review.desk import (
    ConsoleCase,
    MyDay,
    OpenLease,
    console_case,
    my_day,
    open_leases,
    own_presence,
)
from piepowder.review.listing import (
    BadCursor,
    CaseFilters,
    CaseList,
    CaseRow,
    cases_of,
    one_case,
    search_cases,
    seen_cases,
    stream_cases,
)
from piepowder.review.timeline import TimelineLine, timeline

__all__ = [
    "AGE_BANDS",
    "BadCursor",
    "Board",
    "CaseFilters",
    "CaseList",
    "CaseRow",
    "ConsoleCase",
    "MyDay",
    "OpenLease",
    "PersonLine",
    "QueueLine",
    "Tally",
    "TimelineLine",
    "cases_of",
    "console_case",
    "my_day",
    "one_case",
    "open_leases",
    "own_presence",
    "people_online",
    "search_cases",
    "seen_cases",
    "stream_cases",
    "timeline",
    "waiting_board",
]
