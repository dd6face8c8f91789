"""The doors of intake: whatever is written here is written by one of these."""

from __future__ import annotations

from piepowder.intake.custom_schemas import publish_item_schema
from piepowder.intake.idempotency import answer_once
from piepowder.intake.judged import note_outcome
from piepowder.intake.media import reveal_media, store_upload
from piepowder.intake.moments import receive_moments
from piepowder.intake.notices import report
from piepowder.intake.pausing import end_pause, pause
from piepowder.intake.reception import receive
from piepowder.intake.reporters import forget_reporter, lapse_flaggers, register_flagger, suspend_flagger
from piepowder.intake.stream import receive_stream

__all__ = [
    "answer_once",
    "end_pause",
    "forget_reporter",
    "lapse_flaggers",
    "note_outcome",
    "pause",
    "publish_item_schema",
    "receive",
    "receive_moments",
    "receive_stream",
    "register_flagger",
    "report",
    "reveal_media",
    "store_upload",
    "suspend_flagger",
]
