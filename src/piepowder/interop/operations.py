"""The only writers about submissions."""

from piepowder.interop.by_hand import (
    BadToken,
    NoSuchSubmission,
    NotSecondPerson,
    ReasonNeeded,
    TokenFromEnvironment,
    give_up,
    override,
    resume,
    retry,
    switch_token,
)
from piepowder.interop.checking import check, doubt_abandoned
from piepowder.interop.queueing import (
    on_decision_issued,
    on_decision_overturned,
    on_decision_withdrawn,
    queue_past,
)
from piepowder.interop.sending import submit

__all__ = [
    "BadToken",
    "NoSuchSubmission",
    "NotSecondPerson",
    "ReasonNeeded",
    "TokenFromEnvironment",
    "check",
    "doubt_abandoned",
    "give_up",
    "on_decision_issued",
    "on_decision_overturned",
    "on_decision_withdrawn",
    "override",
    "queue_past",
    "resume",
    "retry",
    "submit",
    "switch_token",
]
