"""Actors and drafts for the policy tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from piepowder.kernel.actor import Actor, ActorKind, Mandate, Scope
from piepowder.kernel.permissions import Permission
from piepowder.policy.drafts import Draft, Measure, Wording

WORDS = Wording(
    title="Lost umbrellas",
    rule="Umbrellas found in trains may not be offered.",
    examples_good=("A new umbrella",),
    examples_bad=("An umbrella with a name tag",),
    reviewer_note="Look for the tag.",
    recipient_text="You offered a found umbrella.",
)
DRAFT = Draft(
    effective_from=date(2026, 4, 1),
    texts={"en": WORDS, "zh-Hans": replace(WORDS, title="遗失的雨伞", rule="不得出售列车上捡到的雨伞。")},
    severity=2,
    ground="terms",
    terms_clause="Seller Terms 9.1",
    category="SCAMS_AND_FRAUD",
    keywords=("INAUTHENTIC_LISTINGS",),
    default_enforcement=(Measure("visibility", "content_removed"),),
)


def draft(**changes: Any) -> Draft:
    return replace(DRAFT, **changes)


def person(*permissions: Permission, **scope: frozenset[str]) -> Actor:
    mandate = Mandate(frozenset(permissions), Scope(**scope))
    return Actor(kind=ActorKind.PERSON, ref="7", mandates=(mandate,))


@pytest.fixture
def editor() -> Actor:
    return person(Permission.POLICY_EDIT, Permission.POLICY_VIEW)


@pytest.fixture
def reader() -> Actor:
    return person(Permission.POLICY_VIEW)
