"""How sellers stand: those on a ladder, one seller explained, and sanctions that wait for a person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.access.visibility import holds_whole
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.errors import PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.policy.models import Ladder as LadderRow
from piepowder.standing import operations as standing
from piepowder.standing.catalogue import ladders_on
from piepowder.standing.imposing import ladder_of
from piepowder.standing.ladder import POINTS, read_ladder
from piepowder.standing.models import Sanction
from piepowder.standing.queries import Health, health, may_see_seller, sanctions, tallies, threshold_title
from piepowder.standing.states import Part, SanctionState
from piepowder.standing.wording import said, score_words
from piepowder.web.filters import number
from piepowder.web.ladder_words import CounterShown, counters_shown, language, stored_measures
from piepowder.web.paging import paged

_POINTS = re.compile(r"[+-]?\d{1,6}", re.ASCII)
CONFIRMED_BY = (Permission.SANCTION_CONFIRM, Permission.DECISION_ISSUE_DIRECT)


@dataclass(frozen=True, slots=True)
class SanctionShown:
    """A sanction in words."""

    row: Sanction
    ladder: str
    milestone: str
    score: str
    measures: list[str]


@dataclass(frozen=True, slots=True)
class HealthShown:
    """A seller on one ladder: what the evaluation says, with the ladder's own picture."""

    health: Health
    counters: list[CounterShown]
    sanctions: list[tuple[Any, list[str]]]


@screen()
def ladder_sellers(request: HttpRequest, code: str) -> HttpResponse:
    """Sellers on a ladder, those furthest from the start first."""
    actor = actor_of(request)
    text, reached = request.GET.get("q", "").strip(), request.GET.get("reached") == "1"
    row = LadderRow.objects.filter(code=code).first()
    version = row.versions.order_by("-number").first() if row else None
    if row is None or version is None:
        raise standing.NoSuchLadder(_("there is no such ladder, or no version of it holds yet"))
    page = paged(request, tallies(actor, ladder=code, text=text[:200], reached=reached))
    read = read_ladder(code, version.content, version.number)
    shown = {
        "row": row,
        "title": said(read.title, language()),
        "page": page,
        "lines": [
            (
                one,
                threshold_title(read, POINTS, one.reached, language()) if one.reached else "",
                [(said(c.title, language()), one.strikes.get(c.code, 0)) for c in read.counters if c.code != POINTS],
            )
            for one in page.rows
        ],
        "filters": request.GET,
    }
    return render(request, "web/standing/sellers.html", shown)


@screen("GET", "HEAD", "POST")
def seller_standing(request: HttpRequest, ref: str) -> HttpResponse:
    """One seller's score explained; posting changes points, with a reason."""
    actor = actor_of(request)
    if not may_see_seller(actor, ref):
        raise standing.NoSuchSeller(_("nothing is known of a seller with this id"))
    if request.method == "POST":
        try:
            _change(request, ref)
        except PiepowderError as refused:
            messages.error(request, " ".join([refused.detail, *(one.detail for one in refused.problems)]))
        return redirect("seller_standing", ref)
    now = timezone.now()
    found = health(ref, now, language=language(), with_shadow=True)
    shown = {
        "ref": ref,
        "ladders": [_health_shown(one) for one in found],
        "may_adjust": actor.may(Permission.POINTS_ADJUST),
        # A person's words about a seller stay with those who see all vendors' work.
        "with_reasons": holds_whole(actor, Permission.STANDING_VIEW),
    }
    return render(request, "web/standing/seller.html", shown)


def _health_shown(one: Health) -> HealthShown:
    known = next(ladder for ladder in ladders_on() if ladder.code == one.ladder)
    version = next(version for version in known.versions if version.ladder.number == one.number)
    ladder = version.ladder.in_market(one.market)
    burdens = {
        counter.code: counter.burden_of(count.score) for counter, count in zip(ladder.counters, one.counts, strict=True)
    }
    return HealthShown(
        health=one,
        counters=counters_shown(ladder, burdens),
        sanctions=[(row, stored_measures(row.measures, for_good=row.part == Part.FOR_GOOD)) for row in one.sanctions],
    )


def _change(request: HttpRequest, ref: str) -> None:
    actor, typed = actor_of(request), request.POST
    points = typed.get("points", "").strip()
    signed = int(points) if _POINTS.fullmatch(points) else 0
    if entry := typed.get("entry", ""):
        standing.choose_points(
            actor=actor,
            entry_id=_uuid(entry),
            ladder=typed.get("ladder", ""),
            points=signed,
            at=timezone.now(),
        )
        messages.success(request, _("The points are set."))
        return
    standing.adjust(
        actor=actor,
        ladder=typed.get("ladder", ""),
        seller_ref=ref,
        points=signed,
        days=number(typed.get("days", "")) or None,
        counter=typed.get("counter", POINTS),
        reason=typed.get("reason", ""),
        at=timezone.now(),
    )
    messages.success(request, _("The points are changed."))


def _uuid(typed: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError:
        raise standing.NoSuchEntry(_("there is no such entry")) from None


@screen()
def sanction_list(request: HttpRequest) -> HttpResponse:
    """Sanctions that wait for a person; by their state all others."""
    actor = actor_of(request)
    state = request.GET.get("state", SanctionState.WAITING.value)
    state = state if state in SanctionState.values else ""
    page = paged(request, sanctions(actor, state=state, ladder=request.GET.get("ladder", "")[:40]))
    shown = {
        "page": page,
        "lines": [sanction_shown(row) for row in page.rows],
        "state": state,
        "states": SanctionState.choices,
        "ladders": LadderRow.objects.order_by("code").values_list("code", flat=True),
        "ladder": request.GET.get("ladder", ""),
        "with_reasons": holds_whole(actor, Permission.STANDING_VIEW),
        "may_decide": all(actor.may(one) for one in CONFIRMED_BY),
    }
    return render(request, "web/standing/sanctions.html", shown)


def sanction_shown(row: Sanction) -> SanctionShown:
    ladder = ladder_of(row)
    return SanctionShown(
        row=row,
        ladder=said(ladder.title, language()),
        milestone=threshold_title(ladder, row.counter, row.threshold, language()),
        score=score_words(ladder, row.counter, row.score, language()),
        measures=stored_measures(row.measures, for_good=row.part == Part.FOR_GOOD),
    )


@screen("POST")
def sanction_settle(request: HttpRequest, sanction_id: UUID) -> HttpResponse:
    """Decide what a ladder proposes, or decide against it."""
    actor, now = actor_of(request), timezone.now()
    try:
        if request.POST.get("do") == "confirm":
            standing.confirm_sanction(actor=actor, sanction_id=sanction_id, at=now)
            messages.success(request, _("It is decided. The statement of reasons is on its way."))
        else:
            reason = request.POST.get("reason", "")
            standing.refuse_sanction(actor=actor, sanction_id=sanction_id, reason=reason, at=now)
            messages.success(request, _("Decided against it."))
    except PiepowderError as refused:
        messages.error(request, " ".join([refused.detail, *(one.detail for one in refused.problems)]))
    return redirect("sanctions")
