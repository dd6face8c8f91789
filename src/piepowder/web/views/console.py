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
from piepowder.decisions.operations import decide, withdraw
from piepowder.http.identity import actor_of
from piepowder.http.pages import is_fragment, screen
from piepowder.intake.operations import reveal_media
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Malformed
from piepowder.kernel.permissions import Permission
from piepowder.policy.models import PolicyVersion
from piepowder.policy.queries import readings_in, search
from piepowder.review.models import Queue
from piepowder.review.operations import (
    NotAvailable,
    claim_case,
    claim_next,
    escalate,
    heartbeat,
    hold,
    mark_viewed,
    release,
    save_draft,
    set_availability,
    skip,
    transfer,
)
from piepowder.review.queries import console_case, open_leases
from piepowder.review.states import Availability
from piepowder.web.bench import bench_for, draft_of, just_decided, suggestion_for
from piepowder.web.filters import number
from piepowder.web.keyboard import keys_for
from piepowder.web.languages import policy_language
from piepowder.web.rulings import ruling_from
from piepowder.web.views.me import person_of

_LONGEST_HOLD_MINUTES = 365 * 24 * 60
_LARGEST_DRAFT = 256 * 1024


@screen()
def console(request: HttpRequest) -> HttpResponse:
    """Where work begins: what is in hand, and the button that takes the next case."""
    return _nothing(request, checked=False)


def _nothing(request: HttpRequest, *, checked: bool, away: bool = False) -> HttpResponse:
    actor = actor_of(request)
    require(actor, Permission.CASE_CLAIM)
    shown = {"leases": open_leases(actor, now=timezone.now()), "checked": checked, "away": away}
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
    return _next(request, actor)


def _next(request: HttpRequest, actor: Actor, then: str = "", above: str = "") -> HttpResponse:
    """The case put aside by an undo, else the next one, else the page that says that there is none."""
    now = timezone.now()
    if aside := _put_aside(actor, then, now):
        return _to_case(request, aside, above)
    try:
        claim, away = claim_next(actor=actor, at=now), False
    except NotAvailable:
        # They went on a break over this case: what they just did stands, and no other case comes.
        claim, away = None, True
    if claim is None:
        response = _nothing(request, checked=not away, away=away)
        if is_fragment(request):
            response.write(above)
            response["HX-Push-Url"] = reverse("console")
        return response
    return _to_case(request, claim.lease_id, above)


def _put_aside(actor: Actor, then: str, now: datetime) -> UUID | None:
    """The lease that ``then`` names, while it is the actor's own and lives."""
    leases = open_leases(actor, now=now) if then else []
    return next((lease.lease_id for lease in leases if str(lease.lease_id) == then), None)


def _to_case(request: HttpRequest, lease_id: UUID, above: str = "", then: str = "") -> HttpResponse:
    if not is_fragment(request):
        return redirect("console_case", lease_id)
    response = _case(request, lease_id, "web/console/_case.html", then)
    response.write(above)
    response["HX-Push-Url"] = reverse("console_case", args=[lease_id])
    return response


@screen()
def console_page(request: HttpRequest, lease_id: UUID) -> HttpResponse:
    template = "web/console/_case.html" if is_fragment(request) else "web/console/page.html"
    return _case(request, lease_id, template, request.GET.get("then", ""))


def _case(request: HttpRequest, lease_id: UUID, template: str, then: str = "") -> HttpResponse:
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
    if not is_fragment(request):
        shown.update(_around(request))
    response = render(request, template, shown)
    mark_viewed(actor=actor, lease_id=lease_id, at=now)
    return response


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
    actor = actor_of(request)
    decision = decide(actor=actor, lease_id=lease_id, ruling=ruling_from(request.POST), at=timezone.now())
    undo = render_to_string("web/console/_undo.html", {"decision": just_decided(decision)}, request)
    return _next(request, actor, request.POST.get("then", ""), undo)


@screen("POST")
def console_undo(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Take the decision back and show its case again with what was typed; the case in hand waits meanwhile."""
    actor, now = actor_of(request), timezone.now()
    decision = withdraw(actor=actor, decision_id=decision_id, at=now)
    assert decision.case_id is not None
    mine = {lease.case_id: lease.lease_id for lease in open_leases(actor, now=now)}
    lease_id = mine.get(decision.case_id) or claim_case(actor=actor, case_id=decision.case_id, at=now).lease_id
    save_draft(actor=actor, content=draft_of(decision), at=now, lease_id=lease_id)
    return _to_case(request, lease_id, then=request.POST.get("then", ""))


@screen("POST")
def console_leave(request: HttpRequest, lease_id: UUID, way: str) -> HttpResponse:
    """Hold, transfer, escalate, skip or give back, each with its reason; then the next case, or the start."""
    actor, now = actor_of(request), timezone.now()
    reason = request.POST.get("reason", "")
    if way == "hold":
        until = now + timedelta(minutes=_minutes(request))
        hold(actor=actor, lease_id=lease_id, at=now, until=until, reason=reason)
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
    response = _nothing(request, checked=False)
    response["HX-Push-Url"] = reverse("console")
    return response


@screen("POST")
def console_beat(request: HttpRequest, lease_id: UUID) -> HttpResponse:
    """Keep the lease alive and tell what has changed about the case meanwhile."""
    actor, now = actor_of(request), timezone.now()
    expires_at = heartbeat(actor=actor, lease_id=lease_id, at=now)
    case = console_case(actor, lease_id, now=now)
    return JsonResponse(
        {"expires_at": expires_at.isoformat(), "snapshot": str(case.snapshot_id), "reports": case.reports}
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
    case = console_case(actor, lease_id, now=now)
    reveal_media(actor=actor, item_id=case.item_id, digest=request.POST.get("digest", ""), at=now)
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
