"""Reading appeals."""

from __future__ import annotations

from piepowder.appeals.appealing import Complainant, May, appealable, second_until
from piepowder.appeals.bars import may_hear

__all__ = ["Complainant", "May", "appealable", "may_hear", "second_until"]
