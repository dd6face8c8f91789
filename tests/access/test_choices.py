"""What the organisation and each person choose."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.utils.translation import gettext_lazy

from piepowder.access.options import BadChoice, Option, choose, chosen, declare
from piepowder.access.preferences import BadPreference, prefer, preferences_of
from piepowder.access.visibility import NotPermitted
from piepowder.kernel.actor import SYSTEM
from piepowder.ledger.models import Fact
from tests.access.conftest import Organisation

pytestmark = pytest.mark.django_db


def test_an_option_holds_its_default_until_somebody_chooses(now: datetime) -> None:
    assert chosen("wellness.blur") == 24
    assert choose(actor=SYSTEM, at=now, values={"wellness.blur": 40}) == ["wellness.blur"]
    assert chosen("wellness.blur") == 40
    assert Fact.objects.get(verb="settings.choose").body == {"values": {"wellness.blur": 40}}


def test_going_back_to_the_default_leaves_no_choice_behind(now: datetime) -> None:
    choose(actor=SYSTEM, at=now, values={"wellness.mute": False})
    choose(actor=SYSTEM, at=now, values={"wellness.mute": True})
    assert chosen("wellness.mute") is True
    assert choose(actor=SYSTEM, at=now, values={"wellness.mute": True}) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("wellness.blur", 3),
        ("wellness.blur", 61),
        ("wellness.blur", True),
        ("wellness.blur", "24"),
        ("wellness.mute", 1),
        ("wellness.reveal", "never"),
        ("no.such", 1),
    ],
)
def test_a_bad_value_is_refused_by_name_and_nothing_is_stored(now: datetime, key: str, value: object) -> None:
    with pytest.raises(BadChoice) as caught:
        choose(actor=SYSTEM, at=now, values={"wellness.grayscale": True, key: value})
    assert [problem.pointer for problem in caught.value.problems] == [f"/{key}"]
    assert chosen("wellness.grayscale") is False


def test_an_option_is_declared_once() -> None:
    with pytest.raises(ValueError, match="cannot be declared"):
        declare(Option("wellness.blur", "whole", 1, "", gettext_lazy("again")))


def test_a_person_s_choice_stands_before_the_organisation_s(organisation: Organisation) -> None:
    person = organisation.person("mo@house.example", "moderator")
    actor, now = organisation.actor(person), organisation.now
    choose(actor=SYSTEM, at=now, values={"wellness.grayscale": True})
    prefer(actor=actor, at=now, section="wellness", values={"blur": 50})
    person.refresh_from_db()
    shown = preferences_of(person).wellness
    assert (shown.blur, shown.grayscale, shown.reveal) == (50, True, "on_demand")
    prefer(actor=actor, at=now, section="wellness", values=None)
    assert preferences_of(person.pk).wellness.blur == 24


@pytest.mark.parametrize(
    ("section", "values"),
    [
        ("wellness", {"blur": 1}),
        ("wellness", {"volume": 3}),
        ("keys", {"hold": "x", "skip": "x"}),
        ("keys", {"hold": "x" * 41}),
        ("starred", ["general", "general"]),
        ("columns", {"cases": "state"}),
        ("colours", {}),
    ],
)
def test_a_bad_preference_is_refused(organisation: Organisation, section: str, values: object) -> None:
    person = organisation.person("mo@house.example", "moderator")
    actor, now = organisation.actor(person), organisation.now
    with pytest.raises(BadPreference):
        prefer(actor=actor, at=now, section=section, values=values)
    person.refresh_from_db()
    assert person.preferences == {}


def test_choosing_for_the_organisation_needs_its_permission(organisation: Organisation) -> None:
    lead = organisation.person("le@house.example", "team_lead")
    with pytest.raises(NotPermitted):
        choose(actor=organisation.actor(lead), at=organisation.now, values={"wellness.blur": 40})
