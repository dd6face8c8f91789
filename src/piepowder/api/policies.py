"""The policies that items are judged by."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Query, Router, Schema
from pydantic import Field

from piepowder.api.auth import READING, caller
from piepowder.api.contract import contract
from piepowder.api.paging import Moment, Word
from piepowder.kernel.errors import Malformed
from piepowder.kernel.permissions import Permission
from piepowder.policy.queries import NoSuchPolicy, policy_tree, read_policy

router = Router(tags=["policies"])


class PolicyShape(Schema):
    """A node of the tree as it stands: a family, or a leaf that a decision can cite. `severity` 0 is the gravest."""

    code: str
    parent: str = Field(description="code of the family; empty at the top")
    is_leaf: bool
    depth: int
    title: str
    kinds: list[str] = Field(description="kinds of item it applies to; empty means all")
    number: int = Field(description="the version in force")
    effective_from: date
    severity: int
    ground: str
    sensitive_media: bool


class PolicyTreeShape(Schema):
    rows: list[PolicyShape]


class PolicyTextShape(Schema):
    """One policy in force with its words, in `language` or the nearest there is."""

    line: PolicyShape
    language: str
    rule: str
    examples_good: list[str]
    examples_bad: list[str]
    recipient_text: str
    markets: list[str]
    legal_reference: str
    terms_clause: str
    category: str
    keywords: list[str]
    default_enforcement: list[dict[str, Any]]


class InForce(Schema):
    language: Word = "en"
    market: Word = Field("", description="empty shows every policy, in its general version where it has one")
    at: Moment | None = Field(None, description="default: now")


@router.get(
    "/policies",
    auth=READING,
    response=PolicyTreeShape,
    url_name="policies",
    summary="The policy tree",
    **contract("list_policies", permission=Permission.POLICY_VIEW, refuses=(Malformed,)),
)
def list_policies(request: HttpRequest, asked: Query[InForce]) -> Any:
    """What is in force in a market at a moment: parents first, in reading order."""
    at = asked.at or timezone.now()
    return {"rows": policy_tree(caller(request), asked.language, asked.market or None, at)}


@router.get(
    "/policies/{code}",
    auth=READING,
    response=PolicyTextShape,
    url_name="policy",
    summary="One policy in full",
    **contract("read_policy", permission=Permission.POLICY_VIEW, refuses=(Malformed, NoSuchPolicy)),
)
def read_one(request: HttpRequest, code: Annotated[Word, Path(...)], asked: Query[InForce]) -> Any:
    """The version in force in a market at a moment, in words."""
    at = asked.at or timezone.now()
    return read_policy(caller(request), code, asked.language, asked.market or None, at)
