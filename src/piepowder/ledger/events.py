"""What the ledger tells others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class HeadPublished:
    """The end of the chain was written to the file of heads; a webhook may carry it further away."""

    block: int
    position: int
    hash: str
    at: datetime
