"""Appeals as those who make them see them: whether one is possible, how it goes, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from piepowder.appeals.appealing import Complainant, appealable
from piepowder.appeals.models import Appeal
from piepowder.appeals.operations import add_evidence, answer, file, withdraw_appeal
from piepowder.appeals.states import OPEN_STATES, Side, StepKind
from piepowder.decisions.models import Decision
from piepowder.kernel.errors import Conflict, Malformed
from piepowder.portal.drafts import draft_of
from piepowder.portal.limits import spend
from piepowder.portal.links import Subject, SubjectKind
from piepowder.portal.models import AppealDraft
from piepowder.portal.theirs import decisions_of
from piepowder.portal.visits import Guest, NoSuchThing

_PROBLEMS: Final = {
    "not_appealable": gettext_lazy("There is nothing left to complain about: this decision no longer holds."),
    "too_late_to_appeal": gettext_lazy("The time for complaining to us is over."),
    "already_appealed": gettext_lazy("You have complained about this decision, and we have answered."),
    "not_complainant": gettext_lazy("This decision is not about you."),
}
"""Why nobody can complain, by the code that filing would be refused with."""


class EmptyAppeal(Malformed):
    code = "empty_appeal"


class AppealOver(Conflict):
    code = "appeal_over"


@dataclass(frozen=True, slots=True)
class AppealLine:
    """One appeal in a list; ``asked`` while a question waits for its complainant."""

    id: UUID
    decision_id: UUID
    title: str
    stage: int
    state: str
    outcome: str
    filed_at: datetime
    ended_at: datetime | None
    asked: bool


@dataclass(frozen=True, slots=True)
class Complaint:
    """What can be done about one decision. ``problem`` says why nothing can, in words."""

    may: bool
    until: date | None
    stage: int
    problem: str
    draft: bool
    appeals: tuple[AppealLine, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """One thing that happened to an appeal, without who did it."""

    at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of whoever looks at the appeal, and what was answered."""

    id: UUID
    text: str
    asked_at: datetime
    answer: str
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Brought:
    """Something that the complainant added."""

    at: datetime
    text: str
    content_type: str
    size: int | None

    @property
    def sort(self) -> str:
        """What sort of file it is, in a word; empty where there is none."""
        if self.content_type.startswith("image/"):
            return _("Picture")
        if self.content_type.startswith("video/"):
            return _("Film")
        if self.content_type.startswith("audio/"):
            return _("Sound")
        return "PDF" if self.content_type else ""


@dataclass(frozen=True, slots=True)
class AppealTold:
    """One appeal in full, as its complainant sees it."""

    line: AppealLine
    text: str
    reasons: str
    language: str
    stops: tuple[Stop, ...]
    questions: tuple[Asked, ...]
    brought: tuple[Brought, ...]
    replacement_id: UUID | None
    is_open: bool


_STOPS: Final = {
    StepKind.FILED: gettext_lazy("You sent your appeal."),
    StepKind.ADMITTED: gettext_lazy("We received it and put it in line."),
    StepKind.TAKEN: gettext_lazy("Somebody began to look at it."),
    StepKind.ASKED: gettext_lazy("We asked you a question."),
    StepKind.ANSWERED: gettext_lazy("You answered."),
    StepKind.EVIDENCE: gettext_lazy("Something was added."),
    StepKind.CONCLUDED: gettext_lazy("It was decided."),
    StepKind.OMITTED: gettext_lazy("It ended without a decision."),
    StepKind.WITHDRAWN: gettext_lazy("You withdrew it."),
}
"""What complainants read of each step; steps among ourselves are not among them."""


def appeals_of(subject: Subject, at: datetime) -> QuerySet[Appeal]:
    """The seller's own appeals, about decisions that are theirs."""
    if subject.kind != SubjectKind.SELLER or not subject.ref:
        return Appeal.objects.none()
    mine = Appeal.objects.filter(complainant_kind="recipient", complainant_ref=subject.ref)
    return mine.filter(decision__in=decisions_of(subject, at).order_by()).order_by("-filed_at", "-id")


def appeal_of(subject: Subject, appeal_id: UUID, at: datetime) -> Appeal:
    found = appeals_of(subject, at).select_related("decision__item").filter(pk=appeal_id).first()
    if found is None:
        raise NoSuchThing(_("there is no such appeal"))
    return found


def lines_of(appeals: list[Appeal]) -> tuple[AppealLine, ...]:
    """Appeals in one line each. One query."""
    ids = [one.pk for one in appeals]
    open_ones = Appeal.objects.filter(pk__in=ids, questions__answered_at__isnull=True, questions__isnull=False)
    asked = set(open_ones.values_list("pk", flat=True)) if ids else set()
    return tuple(_line(one, one.pk in asked) for one in appeals)


def _line(one: Appeal, asked: bool) -> AppealLine:
    item = one.decision.item
    return AppealLine(
        id=one.pk,
        decision_id=one.decision_id,
        title=item.title or item.external_id,
        stage=one.stage,
        state=one.state,
        outcome=one.outcome,
        filed_at=one.filed_at,
        ended_at=one.ended_at,
        asked=asked and one.state in OPEN_STATES,
    )


def questions_for(subject: Subject, at: datetime) -> tuple[AppealLine, ...]:
    """Appeals that wait for the seller's answer."""
    waiting = appeals_of(subject, at).filter(state__in=OPEN_STATES, questions__answered_at__isnull=True)
    return lines_of(list(waiting.filter(questions__isnull=False).select_related("decision__item")[:10]))


def complaint_of(subject: Subject, decision: Decision, *, at: datetime) -> Complaint:
    """What ``subject`` can do about ``decision``, and what they did."""
    mine = list(appeals_of(subject, at).filter(decision=decision).select_related("decision__item"))
    may = appealable(decision, complainant(subject), at)
    draft = draft_of(subject, decision)
    is_open = any(one.state in OPEN_STATES for one in mine)
    return Complaint(
        may=may.allowed,
        until=may.until,
        stage=may.stage,
        problem="" if is_open or may.allowed else str(_PROBLEMS.get(may.problem, "")),
        draft=draft is not None,
        appeals=lines_of(mine),
    )


def complainant(subject: Subject) -> Complainant:
    return Complainant("recipient", subject.ref)


def tell_appeal(appeal: Appeal) -> AppealTold:
    """One appeal in full. Four queries."""
    steps = [one for one in appeal.steps.order_by("at", "id") if one.kind in _STOPS]
    questions = list(appeal.questions.order_by("asked_at", "id"))
    asked = any(one.answered_at is None for one in questions)
    brought = appeal.evidence.filter(side=Side.COMPLAINANT).select_related("stored").order_by("added_at", "id")
    return AppealTold(
        line=_line(appeal, asked),
        text=appeal.text,
        reasons=appeal.reasons,
        language=appeal.language,
        stops=tuple(Stop(one.at, str(_STOPS[StepKind(one.kind)])) for one in steps),
        questions=tuple(Asked(one.pk, one.text, one.asked_at, one.answer, one.answered_at) for one in questions),
        brought=tuple(
            Brought(
                one.added_at,
                one.text,
                one.stored.content_type if one.stored else "",
                one.stored.size if one.stored else None,
            )
            for one in brought
        ),
        replacement_id=appeal.replacement_id,
        is_open=appeal.state in OPEN_STATES,
    )


def send_draft(*, guest: Guest, decision: Decision, draft: AppealDraft, at: datetime) -> Appeal:
    """File what was written, with its files, and forget the draft: both or neither."""
    if not draft.text.strip():
        raise EmptyAppeal(_("say in your own words what is wrong with the decision"))
    evidence = [str(digest) for digest in draft.files.values_list("stored", flat=True)]
    with transaction.atomic():
        appeal = file_appeal(guest=guest, decision=decision, text=draft.text, evidence=evidence, at=at)
        draft.delete()
    return appeal


def file_appeal(*, guest: Guest, decision: Decision, text: str, evidence: list[str], at: datetime) -> Appeal:
    """File an appeal against a decision that is the guest's."""
    spend("send", guest.who)
    return file(
        actor=guest.actor,
        decision_id=decision.pk,
        complainant=complainant(guest.subject),
        text=text.strip(),
        evidence=evidence,
        language=guest.subject.language,
        at=at,
    )


def add_to_appeal(*, guest: Guest, appeal: Appeal, text: str, evidence: list[str], at: datetime) -> None:
    """Bring something forward while the appeal is open."""
    spend("send", guest.who)
    if appeal.state not in OPEN_STATES:
        raise AppealOver(_("this appeal has ended"))
    add_evidence(actor=guest.actor, appeal_id=appeal.pk, side=Side.COMPLAINANT, text=text, evidence=evidence, at=at)


def answer_question(*, guest: Guest, appeal: Appeal, text: str, at: datetime) -> None:
    """Answer what was asked; the clock of the appeal goes on."""
    spend("send", guest.who)
    answer(actor=guest.actor, appeal_id=appeal.pk, text=text, at=at)


def take_back(*, guest: Guest, appeal: Appeal, at: datetime) -> None:
    """Withdraw an open appeal."""
    withdraw_appeal(actor=guest.actor, appeal_id=appeal.pk, at=at)
