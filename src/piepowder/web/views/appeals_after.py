"""After appeals: what is left to make good, the audits asked for, the disputes out of court, and the numbers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from piepowder.access.visibility import require, require_whole
from piepowder.appeals.listing import name_for
from piepowder.appeals.models import OutOfCourtBody
from piepowder.appeals.operations import (
    NoSuchBody,
    close_case,
    decide_case,
    extend_case,
    finish_audit,
    finish_task,
    implement_case,
    open_case,
    refuse_case,
    save_body,
)
from piepowder.appeals.queries import (
    audit_requests,
    bodies,
    ended,
    out_of_court_case,
    out_of_court_cases,
    out_of_court_count,
    rates,
    restitution_list,
    waiting,
)
from piepowder.appeals.states import AuditState, CaseState, TaskState
from piepowder.decisions.queries import decision_page
from piepowder.http.identity import actor_of
from piepowder.http.pages import problem_of, screen
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.web.appeals_forms import BodyForm, CaseForm, CaseOutcomeForm, body_initial
from piepowder.web.appeals_words import bar_of_ages, task_words
from piepowder.web.filters import end_of, start_of, typed
from piepowder.web.paging import Page, paged

_KINDS = (
    ("message", gettext_lazy("messages")),
    ("money", gettext_lazy("money")),
    ("time", gettext_lazy("time")),
    ("account", gettext_lazy("accounts")),
    ("decision", gettext_lazy("decisions")),
)
_BY = (
    ("policy", gettext_lazy("Policy")),
    ("vendor", gettext_lazy("Vendor")),
    ("reviewer", gettext_lazy("Reviewer")),
    ("rule", gettext_lazy("Rule or model")),
)
_SPAN = timedelta(days=90)


@screen()
def restitutions(request: HttpRequest) -> HttpResponse:
    """What nobody but a person can make good, oldest first."""
    return _restitutions(request, actor_of(request))


def _restitutions(request: HttpRequest, actor: Actor, status: int = 200, **more: Any) -> HttpResponse:
    state, kind = request.GET.get("state", TaskState.OPEN.value), request.GET.get("kind", "")
    page = paged(request, restitution_list(actor, state=state, kind=kind))
    shown = {
        "page": Page(
            [(one, task_words(one), name_for(actor, one.done_by)) for one in page.rows], page.number, page.has_next
        ),
        "state": state,
        "kind": kind,
        "states": TaskState.choices,
        "kinds": _KINDS,
        "may_finish": actor.may(Permission.APPEAL_HEAR),
        **more,
    }
    return render(request, "web/appeals/restitutions.html", shown, status=status)


@screen("POST")
def restitution_finish(request: HttpRequest, task_id: UUID) -> HttpResponse:
    actor, note = actor_of(request), request.POST.get("note", "")
    try:
        finish_task(actor=actor, task_id=task_id, note=note, at=timezone.now())
    except PiepowderError as error:
        if error.status in (403, 404):
            raise
        return _restitutions(request, actor, error.status, problem=problem_of(error))
    messages.success(request, _("Done."))
    return redirect("restitutions")


@screen()
def appeal_audits(request: HttpRequest) -> HttpResponse:
    """The decisions that did not stand on appeal, for those who audit."""
    actor, state = actor_of(request), request.GET.get("state", AuditState.OPEN.value)
    shown = {
        "page": paged(request, audit_requests(actor, state=state)),
        "state": state,
        "states": AuditState.choices,
        "may_finish": actor.may(Permission.APPEAL_ASSIGN),
    }
    return render(request, "web/appeals/audits.html", shown)


@screen("POST")
def appeal_audit_finish(request: HttpRequest, appeal_id: UUID) -> HttpResponse:
    finish_audit(actor=actor_of(request), appeal_id=appeal_id, at=timezone.now())
    messages.success(request, _("Done."))
    return redirect("appeal_audits")


@screen()
def appeals_board(request: HttpRequest) -> HttpResponse:
    """How much waits, whether promises are kept, and whose decisions fall."""
    actor, now = actor_of(request), timezone.now()
    asked = typed(request.GET, "since", "until", "by")
    until = end_of(asked["until"]) or now
    since = start_of(asked["since"]) or until - _SPAN
    ways = [way for way in _BY if way[0] != "reviewer" or actor.may(Permission.PERSON_VIEW)]
    by = asked["by"] if asked["by"] in dict(ways) else "policy"
    open_now = waiting(actor, now=now)
    shown = {
        "waiting": open_now,
        "ages": bar_of_ages(open_now.ages),
        "ended": ended(actor, since=since, until=until),
        "rates": rates(actor, by, since=since, until=until),
        "by": by,
        "ways": ways,
        "since": since,
        "until": until,
        "filters": asked,
    }
    return render(request, "web/appeals/board.html", shown)


@screen()
def out_of_court(request: HttpRequest) -> HttpResponse:
    """The register of certified bodies, the disputes before them, and how they ended."""
    actor, now = actor_of(request), timezone.now()
    require(actor, Permission.APPEAL_VIEW)
    asked = typed(request.GET, "state", "text")
    year = now.date().replace(month=1, day=1)
    shown = {
        "page": paged(request, out_of_court_cases(actor, **asked)),
        "bodies": bodies()[:100],
        "count": out_of_court_count(actor, since=year, until=now.date() + timedelta(days=1), now=now),
        "filters": asked,
        "states": CaseState.choices,
        "today": now.date(),
        "may_edit": actor.may(Permission.OUT_OF_COURT_EDIT),
    }
    return render(request, "web/appeals/out_of_court.html", shown)


@screen("GET", "HEAD", "POST")
def out_of_court_body(request: HttpRequest, body_id: int = 0) -> HttpResponse:
    """Add a body to the register, or change what is known of it."""
    actor = actor_of(request)
    require_whole(actor, Permission.OUT_OF_COURT_EDIT)
    body = OutOfCourtBody.objects.filter(pk=body_id).first()
    if body_id and body is None:
        raise NoSuchBody(_("there is no such body"))
    form = BodyForm(request.POST or None, initial=dict(body_initial(body)) if body else {"active": True})
    if form.is_valid():
        try:
            save_body(actor=actor, fields=form.fields_typed(), at=timezone.now(), body_id=body.pk if body else None)
        except PiepowderError as error:
            form.complain(error)
        else:
            messages.success(request, _("Saved."))
            return redirect("out_of_court")
    return render(request, "web/appeals/body.html", {"form": form, "body": body}, status=422 if form.errors else 200)


@screen("GET", "HEAD", "POST")
def out_of_court_open(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Enter a dispute about one decision."""
    actor = actor_of(request)
    require(actor, Permission.OUT_OF_COURT_EDIT)
    decision = decision_page(actor, decision_id)
    known = [(str(one.pk), f"{one.name} ({one.member_state})") for one in bodies() if one.active]
    form = CaseForm(request.POST or None, bodies=known)
    if form.is_valid():
        said = form.cleaned_data
        try:
            case = open_case(
                actor=actor,
                body_id=int(said["body"]),
                reference=said["reference"],
                decision_id=decision_id,
                complainant_kind=said["complainant_kind"],
                received_on=said["received_on"],
                note=said["note"],
                at=timezone.now(),
            )
        except PiepowderError as error:
            if error.status in (403, 404):
                raise
            form.complain(error)
        else:
            return redirect("out_of_court_case", case.pk)
    shown = {"form": form, "decision": decision, "row": decision.row, "none": not known}
    return render(request, "web/appeals/case_open.html", shown, status=422 if form.errors else 200)


@screen("GET", "HEAD", "POST")
def out_of_court_page(request: HttpRequest, dispute_id: UUID) -> HttpResponse:
    """One dispute: its clock, what the body decided, and what we did about it."""
    actor, form = actor_of(request), CaseOutcomeForm()
    problem, status = None, 200
    if request.method == "POST":
        form = CaseOutcomeForm(request.POST if request.POST.get("way") == "decide" else None)
        try:
            if _stepped(request, actor, dispute_id, form):
                return redirect("out_of_court_case", dispute_id)
            status = 422
        except PiepowderError as error:
            if error.status in (403, 404):
                raise
            problem, status = problem_of(error), error.status
    case = out_of_court_case(actor, dispute_id)
    shown = {
        "case": case,
        "form": form,
        "problem": problem,
        "today": timezone.now().date(),
        "may_edit": actor.may(Permission.OUT_OF_COURT_EDIT),
        "restitutions": [(one, task_words(one)) for one in case.restitutions.all()],
    }
    return render(request, "web/appeals/case.html", shown, status=status)


def _stepped(request: HttpRequest, actor: Actor, dispute_id: UUID, form: CaseOutcomeForm) -> bool:
    """Do what was asked; false when the outcome could not be read."""
    at, note, way = timezone.now(), request.POST.get("note", ""), request.POST.get("way", "")
    if way == "decide":
        if not form.is_valid():
            return False
        decide_case(actor=actor, case_id=dispute_id, at=at, **form.cleaned_data)
    elif way == "extend":
        extend_case(actor=actor, case_id=dispute_id, at=at)
    elif way == "implement":
        implement_case(actor=actor, case_id=dispute_id, at=at)
    elif way == "refuse":
        refuse_case(actor=actor, case_id=dispute_id, note=note, at=at)
    else:
        close_case(actor=actor, case_id=dispute_id, note=note, at=at)
    return True
