"""What the duties know of people, and what holds keep."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from piepowder.database.personal import Kept, Part, Subject, declare
from piepowder.duties.holds import kept_by_holds


def _kept(subject: Subject | None, at: datetime) -> Iterable[Kept]:
    return kept_by_holds(at.date())


declare(Part(package="duties", columns={}, kept=_kept))
