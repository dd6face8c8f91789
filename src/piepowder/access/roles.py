"""The roles Piepowder ships with; an administrator may edit every one of them."""

from __future__ import annotations

from collections.abc import Mapping

from piepowder.kernel import permissions

P = permissions.Permission

_BENCH = (
    P.ITEM_VIEW,
    P.REPORT_VIEW,
    P.POLICY_VIEW,
    P.CASE_VIEW,
    P.CASE_CLAIM,
    P.CASE_DECIDE,
    P.CASE_HOLD,
    P.CASE_TRANSFER,
    P.CASE_ESCALATE,
    P.CASE_SKIP,
    P.NOTE_WRITE,
    P.DECISION_VIEW,
    P.QUEUE_VIEW,
    P.AVAILABILITY_SET,
)
_LEAD = (
    *_BENCH,
    P.CASE_REASSIGN,
    P.CASE_DECIDE_MANY,
    P.CASE_ADJUDICATE,
    P.DECISION_APPROVE,
    P.VIEW_SHARE,
    P.EXPOSURE_VIEW,
    P.ALLOWANCE_EDIT,
    P.QUESTION_ANSWER,
    P.BOARD_VIEW,
    P.BOARD_EXPORT,
    P.DECISION_EXPORT,
    P.PERSON_VIEW,
    P.AVAILABILITY_VIEW,
)
_READER = (
    P.ITEM_VIEW,
    P.REPORT_VIEW,
    P.POLICY_VIEW,
    P.CASE_VIEW,
    P.DECISION_VIEW,
    P.QUEUE_VIEW,
    P.BOARD_VIEW,
    P.AVAILABILITY_SET,
)

SHIPPED: Mapping[str, tuple[str, tuple[P, ...]]] = {
    "moderator": ("Moderator", _BENCH),
    "external_moderator": ("External moderator", tuple(p for p in _BENCH if p is not P.CASE_TRANSFER)),
    "team_lead": ("Team lead", (*_LEAD, P.PERSON_INVITE)),
    "qa_specialist": ("QA specialist", (*_READER, P.NOTE_WRITE, P.DECISION_EXPORT, P.PERSON_VIEW, P.VIEW_SHARE)),
    "appeals_specialist": ("Appeals specialist", _BENCH),
    "moc_specialist": ("MOC specialist", (*_LEAD, P.DECISION_WITHDRAW_ANY, P.OUTBOX_VIEW)),
    "policy_manager": (
        "Policy manager",
        (*_READER, P.POLICY_EDIT, P.POLICY_APPROVE, P.TEMPLATE_EDIT, P.VIEW_SHARE, P.QUESTION_ANSWER),
    ),
    "trainer": ("Trainer", (*_READER, P.PERSON_VIEW)),
    "operations_lead": (
        "Operations lead",
        (
            *_LEAD,
            P.QUEUE_EDIT,
            P.TEMPLATE_EDIT,
            P.PERSON_EDIT,
            P.PERSON_INVITE,
            P.DECISION_WITHDRAW_ANY,
            P.OUTBOX_VIEW,
            P.OUTBOX_REPLAY,
            P.LEDGER_VIEW,
        ),
    ),
    "planner": (
        "Planner",
        (P.POLICY_VIEW, P.QUEUE_VIEW, P.BOARD_VIEW, P.BOARD_EXPORT, P.PERSON_VIEW, P.AVAILABILITY_VIEW),
    ),
    "analyst": ("Analyst", (*_READER, P.BOARD_EXPORT, P.DECISION_EXPORT, P.LEDGER_VIEW, P.VIEW_SHARE)),
    "administrator": ("Administrator", tuple(P)),
}
