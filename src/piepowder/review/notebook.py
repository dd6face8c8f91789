"""Reading notes: what colleagues said about a case, and what comes back because the seller, device or address does.

A note is read within its vendor and by those who may see every vendor. Who of another vendor wrote it stays unsaid.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import F, Q, QuerySet

from piepowder.access.models import User, Vendor
from piepowder.access.visibility import scope_q, sees, visible
from piepowder.database.prepared import Prepared
from piepowder.intake.models import Item, Trait
from piepowder.intake.states import Kind, TraitKind
from piepowder.kernel.actor import Actor, ActorKind, Place
from piepowder.kernel.permissions import Permission
from piepowder.review.blindness import may_read
from piepowder.review.models import Mention, Note
from piepowder.review.standing import user_id_of
from piepowder.review.states import NoteAbout

MOST_SHOWN: Final = 50
TRAIT_OF: Final = {NoteAbout.EMAIL.value: TraitKind.EMAIL.value, NoteAbout.DEVICE.value: TraitKind.DEVICE.value}
"""The kind of trait behind each thing that a note can be about."""


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A note as its reader may see it; ``author`` is empty when they may not know who of the house wrote it."""

    id: UUID
    about_kind: str
    about: str
    """The shortened form of a trait, or the seller's reference."""
    case_id: UUID | None
    author: str
    vendor: str
    text: str
    at: datetime
    until: datetime | None
    mine: bool
    may_remove: bool


@dataclass(frozen=True, slots=True)
class TraitLine:
    """A trait of the seller that a note can be about."""

    kind: str
    digest: str
    shown: str


@dataclass(frozen=True, slots=True)
class Notebook:
    """What has been noted around a case, item or seller. ``resurfaced`` are about the seller or its traits."""

    comments: tuple[NoteLine, ...] = ()
    resurfaced: tuple[NoteLine, ...] = ()
    traits: tuple[TraitLine, ...] = ()
    vendors: tuple[tuple[str, str], ...] = ()
    """Code and name of those whose people the reader may write to; empty for all who write to their own only."""
    may_write: bool = False

    @property
    def count(self) -> int:
        return len(self.comments) + len(self.resurfaced)


@dataclass(frozen=True, slots=True)
class MentionLine:
    note: NoteLine
    seen: bool


def seen_notes(actor: Actor) -> QuerySet[Note]:
    """The notes that ``actor`` may read: their vendor's, or every vendor's; none that would tell an opinion too early."""
    return visible(Note.objects.filter(may_read(actor)), scope_q(actor, Permission.CASE_VIEW, vendor="vendor"))


def notes_around(
    actor: Actor,
    *,
    now: datetime,
    item_id: UUID | None = None,
    case_id: UUID | None = None,
    seller_ref: str = "",
    with_vendors: bool = False,
) -> Notebook:
    """The comments on the case, or on every case of the item, and what is noted about the seller.

    Two queries, and one more when the reader is to choose ``with_vendors`` whom to write to.
    """
    if not actor.scopes(Permission.CASE_VIEW):
        return Notebook()
    traits = traits_to_note(actor, seller_ref) if seller_ref else ()
    empty = Notebook(
        traits=traits,
        vendors=_vendors(actor) if with_vendors else (),
        may_write=actor.may(Permission.NOTE_WRITE),
    )
    if item_id is not None and not traits and not _noted(item_id, seller_ref):
        return empty  # As for almost every case: the long question is not worth asking.
    wanted = Q(pk__in=[])
    if item_id is not None:
        wanted |= Q(about_kind=NoteAbout.CASE, case__item_id=item_id)
    elif case_id is not None:
        wanted |= Q(about_kind=NoteAbout.CASE, about_ref=str(case_id))
    current = Q(until__isnull=True) | Q(until__gt=now)
    if seller_ref:
        wanted |= Q(about_kind=NoteAbout.SELLER, about_ref=seller_ref) & current
    for kind in {one.kind for one in traits}:
        digests = [one.digest for one in traits if one.kind == kind]
        wanted |= Q(about_kind=kind, about_ref__in=digests) & current
    rows = seen_notes(actor).filter(wanted, removed_at__isnull=True).select_related("author__vendor")
    shown = {one.digest: one.shown for one in traits}
    lines = [_line(actor, note, shown) for note in rows.order_by("-at", "-id")[:MOST_SHOWN]]
    return replace(
        empty,
        comments=tuple(one for one in lines if one.about_kind == NoteAbout.CASE),
        resurfaced=tuple(one for one in lines if one.about_kind != NoteAbout.CASE),
    )


_noted = Prepared(
    lambda item, seller: Note.objects.filter(
        Q(about_kind=NoteAbout.CASE, case__item_id=item) | Q(about_kind=NoteAbout.SELLER, about_ref=seller),
        removed_at__isnull=True,
    ).values_list("pk")[:1],
    Item.id,
    Note.about_ref,
)


def traits_to_note(actor: Actor, seller_ref: str) -> tuple[TraitLine, ...]:
    """The seller's addresses and devices, each a thing that a note can be about. One query."""
    abouts = {trait: about for about, trait in TRAIT_OF.items()}
    return tuple(
        TraitLine(abouts[kind], digest, shown)
        for kind, digest, shown, market, language in _traits(seller_ref)
        if sees(actor, Permission.ITEM_VIEW, market=market, language=language)
    )


_traits = Prepared(
    lambda seller: (
        Trait.objects.filter(item__kind=Kind.SELLER, item__external_id=seller, kind__in=list(TRAIT_OF.values()))
        .order_by("kind", "id")
        .values_list("kind", "digest", "shown", "item__market", "item__language")
    ),
    Item.external_id,
)


def mentions_of(actor: Actor, *, limit: int = 100) -> list[MentionLine]:
    """The notes that call the actor and that they may read, unseen and newest first. One query."""
    mine = Mention.objects.filter(user_id=user_id_of(actor), note__removed_at__isnull=True, note__in=seen_notes(actor))
    rows = mine.select_related("note__author__vendor", "note__case").order_by(
        F("seen_at").desc(nulls_first=True), "-note__at", "-id"
    )
    return [MentionLine(_line(actor, one.note, {}), one.seen_at is not None) for one in rows[:limit]]


def unseen_mentions(actor: Actor) -> int:
    """How many notes call the actor and were not seen yet. One query."""
    if actor.kind is not ActorKind.PERSON or not actor.scopes(Permission.CASE_VIEW):
        return 0
    mine = Mention.objects.filter(user_id=user_id_of(actor), seen_at__isnull=True)
    return mine.filter(note__removed_at__isnull=True, note__in=seen_notes(actor)).count()


def _vendors(actor: Actor) -> tuple[tuple[str, str], ...]:
    if not sees_every_vendor(actor) or not actor.may(Permission.NOTE_WRITE):
        return ()
    return tuple(Vendor.objects.exclude(code=actor.vendor).order_by("code").values_list("code", "name"))


def _line(actor: Actor, note: Note, shown: dict[str, str]) -> NoteLine:
    mine = note.author_id == user_id_of(actor)
    known = mine or actor.may(Permission.CASE_VIEW, Place(vendor=note.author.vendor.code))
    about = note.about_ref if note.about_kind == NoteAbout.SELLER else shown.get(note.about_ref, "")
    return NoteLine(
        id=note.pk,
        about_kind=note.about_kind,
        about=about,
        case_id=note.case_id,
        author=note.author.name if known else "",
        vendor=note.vendor,
        text=note.text,
        at=note.at,
        until=note.until,
        mine=mine,
        may_remove=mine or actor.may(Permission.CASE_REASSIGN, Place(vendor=note.vendor)),
    )


def sees_every_vendor(actor: Actor) -> bool:
    return any(not scope.vendors for scope in actor.scopes(Permission.CASE_VIEW))


def people_to_call(actor: Actor, vendor: str = "") -> QuerySet[User]:
    """Whom ``actor`` can call in a note for ``vendor`` (their own by default): who may read it and whom they may know."""
    vendor = vendor or actor.vendor
    scope = scope_q(actor, Permission.NOTE_WRITE, vendor="vendor__code")
    people = visible(User.objects.filter(is_active=True), scope).filter(Q(vendor__code=vendor) | _house())
    return people.exclude(pk=user_id_of(actor)).order_by("name", "id")


def _house() -> Q:
    # Only in-house people can be given every vendor to see; one who was not reads the note no more than anybody else.
    return Q(vendor__kind="in_house")
