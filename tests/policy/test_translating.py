"""How far the translations of a policy are."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.policy.models import PolicyVersion, Proposed
from piepowder.policy.operations import create_policy, publish_version
from piepowder.policy.states import ProposedState
from piepowder.policy.translating import Standing, Step, standing_of, translation_rows

from .conftest import WORDS, draft


def step(number: int, en: str, de: dict[str, str] | None = None, **more: Any) -> Step:
    texts = {"en": {"title": "Goods", "rule": en}}
    return Step(number, texts | ({"de": de} if de is not None else {}), **more)


OLD = {"title": "Waren", "rule": "Nein."}


def test_a_translation_is_older_from_the_version_in_which_its_source_changed() -> None:
    steps = [step(1, "No.", OLD), step(2, "Never.", OLD), step(3, "Never.", OLD)]
    cell = standing_of(steps, "de", "en")
    assert (cell.standing, cell.older, cell.since) == (Standing.OLDER, ("rule",), 2)


def test_changing_it_too_or_confirming_it_makes_it_complete_again() -> None:
    steps = [step(1, "No.", OLD), step(2, "Never.", {**OLD, "rule": "Nie."})]
    assert standing_of(steps, "de", "en").standing == Standing.COMPLETE
    confirmed = [step(1, "No.", OLD), step(2, "No!", OLD, confirmed=["de"])]
    assert standing_of(confirmed, "de", "en").standing == Standing.COMPLETE
    again = [*confirmed, step(3, "Never.", OLD)]
    assert standing_of(again, "de", "en").since == 3


def test_parts_that_the_source_has_are_missed() -> None:
    cell = standing_of([step(1, "No.", {"title": "Waren", "rule": ""})], "de", "en")
    assert (cell.standing, cell.missing) == (Standing.PARTLY, ("rule",))
    assert standing_of([step(1, "No.")], "de", "en").missing == ("title", "rule")
    assert standing_of([step(1, "", {"title": "Waren"})], "de", "en").standing == Standing.COMPLETE


@pytest.mark.django_db
def test_every_policy_has_a_row_for_each_set_of_markets_at_few_queries(reader: Actor, now: datetime) -> None:
    create_policy(actor=SYSTEM, code="Z-1", first=draft(), at=now)
    changed = {"en": replace(WORDS, rule="Nor in buses."), "zh-Hans": draft().texts["zh-Hans"]}
    publish_version(actor=SYSTEM, code="Z-1", draft=draft(texts=changed), at=now)
    publish_version(actor=SYSTEM, code="Z-1", draft=draft(markets=("DE",)), at=now)
    with CaptureQueriesContext(connection) as queries:
        general, german = translation_rows(reader, ["en", "zh-Hans", "fr"])
    assert len(queries) == 4
    assert [(cell.language, cell.standing) for cell in general.cells] == [("zh-Hans", "older"), ("fr", "missing")]
    assert [cell.standing for cell in german.cells] == ["complete", "missing"]
    assert (german.markets, german.number, german.source) == (("DE",), 3, "en")


@pytest.mark.django_db
def test_what_its_writer_confirmed_counts(reader: Actor, now: datetime) -> None:
    create_policy(actor=SYSTEM, code="Z-1", first=draft(), at=now)
    changed = {"en": replace(WORDS, rule="Nor in buses."), "zh-Hans": draft().texts["zh-Hans"]}
    version: PolicyVersion = publish_version(actor=SYSTEM, code="Z-1", draft=draft(texts=changed), at=now)
    Proposed.objects.create(
        policy_code="Z-1",
        content={"confirmed": ["zh-Hans"]},
        state=ProposedState.PUBLISHED,
        author="7",
        saved_at=now,
        version=version,
    )
    (row,) = translation_rows(reader, ["zh-Hans"])
    assert row.cells[0].standing == Standing.COMPLETE
