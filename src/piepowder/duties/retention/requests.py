"""Erasing what is known of a person: asked for, looked at, run, proven."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.options import chosen
from piepowder.access.visibility import require_whole
from piepowder.database.fitting import refuse_unfit
from piepowder.database.personal import Subject, SubjectKind
from piepowder.duties.models import Erasure
from piepowder.duties.retention.emptying import Line, empty, emptyings_of, kept_now, look, with_addresses
from piepowder.duties.retention.states import ERASURE_FLOW, AskedBy, ErasureState
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.clocks.calendars import zone
from piepowder.kernel.clocks.periods import Period, ends
from piepowder.kernel.errors import FieldProblem, Malformed, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.ledger.queries import verify
from piepowder.policy.options import ZONE
from piepowder.policy.packs import calendar_of

ANSWER = Period(1, "months")
"""Regulation (EU) 2016/679, Art. 12(3)."""
_OURS = (SubjectKind.REPORTER,)


class BadErasure(Malformed):
    code = "bad_erasure"


class NoSuchErasure(NotFound):
    code = "no_such_erasure"


@dataclass(frozen=True, slots=True)
class Advance:
    """How far one step of a running erasure came; ``over`` when nothing is left that may go."""

    emptied: int
    over: bool


@transaction.atomic
def request_erasure(
    *, actor: Actor, kind: str, ref: str, asked_by: str, at: datetime, addresses: Sequence[str] = ()
) -> Erasure:
    """Keep that somebody asked for what is known of them to be erased; nothing is changed yet.

    ``ref`` is the marketplace's id of a seller, buyer or rights owner, ours of a reporter or user; without one an e-mail
    address is enough to look by. The answer is due within a month. Raises ``BadErasure``.
    """
    require_whole(actor, Permission.ERASURE_RUN)
    ref, known = ref.strip(), sorted({one.strip().lower() for one in addresses if one.strip()})
    if problems := list(_problems(kind, ref, asked_by, known)):
        raise BadErasure(_("this request cannot be kept like that"), problems=problems)
    erasure = Erasure(
        subject_kind=kind,
        subject_ref=ref,
        addresses=known,
        asked_by=asked_by,
        requested_at=at,
        requested_by=actor.ref,
        due_on=ends(at, ANSWER, calendar_of(), zone(str(chosen(ZONE)))).on,
    )
    refuse_unfit(erasure)
    erasure.save(force_insert=True)
    _record(actor, at, "request", erasure, kind=kind, asked_by=asked_by)
    return erasure


def foreseen(actor: Actor, erasure: Erasure, at: datetime) -> list[Line]:
    """What running it now would empty, and what would stay and why."""
    require_whole(actor, Permission.ERASURE_RUN)
    subject = with_addresses(_subject(erasure))
    kept = kept_now(subject, at)
    return look(emptyings_of(subject, at, kept), kept)


@transaction.atomic
def run_erasure(*, actor: Actor, erasure_id: UUID, at: datetime) -> Erasure:
    """Have it erased, in small batches by the worker; what must stay is tried again every day until nothing is left."""
    require_whole(actor, Permission.ERASURE_RUN)
    erasure = _locked(erasure_id)
    erasure.state = ERASURE_FLOW.step("run", ErasureState(erasure.state))
    # Kept with the request: once the first places are empty they no longer tell by which address the others know them.
    erasure.addresses = list(with_addresses(_subject(erasure)).addresses)
    erasure.save(update_fields=["state", "addresses"])
    _record(actor, at, "run", erasure)
    return erasure


@transaction.atomic
def refuse_erasure(*, actor: Actor, erasure_id: UUID, why: str, at: datetime) -> Erasure:
    """Answer that nothing will be erased, and why (Art. 17(3)); the person is told by letter outside of this."""
    require_whole(actor, Permission.ERASURE_RUN)
    erasure = _locked(erasure_id)
    target = ERASURE_FLOW.step("refuse", ErasureState(erasure.state))
    if not why.strip():
        raise BadErasure(_("say why it is refused"), problems=[FieldProblem("/why", "required", _("say why"))])
    erasure.state, erasure.refused_why = target, why.strip()[:500]
    erasure.save(update_fields=["state", "refused_why"])
    _record(actor, at, "refuse", erasure)
    return erasure


def advance(*, erasure_id: UUID, at: datetime, most: int) -> Advance:
    """Empty up to ``most`` rows of a running erasure; the last step looks at what stays, and proves that the ledger holds.

    Every batch is a transaction of its own, so that a stop at any point loses nothing: the next step goes on from there.
    """
    erasure = Erasure.objects.filter(pk=erasure_id, state=ErasureState.RUNNING).first()
    if erasure is None:
        return Advance(0, over=True)
    subject = _subject(erasure)
    kept = kept_now(subject, at)
    done = empty(emptyings_of(subject, at, kept), kept, most=most)
    with transaction.atomic():
        erasure = _locked(erasure_id)
        counts: dict[str, int] = dict(erasure.emptied)
        for place, rows in done.items():
            counts[place] = counts.get(place, 0) + rows
        erasure.emptied = sorted(counts.items())
        erasure.save(update_fields=["emptied"])
        if done:
            _record(SYSTEM, at, "empty", erasure, rows=done.total(), places=sorted(done))
    if done.total() >= most:
        return Advance(done.total(), over=False)
    _settle(erasure_id, subject, at)
    return Advance(done.total(), over=True)


def _settle(erasure_id: UUID, subject: Subject, at: datetime) -> None:
    kept = kept_now(subject, at)
    stays = [one for one in look(emptyings_of(subject, at, kept), kept) if one.why]
    verdict = verify(now=at)
    with transaction.atomic():
        erasure = _locked(erasure_id)
        verb = "leave_rest" if stays else "finish"
        erasure.state, erasure.erased_at = ERASURE_FLOW.step(verb, ErasureState(erasure.state)), at
        erasure.stays = [[one.place, one.rows, one.why, one.until.isoformat() if one.until else None] for one in stays]
        erasure.proof = {
            "facts": verdict.facts,
            "blocks": verdict.blocks,
            "head": verdict.head.hash,
            "problems": verdict.problems,
        }
        if not stays:
            erasure.addresses = []
            # An earlier request of the same person need look for nothing any more.
            same = {"subject_kind": erasure.subject_kind, "subject_ref": erasure.subject_ref}
            Erasure.objects.filter(**same).exclude(subject_ref="").exclude(pk=erasure.pk).update(addresses=[])
            if erasure.subject_kind == SubjectKind.BUYER:
                erasure.subject_ref = ""
        erasure.save(update_fields=["state", "erased_at", "stays", "proof", "addresses", "subject_ref"])
        _record(SYSTEM, at, "settle", erasure, stays=len(stays), state=erasure.state)


def _subject(erasure: Erasure) -> Subject:
    return Subject(erasure.subject_kind, erasure.subject_ref, tuple(erasure.addresses))


def _locked(erasure_id: UUID) -> Erasure:
    erasure = Erasure.objects.select_for_update().filter(pk=erasure_id).first()
    if erasure is None:
        raise NoSuchErasure(_("there is no such request"))
    return erasure


def _problems(kind: str, ref: str, asked_by: str, addresses: Sequence[str]) -> Iterable[FieldProblem]:
    if kind not in SubjectKind.values:
        yield FieldProblem("/kind", "unknown_value", _("choose whose data it is"))
    if asked_by not in AskedBy.values:
        yield FieldProblem("/asked_by", "unknown_value", _("say who asked"))
    if not ref and not addresses:
        yield FieldProblem("/ref", "required", _("give an id or an e-mail address to look by"))
    if kind in _OURS and ref and not _is_id(ref):
        yield FieldProblem("/ref", "bad_id", _("give its id as it stands in its address"))
    if kind == SubjectKind.STAFF and not (ref.isdecimal() and len(ref) < 19):
        yield FieldProblem("/ref", "bad_id", _("give the person's number as it stands in their address"))
    for address in addresses:
        if "@" not in address or len(address) > 254:
            yield FieldProblem(
                "/addresses", "bad_address", _("'%(address)s' is no address") % {"address": address[:80]}
            )


def _is_id(ref: str) -> bool:
    try:
        UUID(ref)
    except ValueError:
        return False
    return True


def _record(actor: Actor, at: datetime, verb: str, erasure: Erasure, **body: Any) -> None:
    record(actor=actor, at=at, verb=f"erasure.{verb}", subject_kind="erasure", subject_id=erasure.pk, **body)
