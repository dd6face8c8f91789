"""Availability: every change is an event, silence ends it, and it takes nothing out of anybody's hands."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from piepowder.kernel.actor import SYSTEM
from piepowder.ledger.models import Fact
from piepowder.review import operations as review
from piepowder.review.jobs import fade_presence, tidy_changes
from piepowder.review.models import AvailabilityEvent, Case, Presence, SetupChange
from piepowder.review.standing import NotAPerson
from tests.review.conftest import Court


def test_each_change_is_an_event_and_the_same_state_again_a_sign_of_life(court: Court) -> None:
    person = court.person(vendor="acme", available=False)
    review.set_availability(actor=person, state="available", at=court.now, source="login")
    court.pass_time(minutes=1)
    review.set_availability(actor=person, state="available", at=court.now)
    presence = Presence.objects.get()
    assert (presence.since, presence.seen_at) == (court.now - timedelta(minutes=1), court.now)
    review.set_availability(actor=person, state="meeting", at=court.now)
    events = AvailabilityEvent.objects.order_by("id").values_list("state", "vendor", "site", "source")
    assert list(events) == [("available", "acme", "acme-1", "login"), ("meeting", "acme", "acme-1", "person")]
    assert Fact.objects.filter(verb="availability.set", subject_id=person.ref, vendor="acme").count() == 2


def test_unknown_states_and_others_than_people_are_refused(court: Court) -> None:
    with pytest.raises(review.BadAvailability):
        review.set_availability(actor=court.person(), state="asleep", at=court.now)
    with pytest.raises(NotAPerson):
        review.set_availability(actor=SYSTEM, state="available", at=court.now)


def test_silence_sets_offline_and_a_sign_of_life_prevents_it(court: Court) -> None:
    quiet, lively = court.person(vendor="acme"), court.person()
    court.pass_time(minutes=4)
    review.still_here(actor=lively, at=court.now)
    court.pass_time(minutes=1)
    assert fade_presence(now=court.now) == 1
    assert fade_presence(now=court.now) == 0
    assert dict(Presence.objects.values_list("user_id", "state")) == {
        int(quiet.ref): "offline",
        int(lively.ref): "available",
    }
    event = AvailabilityEvent.objects.get(source="silence")
    assert (event.user_id, event.vendor, event.at) == (int(quiet.ref), "acme", court.now)


def test_a_heartbeat_is_a_sign_of_life(court: Court) -> None:
    court.queue()
    court.case()
    person = court.person()
    claim = court.claim(person)
    court.pass_time(minutes=4)
    review.heartbeat(actor=person, lease_id=claim.lease_id, at=court.now)
    assert fade_presence(now=court.pass_time(minutes=2)) == 0


def test_a_break_takes_nothing_out_of_ones_hands(court: Court) -> None:
    court.queue()
    court.case()
    person = court.person()
    claim = court.claim(person)
    review.set_availability(actor=person, state="break", at=court.now)
    assert Case.objects.get().lease.pk == claim.lease_id


@pytest.mark.parametrize("table", ["review_caseevent", "review_availabilityevent"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET vendor = 'x'", "DELETE FROM {}"])
def test_the_database_refuses_to_change_what_happened(court: Court, table: str, statement: str) -> None:
    court.queue()
    court.case()
    court.person()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


def test_old_notes_of_changes_are_dropped_and_recent_ones_kept(court: Court) -> None:
    court.queue()
    SetupChange.objects.update(at=court.now - timedelta(days=2))
    recent = SetupChange.objects.create()
    SetupChange.objects.filter(pk=recent.pk).update(at=court.now)
    assert tidy_changes(now=court.now) > 0
    assert list(SetupChange.objects.values_list("pk", flat=True)) == [recent.pk]
