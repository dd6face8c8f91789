"""What appeals know of people: what complainants say and bring forward, and what they are answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from piepowder.appeals.models import Appeal, Evidence, OutOfCourtCase, Question, Restitution
from piepowder.appeals.states import OPEN_STATES, CaseState
from piepowder.database.personal import ERASED, Age, Emptying, Kept, Part, Subject, SubjectKind, declare, said
from piepowder.intake.erasure import items_of, reporters_of
from piepowder.intake.unused import letting_go

_OPEN = [state.value for state in OPEN_STATES]


def _of(subject: Subject, at: datetime) -> Iterator[Emptying]:
    if subject.kind == SubjectKind.SELLER:
        rows = Appeal.objects.filter(decision__item__in=items_of(subject).values("pk"))
        yield from _emptied(rows)
        of_items = {"item": "decision__item_id"}
        disputes = OutOfCourtCase.objects.filter(decision__item__in=items_of(subject).values("pk"))
        yield Emptying(_("notes about disputes out of court"), disputes, {"note": ""}, of_items)
        tasks = Restitution.objects.filter(decision__item__in=items_of(subject).values("pk"))
        yield Emptying(_("notes about what was made good"), tasks, {"note": ""}, of_items)
    reports = reporters_of(subject).values_list("pk", flat=True)
    by_reporter = Q(report__reporter__in=reports) | Q(
        complainant_kind="reporter", complainant_ref__in=[str(one) for one in reports]
    )
    yield from _emptied(Appeal.objects.filter(by_reporter))


def _emptied(rows: QuerySet[Appeal]) -> Iterator[Emptying]:
    """The words of appeals that have ended; those that are heard stay whole."""
    yield Emptying(_("appeals that are open"), rows.filter(state__in=_OPEN), stays="appeal_open")
    over = rows.exclude(state__in=_OPEN)
    own, through = {"item": "decision__item_id"}, {"item": "appeal__decision__item_id"}
    evidence = Evidence.objects.filter(appeal__in=over.values("pk"))
    yield Emptying(
        _("what was brought forward in appeals"),
        evidence,
        {"text": "", "url": "", "stored": None},
        through,
        watch=letting_go(Evidence, "stored_id"),
    )
    asked = Question.objects.filter(appeal__in=over.values("pk"))
    yield Emptying(_("questions in appeals"), asked, {"text": ERASED, "answer": ""}, through)
    yield Emptying(_("what appeals say"), over, {"text": ERASED}, own)
    yield Emptying(_("reasons of appeals"), over.exclude(reasons=""), {"reasons": ERASED}, own)


def _kept(subject: Subject | None, at: datetime) -> Iterable[Kept]:
    """What an appeal or a dispute is about stays until it has ended."""
    yield Kept("item", Appeal.objects.filter(state__in=_OPEN).values("decision__item_id"), "appeal_open")
    yield Kept("item", OutOfCourtCase.objects.filter(state=CaseState.OPEN).values("decision__item_id"), "appeal_open")


def _old(before: datetime, at: datetime) -> Iterator[Emptying]:
    yield from _emptied(Appeal.objects.filter(ended_at__lt=before))


declare(
    Part(
        package="appeals",
        columns=said(
            personal={
                "appeals_appeal": "text reasons",
                "appeals_evidence": "text url",
                "appeals_question": "text answer",
                "appeals_outofcourtcase": "note",
                "appeals_restitution": "note",
            },
            reference={
                "appeals_appeal": "complainant_ref source",
                "appeals_outofcourtcase": "reference",
                "appeals_restitution": "about values",
            },
            plain={
                "appeals_appeal": "language rule calendar",
                "appeals_outofcourtbody": "name member_state languages subjects url email",
                "appeals_outofcourtcase": "currency",
                "appeals_restitution": "kind text_code",
            },
        ),
        of=_of,
        kept=_kept,
        ages=(Age("appeals", _("What appeals say, bring forward and are answered"), _old, counted_from=_("ended")),),
    )
)
