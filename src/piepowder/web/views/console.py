"""The console: take the next case, judge it, go on. What is shown is put together in ``bench.py``."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from piepowder.access.preferences import preferences_of
from piepowder.access.visibility import require
from piepowder.decisions.operations import withdraw_together
from piepowder.http.identity import actor_of
from piepowder.http.pages import Problem, is_fragment, problem_of, screen
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Malformed
from piepowder.kernel.permissions import Permission
from piepowder.policy.models import PolicyVersion
from piepowder.policy.queries import readings_in, search
from piepowder.review.models import Queue
from piepowder.review.operations import (
    Ask,
    ExposureSpent,
    HandsFull,
    NotAvailable,
    claim_ahead,
    claim_case,
    claim_next,
    escalate,
    give_back_ahead,
    heartbeat,
    hold,
    mark_viewed,
    ready_lease,
    release,
    save_draft,
    set_availability,
    skip,
    transfer,
    uncover,
)
from piepowder.review.queries import console_case, open_leases
from piepowder.review.states import Availability
from piepowder.review.urgent import urgent_for
from piepowder.review.wellness import rest_of
from piepowder.web.around_work import around, desk
from piepowder.web.bench import bench_for, draft_of, stamp_of, suggestion_for
from piepowder.web.filters import number
from piepowder.web.joint import company_of, judge_typed
from piepowder.web.keyboard import keys_for
from piepowder.web.languages import policy_language
from piepowder.web.views.me import person_of

_LONGEST_HOLD_MINUTES = 365 * 24 * 60
_LARGEST_DRAFT = 256 * 1024


@screen()
def console(request: HttpRequest) -> HttpResponse:
    """Where work begins: what is in hand, and the button that takes the next case."""
    return _nothing(request)


def _nothing(request: HttpRequest, why: str = "", problem: Problem | None = None) -> HttpResponse:
    """No case on the bench; ``why`` is empty at the start, else ``checked`` or ``away``, or a ``problem`` says it."""
    actor = actor_of(request)
    require(actor, Permission.CASE_CLAIM)
    starred = preferences_of(person_of(request)).starred
    shown = {"desk": desk(actor, starred, now=timezone.now()), "why": why, "problem": problem}
    if is_fragment(request):
        return render(request, "web/console/_none.html", shown)
    return render(request, "web/console/start.html", {**shown, **_around(request)})


def _around(request: HttpRequest) -> dict[str, Any]:
    """What stays on the page while one case after the other is put in."""
    return {"keys": keys_for(preferences_of(person_of(request)).keys), "queues": Queue.objects.filter(active=True)}


@screen("POST")
def console_next(request: HttpRequest) -> HttpResponse:
    """Take the next case. Whoever presses the button is there, so they are set available first."""
    actor, now = actor_of(request), timezone.now()
    require(actor, Permission.CASE_CLAIM)
    set_availability(actor=actor, state=Availability.AVAILABLE, at=now)
    queue = request.POST.get("queue", "")
    return _next(request, actor, queues=(queue,) if queue else ())


def _next(
    request: HttpRequest, actor: Actor, then: str = "", above: str = "", queues: tuple[str, ...] = ()
) -> HttpResponse:
    """The case put aside before, else the next one, else the page that says why there is none."""
    now = timezone.now()
    if aside := _put_aside(actor, then, now):
        return to_case(request, aside, above)
    if not queues and (ready := ready_lease(actor=actor, at=now)):
        return to_ready(request, ready, above)
    starred = preferences_of(person_of(request)).starred
    claim, why, problem = None, "checked", None
    try:
        claim = claim_next(actor=actor, at=now, queues=queues, starred=starred, seen=is_fragment(request))
    except NotAvailable:
        # They went on a break over this case: what they just did stands, and no other case comes.
        why = "away"
    except (HandsFull, ExposureSpent) as error:
        problem = problem_of(error)
    if claim is None:
        response = _nothing(request, why, problem)
        if is_fragment(request):
            response.write(above)
            response["HX-Push-Url"] = reverse("console")
        return response
    return to_case(request, claim.lease_id, above, seen=False)


def _put_aside(actor: Actor, then: str, now: datetime) -> UUID | None:
    """The lease that ``then`` names, while it is the actor's own and lives."""
    leases = open_leases(actor, now=now) if then else []
    return next((lease.lease_id for lease in leases if str(lease.lease_id) == then), None)


def to_ready(request: HttpRequest, lease_id: UUID, above: str) -> HttpResponse:
    """The case taken ahead. The browser that has it already, and unchanged, is only told to show it."""
    actor, now = actor_of(request), timezone.now()
    has = request.POST.get("ahead") == str(lease_id)
    if not has or request.POST.get("ahead_stamp") != stamp_of(console_case(actor, lease_id, now=now), now):
        return to_case(request, lease_id, above)
    mark_viewed(actor=actor, lease_id=lease_id, at=now)
    response = HttpResponse(above)
    response["X-Ahead"] = str(lease_id)
    response["HX-Push-Url"] = reverse("console_case", args=[lease_id])
    return response


def to_case(
    request: HttpRequest, lease_id: UUID, above: str = "", then: str = "", *, seen: bool = True
) -> HttpResponse:
    """The case of a lease, as a page or put in; ``then`` is the lease that comes after it.

    Without ``seen`` it was recorded already that it is before the person's eyes.
    """
    if not is_fragment(request):
        return redirect("console_case", lease_id)
    response = _case(request, lease_id, "web/console/_case.html", then, seen=seen)
    response.write(above)
    response["HX-Push-Url"] = reverse("console_case", args=[lease_id])
    return response


@screen()
def console_page(request: HttpRequest, lease_id: UUID) -> HttpResponse:
    template = "web/console/_case.html" if is_fragment(request) else "web/console/page.html"
    return _case(request, lease_id, template, request.GET.get("then", ""))


def _case(request: HttpRequest, lease_id: UUID, template: str, then: str = "", *, seen: bool = True) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    shown: dict[str, Any] = {
        "bench": bench_for(
            actor,
            lease_id,
            language=policy_language(get_language()),
            now=now,
            then=str(_put_aside(actor, then, now) or ""),
        ),
    }
    shown["around"] = around(actor, shown["bench"].case.case_id, now=now)
    shown["company"] = company_of(actor, shown["bench"].case.case_id)
    if not is_fragment(request):
        shown.update(_around(request))
    response = render(request, template, shown)
    if seen:
        mark_viewed(actor=actor, lease_id=lease_id, at=now)
    return response


@screen("POST")
def console_ahead(request: HttpRequest, lease_id: UUID) -> HttpResponse:
    """The case that comes after the one in hand, taken ahead and drawn, so that it can be shown without waiting."""
    actor, now = actor_of(request), timezone.now()
    starred = preferences_of(person_of(request)).starred
    ahead = claim_ahead(actor=actor, at=now, beside=lease_id, starred=starred)
    if ahead is None:
        return HttpResponse(status=204)
    response = _case(request, ahead, "web/console/_case.html", seen=False)
    response["X-Ahead"] = str(ahead)
    return response


@screen("POST")
def console_ahead_back(request: HttpRequest) -> HttpResponse:
    """Nobody is there to judge it: others may have the case that was taken ahead."""
    give_back_ahead(actor=actor_of(request), at=timezone.now())
    return HttpResponse(status=204)


@screen("POST")
def console_claim(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Take one certain case, as after a lost lease or from a search."""
    actor, now = actor_of(request), timezone.now()
    for lease in open_leases(actor, now=now):
        if lease.case_id == case_id:
            return redirect("console_case", lease.lease_id)
    require(actor, Permission.CASE_CLAIM)
    set_availability(actor=actor, state=Availability.AVAILABLE, at=now)
    return redirect("console_case", claim_case(actor=actor, case_id=case_id, at=now).lease_id)


@screen("POST")
def console_decide(request: HttpRequest, lease_id: UUID) -> HttpResponse:
    """Judge it; what became of it is told beside the next case."""
    actor = actor_of(request)
    told = judge_typed(request, actor, lease_id, now=timezone.now())
    return _next(request, actor, request.POST.get("then", ""), told)


@screen("POST")
def console_undo(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Take the decision back and show its case again with what was typed; the case in hand waits meanwhile."""
    actor, now = actor_of(request), timezone.now()
    undone = withdraw_together(actor=actor, decision_id=decision_id, at=now)
    decision = undone.decision
    if decision.case_id is None:
        return redirect("decision", decision.pk)
    mine = {lease.case_id: lease.lease_id for lease in open_leases(actor, now=now)}
    lease_id = mine.get(decision.case_id) or claim_case(actor=actor, case_id=decision.case_id, at=now).lease_id
    save_draft(actor=actor, content=draft_of(decision), at=now, lease_id=lease_id)
    above = render_to_string("web/console/_undone.html", {"undone": undone}, request)
    return to_case(request, lease_id, above, then=request.POST.get("then", ""))


@screen("POST")
def console_leave(request: HttpRequest, lease_id: UUID, way: str) -> HttpResponse:
    """Hold, transfer, escalate, skip or give back, each with its reason; then the next case, or the start."""
    actor, now = actor_of(request), timezone.now()
    reason = request.POST.get("reason", "")
    if way == "hold":
        until, asked = now + timedelta(minutes=_minutes(request)), request.POST.get("ask_to", "")
        question = Ask(asked, request.POST.get("question", "")) if asked else None
        hold(actor=actor, lease_id=lease_id, at=now, until=until, reason=reason, question=question)
    elif way == "transfer":
        transfer(actor=actor, lease_id=lease_id, at=now, queue_code=request.POST.get("queue", ""), reason=reason)
    elif way == "escalate":
        escalate(actor=actor, lease_id=lease_id, at=now, reason=reason)
    elif way == "skip":
        skip(actor=actor, lease_id=lease_id, at=now, reason=reason)
    elif way == "release":
        release(actor=actor, lease_id=lease_id, at=now, reason=reason)
        return _stopped(request)
    else:
        raise Http404
    return _next(request, actor)


def _minutes(request: HttpRequest) -> int:
    minutes = number(request.POST.get("minutes", ""))
    if minutes is None or minutes > _LONGEST_HOLD_MINUTES:
        raise Malformed(_("a hold needs a number of minutes"))
    return minutes


def _stopped(request: HttpRequest) -> HttpResponse:
    if not is_fragment(request):
        return redirect("console")
    response = _nothing(request)
    response["HX-Push-Url"] = reverse("console")
    return response


@screen("POST")
def console_beat(request: HttpRequest, lease_id: UUID) -> HttpResponse:
    """Keep the lease alive and tell what has changed about the case meanwhile."""
    actor, now = actor_of(request), timezone.now()
    expires_at = heartbeat(actor=actor, lease_id=lease_id, at=now)
    case = console_case(actor, lease_id, now=now)
    urgent = urgent_for(actor, now=now, beside=case.case_id)
    return JsonResponse(
        {
            "expires_at": expires_at.isoformat(),
            "snapshot": str(case.snapshot_id),
            "reports": case.reports,
            "urgent": urgent and {"title": urgent.title, "queue": urgent.queue_name, "severity": urgent.severity},
            "break_due": rest_of(actor, now).due,
        }
    )


@screen("POST")
def console_draft(request: HttpRequest, lease_id: UUID) -> HttpResponse:
    # A form's body was read already, by whoever looked for its token.
    if request.content_type != "application/json":
        raise Malformed(_("a draft is JSON"))
    if len(request.body) > _LARGEST_DRAFT:
        raise Malformed(_("a draft is not that long"))
    try:
        content = orjson.loads(request.body)
    except ValueError as error:
        raise Malformed(_("a draft is JSON")) from error
    # PostgreSQL cannot keep the character zero, and json's own reader takes what no database does, such as NaN.
    if not isinstance(content, dict) or "\\u0000" in orjson.dumps(content).decode():
        raise Malformed(_("a draft is an object"))
    save_draft(actor=actor_of(request), content=content, at=timezone.now(), lease_id=lease_id)
    return HttpResponse(status=204)


@screen("POST")
def console_reveal(request: HttpRequest, lease_id: UUID) -> HttpResponse:
    """Record that a picture or film of the case was looked at."""
    actor, now = actor_of(request), timezone.now()
    uncover(actor=actor, lease_id=lease_id, digest=request.POST.get("digest", ""), at=now)
    return HttpResponse(status=204)


@screen()
def console_policies(request: HttpRequest, lease_id: UUID) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    case = console_case(actor, lease_id, now=now)
    text = request.GET.get("text", "").strip()
    language = policy_language(get_language())
    lines = search(actor, text, language, case.market, now, kind=case.kind, limit=8) if text else []
    versions = PolicyVersion.objects.filter(pk__in=[line.version_id for line in lines])
    readings = readings_in(versions, language) if lines else {}
    hits = [{"line": line, "reading": readings[line.version_id]} for line in lines]
    return render(request, "web/console/_hits.html", {"hits": hits, "text": text})


@screen()
def console_policy(request: HttpRequest, lease_id: UUID, code: str) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    case = console_case(actor, lease_id, now=now)
    chosen = suggestion_for(actor, case, code, language=policy_language(get_language()), now=now)
    return render(request, "web/console/_chosen.html", {"chosen": chosen, "bench": {"case": case}})
