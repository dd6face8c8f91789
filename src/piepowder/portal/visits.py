"""Coming in through a link, being there, and leaving. A visit is no log-in: it knows nothing of the people who work here."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from piepowder.access.options import chosen
from piepowder.access.visibility import require, require_whole
from piepowder.decisions.models import Decision
from piepowder.kernel.actor import Actor, ActorKind, Mandate, Place
from piepowder.kernel.errors import NotFound, Unauthenticated
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.portal.links import Link, LinkDead, Subject, SubjectKind, mint, opened
from piepowder.portal.models import ShutOut, Visit

_LOOK_EVERY = timedelta(minutes=1)
_OUTSIDE = frozenset(
    {
        Permission.ITEM_SUBMIT,
        Permission.MEDIA_UPLOAD,
        Permission.REPORT_SUBMIT,
        Permission.APPEAL_FILE,
    }
)
"""What operations ask of whoever sends something in. Whose things it may concern is asked by the portal itself, of every
row, from the visit's subject."""


class VisitOver(Unauthenticated):
    """No visit, or one that has ended."""

    code = "visit_over"


class NoSuchThing(NotFound):
    """There is none, or it is somebody else's: the answer is the same."""

    code = "nothing_of_yours"


@dataclass(frozen=True, slots=True)
class Guest:
    """Who is there: somebody on a visit, or the marketplace's own pages in somebody's name (``acting`` is their key)."""

    visit: UUID | None
    subject: Subject
    acting: Actor | None = None

    @property
    def actor(self) -> Actor:
        """As operations and the ledger know them: by the visit or the key, not by name."""
        return outsider(str(self.visit)) if self.acting is None else self.acting

    @property
    def who(self) -> str:
        """Of whom it is counted how much they ask."""
        return str(self.visit) if self.acting is None else f"{self.acting.ref} {self.subject.ref}"


def in_the_name_of(actor: Actor, subject: Subject) -> Guest:
    """The marketplace's own pages, with a key that may give links to anybody: ``subject`` sees and does what they would in
    the portal, and the ledger keeps the key."""
    require_whole(actor, Permission.PORTAL_LINK)
    return Guest(None, subject, replace(actor, mandates=(*actor.mandates, Mandate(_OUTSIDE))))


def outsider(ref: str) -> Actor:
    """Somebody from outside, who may send things in and see nothing by permission."""
    return Actor(ActorKind.OUTSIDER, ref[:80], (Mandate(_OUTSIDE),))


def guest_from(visit: Visit) -> Guest:
    return Guest(visit.pk, Subject(visit.kind, visit.ref, visit.language, visit.only))


@transaction.atomic
def give_link(*, actor: Actor, subject: Subject, lasts: timedelta | None, at: datetime) -> str:
    """A link's whole address, given out to the marketplace or by support.

    A link to everything of somebody needs ``portal:link`` everywhere; one to a single decision about a seller needs it
    where that decision was taken, and the decision must be theirs (``NoSuchThing``).
    """
    if subject.only and subject.kind == SubjectKind.SELLER:
        decision = _decision(subject)
        place = Place(vendor=decision.vendor, queue=decision.queue, market=decision.market, language=decision.language)
        require(actor, Permission.PORTAL_LINK, place)
    else:
        require_whole(actor, Permission.PORTAL_LINK)
    if subject.only:
        subject = replace(subject, only=str(_the_one(subject)))
    hours = timedelta(hours=chosen("portal.link_hours"))
    token = mint(subject, at, lasts or hours)
    link = opened(token, at)
    told = {"kind": subject.kind, "only": subject.only, "until": link.until.isoformat()}
    record(actor=actor, at=at, verb="portal.link", subject_kind="portal_link", subject_id=link.id, **told)
    return f"{settings.PUBLIC_URL}/portal/open/{token}"


def _the_one(subject: Subject) -> UUID:
    """The id of the one thing that a link is for; pages are addressed by it, so it is written in one way only."""
    try:
        return UUID(subject.only)
    except ValueError:
        raise NoSuchThing(_("there is nothing here")) from None


def _decision(subject: Subject) -> Decision:
    decision = Decision.objects.select_related("item").filter(pk=_the_one(subject)).first()
    if decision is None or decision.item.seller_ref != subject.ref:
        raise NoSuchThing(_("there is no such decision"))
    return decision


@transaction.atomic
def come_in(*, token: str, at: datetime) -> tuple[Guest, str]:
    """Begin a visit; returns who it is and the secret for their browser. Raises ``LinkDead``."""
    link = opened(token, at)
    subject = link.subject
    if ShutOut.objects.filter(kind=subject.kind, ref=subject.ref, until__gte=link.minted_at).exists():
        raise LinkDead(_("links to these pages work for a limited time, and this one does not work any more"))
    key = secrets.token_urlsafe(32)
    visit = Visit.objects.create(
        key_hash=_hash(key),
        kind=subject.kind,
        ref=subject.ref,
        only=subject.only,
        language=subject.language,
        link=link.id,
        link_minted_at=link.minted_at,
        began_at=at,
        seen_at=at,
        until=_ends(link, at),
    )
    guest = guest_from(visit)
    told = {"kind": subject.kind, "link": str(link.id), "only": subject.only}
    record(actor=guest.actor, at=at, verb="portal.enter", subject_kind="visit", subject_id=visit.pk, **told)
    return guest, key


def _ends(link: Link, at: datetime) -> datetime:
    """A visit may outlast the link that it began with: who writes an appeal must not be cut off in a sentence."""
    return at + timedelta(hours=chosen("portal.visit_hours"))


def guest_of(key: str, *, at: datetime) -> Guest:
    """Who is behind a browser's secret; raises ``VisitOver``. One query, and once a minute another."""
    visit = Visit.objects.filter(key_hash=_hash(key), ended_at__isnull=True).first() if key else None
    if visit is None or not visit.ref or at >= visit.until:
        raise VisitOver(_("your visit has ended"))
    if at - visit.seen_at > timedelta(minutes=chosen("portal.idle_minutes")):
        raise VisitOver(_("your visit has ended, because nothing was clicked for a while"))
    if at - visit.seen_at > _LOOK_EVERY:
        Visit.objects.filter(pk=visit.pk).update(seen_at=at)
    return guest_from(visit)


def choose_language(*, guest: Guest, language: str) -> None:
    """Show everything in ``language`` for the rest of the visit."""
    _own(guest).update(language=language)


@transaction.atomic
def leave(*, guest: Guest, at: datetime) -> None:
    """End the visit; its browser's secret opens nothing any more."""
    if _own(guest).filter(ended_at__isnull=True).update(ended_at=at):
        record(actor=guest.actor, at=at, verb="portal.leave", subject_kind="visit", subject_id=guest.visit)


@transaction.atomic
def shut_out(*, actor: Actor, kind: str, ref: str, at: datetime) -> int:
    """Make every link given to somebody so far worthless and end their visits; returns how many ended."""
    require_whole(actor, Permission.PORTAL_LINK)
    ShutOut.objects.update_or_create(kind=kind, ref=ref, defaults={"until": at})
    ended = Visit.objects.filter(kind=kind, ref=ref, ended_at__isnull=True).update(ended_at=at)
    record(actor=actor, at=at, verb="portal.shut_out", subject_kind="portal", subject_id=kind, visits=ended)
    return ended


def _own(guest: Guest) -> QuerySet[Visit]:
    return Visit.objects.filter(pk=guest.visit) if guest.visit else Visit.objects.none()


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()
