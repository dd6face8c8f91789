"""Holds, how long what is kept, and requests to erase what is known of a person."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from piepowder.access.visibility import holds_whole, require_whole
from piepowder.database.personal import SubjectKind
from piepowder.duties.holds import place_hold, release_hold, standing_holds
from piepowder.duties.models import Erasure, Hold, HoldOn, RetentionRun
from piepowder.duties.retention import requests, rules
from piepowder.duties.retention.states import ERASURE_FLOW, AskedBy, ErasureState
from piepowder.duties.retention.words import place_words, why_words
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.errors import NotFound, PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.policy.packs import definitions, words
from piepowder.web.filters import day, number, typed
from piepowder.web.forms import PlainForm
from piepowder.web.paging import paged


class HoldForm(PlainForm):
    kind = forms.ChoiceField(label=gettext_lazy("What is held"), choices=HoldOn.choices)
    ref = forms.CharField(
        label=gettext_lazy("Id"),
        max_length=200,
        help_text=gettext_lazy("As it stands in its address; of a seller the marketplace's id."),
    )
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    until = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Empty holds it until somebody releases it."),
    )


class ErasureForm(PlainForm):
    kind = forms.ChoiceField(label=gettext_lazy("Whose data"), choices=SubjectKind.choices)
    ref = forms.CharField(
        label=gettext_lazy("Id"),
        max_length=200,
        required=False,
        help_text=gettext_lazy(
            "Of a seller, buyer or rights owner the marketplace's id; of a reporter or colleague the one in their address."
        ),
    )
    addresses = forms.CharField(
        label=gettext_lazy("E-mail addresses to look by"), required=False, help_text=gettext_lazy("Parted by commas.")
    )
    asked_by = forms.ChoiceField(label=gettext_lazy("Who asked"), choices=AskedBy.choices)


@screen()
def duties_holds(request: HttpRequest) -> HttpResponse:
    actor, asked = actor_of(request), typed(request.GET, "kind", "q")
    require_whole(actor, Permission.DUTY_VIEW)
    every = request.GET.get("all") == "1"
    rows = Hold.objects.all() if every else standing_holds()
    if asked["kind"]:
        rows = rows.filter(kind=asked["kind"])
    if asked["q"]:
        rows = rows.filter(ref__icontains=asked["q"])
    shown = {
        "page": paged(request, rows.order_by("-placed_at", "-id")),
        "filters": asked | {"all": every},
        "kinds": HoldOn.choices,
        "may_edit": actor.may(Permission.HOLD_EDIT),
    }
    return render(request, "web/duties/holds.html", shown)


@screen("GET", "HEAD", "POST")
def duties_hold_place(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    require_whole(actor, Permission.HOLD_EDIT)
    form = HoldForm(request.POST or None, initial=typed(request.GET, "kind", "ref"))
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            place_hold(
                actor=actor,
                kind=told["kind"],
                ref=told["ref"],
                reason=told["reason"],
                until=told["until"],
                at=timezone.now(),
            )
            messages.success(request, _("It is held: nothing of it is erased."))
            return redirect("duties_holds")
        except PiepowderError as refused:
            form.complain(refused)
    shown = {
        "form": form,
        "title": _("Hold something"),
        "purpose": _("What is held is not erased, by whatever rule or request."),
        "back": "duties_holds",
        "do": _("Hold it"),
    }
    return render(request, "web/duties/form.html", shown, status=422 if form.errors else 200)


@screen("POST")
def duties_hold_release(request: HttpRequest, hold_id: UUID) -> HttpResponse:
    release_hold(actor=actor_of(request), hold_id=hold_id, why=request.POST.get("why", ""), at=timezone.now())
    messages.success(request, _("Released."))
    return redirect("duties_holds")


@screen("GET", "HEAD", "POST")
def duties_retention(request: HttpRequest) -> HttpResponse:
    """The rules; ``try`` and ``months`` in the address show what a rule would empty now, posting chooses it."""
    actor, at = actor_of(request), timezone.now()
    require_whole(actor, Permission.ERASURE_RUN)
    if request.method == "POST":
        said = typed(request.POST, "code", "months", "from_on", "pack")
        rules.choose_retention(
            actor=actor,
            code=said["code"],
            months=number(said["months"]) if said["months"] else None,
            from_on=day(said["from_on"]) or timezone.localdate(),
            pack=said["pack"],
            at=at,
        )
        messages.success(request, _("Chosen."))
        return redirect("duties_retention")
    asked = typed(request.GET, "try", "months")
    months = number(asked["months"])
    lines = rules.dry_run(actor, asked["try"], months, at) if asked["try"] and months else None
    shown = {
        "rules": rules.rules(timezone.localdate()),
        "tried": asked["try"],
        "months": months,
        "lines": [(line, why_words(line.why)) for line in lines] if lines is not None else None,
        "packs": [(one.code, words(one.title)) for one in definitions()],
        "runs": RetentionRun.objects.all()[:20],
        "today": timezone.localdate(),
    }
    return render(request, "web/duties/retention.html", shown)


@screen()
def duties_erasures(request: HttpRequest) -> HttpResponse:
    require_whole(actor_of(request), Permission.ERASURE_RUN)
    asked = typed(request.GET, "state")
    rows = Erasure.objects.order_by("-requested_at", "-id")
    shown = {
        "page": paged(request, rows.filter(state=asked["state"]) if asked["state"] else rows),
        "filters": asked,
        "states": ErasureState.choices,
        "today": timezone.localdate(),
    }
    return render(request, "web/duties/erasures.html", shown)


@screen("GET", "HEAD", "POST")
def duties_erasure_request(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    require_whole(actor, Permission.ERASURE_RUN)
    form = ErasureForm(request.POST or None, initial=typed(request.GET, "kind", "ref"))
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            erasure = requests.request_erasure(
                actor=actor,
                kind=told["kind"],
                ref=told["ref"],
                asked_by=told["asked_by"],
                addresses=told["addresses"].split(","),
                at=timezone.now(),
            )
            return redirect("duties_erasure", erasure.pk)
        except PiepowderError as refused:
            form.complain(refused)
    shown = {
        "form": form,
        "title": _("Somebody asks to be erased"),
        "purpose": _("Next you see what would be emptied and what must stay; nothing is changed before you say so."),
        "back": "duties_erasures",
        "do": _("Look what is known"),
    }
    return render(request, "web/duties/form.html", shown, status=422 if form.errors else 200)


@screen()
def duties_erasure(request: HttpRequest, erasure_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    erasure = _erasure(request, erasure_id)
    open_now = erasure.state in (ErasureState.REQUESTED, ErasureState.PARTLY)
    lines = requests.foreseen(actor, erasure, timezone.now()) if open_now else []
    shown = {
        "one": erasure,
        "goes": [line for line in lines if not line.why],
        "stays": [(line, why_words(line.why)) for line in lines if line.why],
        "emptied": [(place_words(place), rows) for place, rows in erasure.emptied],
        "stayed": [(place_words(place), rows, why_words(why), until) for place, rows, why, until in erasure.stays],
        "may": ERASURE_FLOW.allowed(ErasureState(erasure.state)),
        "open_now": open_now,
        "may_run": holds_whole(actor, Permission.ERASURE_RUN),
    }
    return render(request, "web/duties/erasure.html", shown)


@screen("POST")
def duties_erasure_do(request: HttpRequest, erasure_id: UUID, way: str) -> HttpResponse:
    actor, at = actor_of(request), timezone.now()
    _erasure(request, erasure_id)
    if way == "run":
        requests.run_erasure(actor=actor, erasure_id=erasure_id, at=at)
        messages.success(request, _("It is being erased. This page says how far it came."))
    elif way == "refuse":
        requests.refuse_erasure(actor=actor, erasure_id=erasure_id, why=request.POST.get("why", ""), at=at)
        messages.success(request, _("Refused. Tell the person why, and where they can complain."))
    else:
        raise NotFound(_("there is no such step"))
    return redirect("duties_erasure", erasure_id)


def _erasure(request: HttpRequest, erasure_id: UUID) -> Erasure:
    require_whole(actor_of(request), Permission.ERASURE_RUN)
    erasure = Erasure.objects.filter(pk=erasure_id).first()
    if erasure is None:
        raise requests.NoSuchErasure(_("there is no such request"))
    return erasure
