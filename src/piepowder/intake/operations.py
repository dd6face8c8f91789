"""The doors of intake: whatever is written here is written by one of these."""

from __future__ import annotations

from piepowder.intake.reception import receive
from piepowder.intake.stream import receive_rows, receive_stream

__all__ = ["receive", "receive_rows", "receive_stream"]
