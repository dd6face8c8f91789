"""The health of a seller's account, laid out for the seller: where they stand, what comes next, what expires when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from piepowder.portal.links import Subject


def healths(subject: Subject, *, at: datetime) -> Sequence[Any]:
    return ()
