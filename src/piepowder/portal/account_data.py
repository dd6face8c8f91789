"""What the portal tells, as plain JSON: for the marketplace's own pages, and for people who take their data with them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from piepowder.correspondence.models import Letter
from piepowder.portal.complaints import AppealLine, AppealTold, Complaint
from piepowder.portal.health import Healthy
from piepowder.portal.overview import Happening, Holding, ItemRow
from piepowder.portal.retelling import Told


def moment(value: datetime | None) -> str | None:
    return value.isoformat(timespec="seconds") if value else None


def day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def holding(one: Holding) -> dict[str, Any]:
    return {
        "decision": str(one.decision_id) if one.decision_id else None,
        "item": one.item_title,
        "text": one.text,
        "since": moment(one.since),
        "until": moment(one.until),
        "appeal_until": day(one.complaint_until),
    }


def happening(one: Happening) -> dict[str, Any]:
    return {
        "decision": str(one.id),
        "kind": one.kind,
        "item": one.item_title,
        "text": one.text,
        "decided_at": moment(one.decided_at),
        "state": one.state,
        "until": moment(one.until),
        "appeal_until": day(one.complaint_until),
    }


def item_row(one: ItemRow) -> dict[str, Any]:
    return {
        "item": str(one.id),
        "kind": one.kind,
        "id": one.ref,
        "title": one.title,
        "state": one.state,
        "updated_at": moment(one.updated_at),
    }


def told(one: Told, complaint: Complaint | None = None) -> dict[str, Any]:
    """One decision in full."""
    return {
        "decision": str(one.id),
        "reference": one.reference,
        "item": {"kind": one.kind, "id": one.item_ref, "title": one.item_title},
        "decided_at": moment(one.decided_at),
        "state": one.state,
        "lifted_at": moment(one.lifted_at),
        "replaced_by": str(one.replaced_by) if one.replaced_by else None,
        "restrictions": [
            {
                "text": effect.text,
                "state": effect.state,
                "since": moment(effect.since),
                "until": moment(effect.until),
                "lifted_at": moment(effect.lifted_at),
            }
            for effect in one.effects
        ],
        "facts": one.facts,
        "illegal": one.illegal,
        "rules": [
            {"title": rule.title, "why": rule.why, "reference": rule.reference, "rule": rule.rule} for rule in one.rules
        ],
        "source": one.parts.source,
        "automated_detection": one.parts.detection,
        "automated_decision": one.parts.decision,
        "redress": {
            "appeal": _appeal(complaint) if complaint else {"until": day(one.complaint_until)},
            "out_of_court": one.parts.out_of_court,
            "court": one.parts.court,
        },
        "statement": {"language": one.letter_language, "subject": one.letter_subject, "text": one.letter_text},
    }


def _appeal(complaint: Complaint) -> dict[str, Any]:
    return {
        "possible": complaint.may,
        "until": day(complaint.until),
        "stage": complaint.stage,
        "problem": complaint.problem,
        "appeals": [appeal_line(one) for one in complaint.appeals],
    }


def appeal_line(one: AppealLine) -> dict[str, Any]:
    return {
        "appeal": str(one.id),
        "decision": str(one.decision_id),
        "item": one.title,
        "stage": one.stage,
        "state": one.state,
        "outcome": one.outcome or None,
        "filed_at": moment(one.filed_at),
        "ended_at": moment(one.ended_at),
        "waits_for_answer": one.asked,
    }


def appeal_told(one: AppealTold) -> dict[str, Any]:
    """One appeal in full."""
    return {
        **appeal_line(one.line),
        "text": one.text,
        "answer": one.reasons,
        "language": one.language,
        "new_decision": str(one.replacement_id) if one.replacement_id else None,
        "steps": [{"at": moment(stop.at), "what": stop.what} for stop in one.stops],
        "questions": [
            {
                "question": asked.text,
                "asked_at": moment(asked.asked_at),
                "answer": asked.answer or None,
                "answered_at": moment(asked.answered_at),
            }
            for asked in one.questions
        ],
        "evidence": [
            {"at": moment(piece.at), "text": piece.text, "type": piece.content_type, "bytes": piece.size}
            for piece in one.brought
        ],
    }


def letter(one: Letter) -> dict[str, Any]:
    """A letter as it was sent."""
    return {"at": moment(one.created_at), "language": one.language, "subject": one.subject, "text": one.text}


def health(all_of_them: Iterable[Healthy]) -> list[dict[str, Any]]:
    """Where the account stands on each ladder."""
    return [
        {
            "title": one.title,
            "note": one.note,
            "counts": [
                {
                    "title": scale.title,
                    "falling": scale.falling,
                    "score": scale.score,
                    "from": scale.low,
                    "to": scale.high,
                    "next_at": scale.next_at,
                    "next": scale.next_title,
                    "milestones": [
                        {"at": tick.at, "title": tick.title, "reached": tick.reached} for tick in scale.ticks
                    ],
                }
                for scale in one.scales
            ],
            "entries": [
                {
                    "item": entry.title,
                    "rule": entry.rule,
                    "points": entry.points,
                    "left": entry.left,
                    "state": entry.state,
                    "since": moment(entry.since),
                    "until": moment(entry.until),
                    "why": list(entry.why),
                    "decision": str(entry.decision_id) if entry.decision_id else None,
                }
                for entry in (*one.counted, *one.expired)
            ],
            "followed": [
                {
                    "title": what.title,
                    "state": what.state,
                    "measures": list(what.texts),
                    "starts_at": moment(what.starts_at),
                    "ends_at": moment(what.ends_at),
                    "decision": str(what.decision_id) if what.decision_id else None,
                }
                for what in one.followed
            ],
            "ahead": [{"at": moment(step.at), "score": step.score} for step in one.ahead],
        }
        for one in all_of_them
    ]
