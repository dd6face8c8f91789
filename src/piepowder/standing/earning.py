"""What is earned back, what a person gives or takes off, and what waits for an appeal or a correction."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.intake.models import Item
from piepowder.intake.states import Kind
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.errors import Conflict, FieldProblem, Malformed, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.policy.models import Ladder
from piepowder.standing.catalogue import known_ladder, ladders_on
from piepowder.standing.models import Account, CreditGiven, Entry, Hold, PointsAdjustment, Tally
from piepowder.standing.settling import settle_now
from piepowder.standing.shape import POINTS, Earned
from piepowder.standing.states import HoldReason
from piepowder.standing.switching import NoSuchLadder, due_now

MOST_POINTS = 10_000


class BadCredit(Malformed):
    code = "bad_credit"


class CreditDiffers(Conflict):
    """The reference was used for another credit."""

    code = "credit_differs"


class NoSuchSeller(NotFound):
    code = "no_such_seller"


class BadAdjustment(Malformed):
    code = "bad_adjustment"


class NoSuchEntry(NotFound):
    code = "no_such_entry"


class NotInRange(Malformed):
    code = "points_not_in_range"


@transaction.atomic
def credit(
    *, actor: Actor, seller_ref: str, kind: str, reference: str, at: datetime, quantity: int = 1
) -> tuple[CreditGiven, bool]:
    """Note a training passed or ``quantity`` orders fulfilled; every ladder says itself what that is worth.

    ``reference`` is the sender's own id: the same again changes nothing and says so. Raises ``BadCredit``,
    ``CreditDiffers`` and ``NoSuchSeller`` for somebody of whom neither an item nor a violation is known.
    """
    found = []
    if kind not in (Earned.TRAINING.value, Earned.ORDERS.value):
        found.append(FieldProblem("/kind", "unknown_value", _("one of %(values)s") % {"values": "training, orders"}))
    if not 1 <= quantity <= 1_000_000:
        found.append(FieldProblem("/quantity", "out_of_range", _("a whole number from 1 to 1000000 is expected")))
    if not reference or len(reference) > 100 or "\x00" in reference:
        found.append(FieldProblem("/reference", "bad_text", _("at most %(count)d characters") % {"count": 100}))
    if found:
        raise BadCredit(_("this credit cannot be noted"), problems=found)
    account = _account(seller_ref)
    require(actor, Permission.POINTS_ADJUST, Place(market=account.market))
    told = {"account": account, "kind": kind, "quantity": quantity, "at": at, "by": actor.ref}
    row, is_new = CreditGiven.objects.get_or_create(reference=reference, defaults=told)
    if not is_new:
        if (row.account_id, row.kind, row.quantity) != (account.pk, kind, quantity):
            raise CreditDiffers(_("this reference was used for another credit"))
        return row, False
    _look(account, at)
    record(
        actor=actor,
        at=at,
        verb="standing.credit",
        subject_kind="standing_credit",
        subject_id=row.pk,
        account=str(account.pk),
        kind=kind,
        quantity=quantity,
    )
    return row, True


@transaction.atomic
def adjust(
    *,
    actor: Actor,
    ladder: str,
    seller_ref: str,
    points: int,
    reason: str,
    at: datetime,
    days: int | None = None,
    counter: str = POINTS,
) -> PointsAdjustment:
    """Give a seller points (above zero: they weigh like a violation's) or take some off (below zero), for ``days`` or good.

    Raises ``BadAdjustment``, ``NoSuchLadder``, ``NoSuchSeller``. What no longer follows is undone at once.
    """
    account = _account(seller_ref)
    require(actor, Permission.POINTS_ADJUST, Place(market=account.market))
    row = Ladder.objects.filter(code=ladder).first()
    if row is None:
        raise NoSuchLadder(_("there is no such ladder, or no version of it holds yet"))
    version = known_ladder(row.pk).version_at(at)
    found = []
    if points == 0 or abs(points) > MOST_POINTS:
        found.append(FieldProblem("/points", "out_of_range", _("a whole number other than 0 is expected")))
    if days is not None and not 1 <= days <= 3_650:
        found.append(FieldProblem("/days", "out_of_range", _("from 1 to %(count)d days") % {"count": 3_650}))
    if not reason.strip() or len(reason) > 500 or "\x00" in reason:
        found.append(FieldProblem("/reason", "missing", _("say why, in at most %(count)d characters") % {"count": 500}))
    if version is None or version.ladder.counter(counter) is None:
        found.append(FieldProblem("/counter", "unknown_value", _("this ladder does not count that")))
    if found:
        raise BadAdjustment(_("the points cannot be changed so"), problems=found)
    given = PointsAdjustment.objects.create(
        account=account,
        ladder=row,
        counter=counter,
        points=points,
        days=days,
        reason=reason.strip(),
        at=at,
        by=actor.ref,
    )
    record(
        actor=actor,
        at=at,
        verb="standing.adjust",
        subject_kind="standing_adjustment",
        subject_id=given.pk,
        account=str(account.pk),
        ladder=ladder,
        counter=counter,
        points=points,
        days=days,
    )
    _look(account, at)
    settle_now(account.pk, at)
    return given


@transaction.atomic
def choose_points(*, actor: Actor, entry_id: UUID, ladder: str, points: int, at: datetime) -> Entry:
    """Say how many points of a rule's range a violation costs. Raises ``NotInRange`` and ``NoSuchEntry``."""
    entry = Entry.objects.select_for_update(no_key=True).filter(pk=entry_id, undone="").first()
    row = Ladder.objects.filter(code=ladder).first()
    if entry is None or row is None:
        raise NoSuchEntry(_("there is no such entry"))
    require(actor, Permission.POINTS_ADJUST, Place(market=entry.market))
    version = known_ladder(row.pk).version_at(entry.at) or known_ladder(row.pk).version_at(at)
    told = version.ladder.in_market(entry.market) if version else None
    counter = told.counter(POINTS) if told else None
    rule = told.rule_for(counter, tuple(entry.reasons)) if told and counter else None
    if rule is None or rule.span is None or not rule.span[0] <= points <= rule.span[1]:
        span = f"{rule.span[0]}–{rule.span[1]}" if rule and rule.span else "–"
        said = _("the rule leaves the choice within %(range)s") % {"range": span}
        raise NotInRange(said, problems=[FieldProblem("/points", "out_of_range", said)])
    entry.chosen = {**entry.chosen, ladder: points}
    entry.save(update_fields=["chosen"])
    record(
        actor=actor,
        at=at,
        verb="standing.choose",
        subject_kind="standing_entry",
        subject_id=entry.pk,
        ladder=ladder,
        points=points,
    )
    due_now(entry.account_id, at)
    settle_now(entry.account_id, at)
    return entry


@transaction.atomic
def hold_points(*, actor: Actor, decision_id: UUID, at: datetime, reason: str = HoldReason.APPEAL.value) -> Hold | None:
    """Have the points of a decision wait for the end of an appeal or a correction; ``None`` when it left none.

    It asks for no permission of its own: whoever may file the appeal may cause it.
    """
    entry = Entry.objects.filter(decision=decision_id, undone="").first()
    if entry is None:
        return None
    hold, is_new = Hold.objects.get_or_create(entry=entry, reason=reason, until=None, defaults={"at": at})
    if is_new:
        record(
            actor=actor, at=at, verb="standing.hold", subject_kind="standing_entry", subject_id=entry.pk, reason=reason
        )
        due_now(entry.account_id, at)
    return hold


@transaction.atomic
def release_points(
    *, actor: Actor, decision_id: UUID, at: datetime, reason: str = HoldReason.APPEAL.value
) -> Hold | None:
    """The points of a decision count again; ``None`` when none were held."""
    hold = Hold.objects.filter(entry__decision=decision_id, reason=reason, until=None).select_related("entry").first()
    if hold is None:
        return None
    hold.until = at
    hold.save(update_fields=["until"])
    record(
        actor=actor,
        at=at,
        verb="standing.release",
        subject_kind="standing_entry",
        subject_id=hold.entry_id,
        reason=reason,
    )
    due_now(hold.entry.account_id, at)
    return hold


def _account(seller_ref: str) -> Account:
    if "\x00" in seller_ref:
        raise NoSuchSeller(_("nothing is known of a seller with this id"))
    account = Account.objects.filter(seller_ref=seller_ref).first()
    if account is not None:
        return account
    items = Item.objects.filter(seller_ref=seller_ref)
    item = items.filter(kind=Kind.SELLER).first() or items.order_by("received_at", "id").first()
    if item is None or not seller_ref:
        raise NoSuchSeller(_("nothing is known of a seller with this id"))
    return Account.objects.get_or_create(
        seller_ref=seller_ref, defaults={"market": item.market, "language": item.language}
    )[0]


def _look(account: Account, at: datetime) -> None:
    rows = [Tally(account=account, ladder_id=known.id) for known in ladders_on()]
    Tally.objects.bulk_create(rows, ignore_conflicts=True)
    due_now(account.pk, at)
