"""The only writers of appeals and of cases out of court."""

from __future__ import annotations

from piepowder.appeals.aftercare import BadNote, NoSuchTask, finish_audit, finish_task
from piepowder.appeals.appealing import Complainant
from piepowder.appeals.asking import (
    AlreadyAsked,
    AppealEnded,
    NothingAsked,
    add_evidence,
    answer,
    ask,
)
from piepowder.appeals.concluding import conclude, refuse_admission, withdraw_appeal
from piepowder.appeals.desk import (
    Barred,
    NoSuchAppeal,
    NotHearer,
    NothingToHear,
    admit,
    assign,
    give_back,
    take,
    take_next,
)
from piepowder.appeals.filing import (
    AlreadyAppealed,
    BadAppeal,
    NotAppealable,
    NotComplainant,
    TooLateToAppeal,
    file,
)
from piepowder.appeals.out_of_court import (
    AlreadyImplemented,
    BadOutOfCourt,
    BodyFields,
    KnownCase,
    NoSuchBody,
    NoSuchCase,
    close_case,
    decide_case,
    extend_case,
    implement_case,
    open_case,
    refuse_case,
    save_body,
)

__all__ = [
    "AlreadyAppealed",
    "AlreadyAsked",
    "AlreadyImplemented",
    "AppealEnded",
    "BadAppeal",
    "BadNote",
    "BadOutOfCourt",
    "Barred",
    "BodyFields",
    "Complainant",
    "KnownCase",
    "NoSuchAppeal",
    "NoSuchBody",
    "NoSuchCase",
    "NoSuchTask",
    "NotAppealable",
    "NotComplainant",
    "NotHearer",
    "NothingAsked",
    "NothingToHear",
    "TooLateToAppeal",
    "add_evidence",
    "admit",
    "answer",
    "ask",
    "assign",
    "close_case",
    "conclude",
    "decide_case",
    "extend_case",
    "file",
    "finish_audit",
    "finish_task",
    "give_back",
    "implement_case",
    "open_case",
    "refuse_admission",
    "refuse_case",
    "save_body",
    "take",
    "take_next",
    "withdraw_appeal",
]
