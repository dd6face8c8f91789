"""Places in films and streams that people mark while they judge, so that the next one finds them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from piepowder.access.visibility import NotPermitted, scope_q
from piepowder.intake.models import ItemMedia, Moment
from piepowder.kernel.actor import Actor, ActorKind
from piepowder.kernel.errors import FieldProblem, Malformed, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.review.blindness import may_read
from piepowder.review.leases import locked_lease, require_in_scope
from piepowder.review.models import Case, Mark
from piepowder.review.standing import user_id_of
from piepowder.review.states import ACTIVE_STATES

LONGEST_TEXT = 300
MOST_MARKS = 500
_LATEST_MS = 14 * 24 * 3600 * 1000


class BadMark(Malformed):
    code = "bad_mark"


class NoSuchMark(NotFound):
    code = "no_such_mark"


@dataclass(frozen=True, slots=True)
class MarkLine:
    """``media`` is the film's digest, empty for a stream; ``mine`` and in a case still open: it can be removed."""

    id: UUID
    case_id: UUID
    media: str
    at_ms: int
    until_ms: int | None
    text: str
    by: str
    mine: bool
    removable: bool
    marked_at: datetime


@transaction.atomic
def add_mark(
    *,
    actor: Actor,
    lease_id: UUID,
    at: datetime,
    at_ms: int,
    media: str = "",
    until_ms: int | None = None,
    text: str = "",
) -> Mark:
    """Mark a place in a film of the case in hand, or with ``media`` empty in its stream; raises ``LeaseLost``, ``BadMark``."""
    case = locked_lease(actor, lease_id, at).case
    require_in_scope(actor, Permission.CASE_DECIDE, case)
    said = " ".join(text.split())[:LONGEST_TEXT]
    if problems := _problems(case, at_ms, media, until_ms):
        raise BadMark(problems[0].detail, problems=problems)
    mark = Mark.objects.create(
        case=case,
        author_id=user_id_of(actor),
        vendor=actor.vendor,
        media=media,
        at_ms=at_ms,
        until_ms=until_ms,
        text=said,
        marked_at=at,
    )
    told: dict[str, Any] = {"mark": str(mark.pk), "media": media, "at_ms": at_ms}
    record(actor=actor, at=at, verb="mark.add", subject_kind="case", subject_id=case.pk, **told)
    return mark


@transaction.atomic
def remove_mark(*, actor: Actor, mark_id: UUID, at: datetime) -> None:
    """Take one's own mark away, as long as its case is open: what a decision was made on stays."""
    mark = Mark.objects.select_for_update(of=("self",)).select_related("case").filter(pk=mark_id).first()
    if mark is None or actor.kind is not ActorKind.PERSON or mark.author_id != user_id_of(actor):
        raise NoSuchMark(_("there is no such mark of yours"))
    if mark.case.state not in ACTIVE_STATES:
        raise NotPermitted(_("the case is decided; its marks stay"))
    told: dict[str, Any] = {"mark": str(mark.pk), "media": mark.media, "at_ms": mark.at_ms}
    record(actor=actor, at=at, verb="mark.remove", subject_kind="case", subject_id=mark.case_id, **told)
    mark.delete()


def marks_of(actor: Actor, case_id: UUID) -> list[MarkLine]:
    """The marks of a case that ``actor`` may read: their own vendor's, or everybody's for who sees every vendor. One query."""
    return _lines(actor, Q(case_id=case_id))


def marks_in(actor: Actor, item_id: UUID) -> list[MarkLine]:
    """The marks in an item from all its cases, so that what was marked in a stream stays while it is watched on."""
    return _lines(actor, Q(case__item_id=item_id))


def _lines(actor: Actor, which: Q) -> list[MarkLine]:
    seen = scope_q(
        actor,
        Permission.CASE_VIEW,
        vendor="vendor",
        queue="case__queue__code",
        market="case__market",
        language="case__language",
    )
    if seen and actor.kind is ActorKind.PERSON:
        # An empty condition lets everything pass already; to widen it would narrow it.
        seen |= Q(author_id=user_id_of(actor))
    rows = Mark.objects.filter(which, seen, may_read(actor)).select_related("author", "case")[:MOST_MARKS]
    return [_line(actor, row) for row in rows]


def _line(actor: Actor, row: Mark) -> MarkLine:
    mine = actor.kind is ActorKind.PERSON and row.author_id == user_id_of(actor)
    return MarkLine(
        id=row.pk,
        case_id=row.case_id,
        media=row.media,
        at_ms=row.at_ms,
        until_ms=row.until_ms,
        text=row.text,
        by=row.author.name,
        mine=mine,
        removable=mine and row.case.state in ACTIVE_STATES,
        marked_at=row.marked_at,
    )


def _problems(case: Case, at_ms: int, media: str, until_ms: int | None) -> list[FieldProblem]:
    problems = []
    if not 0 <= at_ms <= _LATEST_MS:
        problems.append(FieldProblem("/at_ms", "out_of_range", _("a mark lies within the film")))
    if until_ms is not None and not at_ms <= until_ms <= _LATEST_MS:
        problems.append(FieldProblem("/until_ms", "out_of_range", _("a stretch ends after it begins")))
    if media and not (
        ItemMedia.objects.filter(snapshot__item_id=case.item_id, stored_id=media).exists()
        or Moment.objects.filter(item_id=case.item_id, stored_id=media).exists()
    ):
        problems.append(FieldProblem("/media", "unknown_media", _("this item has no such picture, film or document")))
    return problems
