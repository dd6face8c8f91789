"""What the half about content hears of; called by the wiring, in the transaction of whoever tells it."""

from __future__ import annotations

from piepowder.appeals.events import AppealConcluded
from piepowder.decisions.events import DecisionIssued, DecisionOverturned, DecisionWithdrawn
from piepowder.duties.misuse import flagging, proceeding
from piepowder.duties.orders import effecting
from piepowder.duties.safety import notices
from piepowder.intake.events import ReportsReceived


def on_reports_received(event: ReportsReceived) -> None:
    notices.on_reports_received(event)


def on_decision_issued(event: DecisionIssued) -> None:
    notices.on_decision_issued(event)


def on_decision_withdrawn(event: DecisionWithdrawn) -> None:
    effecting.on_decision_withdrawn(event)
    notices.on_decision_withdrawn(event)
    flagging.on_decision_undone(event.decision_id, event.actor, event.at)
    proceeding.on_decision_undone(event.decision_id, event.actor, event.at)


def on_decision_overturned(event: DecisionOverturned) -> None:
    flagging.on_decision_undone(event.decision_id, event.actor, event.at)
    proceeding.on_decision_undone(event.decision_id, event.actor, event.at)


def on_appeal_concluded(event: AppealConcluded) -> None:
    flagging.on_appeal_concluded(event)
