"""Whose is what: every query of a seller's pages begins with one of these, so that nothing of anybody else is reachable.

What belongs to somebody else is answered like what does not exist.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from piepowder.decisions.models import Decision, Enforcement
from piepowder.decisions.states import DecisionState, EnforcementState, Exclusion, Family, Outcome
from piepowder.intake.models import Item
from piepowder.intake.states import Kind
from piepowder.portal.links import Subject, SubjectKind
from piepowder.portal.models import Resubmission
from piepowder.portal.visits import NoSuchThing

SILENT: Final = (Exclusion.AUTHORITY_ORDER, Exclusion.DECEPTIVE_HIGH_VOLUME)
"""Restrictions whose reasons are not told here: an authority may have asked for silence (DSA Art. 9(5), 10(5)), or the
law asks for no statement. That there is a restriction can be seen from the item itself."""


def items_of(subject: Subject) -> QuerySet[Item]:
    """The seller's items, without the account itself; none for a guest who came for one decision only."""
    if subject.kind != SubjectKind.SELLER or not subject.ref or subject.only:
        return Item.objects.none()
    return Item.objects.filter(seller_ref=subject.ref).exclude(kind=Kind.SELLER)


def item_of(subject: Subject, item_id: UUID) -> Item:
    item = items_of(subject).select_related("snapshot").filter(pk=item_id).first()
    if item is None:
        raise NoSuchThing(_("there is no such item"))
    return item


def decisions_of(subject: Subject, at: datetime) -> QuerySet[Decision]:
    """What was decided about the seller's items and account and is final, without what was taken back.

    An item may have changed hands: a decision is told to whom it was addressed, and only while the item is still theirs.
    """
    if subject.kind != SubjectKind.SELLER or not subject.ref:
        return Decision.objects.none()
    addressed = Q(statement__isnull=True) | Q(statement__recipient_ref=subject.ref)
    rows = Decision.objects.filter(
        addressed, item__seller_ref=subject.ref, outcome=Outcome.VIOLATION, final_at__lte=at
    ).exclude(state=DecisionState.WITHDRAWN)
    return _narrowed(rows, subject.only) if subject.only else rows


def _narrowed(rows: QuerySet[Decision], only: str) -> QuerySet[Decision]:
    try:
        return rows.filter(pk=UUID(only))
    except ValueError:
        return rows.none()


def decision_of(subject: Subject, decision_id: UUID, at: datetime) -> Decision:
    """One decision that may be told in full; raises ``NoSuchThing``."""
    rows = decisions_of(subject, at).exclude(statement__exclusion__in=SILENT)
    decision = rows.select_related("item", "statement", "snapshot").filter(pk=decision_id).first()
    if decision is None:
        raise NoSuchThing(_("there is no such decision"))
    return decision


def restrictions_of(subject: Subject, at: datetime) -> QuerySet[Enforcement]:
    """Every restriction that has taken effect for the seller, whether or not it still holds."""
    taken = Q(state__in=[EnforcementState.DISPATCHED, EnforcementState.REVERSED]) | Q(
        state=EnforcementState.SCHEDULED, starts_at__lte=at
    )
    return Enforcement.objects.filter(taken, decision__in=decisions_of(subject, at).order_by())


def in_force(at: datetime) -> Q:
    """Of restrictions: those that hold at a moment."""
    uncorrected = Q(~Exists(accepted(at).filter(decision=OuterRef("decision"))))
    return (
        Q(state__in=[EnforcementState.DISPATCHED, EnforcementState.SCHEDULED], starts_at__lte=at)
        & (Q(ends_at__isnull=True) | Q(ends_at__gt=at))
        & Q(decision__state=DecisionState.ISSUED)
        & (Q(family=Family.ACCOUNT) | uncorrected)
    )


def accepted(at: datetime) -> QuerySet[Resubmission]:
    """What was corrected, sent in again and found in order: what held against the item before holds no longer."""
    in_order = Decision.objects.filter(
        snapshot=OuterRef("snapshot"), outcome=Outcome.NO_VIOLATION, state=DecisionState.ISSUED, final_at__lte=at
    )
    return Resubmission.objects.filter(Exists(in_order))


def told(rows: QuerySet[Enforcement]) -> QuerySet[Enforcement]:
    """Those whose reasons may be read."""
    return rows.exclude(statement__exclusion__in=SILENT)


def newest_first(rows: QuerySet[Decision]) -> QuerySet[Decision]:
    return rows.order_by("-decided_at", "-id")


def changed_last_first(rows: QuerySet[Item]) -> QuerySet[Item]:
    return rows.order_by(F("updated_at").desc(), "id")
