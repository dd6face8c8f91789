"""The only writers of ladders and of sellers' standings."""

from __future__ import annotations

from piepowder.standing.appealed import on_appeal_ended, on_appeal_filed
from piepowder.standing.confirming import MissingReason, NoSuchSanction, confirm_sanction, refuse_sanction
from piepowder.standing.earning import (
    BadAdjustment,
    BadCredit,
    CreditDiffers,
    NoSuchEntry,
    NoSuchSeller,
    NotInRange,
    adjust,
    choose_points,
    credit,
    hold_points,
    release_points,
)
from piepowder.standing.noting import on_decision_issued, on_decision_overturned, on_decision_withdrawn
from piepowder.standing.reading import BadLadder
from piepowder.standing.switching import (
    BadSwitch,
    LadderOvertaken,
    NoSuchLadder,
    SwitchUnchanged,
    load_shipped_ladders,
    publish_ladder,
    switch_ladder,
)

__all__ = [
    "BadAdjustment",
    "BadCredit",
    "BadLadder",
    "BadSwitch",
    "CreditDiffers",
    "LadderOvertaken",
    "MissingReason",
    "NoSuchEntry",
    "NoSuchLadder",
    "NoSuchSanction",
    "NoSuchSeller",
    "NotInRange",
    "SwitchUnchanged",
    "adjust",
    "choose_points",
    "confirm_sanction",
    "credit",
    "hold_points",
    "load_shipped_ladders",
    "on_appeal_ended",
    "on_appeal_filed",
    "on_decision_issued",
    "on_decision_overturned",
    "on_decision_withdrawn",
    "publish_ladder",
    "refuse_sanction",
    "release_points",
    "switch_ladder",
]
