"""How an appeal ends: a person concludes it with reasons, or the complainant takes it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.options import chosen
from piepowder.access.visibility import require
from piepowder.appeals.aftercare import ask_for_audit, keep_tasks
from piepowder.appeals.bars import add_bars, may_hear, missing_bars
from piepowder.appeals.desk import (
    Barred,
    hand_to,
    is_hearer,
    locked,
    place_of,
    put_back,
    require_hearer,
    require_person,
    step,
)
from piepowder.appeals.events import AppealConcluded, AppealWithdrawn
from piepowder.appeals.filing import BadAppeal
from piepowder.appeals.models import Appeal
from piepowder.appeals.promise import CLOCK_FIELDS, write_clock
from piepowder.appeals.states import (
    APPEAL_FLOW,
    CHANGED,
    AppealOutcome,
    AppealState,
    Omission,
    StepKind,
)
from piepowder.appeals.telling import tell_concluded, tell_withdrawn
from piepowder.decisions.deciding import locked_item
from piepowder.decisions.operations import NeedsPeople, Overturned, Ruling, overturn
from piepowder.decisions.options import FOUR_EYES
from piepowder.decisions.states import DecisionState, Outcome
from piepowder.kernel.actor import Actor, ActorKind
from piepowder.kernel.errors import FieldProblem
from piepowder.kernel.events import publish
from piepowder.kernel.permissions import Permission

FEWEST_REASONS: Final = 20
MOST_REASONS: Final = 10_000
_ENDED: Final = ("state", "outcome", "omission", "reasons", "unfounded", "replacement", "ended_at", *CLOCK_FIELDS)


def conclude(
    *,
    actor: Actor,
    appeal_id: UUID,
    outcome: str,
    reasons: str,
    replacement: Ruling | None = None,
    omission: str = "",
    unfounded: bool = False,
    at: datetime,
) -> Appeal:
    """End an appeal with reasons, as the person who has it in hand, and tell the complainant.

    ``upheld`` leaves the decision standing; ``overturned`` undoes it; ``modified`` puts ``replacement`` in its place. A
    decision that took no action is overturned by the ``replacement`` that does. ``omitted`` ends without a decision, for
    the reason ``omission``. Everything happens at once or nothing does. Raises ``Barred`` (and puts the appeal back) when
    the hearer has come to lead somebody who had a part in the decision, ``NotHearer``, ``BadAppeal``, ``NeedsPeople`` for
    a measure that asks for a second person, and what ``overturn`` raises.
    """
    with transaction.atomic():
        appeal = _mine(actor, appeal_id, at)
        if appeal is not None:
            _check(appeal, outcome, reasons, replacement, omission, unfounded=unfounded)
            done = _undo(actor, appeal, outcome, replacement, at)
            verb = "omit" if outcome == AppealOutcome.OMITTED else "conclude"
            appeal.omission, appeal.unfounded = omission, unfounded
            _end(actor, appeal, verb, outcome, reasons, done, at)
            return appeal
    raise Barred(_("you have come to lead somebody who had a part in the decision; the appeal is back on the desk"))


@transaction.atomic
def refuse_admission(
    *, actor: Actor, appeal_id: UUID, why: str, reasons: str, unfounded: bool = False, at: datetime
) -> Appeal:
    """End a complaint that nobody has in hand without hearing it, for the reason ``why`` (an ``Omission``).

    As a person who could hear it: raises ``Barred`` for everybody else's sake as ``take`` does.
    """
    appeal = locked(actor, appeal_id, Permission.APPEAL_HEAR)
    user = require_person(actor)
    _check(appeal, AppealOutcome.OMITTED, reasons, None, why, unfounded=unfounded)
    if appeal.state == AppealState.FILED:
        appeal.state = APPEAL_FLOW.step("admit", AppealState.FILED)
    hand_to(appeal, user, at)
    appeal.omission, appeal.unfounded = why, unfounded
    _end(actor, appeal, "omit", AppealOutcome.OMITTED, reasons, None, at)
    return appeal


@transaction.atomic
def withdraw_appeal(*, actor: Actor, appeal_id: UUID, at: datetime) -> Appeal:
    """Take a complaint back in the complainant's name; the decision stands as before.

    Raises ``Barred`` for a person who may not hear it: a complaint against one's own decision is not theirs to end.
    """
    appeal = locked(actor, appeal_id)
    if actor.kind is ActorKind.PERSON and not may_hear(appeal, int(actor.ref)):
        raise Barred(_("whoever had a part in a decision, and their managers, cannot hear the appeal against it"))
    if not is_hearer(appeal, actor):
        require(actor, Permission.APPEAL_FILE, place_of(appeal))
    appeal.state = APPEAL_FLOW.step("withdraw", AppealState(appeal.state))
    appeal.ended_at = at
    write_clock(appeal, at)
    appeal.save(update_fields=["state", "ended_at", *CLOCK_FIELDS])
    step(appeal, StepKind.WITHDRAWN, actor, at, "appeal.withdraw")
    tell_withdrawn(appeal, actor=actor, at=at)
    publish(AppealWithdrawn(appeal.pk, appeal.decision_id, at, actor, appeal.complainant_kind))
    return appeal


def _mine(actor: Actor, appeal_id: UUID, at: datetime) -> Appeal | None:
    """The appeal that the actor hears, with its item locked first as everywhere; ``None`` when they may not any more.

    Managers change: who leads a decider by now is barred from this moment on, and loses the appeal.
    """
    item_id = Appeal.objects.filter(pk=appeal_id).values_list("decision__item_id", flat=True).first()
    if item_id is not None:
        locked_item(item_id)
    appeal = locked(actor, appeal_id, Permission.APPEAL_HEAR)
    require_hearer(appeal, actor)
    missing = missing_bars(appeal)
    if any(user == appeal.hearer_id for user, _why in missing):
        put_back(appeal)
        step(appeal, StepKind.GIVEN_BACK, actor, at, "appeal.give_back", barred=True)
        add_bars(appeal, missing, at)
        return None
    add_bars(appeal, missing, at)
    return appeal


def _undo(actor: Actor, appeal: Appeal, outcome: str, replacement: Ruling | None, at: datetime) -> Overturned | None:
    if outcome not in CHANGED:
        return None
    if replacement is not None:
        # What was judged is judged again, also when the item has changed since.
        replacement = replace(replacement, confirm_older_snapshot=True)
        _require_second_person(appeal, replacement)
    return overturn(actor=actor, decision_id=appeal.decision_id, at=at, replacement=replacement, reason="appeal")


def _require_second_person(appeal: Appeal, replacement: Ruling) -> None:
    """A grave measure that nobody has approved yet is not imposed by one person alone."""
    before = {f"{row.family}:{row.measure}" for row in appeal.decision.enforcements.all()}
    asking = sorted({order.key for order in replacement.enforcements} & set(chosen(FOUR_EYES)) - before)
    if asking:
        raise NeedsPeople(_("two people are needed for %(measures)s") % {"measures": ", ".join(asking)})


def _end(
    actor: Actor, appeal: Appeal, verb: str, outcome: str, reasons: str, done: Overturned | None, at: datetime
) -> None:
    appeal.state = APPEAL_FLOW.step(verb, AppealState(appeal.state))
    appeal.outcome, appeal.reasons, appeal.ended_at = outcome, reasons.strip(), at
    appeal.replacement = done.replacement if done else None
    write_clock(appeal, at)
    appeal.save(update_fields=list(_ENDED))
    kind = StepKind.OMITTED if verb == "omit" else StepKind.CONCLUDED
    replaced = str(appeal.replacement_id) if appeal.replacement_id else None
    told = {"outcome": outcome, "omission": appeal.omission, "unfounded": appeal.unfounded, "replacement": replaced}
    step(appeal, kind, actor, at, f"appeal.{verb}", **told)
    if done is not None:
        keep_tasks(done, appeal=appeal, at=at)
        ask_for_audit(appeal, at)
    tell_concluded(appeal, actor=actor, at=at)
    publish(
        AppealConcluded(
            appeal.pk, appeal.decision_id, outcome, appeal.replacement_id, at, actor, appeal.complainant_kind
        )
    )


def _check(
    appeal: Appeal, outcome: str, reasons: str, replacement: Ruling | None, omission: str, *, unfounded: bool
) -> None:
    found: list[FieldProblem] = []
    if outcome not in AppealOutcome.values:
        found.append(FieldProblem("/outcome", "unknown_value", _("there is no such outcome")))
    if not FEWEST_REASONS <= len(reasons.strip()) <= MOST_REASONS:
        detail = _("give reasons of %(least)d to %(most)d characters") % {"least": FEWEST_REASONS, "most": MOST_REASONS}
        found.append(FieldProblem("/reasons", "too_short", detail))
    if "\x00" in reasons:
        found.append(FieldProblem("/reasons", "bad_text", _("must not hold a NUL character")))
    found += _replacement_problems(appeal, outcome, replacement)
    if (outcome == AppealOutcome.OMITTED) != bool(omission) or (omission and omission not in Omission.values):
        found.append(FieldProblem("/omission", "unknown_value", _("say why it is not decided, and only then")))
    if unfounded and outcome in CHANGED:
        found.append(FieldProblem("/unfounded", "not_unfounded", _("a complaint that was right is not unfounded")))
    if outcome == AppealOutcome.UPHELD and appeal.decision.state != DecisionState.ISSUED:
        found.append(FieldProblem("/outcome", "moot", _("the decision does not stand any more; do not decide it")))
    if found:
        raise BadAppeal(_("the appeal cannot end like this"), problems=found)


def _replacement_problems(appeal: Appeal, outcome: str, replacement: Ruling | None) -> list[FieldProblem]:
    no_action = appeal.decision.outcome == Outcome.NO_VIOLATION
    wanted = outcome == AppealOutcome.MODIFIED or (outcome == AppealOutcome.OVERTURNED and no_action)
    if wanted and replacement is None:
        return [FieldProblem("/replacement", "required", _("say what is decided instead"))]
    if not wanted and replacement is not None:
        return [FieldProblem("/replacement", "not_wanted", _("nothing is decided instead with this outcome"))]
    if replacement is not None and replacement.outcome != Outcome.VIOLATION:
        return [FieldProblem("/replacement/outcome", "no_violation", _("to find nothing wrong, overturn it"))]
    if outcome == AppealOutcome.MODIFIED and no_action:
        return [
            FieldProblem("/outcome", "not_restricted", _("it restricts nothing that could be modified; overturn it"))
        ]
    return []
