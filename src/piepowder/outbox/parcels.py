"""The values that travel between the database's side of sending and the network's side."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Parcel:
    """One attempt, complete: what is sent where. ``taken_until`` is the token by which its outcome is recorded."""

    delivery_id: UUID
    event_id: UUID
    endpoint_id: int
    channel: str
    number: int
    taken_at: datetime
    taken_until: datetime
    timeout_s: int
    url: str = ""
    allow_private: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    payload: bytes = field(default=b"", repr=False)
    recipient: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt. ``status`` is HTTP's or SMTP's; ``final`` means that trying again is of no use."""

    delivered: bool
    took_ms: int
    status: int | None = None
    problem: str = ""
    answer: str = ""
    retry_after: timedelta | None = None
    final: bool = False
