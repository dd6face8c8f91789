"""The people who work here, within the caller's scope."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from piepowder.access.models import User
from piepowder.access.queries import people_visible_to
from piepowder.access.visibility import require
from piepowder.api.auth import READING, caller
from piepowder.api.contract import contract
from piepowder.api.paging import MOST_ROWS, Word
from piepowder.kernel.errors import Malformed
from piepowder.kernel.permissions import Permission

router = Router(tags=["people"])


class PersonShape(Schema):
    id: int
    name: str
    email: str
    vendor: str
    site: str
    team: str
    languages: list[str]
    active: bool


class PeoplePageShape(Schema):
    rows: list[PersonShape]
    next: str = Field(description="cursor of the next page; empty at the end")


class PeoplePage(Schema):
    cursor: str = Field("", pattern=r"^[0-9]{0,18}$", description="`next` of the page before")
    limit: int = Field(50, ge=1, le=MOST_ROWS)
    vendor: Word = ""
    active: bool | None = None


@router.get(
    "/people",
    auth=READING,
    response=PeoplePageShape,
    url_name="people",
    summary="People",
    **contract("list_people", permission=Permission.PERSON_VIEW, refuses=(Malformed,)),
)
def list_people(request: HttpRequest, asked: Query[PeoplePage]) -> Any:
    """In the order in which they were added. People of vendors outside the caller's scope do not exist for them."""
    actor = caller(request)
    require(actor, Permission.PERSON_VIEW)
    people = people_visible_to(actor).filter(pk__gt=int(asked.cursor or 0)).order_by("pk")
    if asked.vendor:
        people = people.filter(vendor__code=asked.vendor)
    if asked.active is not None:
        people = people.filter(is_active=asked.active)
    found = list(people[: asked.limit + 1])
    more = str(found[asked.limit - 1].pk) if len(found) > asked.limit else ""
    return {"rows": [_person(user) for user in found[: asked.limit]], "next": more}


def _person(user: User) -> dict[str, Any]:
    return {
        "id": user.pk,
        "name": user.name,
        "email": user.email,
        "vendor": user.vendor.code,
        "site": user.site.code if user.site else "",
        "team": user.team.code if user.team else "",
        "languages": user.languages,
        "active": user.is_active,
    }
