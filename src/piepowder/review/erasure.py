"""What review knows of people: words typed about cases, and what was told of those who judge."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from piepowder.access.models import User
from piepowder.database.personal import Age, Emptying, Kept, Part, Subject, SubjectKind, Without, declare, said
from piepowder.intake.erasure import items_of
from piepowder.review.models import (
    Allowance,
    Case,
    CaseEvent,
    Draft,
    Exposure,
    Mark,
    Note,
    Presence,
    Question,
    RoutingDraft,
    Skip,
)
from piepowder.review.states import ACTIVE_STATES, NoteAbout

_ACTIVE = [state.value for state in ACTIVE_STATES]


def _of(subject: Subject, at: datetime) -> Iterator[Emptying]:
    if subject.kind == SubjectKind.SELLER:
        about = Note.objects.filter(about_kind=NoteAbout.SELLER, about_ref=subject.ref)
        cases = Case.objects.filter(item__in=items_of(subject).values("pk"))
        yield Emptying(_("notes"), about.exclude(case__in=cases.values("pk")), {"text": ""}, {"seller": "about_ref"})
        yield from cases_emptied(cases)
    elif subject.kind == SubjectKind.STAFF and subject.ref.isdecimal():
        yield from _of_staff(User.objects.filter(pk=subject.ref, is_active=False))


def cases_emptied(cases: QuerySet[Case]) -> Iterator[Emptying]:
    """The words that people typed about cases."""
    closed = cases.exclude(state__in=_ACTIVE)
    yield Emptying(_("cases that are being judged"), cases.filter(state__in=_ACTIVE), stays="undecided")
    of = closed.values("pk")
    guarded = {"item": "case__item_id", "case": "case_id"}
    yield Emptying(_("notes"), Note.objects.filter(case__in=of), {"text": ""}, guarded)
    yield Emptying(
        _("questions and answers"), Question.objects.filter(case__in=of), {"text": "", "answer": ""}, guarded
    )
    yield Emptying(_("marks in films"), Mark.objects.filter(case__in=of), {"text": ""}, guarded)
    yield Emptying(_("reasons for steps of cases"), Skip.objects.filter(case__in=of), {"reason": ""}, guarded)
    steps = CaseEvent.objects.filter(case__in=of, body__has_key="reason")
    yield Emptying(_("reasons for steps of cases"), steps, {"body": Without("body", "reason")}, guarded)
    yield Emptying(_("what was typed and not decided"), Draft.objects.filter(case__in=of), guarded=guarded)
    yield Emptying(_("reasons for steps of cases"), closed, {"hold_reason": ""}, {"item": "item_id", "case": "pk"})


def _of_staff(person: QuerySet[User]) -> Iterator[Emptying]:
    tables: list[tuple[Any, QuerySet[Any]]] = [
        (_("how long somebody saw grave things"), Exposure.objects.filter(user__in=person)),
        (_("limits of their own"), Allowance.objects.filter(user__in=person)),
        (_("availability of the moment"), Presence.objects.filter(user__in=person)),
        (_("what was typed and not decided"), Draft.objects.filter(user__in=person)),
        (_("what was typed and not decided"), RoutingDraft.objects.filter(user__in=person)),
    ]
    for what, rows in tables:
        yield Emptying(what, rows)


def _kept(subject: Subject | None, at: datetime) -> Iterator[Kept]:
    """Nothing of what is being judged goes."""
    active = Case.objects.filter(state__in=_ACTIVE)
    if subject is not None and subject.kind == SubjectKind.SELLER:
        active = active.filter(item__in=items_of(subject).values("pk"))
    yield Kept("item", active.values("item_id"), "undecided")


def _old_words(before: datetime, at: datetime) -> Iterator[Emptying]:
    yield from cases_emptied(Case.objects.filter(Q(decided_at__lt=before) | Q(state="closed", opened_at__lt=before)))


declare(
    Part(
        package="review",
        columns=said(
            personal={
                "review_case": "hold_reason",
                "review_draft": "content",
                "review_skip": "reason",
                "review_caseevent": "body",
                "review_question": "text answer",
                "review_note": "text",
                "review_mark": "text",
                "review_allowance": "lifted_reason",
            },
            reference={
                "review_case": "seller_ref",
                "review_sellerviolations": "seller_ref",
                "review_caseevent": "actor_ref",
                "review_question": "answered_by",
                "review_note": "about_ref",
                "review_routingversion": "published_by",
            },
            plain={
                "review_calendar": "code name",
                "review_calendarversion": "timezone weekly country region overrides",
                "review_queue": "code name purpose skill vendors",
                "review_lane": "language skill",
                "review_routingversion": "rules",
                "review_routingdraft": "rules",
                "review_eligibility": "skill source",
                "review_case": "kind market language policy_code vendor why_here",
                "review_caseevent": "actor_kind vendor",
                "review_caseclock": "metric calendar",
                "review_availabilityevent": "vendor site source",
                "review_allowance": "exposure_minutes four_eyes",
                "review_question": "vendor",
                "review_note": "vendor",
                "review_mark": "vendor media",
            },
        ),
        of=_of,
        kept=_kept,
        ages=(
            Age(
                "case_words", _("Notes, questions and reasons typed about cases"), _old_words, counted_from=_("decided")
            ),
        ),
    )
)
