"""Points wait while the seller's appeal against the decision is open. What appeals are, others know."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from piepowder.kernel.actor import Actor
from piepowder.standing.catalogue import ever_on
from piepowder.standing.earning import hold_points, release_points

RECIPIENT: Final = "recipient"


class OfAnAppeal(Protocol):
    """An appeal was filed, or came to its end one way or another."""

    @property
    def decision_id(self) -> UUID: ...
    @property
    def at(self) -> datetime: ...
    @property
    def actor(self) -> Actor: ...
    @property
    def complainant_kind(self) -> str: ...


def on_appeal_filed(event: OfAnAppeal) -> None:
    if event.complainant_kind == RECIPIENT and ever_on():
        hold_points(actor=event.actor, decision_id=event.decision_id, at=event.at)


def on_appeal_ended(event: OfAnAppeal) -> None:
    if event.complainant_kind == RECIPIENT and ever_on():
        release_points(actor=event.actor, decision_id=event.decision_id, at=event.at)
