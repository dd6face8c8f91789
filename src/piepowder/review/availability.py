"""How available people are: every change is an event, the moment's state a row for the boards.

Going on a break or offline takes nothing out of anybody's hands, but for the case that was taken ahead and not yet
seen: leases end by themselves, and a lead sees who holds what while away.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.database.bulk import insert_rows
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.errors import Refused
from piepowder.ledger.operations import Entry, append_rows, fact_row, record
from piepowder.review.ahead import give_back_ahead
from piepowder.review.models import AvailabilityEvent, Presence
from piepowder.review.standing import user_id_of
from piepowder.review.states import Availability

SILENCE = timedelta(minutes=5)
"""After this long without a sign of life somebody counts as offline."""
SOURCES = ("person", "login", "logout", "silence")
_SEEN_EVERY = timedelta(seconds=30)
_COLUMNS = ("user_id", "state", "at", "vendor", "site", "source")


class BadAvailability(Refused):
    code = "bad_availability"


def set_availability(*, actor: Actor, state: str, at: datetime, source: str = "person") -> Presence:
    """Record what the person is doing from ``at`` on; the same state again is only a sign of life.

    It is their own state, so being a person is all the permission it takes.
    """
    user = user_id_of(actor)
    if state not in Availability.values or source not in SOURCES:
        raise BadAvailability(
            _("'%(state)s' from '%(source)s' is not a state of availability") % {"state": state, "source": source}
        )
    if state != Availability.AVAILABLE:
        give_back_ahead(actor=actor, at=at)
    with transaction.atomic():
        presence = Presence.objects.select_for_update().filter(user_id=user).first()
        if presence is not None and presence.state == state:
            presence.seen_at = max(at, presence.seen_at)
            presence.save(update_fields=["seen_at"])
            return presence
        presence, _made = Presence.objects.update_or_create(
            user_id=user, defaults={"state": state, "since": at, "seen_at": at}
        )
        insert_rows(AvailabilityEvent, _COLUMNS, [(user, state, at, actor.vendor, actor.site, source)])
        record(
            actor=actor,
            at=at,
            verb="availability.set",
            subject_kind="person",
            subject_id=user,
            state=str(state),
            source=source,
            site=actor.site,
        )
    return presence


def still_here(*, actor: Actor, at: datetime) -> None:
    """A sign of life from an open screen; written at most twice a minute."""
    Presence.objects.filter(user_id=user_id_of(actor), seen_at__lt=at - _SEEN_EVERY).update(seen_at=at)


def fade(*, now: datetime, limit: int = 500) -> int:
    """Set people offline of whom nothing was heard for ``SILENCE``; returns how many."""
    with transaction.atomic():
        silent = Presence.objects.exclude(state=Availability.OFFLINE).filter(seen_at__lte=now - SILENCE)
        rows = silent.order_by("id").select_related("user__vendor", "user__site")
        people = list(rows.select_for_update(skip_locked=True, of=("self",))[:limit])
        events, facts = [], []
        offline = Availability.OFFLINE.value
        for presence in people:
            vendor, site = presence.user.vendor.code, presence.user.site.code if presence.user.site else ""
            events.append((presence.user_id, offline, now, vendor, site, "silence"))
            told = {"state": offline, "source": "silence", "site": site}
            entry = Entry("availability.set", "person", str(presence.user_id), told, vendor)
            facts.append(fact_row(actor=SYSTEM, at=now, entry=entry))
        Presence.objects.filter(pk__in=[presence.pk for presence in people]).update(state=offline, since=now)
        insert_rows(AvailabilityEvent, _COLUMNS, events)
        append_rows(facts)
    return len(people)
