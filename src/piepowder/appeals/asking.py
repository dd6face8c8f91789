"""What both sides bring forward while an appeal is open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.appeals.desk import is_hearer, locked, place_of, require_hearer, step
from piepowder.appeals.filing import BadAppeal, evidence_problems, keep_evidence, person_id, text_problems
from piepowder.appeals.models import Appeal, Question
from piepowder.appeals.promise import CLOCK_FIELDS, write_clock
from piepowder.appeals.states import OPEN_STATES, Side, StepKind
from piepowder.appeals.telling import tell_question
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Conflict, FieldProblem
from piepowder.kernel.permissions import Permission


class AppealEnded(Conflict):
    code = "appeal_ended"


class AlreadyAsked(Conflict):
    """One question waits for its answer."""

    code = "already_asked"


class NothingAsked(Conflict):
    code = "nothing_asked"


@transaction.atomic
def add_evidence(
    *,
    actor: Actor,
    appeal_id: UUID,
    side: str,
    at: datetime,
    evidence: Sequence[str] = (),
    text: str = "",
) -> Appeal:
    """Keep what a side brings forward: uploads by their digest, addresses, words.

    For the hearer, and for whoever files in the complainant's name. Raises ``AppealEnded`` and ``BadAppeal``.
    """
    house = side == Side.HOUSE
    appeal = locked(actor, appeal_id, Permission.APPEAL_HEAR if house else Permission.APPEAL_FILE)
    _require_open(appeal)
    found = evidence_problems(evidence)
    if side not in Side.values:
        found.append(FieldProblem("/side", "unknown_value", _("there is no such side")))
    if text.strip() or not evidence:
        found += text_problems("/text", text)
    if found:
        raise BadAppeal(_("this cannot be added as it is"), problems=found)
    keep_evidence(appeal, evidence, side=Side(side), at=at, user_id=person_id(actor), text=text)
    step(appeal, StepKind.EVIDENCE, actor, at, "appeal.add_evidence", side=side)
    return appeal


@transaction.atomic
def ask(*, actor: Actor, appeal_id: UUID, text: str, at: datetime) -> Question:
    """Ask the complainant something, as the hearer; the promise rests until the answer."""
    appeal = locked(actor, appeal_id, Permission.APPEAL_HEAR)
    require_hearer(appeal, actor)
    if found := text_problems("/text", text):
        raise BadAppeal(_("this cannot be asked as it is"), problems=found)
    if appeal.questions.filter(answered_at__isnull=True).exists():
        raise AlreadyAsked(_("one question waits for its answer"))
    question = Question.objects.create(appeal=appeal, text=text.strip(), user_id=int(actor.ref), asked_at=at)
    write_clock(appeal, at)
    appeal.save(update_fields=list(CLOCK_FIELDS))
    step(appeal, StepKind.ASKED, actor, at, "appeal.ask")
    tell_question(appeal, question.text, actor=actor, at=at)
    return question


@transaction.atomic
def answer(*, actor: Actor, appeal_id: UUID, text: str, at: datetime, evidence: Sequence[str] = ()) -> Question:
    """The complainant's answer to what was asked; the promise runs on. The hearer can write down one that came by letter."""
    appeal = locked(actor, appeal_id)
    if not is_hearer(appeal, actor):
        require(actor, Permission.APPEAL_FILE, place_of(appeal))
    _require_open(appeal)
    question = appeal.questions.filter(answered_at__isnull=True).first()
    if question is None:
        raise NothingAsked(_("no question waits for an answer"))
    found = [*text_problems("/text", text), *evidence_problems(evidence)]
    if found:
        raise BadAppeal(_("this is no answer as it is"), problems=found)
    question.answer, question.answered_at = text.strip(), at
    question.save(update_fields=["answer", "answered_at"])
    keep_evidence(appeal, evidence, side=Side.COMPLAINANT, at=at, user_id=person_id(actor))
    write_clock(appeal, at)
    appeal.save(update_fields=list(CLOCK_FIELDS))
    step(appeal, StepKind.ANSWERED, actor, at, "appeal.answer")
    return question


def _require_open(appeal: Appeal) -> None:
    if appeal.state not in OPEN_STATES:
        raise AppealEnded(_("this appeal has ended"))
