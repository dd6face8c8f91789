"""The only writers of decisions: judge, decide as a machine, approve, take back, overturn, and say what is in force."""

from __future__ import annotations

from piepowder.decisions.approvals import NoSuchProposal, OwnProposal, approve, refuse, withdraw_proposal
from piepowder.decisions.batches import BatchBegun, NoCases, NoSuchBatch, open_batch, plan_batch, run_batch
from piepowder.decisions.deciding import (
    Apart,
    BadRuling,
    CaseTaken,
    NeedsPeople,
    NewerSnapshot,
    NoSuchDecision,
    NoSuchItem,
    decide,
    decide_by_machine,
)
from piepowder.decisions.direct import rule_directly
from piepowder.decisions.ending_early import end_early
from piepowder.decisions.hearing import Judged, judge
from piepowder.decisions.issuing import NoTemplate, StatementIncomplete
from piepowder.decisions.overturning import BadReason, NotFinal, Overturned, overturn
from piepowder.decisions.panels import NoSuchOpinion, OpinionGiven, take_back
from piepowder.decisions.ruling import EnforcementOrder, Ruling
from piepowder.decisions.templates import load_shipped_templates, publish_template
from piepowder.decisions.together import judge_together, withdraw_together
from piepowder.decisions.withdrawing import on_delivery_taken, withdraw
from piepowder.outbox.operations import TooLate
from piepowder.review.operations import LeaseLost

__all__ = [
    "Apart",
    "BadReason",
    "BadRuling",
    "BatchBegun",
    "CaseTaken",
    "EnforcementOrder",
    "Judged",
    "LeaseLost",
    "NeedsPeople",
    "NewerSnapshot",
    "NoCases",
    "NoSuchBatch",
    "NoSuchDecision",
    "NoSuchItem",
    "NoSuchOpinion",
    "NoSuchProposal",
    "NoTemplate",
    "NotFinal",
    "OpinionGiven",
    "Overturned",
    "OwnProposal",
    "Ruling",
    "StatementIncomplete",
    "TooLate",
    "approve",
    "decide",
    "decide_by_machine",
    "end_early",
    "judge",
    "judge_together",
    "load_shipped_templates",
    "on_delivery_taken",
    "open_batch",
    "overturn",
    "plan_batch",
    "publish_template",
    "refuse",
    "rule_directly",
    "run_batch",
    "take_back",
    "withdraw",
    "withdraw_proposal",
    "withdraw_together",
]
