"""What a held case waits for an answer to: asked of the seller, the policy team, legal or a lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require, scope_q, sees, visible
from piepowder.database.prepared import Prepared
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.errors import Conflict, FieldProblem, Malformed, NotFound
from piepowder.kernel.ids import new_id
from piepowder.kernel.permissions import Permission
from piepowder.outbox.operations import enqueue
from piepowder.review.assigning import keep_for_asker
from piepowder.review.hands import HANDS, end_hold
from piepowder.review.leases import locked_case
from piepowder.review.models import Case, Question
from piepowder.review.reference import reference
from piepowder.review.standing import user_id_of
from piepowder.review.states import Asked, CaseEventKind, CaseState
from piepowder.review.steps import take_step

LONGEST = 2_000
QUESTION_TOPIC = "case.question"


class BadQuestion(Malformed):
    code = "bad_question"


class BadAnswer(Malformed):
    code = "bad_answer"


class NoSuchQuestion(NotFound):
    code = "unknown_question"


class AlreadyAnswered(Conflict):
    code = "already_answered"


@dataclass(frozen=True, slots=True)
class Ask:
    """A question about to be asked; ``to`` is one of ``Asked``."""

    to: str
    text: str

    def reason(self) -> str:
        """The hold's reason when none is given."""
        return _("waits for an answer of %(whom)s") % {"whom": dict(Asked.choices).get(self.to, self.to)}


def put_question(case: Case, question: Ask, *, actor: Actor, at: datetime, until: datetime) -> Question:
    """Ask, in the transaction that holds the case. What is asked of the seller leaves as ``case.question``."""
    text = question.text.strip()
    found = []
    if question.to not in Asked.values:
        found.append(FieldProblem("/to", "unknown_value", _("nobody of this kind can be asked")))
    if not text or len(text) > LONGEST or "\x00" in text:
        problem = _("a question has at least one and at most %(count)d characters") % {"count": LONGEST}
        found.append(FieldProblem("/question", "bad_text", problem))
    if found:
        raise BadQuestion(_("this cannot be asked"), problems=found)
    row = Question(
        id=new_id(),
        case_id=case.pk,
        to=question.to,
        text=text,
        asked_by_id=user_id_of(actor),
        vendor=actor.vendor,
        asked_at=at,
    )
    row.save(force_insert=True)
    if question.to == Asked.SELLER:
        item = case.item
        body = {
            "question": str(row.pk),
            "case": str(case.pk),
            "item": {"kind": item.kind, "id": item.external_id},
            "seller": item.seller_ref,
            "market": item.market,
            "language": item.language,
            "text": text,
            "asked_at": at.isoformat(),
            "answer_until": until.isoformat(),
        }
        enqueue(topic=QUESTION_TOPIC, order_key=str(item.pk), body=body, at=at, not_before=at, group_ref=str(row.pk))
    return row


def answer(
    *, actor: Actor, at: datetime, text: str, case_id: UUID | None = None, question_id: UUID | None = None
) -> Question:
    """Answer a question, or the oldest open one of a case; that ends the case's hold.

    The case goes back to whoever asked, if they are there and may take it, else it waits for anybody. An answer that
    comes after the hold has ended is kept with the case all the same. Raises ``NoSuchQuestion``, ``AlreadyAnswered``,
    ``BadAnswer``; needs ``question:answer`` over the vendor that asked.
    """
    said = text.strip()
    if not said or len(said) > LONGEST or "\x00" in said:
        problem = _("an answer has at least one and at most %(count)d characters") % {"count": LONGEST}
        raise BadAnswer(problem, problems=[FieldProblem("/text", "bad_text", problem)])
    with transaction.atomic():
        row = _question(actor, case_id, question_id)
        case = locked_case(row.case_id)
        values = {"answer": said, "answered_by": actor.ref, "answered_at": at}
        if not Question.objects.filter(pk=row.pk, answered_at__isnull=True).update(**values):
            raise AlreadyAnswered(_("this question has been answered already"))
        row.answer, row.answered_by, row.answered_at = said, actor.ref, at
        body = {"question": str(row.pk), "asked": row.to}
        take_step(actor=actor, at=at, case=case, kind=CaseEventKind.ANSWERED, verb="case.answer", body=body)
        if case.state == CaseState.HELD:
            end_hold(case, actor=actor, at=at)
            if keep_for_asker(case, row.asked_by_id, at=at):
                case.save(update_fields=HANDS)
    return row


def _question(actor: Actor, case_id: UUID | None, question_id: UUID | None) -> Question:
    given = {"pk": question_id, "case_id": case_id}
    rows = Question.objects.filter(**{name: value for name, value in given.items() if value is not None})
    row = rows.filter(answered_at__isnull=True).order_by("asked_at", "id").first() or rows.last()
    if row is None or not actor.may(Permission.QUESTION_ANSWER, Place(vendor=row.vendor)):
        require(actor, Permission.QUESTION_ANSWER)
        raise NoSuchQuestion(_("there is no such question"))
    if row.answered_at is not None:
        raise AlreadyAnswered(_("this question has been answered already"))
    return row


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """A question with its case in words; ``mine`` says that the reader asked it."""

    id: UUID
    case_id: UUID
    item_id: UUID
    title: str
    queue_name: str
    severity: int
    state: str
    hold_until: datetime | None
    to: str
    text: str
    vendor: str
    asked_at: datetime
    answer: str
    answered_at: datetime | None
    mine: bool


def questions_of(actor: Actor, case_id: UUID) -> Sequence[QuestionLine]:
    """The questions about a case that the actor's vendor asked, or all for those who see every vendor. One query."""
    rows = (row for row in _of_case(case_id) if sees(actor, Permission.CASE_VIEW, vendor=row.vendor))
    return [_line(actor, row) for row in rows]


_of_case = Prepared(
    lambda case: Question.objects.select_related("case__item").filter(case_id=case).order_by("asked_at", "id"),
    Question.case,
)


def open_questions(actor: Actor, *, to: str = "", limit: int = 200) -> Sequence[QuestionLine]:
    """What waits for an answer that the actor may give, the oldest first. One query."""
    scope = scope_q(actor, Permission.QUESTION_ANSWER, vendor="vendor")
    rows = visible(Question.objects.select_related("case__item"), scope).filter(answered_at__isnull=True)
    if to:
        rows = rows.filter(to=to)
    return [_line(actor, row) for row in rows.order_by("asked_at", "id")[:limit]]


def _line(actor: Actor, row: Question) -> QuestionLine:
    case = row.case
    return QuestionLine(
        id=row.pk,
        case_id=case.pk,
        item_id=case.item_id,
        title=case.item.title or case.item.external_id,
        queue_name=reference().queues[case.queue_id].name,
        severity=case.severity,
        state=case.state,
        hold_until=case.hold_until,
        to=row.to,
        text=row.text,
        vendor=row.vendor,
        asked_at=row.asked_at,
        answer=row.answer,
        answered_at=row.answered_at,
        mine=str(row.asked_by_id) == actor.ref,
    )
