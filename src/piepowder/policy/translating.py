"""Which words of the policies are there in which language, and which are older than those they translate.

Each version carries all its languages. A text is older than its source when the source has changed in a later version than
the text itself, unless whoever wrote that version confirmed that the translation still fits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Final

from piepowder.access.visibility import require
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.policy.logic import FALLBACK_LANGUAGE, best_language, readable
from piepowder.policy.models import Policy, PolicyText, Proposed
from piepowder.policy.states import ProposedState

PARTS: Final = ("title", "rule", "examples", "reviewer_note", "recipient_text")
Words = Mapping[str, str]
"""What a text says, by part."""


class Standing(StrEnum):
    COMPLETE = "complete"
    OLDER = "older"
    PARTLY = "partly"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Step:
    """One version on the way to the newest: its texts by language, and the languages confirmed without a change."""

    number: int
    texts: Mapping[str, Words]
    confirmed: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """How far one language is: the parts it lacks, and those whose source changed later, in version ``since``."""

    language: str
    standing: Standing
    missing: tuple[str, ...] = ()
    older: tuple[str, ...] = ()
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """The newest version of a policy for one set of markets; ``cells`` leaves its source language out."""

    code: str
    title: str
    is_leaf: bool
    number: int
    effective_from: date
    markets: tuple[str, ...]
    source: str
    cells: tuple[Cell, ...]


def source_language(texts: Mapping[str, Words]) -> str:
    """The language that the others follow: English when a policy can be read in it, else the first that it can."""
    languages = readable({language: words["rule"] for language, words in texts.items()})
    return best_language(languages, FALLBACK_LANGUAGE) or FALLBACK_LANGUAGE


def standing_of(steps: Sequence[Step], language: str, source: str) -> Cell:
    """How ``language`` stands to ``source`` in the last of ``steps``, which are in the order of their numbers."""
    told, wanted = steps[-1].texts.get(language), steps[-1].texts[source]
    parts = [part for part in PARTS if wanted.get(part)]
    if told is None:
        return Cell(language, Standing.MISSING, missing=tuple(parts))
    missing = tuple(part for part in parts if not told.get(part))
    changes = {part: _changed(steps, source, part) for part in parts if part not in missing}
    older = {
        part: number for part, number in changes.items() if number > _changed(steps, language, part, confirming=True)
    }
    standing = Standing.PARTLY if missing else Standing.OLDER if older else Standing.COMPLETE
    return Cell(language, standing, missing, tuple(older), max(older.values(), default=None))


def _changed(steps: Sequence[Step], language: str, part: str, *, confirming: bool = False) -> int:
    """The number of the last version in which this part became what it is."""
    number = steps[0].number
    for before, now in pairwise(steps):
        differs = _part(before, language, part) != _part(now, language, part)
        if differs or (confirming and language in now.confirmed):
            number = now.number
    return number


def _part(step: Step, language: str, part: str) -> str:
    return step.texts.get(language, {}).get(part, "")


def translation_rows(actor: Actor, languages: Sequence[str]) -> list[Row]:
    """Every policy that is not retired, in the order of the tree, with its state in each of ``languages``.

    Those that come into force later count as they will be. Four queries, whatever the number of policies.
    """
    require(actor, Permission.POLICY_VIEW)
    policies = Policy.objects.filter(retired_at__isnull=True).order_by("position", "code").prefetch_related("versions")
    texts = _texts()
    confirmed = _confirmed()
    rows = []
    for policy in policies:
        chains: dict[tuple[str, ...], list[Step]] = {}
        newest = {}
        for version in sorted(policy.versions.all(), key=lambda one: one.number):
            markets = tuple(version.markets)
            step = Step(version.number, texts.get(version.pk, {}), confirmed.get(version.pk, ()))
            chains.setdefault(markets, []).append(step)
            newest[markets] = version
        for markets, steps in chains.items():
            source = source_language(steps[-1].texts)
            cells = tuple(standing_of(steps, language, source) for language in languages if language != source)
            version = newest[markets]
            title = steps[-1].texts[source]["title"]
            rows.append(
                Row(policy.code, title, policy.is_leaf, version.number, version.effective_from, markets, source, cells)
            )
    return rows


def _texts() -> dict[int, dict[str, Words]]:
    rows = PolicyText.objects.filter(version__policy__retired_at__isnull=True).order_by("version_id", "language")
    found: dict[int, dict[str, Words]] = {}
    for version_id, language, title, rule, good, bad, note, told in rows.values_list(
        "version_id",
        "language",
        "title",
        "rule",
        "examples_good",
        "examples_bad",
        "reviewer_note",
        "recipient_text",
    ):
        # Good examples and bad ones are parted, so that one which changes sides counts as a change.
        examples = "\n".join([*good, "–", *bad]) if good or bad else ""
        words = dict(zip(PARTS, (title, rule, examples, note, told), strict=True))
        found.setdefault(version_id, {})[language] = {part: text.strip() for part, text in words.items()}
    return found


def _confirmed() -> dict[int, list[str]]:
    rows = Proposed.objects.filter(state=ProposedState.PUBLISHED, version__isnull=False)
    return {
        version_id: content.get("confirmed", []) for version_id, content in rows.values_list("version_id", "content")
    }
