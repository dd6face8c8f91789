"""Suspected threats to life: raised by many, seen by few, told to an authority, kept from erasure."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from piepowder.access.visibility import NotPermitted
from piepowder.correspondence.models import Letter
from piepowder.duties.due import due_before
from piepowder.duties.holds import held
from piepowder.duties.models import LifeAuthority, Threat, ThreatView
from piepowder.duties.operations import (
    BadThreat,
    close_threat,
    note_receipt,
    raise_threat,
    report_threat,
    save_life_authority,
)
from piepowder.duties.threats.reading import report_file, threats_list, view_threat, whom_to_tell
from piepowder.kernel.actor import Actor
from piepowder.kernel.flow import WrongState
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from tests.decisions.conftest import Court

pytestmark = pytest.mark.django_db
SECRET = "He wrote that he will burn the shop in Lindenstrasse tonight."


@pytest.fixture
def few(court: Court) -> Actor:
    return court.person("house", Permission.THREAT_EDIT, everywhere=True)


@pytest.fixture
def police(court: Court, few: Actor) -> LifeAuthority:
    return save_life_authority(actor=few, name="Landeskriminalamt", country="DE", phone="+49 30 0000", at=court.now)


def test_a_moderator_raises_what_they_then_cannot_see(court: Court, few: Actor) -> None:
    moderator = court.person("acme", Permission.CASE_ESCALATE)
    threat = raise_threat(actor=moderator, summary=SECRET, item_id=court.item().pk, country="DE", at=court.now)
    for look in (
        lambda: view_threat(actor=moderator, threat_id=threat.pk, at=court.now),
        lambda: threats_list(moderator),
    ):
        with pytest.raises(NotPermitted):
            look()
    assert view_threat(actor=few, threat_id=threat.pk, at=court.now).threat.summary == SECRET


def test_the_right_for_one_vendor_shows_nothing(court: Court) -> None:
    threat = raise_threat(actor=court.person("house", Permission.CASE_ESCALATE), summary=SECRET, at=court.now)
    narrow = court.person("acme", Permission.THREAT_EDIT, Permission.DUTY_VIEW)
    with pytest.raises(NotPermitted):
        view_threat(actor=narrow, threat_id=threat.pk, at=court.now)
    assert due_before(narrow, until=court.now + timedelta(days=9), limit=9) == []


def test_every_look_is_kept_for_good(court: Court, few: Actor) -> None:
    threat = raise_threat(actor=few, summary=SECRET, at=court.now)
    view_threat(actor=few, threat_id=threat.pk, at=court.now)
    view_threat(actor=few, threat_id=threat.pk, at=court.now + timedelta(minutes=1))
    assert list(ThreatView.objects.values_list("user_id", flat=True)) == [int(few.ref)] * 2
    with pytest.raises(DatabaseError), transaction.atomic():
        ThreatView.objects.all().delete()


def test_it_is_reported_with_what_was_sent_and_then_due_no_more(
    court: Court, few: Actor, police: LifeAuthority
) -> None:
    item = court.item()
    court.media(item, "a" * 64)
    threat = raise_threat(actor=few, summary=SECRET, item_id=item.pk, country="DE", at=court.now)
    until = court.now + timedelta(days=1)
    assert [due.rule for due in due_before(few, until=until, limit=9)] == ["threat_report"]
    assert threat.due_at == court.now.replace(minute=0) + timedelta(hours=3)

    report = report_threat(
        actor=few, threat_id=threat.pk, authority_id=police.pk, text=SECRET, way="phone", at=court.now
    )
    note_receipt(actor=few, report_id=report.pk, receipt="LKA-77", at=court.now)
    page = view_threat(actor=few, threat_id=threat.pk, at=court.now)
    assert (page.threat.state, page.threat.reported_at) == ("reported", court.now)
    assert [(one.text, one.evidence, one.receipt) for one in page.reports] == [(SECRET, ["a" * 64], "LKA-77")]
    assert due_before(few, until=until, limit=9) == []

    first = report_file(actor=few, report_id=report.pk, at=court.now)
    with zipfile.ZipFile(io.BytesIO(first)) as packed:
        assert packed.read("report.txt").decode() == SECRET
        assert "a" * 64 in packed.read("evidence/SHA256SUMS.txt").decode()
    assert report_file(actor=few, report_id=report.pk, at=court.now) == first


def test_nothing_of_it_stands_anywhere_else(court: Court, few: Actor, police: LifeAuthority) -> None:
    threat = raise_threat(actor=few, summary=SECRET, item_id=court.item().pk, at=court.now)
    report_threat(actor=few, threat_id=threat.pk, authority_id=police.pk, text=SECRET, way="mail", at=court.now)
    close_threat(actor=few, threat_id=threat.pk, why="Handed over in Lindenstrasse.", at=court.now)
    facts = Fact.objects.filter(subject_kind="threat")
    assert {fact.verb for fact in facts} == {"threat.raise", "threat.report", "threat.close"}
    assert not [fact for fact in Fact.objects.all() if "Lindenstrasse" in str(fact.body)]
    assert not Letter.objects.exists()


def test_what_it_is_about_is_held_until_it_is_closed_and_as_long_as_asked(court: Court, few: Actor) -> None:
    item = court.item()
    threat = raise_threat(actor=few, summary=SECRET, item_id=item.pk, at=court.now)
    assert held("threat", threat.pk, court.now.date())
    assert held("item", item.pk, court.now.date())
    close_threat(actor=few, threat_id=threat.pk, why="It was a film.", at=court.now, keep_months=1)
    assert held("item", item.pk, court.now.date() + timedelta(days=31))
    assert not held("item", item.pk, court.now.date() + timedelta(days=32))
    with pytest.raises(WrongState):
        close_threat(actor=few, threat_id=threat.pk, why="Again.", at=court.now)


def test_the_authority_of_the_country_comes_first_and_europol_when_it_is_unclear(
    court: Court, few: Actor, police: LifeAuthority
) -> None:
    europol = save_life_authority(actor=few, name="Europol", country="", url="https://europol.example", at=court.now)
    other = save_life_authority(actor=few, name="Police", country="FR", email="p@p.example", at=court.now)
    assert whom_to_tell("DE") == [police, europol]
    assert whom_to_tell("") == [europol, police, other]
    save_life_authority(
        actor=few, authority_id=police.pk, name="LKA", country="DE", phone="+49", active=False, at=court.now
    )
    assert whom_to_tell("DE") == [europol, other]


def test_what_cannot_be_raised_or_kept_is_named(court: Court, few: Actor, police: LifeAuthority) -> None:
    with pytest.raises(BadThreat) as raised:
        raise_threat(actor=few, summary=" ", country="XX", learned_at=court.now + timedelta(days=1), at=court.now)
    assert [one.pointer for one in raised.value.problems] == ["/summary", "/country", "/learned_at"]
    with pytest.raises(BadThreat):
        save_life_authority(actor=few, name="Nobody", country="DE", at=court.now)
    with pytest.raises(BadThreat):
        save_life_authority(actor=few, name="Landeskriminalamt", country="DE", phone="1", at=court.now)
    assert Threat.objects.count() == 0
