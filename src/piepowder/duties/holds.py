"""Legal holds: nothing that is held is ever erased."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.database.fitting import refuse_unfit
from piepowder.database.personal import Kept
from piepowder.duties.models import Hold, HoldOn, OrderLine, Threat
from piepowder.intake.models import Item, Report
from piepowder.intake.states import Kind
from piepowder.kernel.actor import Actor, ActorKind
from piepowder.kernel.errors import Conflict, FieldProblem, Malformed, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.review.models import Case

HELD = "held"
"""Why something stays."""


class BadHold(Malformed):
    code = "bad_hold"


class NoSuchHold(NotFound):
    code = "no_such_hold"


class HoldReleased(Conflict):
    code = "hold_released"


class HoldBySystem(Conflict):
    """It was placed by another duty, and ends with that."""

    code = "hold_by_system"


@transaction.atomic
def place_hold(
    *,
    actor: Actor,
    kind: str,
    ref: str,
    reason: str,
    at: datetime,
    until: date | None = None,
    source: str = "person",
) -> Hold:
    """Keep something and all that belongs to it from being erased, until ``until`` or until it is released.

    ``source`` names the duty that places it by itself (``order``, ``threat``, ``termination``); whoever may do that duty
    may place its hold. Raises ``BadHold`` with a pointer to what is wrong.
    """
    if source == "person":
        require(actor, Permission.HOLD_EDIT)
    ref, reason = ref.strip(), reason.strip()
    problems = list(_problems(kind, ref, reason, until, at))
    if problems:
        raise BadHold(_("this cannot be held like that"), problems=problems)
    hold = Hold(kind=kind, ref=ref, reason=reason, source=source, until=until, placed_at=at, placed_by=_who(actor))
    refuse_unfit(hold)
    hold.save(force_insert=True)
    record(
        actor=actor,
        at=at,
        verb="hold.place",
        subject_kind="hold",
        subject_id=hold.pk,
        kind=kind,
        source=source,
        until=until.isoformat() if until else None,
        **({"ref": ref} if kind not in _NAMED else {}),
    )
    return hold


@transaction.atomic
def release_hold(*, actor: Actor, hold_id: UUID, why: str, at: datetime, source: str = "person") -> Hold:
    """End a hold before its time; what it kept can be erased again. Raises ``HoldBySystem`` for one of another duty."""
    if source == "person":
        require(actor, Permission.HOLD_EDIT)
    hold = Hold.objects.select_for_update().filter(pk=hold_id).first()
    if hold is None:
        raise NoSuchHold(_("there is no such hold"))
    if hold.released_at is not None:
        raise HoldReleased(_("this hold was released before"))
    if hold.source != source:
        raise HoldBySystem(_("this hold belongs to another duty and ends with it"))
    if not why.strip():
        raise BadHold(
            _("say why it is released"), problems=[FieldProblem("/why", "required", _("say why it is released"))]
        )
    hold.released_at, hold.released_by, hold.released_why = at, _who(actor), why.strip()[:500]
    hold.save(update_fields=["released_at", "released_by", "released_why"])
    record(actor=actor, at=at, verb="hold.release", subject_kind="hold", subject_id=hold.pk, kind=hold.kind)
    return hold


def standing_holds(on: date | None = None) -> QuerySet[Hold]:
    """The holds in force on a day; today when none is given."""
    day = on or timezone.now().date()
    return Hold.objects.filter(Q(until__isnull=True) | Q(until__gte=day), released_at__isnull=True)


def held(kind: str, ref: object, on: date | None = None) -> bool:
    """Whether something must not be erased: itself, or what it belongs to, is held.

    An item is held with its seller, a case with its item, a report with its item and its reporter. Whatever is found under a
    hold of a case, a report, an order or a threat is held with that.
    """
    wanted = str(ref)
    return any(kept.kind == kind and wanted in {str(one) for one in kept.refs} for kept in _listed(on)) or any(
        held(above, one, on) for above, one in _above(kind, wanted)
    )


def kept_by_holds(on: date | None = None) -> list[Kept]:
    """What holds keep, by kind of thing; a hold keeps what it is about and what that cannot be understood without."""
    found = _listed(on)
    sellers = [ref for kept in found if kept.kind == HoldOn.SELLER for ref in kept.refs]
    if sellers:
        theirs = Item.objects.filter(Q(seller_ref__in=sellers) | Q(kind=Kind.SELLER, external_id__in=sellers))
        found.append(Kept(HoldOn.ITEM, theirs.values("pk"), HELD))
    return found


def _listed(on: date | None) -> list[Kept]:
    """What holds name, and what of it stands elsewhere, as lists of ids."""
    refs: dict[str, set[str]] = {}
    for kind, ref in standing_holds(on).values_list("kind", "ref"):
        refs.setdefault(kind, set()).add(ref)
    found: dict[str, set[Any]] = {kind: _typed(kind, some) for kind, some in refs.items()}
    items, cases = found.setdefault(HoldOn.ITEM, set()), found.get(HoldOn.CASE, set())
    items.update(Case.objects.filter(pk__in=cases).values_list("item_id", flat=True))
    reports = found.get(HoldOn.REPORT, set())
    if reports:
        rows = Report.objects.filter(pk__in=reports).values_list("item_id", "reporter_id")
        items.update(item for item, _reporter in rows)
        found.setdefault(HoldOn.REPORTER, set()).update(reporter for _item, reporter in rows)
    orders = found.get(HoldOn.ORDER, set())
    lines = OrderLine.objects.filter(order__in=orders, item__isnull=False)
    items.update(one for one in lines.values_list("item_id", flat=True) if one)
    threats = Threat.objects.filter(pk__in=found.get(HoldOn.THREAT, set()))
    items.update(one for one in threats.values_list("item_id", flat=True) if one)
    return [Kept(kind, sorted(some, key=str), HELD) for kind, some in sorted(found.items()) if some]


_NAMED = frozenset({HoldOn.SELLER.value})
"""Kinds whose reference the ledger does not keep: it is the marketplace's id of a person."""
_UUIDS = frozenset({HoldOn.REPORTER, HoldOn.ITEM, HoldOn.CASE, HoldOn.REPORT, HoldOn.ORDER, HoldOn.THREAT})


def _typed(kind: str, refs: set[str]) -> set[Any]:
    return {UUID(one) for one in refs} if kind in _UUIDS else set(refs)


def _problems(kind: str, ref: str, reason: str, until: date | None, at: datetime) -> Iterator[FieldProblem]:
    if kind not in HoldOn.values:
        yield FieldProblem("/kind", "unknown_value", _("this kind of thing cannot be held"))
    elif not ref:
        yield FieldProblem("/ref", "required", _("say what is held"))
    elif kind in _UUIDS and not _is_id(ref):
        yield FieldProblem("/ref", "bad_id", _("give its id as it stands in its address"))
    if not reason:
        yield FieldProblem("/reason", "required", _("say why it is held"))
    if until is not None and until < at.date():
        yield FieldProblem("/until", "past", _("this day is over"))


def _is_id(ref: str) -> bool:
    try:
        UUID(ref)
    except ValueError:
        return False
    return True


def _above(kind: str, ref: str) -> Iterator[tuple[str, object]]:
    if kind in _UUIDS and not _is_id(ref):
        return
    if kind == HoldOn.ITEM:
        seller = Item.objects.filter(pk=ref).values_list("seller_ref", flat=True).first()
        if seller:
            yield HoldOn.SELLER, seller
    elif kind == HoldOn.CASE:
        for item in Case.objects.filter(pk=ref).values_list("item_id", flat=True):
            yield HoldOn.ITEM, item
    elif kind == HoldOn.REPORT:
        for item, reporter in Report.objects.filter(pk=ref).values_list("item_id", "reporter_id"):
            yield HoldOn.ITEM, item
            yield HoldOn.REPORTER, reporter


def _who(actor: Actor) -> str:
    return f"{actor.kind.value}:{actor.ref}"[:80] if actor.kind is not ActorKind.PERSON else actor.ref
