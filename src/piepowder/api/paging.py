"""Lists that are read on from where the last page ended, and the words that narrow them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime, Field, StringConstraints

from piepowder.kernel.errors import FieldProblem, Malformed

# PostgreSQL cannot hold the character zero, and no code, id or search needs a control character.
Word = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Moment = AwareDatetime
MOST_ROWS = 200


class Page(Schema):
    """How much of a list, and from where."""

    cursor: Word = Field("", description="`next` of the page before; empty for the first page")
    limit: int = Field(50, ge=1, le=MOST_ROWS)


class BadCursor(Malformed):
    code = "bad_cursor"


def cursor_in(page: Page) -> str:
    """The cursor, which must be one that a list gave out: a time and an id."""
    if page.cursor:
        moment, _, last = page.cursor.partition("~")
        try:
            aware = datetime.fromisoformat(moment).tzinfo is not None
            UUID(last)
        except ValueError:
            aware = False
        if not aware:
            problem = FieldProblem("/query/cursor", "bad_cursor", "take it from 'next' of the page before")
            raise BadCursor("this cursor was not given out here", problems=[problem])
    return page.cursor
