"""An appeal in hand: admitted, taken, given back, assigned; nobody takes what they are barred from."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from piepowder.access.models import User
from piepowder.access.queries import actor_for
from piepowder.access.visibility import NotPermitted, require, scope_q, visible
from piepowder.appeals.bars import add_bars, barred, missing_bars
from piepowder.appeals.filing import person_id
from piepowder.appeals.models import Appeal, Bar, Step
from piepowder.appeals.states import APPEAL_FLOW, AppealState, StepKind
from piepowder.decisions.overturning import place_of_decision
from piepowder.kernel.actor import Actor, ActorKind, Place
from piepowder.kernel.errors import Conflict, Forbidden, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record

_TRIED = 50
"""How many appeals ``take_next`` looks at before it finds nothing for this person."""


class NoSuchAppeal(NotFound):
    code = "no_such_appeal"


class Barred(Forbidden):
    """They decided it, had a part in it, or lead or led somebody who did."""

    code = "barred"


class NotHearer(Conflict):
    """Somebody else hears the appeal, or nobody does."""

    code = "not_hearer"


class NothingToHear(NotFound):
    code = "nothing_to_hear"


@transaction.atomic
def admit(*, actor: Actor, appeal_id: UUID, at: datetime) -> Appeal:
    """Let a complaint wait to be heard, after somebody saw that it is in due form."""
    appeal = locked(actor, appeal_id, Permission.APPEAL_HEAR)
    require_person(actor)
    appeal.state = APPEAL_FLOW.step("admit", AppealState(appeal.state))
    appeal.save(update_fields=["state"])
    step(appeal, StepKind.ADMITTED, actor, at, "appeal.admit")
    return appeal


@transaction.atomic
def take(*, actor: Actor, appeal_id: UUID, at: datetime) -> Appeal:
    """Take an appeal in hand. Raises ``Barred`` for whoever had a part in the decision, and for their managers."""
    appeal = locked(actor, appeal_id, Permission.APPEAL_HEAR)
    hand_to(appeal, require_person(actor), at)
    step(appeal, StepKind.TAKEN, actor, at, "appeal.take")
    return appeal


@transaction.atomic
def take_next(*, actor: Actor, at: datetime) -> Appeal:
    """Take the appeal that is due first among those that the actor may hear; raises ``NothingToHear``."""
    user = require_person(actor)
    require(actor, Permission.APPEAL_HEAR)
    own = Bar.objects.filter(appeal=OuterRef("pk"), user_id=user)
    waiting = visible(Appeal.objects.filter(state=AppealState.ADMITTED), _scope(actor)).filter(~Exists(own))
    for ref in list(waiting.order_by("due_at", "id").values_list("pk", flat=True)[:_TRIED]):
        appeal = _lock(ref)
        if appeal.state != AppealState.ADMITTED or any(other == user for other, _why in missing_bars(appeal)):
            continue
        hand_to(appeal, user, at)
        step(appeal, StepKind.TAKEN, actor, at, "appeal.take")
        return appeal
    raise NothingToHear(_("no appeal waits that you may hear"))


@transaction.atomic
def give_back(*, actor: Actor, appeal_id: UUID, at: datetime) -> Appeal:
    """Put an appeal back on the desk: by its hearer, or by whoever assigns."""
    appeal = locked(actor, appeal_id)
    if not is_hearer(appeal, actor):
        require(actor, Permission.APPEAL_ASSIGN, place_of(appeal))
    put_back(appeal)
    step(appeal, StepKind.GIVEN_BACK, actor, at, "appeal.give_back")
    return appeal


@transaction.atomic
def assign(*, actor: Actor, appeal_id: UUID, user_id: int, at: datetime) -> Appeal:
    """Give an appeal to somebody who may hear it; raises ``Barred`` and ``NotPermitted`` about them."""
    appeal = locked(actor, appeal_id, Permission.APPEAL_ASSIGN)
    user = User.objects.select_related("vendor", "site", "team").filter(pk=user_id, is_active=True).first()
    if user is None or not actor_for(user, now=at).may(Permission.APPEAL_HEAR, place_of(appeal)):
        raise NotPermitted(_("this person may not hear appeals here"))
    if appeal.state == AppealState.IN_HAND:
        put_back(appeal)
    hand_to(appeal, user.pk, at)
    step(appeal, StepKind.ASSIGNED, actor, at, "appeal.assign", to=str(user.pk))
    return appeal


def hand_to(appeal: Appeal, user_id: int, at: datetime) -> None:
    """Bars first, as of this moment; then the hearer. The caller has locked the appeal."""
    target = APPEAL_FLOW.step("take", AppealState(appeal.state))
    add_bars(appeal, missing_bars(appeal), at)
    if barred(appeal.pk, user_id):
        raise Barred(_("whoever had a part in a decision, and their managers, cannot hear the appeal against it"))
    appeal.state, appeal.hearer_id, appeal.taken_at = target, user_id, at
    appeal.save(update_fields=["state", "hearer", "taken_at"])


def put_back(appeal: Appeal) -> None:
    appeal.state = APPEAL_FLOW.step("give_back", AppealState(appeal.state))
    appeal.hearer_id, appeal.taken_at = None, None
    appeal.save(update_fields=["state", "hearer", "taken_at"])


def locked(actor: Actor, appeal_id: UUID, permission: Permission | None = None) -> Appeal:
    """The appeal, locked, for whoever holds ``permission`` there; one that the actor may not see does not exist for them."""
    found = Appeal.objects.select_related("decision").filter(pk=appeal_id).first()
    if found is None or not _sees(actor, found):
        raise NoSuchAppeal(_("there is no such appeal"))
    if permission is not None:
        require(actor, permission, place_of(found))
    return _lock(appeal_id)


def _lock(appeal_id: UUID) -> Appeal:
    rows = Appeal.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("decision__item", "report__reporter").get(pk=appeal_id)


def _sees(actor: Actor, appeal: Appeal) -> bool:
    place = place_of(appeal)
    return any(
        actor.may(one, place) for one in (Permission.APPEAL_VIEW, Permission.APPEAL_HEAR, Permission.APPEAL_FILE)
    )


def place_of(appeal: Appeal) -> Place:
    return place_of_decision(appeal.decision)


def _scope(actor: Actor) -> Q:
    return scope_q(
        actor,
        Permission.APPEAL_HEAR,
        vendor="decision__vendor",
        queue="decision__queue",
        market="decision__market",
        language="decision__language",
    )


def require_person(actor: Actor) -> int:
    """The actor's number; raises ``NotPermitted`` for a machine, because appeals are never solely automated."""
    if actor.kind is not ActorKind.PERSON:
        raise NotPermitted(_("a person hears appeals, not a machine"))
    return int(actor.ref)


def is_hearer(appeal: Appeal, actor: Actor) -> bool:
    return actor.kind is ActorKind.PERSON and str(appeal.hearer_id) == actor.ref


def require_hearer(appeal: Appeal, actor: Actor) -> None:
    if appeal.state != AppealState.IN_HAND or not is_hearer(appeal, actor):
        raise NotHearer(_("this appeal is not in your hands"))


def step(appeal: Appeal, kind: StepKind, actor: Actor, at: datetime, verb: str, **body: Any) -> None:
    """One line of the appeal's history, and its fact."""
    Step.objects.create(appeal=appeal, at=at, kind=kind, user_id=person_id(actor))
    record(
        actor=actor,
        at=at,
        verb=verb,
        subject_kind="appeal",
        subject_id=appeal.pk,
        vendor=appeal.decision.vendor,
        decision=str(appeal.decision_id),
        **body,
    )
