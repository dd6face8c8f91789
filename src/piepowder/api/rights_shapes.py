"""The shapes of rights and claims."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from ninja import Schema
from pydantic import Field

from piepowder.api.paging import MOST_ROWS, Word


class RightGiven(Schema):
    """A right as its owner says it is; `owner_ref` is by what the marketplace knows the owner."""

    type: Word = Field(description="trademark, copyright, design, patent, geographical_indication or trade_secret")
    title: str = Field(max_length=300)
    owner_ref: Word
    owner_name: str = Field("", max_length=200)
    owner_email: str = Field("", max_length=254)
    number: str = Field("", max_length=100)
    office: str = Field("", max_length=100)
    territories: list[Word] = Field([], max_length=300, description="country codes, `EU` or `EEA`; empty is everywhere")
    classes: list[Word] = Field([], max_length=100)
    categories: list[Word] = Field([], max_length=100, description="beginnings of categories; empty is all")
    agent_ref: Word = ""
    agent_name: str = Field("", max_length=200)
    agent_email: str = Field("", max_length=254)
    agent_until: date | None = None
    expires_on: date | None = None
    language: Word = "en"
    evidence: list[Word] = Field([], max_length=20, description="digests of uploads")


class ClaimSender(Schema):
    """Who sends the notice: the owner or agent by `ref`, or somebody by name and e-mail address."""

    ref: Word = ""
    name: str = Field("", max_length=200)
    email: str = Field("", max_length=254)


class ClaimsGiven(Schema):
    sender: ClaimSender
    locations: list[str] = Field(min_length=1, max_length=5000, description="addresses, ids, or `kind:id`")
    reason: str = Field(min_length=1, max_length=50_000)
    good_faith: bool
    evidence: list[str] = Field([], max_length=50)
    language: Word = "en"
    reference: Word = ""
    policy: Word = Field("", description="default: the policy for this sort of right")


class RightShape(Schema):
    id: UUID
    type: str
    number: str
    title: str
    office: str
    territories: list[str]
    classes: list[str]
    categories: list[str]
    owner_ref: str
    agent_ref: str
    agent_until: date | None
    expires_on: date | None
    state: str
    registered_at: datetime
    verified_at: datetime | None
    retired_at: datetime | None


class RightsPageShape(Schema):
    rows: list[RightShape]
    next: int | None = Field(description="`offset` of the next page; null at the end")


class ClaimShape(Schema):
    """One claim; `outcome` is pending, founded, unfounded, countered or overturned."""

    id: UUID
    notice: UUID
    report: UUID
    kind: str
    external_id: str
    outcome: str
    warnings: list[str]
    filed_at: datetime
    judged_at: datetime | None


class ClaimsPageShape(Schema):
    rows: list[ClaimShape]
    next: int | None


class Listed(Schema):
    offset: int = Field(0, ge=0, le=1_000_000)
    limit: int = Field(50, ge=1, le=MOST_ROWS)


class RightsListed(Listed):
    owner: Word = ""
    state: Word = ""
    type: Word = ""


class ClaimsListed(Listed):
    outcome: Word = ""
