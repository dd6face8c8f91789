"""A seller's overview, items and decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from piepowder.access.options import chosen
from piepowder.decisions.models import Decision
from piepowder.portal.complaints import complaint_of, questions_for
from piepowder.portal.health import healths
from piepowder.portal.languages import text_language
from piepowder.portal.links import Subject
from piepowder.portal.overview import (
    decisions_listed,
    happenings,
    item_history,
    item_rows,
    item_states,
    items_listed,
    overview,
    silent_restriction,
)
from piepowder.portal.pages import page
from piepowder.portal.paging import Page, paged
from piepowder.portal.reading import note_reading
from piepowder.portal.reporters.counter import claims_against
from piepowder.portal.resubmitting import may_correct, resubmissions_of
from piepowder.portal.retelling import tell
from piepowder.portal.theirs import decision_of, item_of
from piepowder.portal.visits import Guest
from piepowder.rights.options import NAME_OWNER


@dataclass(frozen=True, slots=True)
class ClaimBehind:
    """A claim on a right that a decision found to be right; ``owner`` is empty where the organisation does not name them."""

    id: UUID
    owner: str


@page()
def home(request: HttpRequest, guest: Guest) -> HttpResponseBase:
    now, language = timezone.now(), text_language()
    shown = {
        "here": "home",
        "overview": overview(guest.subject, at=now, language=language),
        "healths": healths(guest.subject, at=now),
        "questions": questions_for(guest.subject, now),
        "has_claims": claims_against(guest.subject, now).exists(),
    }
    return render(request, "portal/home.html", shown)


@page()
def items(request: HttpRequest, guest: Guest) -> HttpResponseBase:
    now, text = timezone.now(), request.GET.get("q", "").strip()[:100]
    restricted = request.GET.get("show") == "restricted"
    found = paged(request, items_listed(guest.subject, at=now, text=text, restricted=restricted))
    rows = Page(item_rows(guest.subject, found.rows, at=now), found.number, found.has_next)
    return render(request, "portal/items.html", {"here": "items", "page": rows, "q": text, "restricted": restricted})


@page()
def item(request: HttpRequest, guest: Guest, item_id: UUID) -> HttpResponseBase:
    now = timezone.now()
    found = item_of(guest.subject, item_id)
    shown = {
        "here": "items",
        "item": found,
        "state": item_states(guest.subject, [found], at=now)[found.pk],
        "history": item_history(guest.subject, found, at=now, language=text_language()),
        "silent": silent_restriction(guest.subject, found, at=now),
        "again": resubmissions_of(guest.subject, found, at=now),
        "may_correct": may_correct(guest.subject, found),
        "sent": request.GET.get("done") == "sent",
    }
    return render(request, "portal/item.html", shown)


@page()
def decisions(request: HttpRequest, guest: Guest) -> HttpResponseBase:
    found = paged(request, decisions_listed(guest.subject, timezone.now()))
    rows = happenings(found.rows, at=timezone.now(), language=text_language())
    return render(request, "portal/decisions.html", {"here": "home", "page": Page(rows, found.number, found.has_next)})


def claims_behind(subject: Subject, decision: Decision, at: datetime) -> list[ClaimBehind]:
    """Whose rights the decision protects. Owners are named because the seller cannot answer without; nobody else is."""
    rows = claims_against(subject, at).filter(item=decision.item_id, report__judged_at=decision.decided_at)[:5]
    named = chosen(NAME_OWNER)
    return [ClaimBehind(one.pk, one.right.owner_name if named else "") for one in rows]


@page(within_one=True)
def decision(request: HttpRequest, guest: Guest, decision_id: UUID) -> HttpResponseBase:
    now, language = timezone.now(), text_language()
    found = decision_of(guest.subject, decision_id, now)
    told = tell(found, at=now, language=language)
    if request.method == "GET":
        note_reading(
            actor=guest.actor, subject=guest.subject, decision=found, language=language, through="portal", at=now
        )
    shown = {
        "here": "home",
        "told": told,
        "complaint": complaint_of(guest.subject, found, at=now),
        "may_correct": not guest.subject.only and may_correct(guest.subject, found.item),
        "claims": claims_behind(guest.subject, found, now),
    }
    return render(request, "portal/decision.html", shown)
