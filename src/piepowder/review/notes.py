"""Notes between colleagues: about a case, or about a seller, device or e-mail address that comes back with later cases."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists
from django.utils.translation import gettext as _

from piepowder.access.models import Vendor
from piepowder.access.visibility import require
from piepowder.intake.models import Trait
from piepowder.intake.queries import seen_items
from piepowder.intake.states import Kind
from piepowder.kernel.actor import Actor, ActorKind, Place
from piepowder.kernel.errors import FieldProblem, Malformed, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.review.leases import NoSuchCase
from piepowder.review.listing import seen_cases
from piepowder.review.models import Case, Lease, Mention, Note
from piepowder.review.notebook import TRAIT_OF, people_to_call, seen_notes, sees_every_vendor
from piepowder.review.standing import user_id_of
from piepowder.review.states import CaseEventKind, NoteAbout
from piepowder.review.steps import take_step

LONGEST_NOTE: Final = 4_000
MOST_MENTIONS: Final = 20


class BadNote(Malformed):
    code = "bad_note"


class NoSuchNote(NotFound):
    code = "no_such_note"


@dataclass(frozen=True, slots=True)
class About:
    """What a note is about: the case, or the seller by ``seller_ref``, or one of the seller's traits by its digest."""

    kind: str
    case_id: UUID | None = None
    seller_ref: str = ""
    digest: str = ""


@transaction.atomic
def write_note(
    *, actor: Actor, about: About, text: str, at: datetime, until: datetime | None = None, vendor: str = ""
) -> Note:
    """Leave a note, and call the people whose names or addresses stand in it after an ``@``.

    It is read within ``vendor``, the writer's own unless they may see every vendor and say another; and by those who may
    see every vendor. Only people who may read it are called. Raises ``BadNote``, or ``NoSuchCase`` and ``NoSuchNote`` for
    what the actor may not see.
    """
    text = text.strip()
    _check(text, at, until)
    vendor = _readers(actor, vendor)
    case = _case(actor, about.case_id) if about.case_id else None
    place = Place(vendor=vendor)
    if case is not None:
        place = Place(vendor=vendor, queue=case.queue.code, market=case.market, language=case.language)
    require(actor, Permission.NOTE_WRITE, place)
    note = Note.objects.create(
        about_kind=about.kind,
        about_ref=_about_ref(actor, about, case),
        case=case,
        author_id=user_id_of(actor),
        vendor=vendor,
        text=text,
        at=at,
        until=until,
    )
    called = _called(actor, vendor, text)
    Mention.objects.bulk_create(Mention(note=note, user_id=user_id) for user_id in called)
    if case is not None and about.kind == NoteAbout.CASE:
        take_step(
            actor=actor, at=at, case=case, kind=CaseEventKind.NOTED, verb="case.note", body={"note": str(note.pk)}
        )
    record(
        actor=actor,
        at=at,
        verb="note.write",
        subject_kind="note",
        subject_id=note.pk,
        vendor=vendor,
        about=about.kind,
        case=str(case.pk) if case else None,
        mentions=len(called),
        until=until.isoformat() if until else None,
    )
    return note


@transaction.atomic
def remove_note(*, actor: Actor, note_id: UUID, at: datetime) -> None:
    """Take a note away for everybody: its author may, and a lead within the vendor. Nobody is called by it any more."""
    note = seen_notes(actor).filter(pk=note_id, removed_at__isnull=True).first()
    if note is None:
        raise NoSuchNote(_("there is no such note"))
    if note.author_id != user_id_of(actor):
        require(actor, Permission.CASE_REASSIGN, Place(vendor=note.vendor))
    if not Note.objects.filter(pk=note.pk, removed_at__isnull=True).update(removed_at=at):
        return
    record(
        actor=actor, at=at, verb="note.remove", subject_kind="note", subject_id=note.pk, vendor=note.vendor,
        about=note.about_kind,
    )  # fmt: skip


@transaction.atomic
def see_mention(*, actor: Actor, at: datetime, note_id: UUID | None = None) -> int:
    """Mark what calls the actor as seen, one note or all of them; returns how many were not seen before."""
    mine = Mention.objects.filter(user_id=user_id_of(actor), seen_at__isnull=True)
    if note_id is not None:
        mine = mine.filter(note_id=note_id)
    seen = mine.update(seen_at=at)
    if seen:
        record(
            actor=actor, at=at, verb="mention.see", subject_kind="user", subject_id=actor.ref, count=seen,
            note=str(note_id) if note_id else None,
        )  # fmt: skip
    return seen


def _check(text: str, at: datetime, until: datetime | None) -> None:
    problems = []
    if not text:
        problems.append(FieldProblem("/text", "required", _("say something")))
    if len(text) > LONGEST_NOTE:
        detail = _("at most %(count)d characters") % {"count": LONGEST_NOTE}
        problems.append(FieldProblem("/text", "too_long", detail))
    if "\0" in text:
        problems.append(FieldProblem("/text", "bad_text", _("must not hold a NUL character")))
    if until is not None and until <= at:
        problems.append(FieldProblem("/until", "past", _("must be later than now")))
    if problems:
        raise BadNote(_("the note cannot be kept as it is"), problems=problems)


def _readers(actor: Actor, vendor: str) -> str:
    """The vendor within which the note is read."""
    if not vendor or vendor == actor.vendor:
        return actor.vendor
    if not sees_every_vendor(actor) or not Vendor.objects.filter(code=vendor).exists():
        problem = FieldProblem("/vendor", "unknown_vendor", _("you cannot write to this vendor"))
        raise BadNote(_("the note cannot be kept as it is"), problems=[problem])
    return vendor


def _case(actor: Actor, case_id: UUID) -> Case:
    case = seen_cases(actor).select_related("queue").filter(pk=case_id).first()
    if case is None and actor.kind is ActorKind.PERSON:
        held = Lease.objects.filter(case_id=case_id, user_id=user_id_of(actor))
        case = Case.objects.select_related("queue").filter(pk=case_id).filter(Exists(held)).first()
    if case is None:
        raise NoSuchCase(_("there is no such case"))
    return case


def _about_ref(actor: Actor, about: About, case: Case | None) -> str:
    if about.kind == NoteAbout.CASE:
        if case is None:
            raise BadNote(_("a comment belongs to a case"))
        return str(case.pk)
    if about.kind == NoteAbout.SELLER:
        ref = about.seller_ref or (case.seller_ref if case else "")
        if ref and ((case is not None and case.seller_ref == ref) or seen_items(actor).filter(seller_ref=ref).exists()):
            return ref
        raise BadNote(_("there is no such seller"))
    if about.kind in TRAIT_OF:
        sellers = seen_items(actor).filter(kind=Kind.SELLER)
        if Trait.objects.filter(kind=TRAIT_OF[about.kind], digest=about.digest, item__in=sellers).exists():
            return about.digest
        raise BadNote(_("the seller has not told such an address or device"))
    raise BadNote(_("a note is about a case, a seller, an e-mail address or a device"))


def _called(actor: Actor, vendor: str, text: str) -> list[int]:
    """Whose full name or address follows an ``@``; of two names that begin alike the longer one is meant."""
    if "@" not in text:
        return []
    folded = text.casefold()
    names: dict[str, list[int]] = {}
    for pk, name, email in people_to_call(actor, vendor).values_list("pk", "name", "email"):
        for one in {name.casefold(), email.casefold()} - {""}:
            names.setdefault(one, []).append(pk)
    found: dict[int, None] = {}
    for hit in re.finditer("@", folded):
        rest = folded[hit.end() :]
        fitting = [name for name in names if rest.startswith(name) and not rest[len(name) : len(name) + 1].isalnum()]
        if fitting:
            found |= dict.fromkeys(names[max(fitting, key=len)])
    return list(found)[:MOST_MENTIONS]
