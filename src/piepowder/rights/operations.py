"""The doors of the IP desk: whatever is written here is written by one of these."""

from __future__ import annotations

from piepowder.rights.countering import (
    AlreadyCountered,
    BadCounter,
    NoSuchClaim,
    NoSuchCounter,
    NothingToCounter,
    NotTheSeller,
    OwnDecision,
    answer_counter,
    file_counter,
    on_decision_overturned,
    withdraw_counter,
)
from piepowder.rights.filing import (
    ClaimReferenceReused,
    Filed,
    RightRetired,
    file_claims,
    file_waiting,
    policy_for,
)
from piepowder.rights.registering import (
    BadRight,
    NoSuchRight,
    OnlyPeopleVerify,
    RightFields,
    RightRegistered,
    change_right,
    register_right,
    retire_right,
    settle_right,
)
from piepowder.rights.senders import BadClaims, Sender

__all__ = [
    "AlreadyCountered",
    "BadClaims",
    "BadCounter",
    "BadRight",
    "ClaimReferenceReused",
    "Filed",
    "NoSuchClaim",
    "NoSuchCounter",
    "NoSuchRight",
    "NotTheSeller",
    "NothingToCounter",
    "OnlyPeopleVerify",
    "OwnDecision",
    "RightFields",
    "RightRegistered",
    "RightRetired",
    "Sender",
    "answer_counter",
    "change_right",
    "file_claims",
    "file_counter",
    "file_waiting",
    "on_decision_overturned",
    "policy_for",
    "register_right",
    "retire_right",
    "settle_right",
    "withdraw_counter",
]
