"""The appeal desk: what waits, one appeal with both sides, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.appeals.models import Evidence
from piepowder.appeals.operations import (
    NothingToHear,
    add_evidence,
    admit,
    answer,
    ask,
    assign,
    conclude,
    give_back,
    refuse_admission,
    take,
    take_next,
)
from piepowder.appeals.queries import (
    AppealView,
    DeskFilters,
    appeal_page,
    appeal_row,
    desk_list,
    may_be_given_to,
    seen_appeal,
)
from piepowder.appeals.states import AppealOutcome, AppealState, ComplainantKind, Side
from piepowder.http.identity import actor_of
from piepowder.http.pages import problem_of, screen
from piepowder.intake.media import open_media
from piepowder.intake.queries import item_card
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import NotFound, PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.web.appeals_forms import ConcludeForm, RefuseForm, conclude_initial
from piepowder.web.appeals_view import difference_to_now
from piepowder.web.bench import media_shown
from piepowder.web.filters import number, typed
from piepowder.web.item_words import item_words, own_labels
from piepowder.web.languages import policy_language
from piepowder.web.paging import Page, paged

_CLOCKS = (
    ("late", gettext_lazy("late")),
    ("at_risk", gettext_lazy("at risk")),
    ("running", gettext_lazy("on time")),
    ("resting", gettext_lazy("waits on the complainant")),
)
_ORDERS = (
    ("due", gettext_lazy("due first")),
    ("newest", gettext_lazy("newest first")),
    ("oldest", gettext_lazy("oldest first")),
)
_TEXTS = ("state", "clock", "complainant", "stage", "outcome", "market", "language", "kind", "policy", "vendor", "text")


@screen()
def appeals(request: HttpRequest) -> HttpResponse:
    """The desk: open appeals, those that are due first on top."""
    actor, now, query = actor_of(request), timezone.now(), request.GET.copy()
    query.setdefault("state", "open")
    filters = _filters(query)
    page = paged(request, desk_list(actor, filters, now=now, order=query.get("order", "due")))
    shown = {
        "page": Page([appeal_row(one, actor, now) for one in page.rows], page.number, page.has_next),
        "filters": query,
        "states": AppealState.choices,
        "outcomes": AppealOutcome.choices,
        "complainants": ComplainantKind.choices,
        "clocks": _CLOCKS,
        "orders": _ORDERS,
        "hears": actor.may(Permission.APPEAL_HEAR),
        "sees_vendors": not any(scope.vendors for scope in actor.scopes(Permission.APPEAL_VIEW)),
    }
    return render(request, "web/appeals/list.html", shown)


def _filters(query: QueryDict) -> DeskFilters:
    said = typed(query, *_TEXTS)
    return DeskFilters(
        state=said["state"],
        clock=said["clock"],
        complainant=said["complainant"],
        stage=said["stage"],
        outcome=said["outcome"],
        market=said["market"],
        language=said["language"],
        kind=said["kind"],
        policy=said["policy"],
        vendor=said["vendor"],
        mine=query.get("mine") == "1",
        text=said["text"],
    )


@screen("POST")
def appeals_next(request: HttpRequest) -> HttpResponse:
    """Take the appeal that is due first among those one may hear."""
    try:
        taken = take_next(actor=actor_of(request), at=timezone.now())
    except NothingToHear:
        messages.info(request, _("No appeal waits that you may hear."))
        return redirect("appeals")
    return redirect("appeal", taken.pk)


@screen()
def appeal(request: HttpRequest, appeal_id: UUID) -> HttpResponse:
    return _page(request, actor_of(request), appeal_id)


def _page(request: HttpRequest, actor: Actor, appeal_id: UUID, status: int = 200, **more: Any) -> HttpResponse:
    now = timezone.now()
    view = appeal_page(actor, appeal_id, now=now, language=policy_language(get_language()))
    card = item_card(actor, view.decision.row.item_id, number=view.decision.snapshot_number)
    shown = {
        "view": view,
        "appeal": view.appeal,
        "row": view.row,
        "decision": view.decision,
        "item": card,
        "words": item_words(
            card.content, (span for found in card.detections for span in found.spans), own_labels(card.kind)
        ),
        "media": tuple(media_shown(one) for one in card.media),
        "difference": difference_to_now(card),
        "people": may_be_given_to(actor, view.appeal, now=now) if view.can.assign else (),
        **_forms(view),
        **more,
    }
    return render(request, "web/appeals/appeal.html", shown, status=status)


def _forms(view: AppealView) -> dict[str, Any]:
    if view.can.hear:
        return {"form": ConcludeForm(initial=dict(conclude_initial(view.appeal)))}
    return {"refusal": RefuseForm()} if view.can.refuse else {}


@screen("POST")
def appeal_move(request: HttpRequest, appeal_id: UUID) -> HttpResponse:
    """Take, give back, admit, or give to somebody."""
    actor, now, way = actor_of(request), timezone.now(), request.POST.get("way", "")
    moves: dict[str, Callable[..., Any]] = {"take": take, "give_back": give_back, "admit": admit}
    try:
        if way in moves:
            moves[way](actor=actor, appeal_id=appeal_id, at=now)
        else:
            user = number(request.POST.get("to", "")) or 0
            assign(actor=actor, appeal_id=appeal_id, user_id=user, at=now)
    except PiepowderError as error:
        return _refused(request, actor, appeal_id, error)
    return redirect("appeals") if way == "give_back" else redirect("appeal", appeal_id)


@screen("POST")
def appeal_say(request: HttpRequest, appeal_id: UUID) -> HttpResponse:
    """Ask the complainant, write down their answer, or add words of one's own."""
    actor, now, way = actor_of(request), timezone.now(), request.POST.get("way", "")
    text = request.POST.get("text", "")
    try:
        if way == "ask":
            ask(actor=actor, appeal_id=appeal_id, text=text, at=now)
            messages.success(request, _("The question is on its way. The clock rests until the answer."))
        elif way == "answer":
            answer(actor=actor, appeal_id=appeal_id, text=text, at=now)
        else:
            add_evidence(actor=actor, appeal_id=appeal_id, side=Side.HOUSE, text=text, at=now)
    except PiepowderError as error:
        return _refused(request, actor, appeal_id, error, typed_text=text, typed_way=way)
    return redirect("appeal", appeal_id)


@screen("POST")
def appeal_refuse(request: HttpRequest, appeal_id: UUID) -> HttpResponse:
    """End a complaint that nobody has in hand without hearing it."""
    actor, form = actor_of(request), RefuseForm(request.POST)
    seen_appeal(actor, appeal_id)
    if form.is_valid():
        try:
            refuse_admission(actor=actor, appeal_id=appeal_id, at=timezone.now(), **form.cleaned_data)
        except PiepowderError as error:
            if error.status in (403, 404):
                raise
            form.complain(error)
        else:
            messages.success(request, _("The complaint is ended, and the complainant told why."))
            return redirect("appeal", appeal_id)
    return _page(request, actor, appeal_id, 422, refusal=form)


@screen("POST")
def appeal_conclude(request: HttpRequest, appeal_id: UUID) -> HttpResponse:
    """End an appeal with reasons; what goes wrong is said beside the field, and what was typed stays."""
    actor, form = actor_of(request), ConcludeForm(request.POST)
    found = seen_appeal(actor, appeal_id)
    if form.is_valid():
        said = form.cleaned_data
        try:
            conclude(
                actor=actor,
                appeal_id=appeal_id,
                outcome=said["outcome"],
                reasons=said["reasons"],
                replacement=form.replacement(found),
                omission=said["omission"] if said["outcome"] == AppealOutcome.OMITTED else "",
                unfounded=said["unfounded"],
                at=timezone.now(),
            )
        except PiepowderError as error:
            if error.status in (403, 404):
                raise
            form.complain(error)
        else:
            messages.success(request, _("The appeal is concluded and the answer is on its way."))
            return redirect("appeal", appeal_id)
    return _page(request, actor, appeal_id, 422, form=form)


@screen()
def appeal_evidence(request: HttpRequest, appeal_id: UUID, evidence_id: UUID) -> HttpResponseBase:
    """A file that a side brought forward: only ever saved, never shown by the browser."""
    actor = actor_of(request)
    require(actor, Permission.APPEAL_VIEW)
    rows = Evidence.objects.select_related("stored").filter(appeal=seen_appeal(actor, appeal_id), pk=evidence_id)
    found = rows.first()
    if found is None or found.stored is None:
        raise NotFound(_("there is no such file"))
    response = StreamingHttpResponse(open_media(found.stored.pk), content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{found.stored.pk[:16]}"'
    response["Content-Length"] = str(found.stored.size)
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _refused(request: HttpRequest, actor: Actor, appeal_id: UUID, error: PiepowderError, **more: Any) -> HttpResponse:
    if error.status == 404:
        raise error
    return _page(request, actor, appeal_id, error.status, problem=problem_of(error), **more)
