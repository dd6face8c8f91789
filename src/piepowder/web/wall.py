"""The board for a screen on the wall: one slide for everything and one for each chosen queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict

from piepowder.kernel.actor import Actor
from piepowder.web.board_page import Asked, Row, board_page
from piepowder.web.filters import number

_EVERY_S = 20
_ROOM = 5


@dataclass(frozen=True, slots=True)
class WallAsked:
    """``queues`` in the order of the slides, none for all; ``every_s`` 0 keeps the first slide for good."""

    queues: tuple[str, ...]
    every_s: int


@dataclass(frozen=True, slots=True)
class Wall:
    total: Row
    rows: tuple[Row, ...]

    @property
    def worst(self) -> list[Row]:
        """As many as the first slide has room for, those in most trouble first."""
        return sorted(self.rows, key=lambda row: (-row.tally.late, -row.tally.at_risk, -row.tally.waiting))[:_ROOM]


def wall_asked(query: QueryDict) -> WallAsked:
    """``?queues=a,b&every=30``."""
    codes = [code.strip() for code in query.get("queues", "").split(",")]
    every = number(query.get("every", ""))
    every_s = _EVERY_S if every is None else every and min(max(every, 5), 3600)
    return WallAsked(tuple(dict.fromkeys(code for code in codes if code))[:20], every_s)


def wall_page(actor: Actor, wanted: WallAsked, now: datetime) -> Wall:
    """All queues together and each chosen one, in the order in which they were named. Five queries."""
    page = board_page(actor, Asked("queue", ()), now)
    known = {row.code: row for row in page.rows}
    chosen = [known[code] for code in wanted.queues if code in known] or list(page.rows)
    return Wall(page.total, tuple(chosen))
