"""The only writers of review, by idea: setting up, claiming, leases, moving, deciding, availability."""

from __future__ import annotations

from piepowder.review.ahead import claim_ahead, give_back_ahead, ready_lease
from piepowder.review.allowances import BadAllowance, lift_budget, set_allowance
from piepowder.review.assigning import CannotTakeIt, assign
from piepowder.review.availability import BadAvailability, set_availability, still_here
from piepowder.review.claiming import (
    Claim,
    ExposureSpent,
    NotAvailable,
    NotEligible,
    Reserved,
    claim_case,
    claim_next,
    offer_next,
)
from piepowder.review.deciding import AnotherCaseOpen, close_for_decision, note_violation, reopen
from piepowder.review.eligibility import grant_eligibility, revoke_eligibility
from piepowder.review.hands import HandsFull, mark_viewed, uncover
from piepowder.review.leases import LeaseLost, MissingReason, NoSuchCase, heartbeat, save_draft
from piepowder.review.marks import BadMark, NoSuchMark, add_mark, remove_mark
from piepowder.review.moving import (
    BadHold,
    NoEscalationQueue,
    QueueClosed,
    SkipsSpent,
    UnknownQueue,
    close,
    escalate,
    hold,
    release,
    reprioritise,
    resume,
    skip,
    transfer,
)
from piepowder.review.notes import About, BadNote, NoSuchNote, remove_note, see_mention, write_note
from piepowder.review.promises import clear_target, publish_calendar, recompute_clock, set_target, set_targets
from piepowder.review.publishing import (
    BadRouting,
    RoutingMovedOn,
    drop_routing_draft,
    publish_routing,
    publish_routing_draft,
    save_routing_draft,
)
from piepowder.review.questions import AlreadyAnswered, Ask, BadAnswer, BadQuestion, NoSuchQuestion, answer
from piepowder.review.setup import BadSetup, save_queue
from piepowder.review.urgent import UrgentGone, take_urgent
from piepowder.review.watching import StreamOver, watch_on

__all__ = [
    "About",
    "AlreadyAnswered",
    "AnotherCaseOpen",
    "Ask",
    "BadAllowance",
    "BadAnswer",
    "BadAvailability",
    "BadHold",
    "BadMark",
    "BadNote",
    "BadQuestion",
    "BadRouting",
    "BadSetup",
    "CannotTakeIt",
    "Claim",
    "ExposureSpent",
    "HandsFull",
    "LeaseLost",
    "MissingReason",
    "NoEscalationQueue",
    "NoSuchCase",
    "NoSuchMark",
    "NoSuchNote",
    "NoSuchQuestion",
    "NotAvailable",
    "NotEligible",
    "QueueClosed",
    "Reserved",
    "RoutingMovedOn",
    "SkipsSpent",
    "StreamOver",
    "UnknownQueue",
    "UrgentGone",
    "add_mark",
    "answer",
    "assign",
    "claim_ahead",
    "claim_case",
    "claim_next",
    "clear_target",
    "close",
    "close_for_decision",
    "drop_routing_draft",
    "escalate",
    "give_back_ahead",
    "grant_eligibility",
    "heartbeat",
    "hold",
    "lift_budget",
    "mark_viewed",
    "note_violation",
    "offer_next",
    "publish_calendar",
    "publish_routing",
    "publish_routing_draft",
    "ready_lease",
    "recompute_clock",
    "release",
    "remove_mark",
    "remove_note",
    "reopen",
    "reprioritise",
    "resume",
    "revoke_eligibility",
    "save_draft",
    "save_queue",
    "save_routing_draft",
    "see_mention",
    "set_allowance",
    "set_availability",
    "set_target",
    "set_targets",
    "skip",
    "still_here",
    "take_urgent",
    "transfer",
    "uncover",
    "watch_on",
    "write_note",
]
