"""Ends of the whole service for a seller: announced, approved, carried out, called off."""

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
from piepowder.duties.models import Termination
from piepowder.duties.terminations import ending
from piepowder.duties.terminations.states import TERMINATION_FLOW, NoNotice, TerminationState
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.errors import NotFound, PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.web.filters import typed
from piepowder.web.forms import PlainForm
from piepowder.web.paging import paged


class AnnounceForm(PlainForm):
    seller = forms.CharField(label=gettext_lazy("The seller's id at the marketplace"), max_length=200)
    market = forms.CharField(label=gettext_lazy("Market"), max_length=10, help_text=gettext_lazy("Such as DE or US."))
    language = forms.CharField(
        label=gettext_lazy("Language of letters"), max_length=10, help_text=gettext_lazy("Such as en, de, zh-Hans.")
    )
    policy = forms.CharField(
        label=gettext_lazy("Policy"),
        max_length=40,
        help_text=gettext_lazy("Its code; its clause stands in the statement."),
    )
    facts = forms.CharField(
        label=gettext_lazy("What happened"),
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("Specific facts, with what notices of others said. The seller reads this."),
    )
    exception = forms.ChoiceField(
        label=gettext_lazy("Why thirty days need not pass"), choices=NoNotice.choices, required=False
    )
    exception_reason = forms.CharField(
        label=gettext_lazy("Why that holds here"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    exception_evidence = forms.CharField(
        label=gettext_lazy("What shows it"),
        required=False,
        help_text=gettext_lazy("Ids of decisions or orders, or digests of files, parted by commas."),
    )


@screen()
def duties_terminations(request: HttpRequest) -> HttpResponse:
    actor, asked = actor_of(request), typed(request.GET, "state")
    require_whole(actor, Permission.DUTY_VIEW)
    rows = Termination.objects.order_by("-informed_at", "-id")
    shown = {
        "page": paged(request, rows.filter(state=asked["state"]) if asked["state"] else rows),
        "filters": asked,
        "states": TerminationState.choices,
        "may_edit": holds_whole(actor, Permission.TRADER_EDIT),
    }
    return render(request, "web/duties/terminations.html", shown)


@screen("GET", "HEAD", "POST")
def duties_termination_announce(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    require_whole(actor, Permission.TRADER_EDIT)
    form = AnnounceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            termination = ending.announce(actor=actor, announcement=_announcement(form), at=timezone.now())
            messages.success(request, _("The statement is on its way to the seller."))
            return redirect("duties_termination", termination.pk)
        except PiepowderError as refused:
            form.complain(refused)
    shown = {
        "form": form,
        "title": _("Announce the end of the service"),
        "purpose": _("The seller is told today, with reasons; the service ends thirty days later at the earliest."),
        "back": "duties_terminations",
        "do": _("Send the statement"),
    }
    return render(request, "web/duties/form.html", shown, status=422 if form.errors else 200)


def _announcement(form: AnnounceForm) -> ending.Announcement:
    told = form.cleaned_data
    evidence = [part.strip() for part in told["exception_evidence"].split(",") if part.strip()]
    return ending.Announcement(
        seller_ref=told["seller"],
        market=told["market"].strip().upper(),
        language=told["language"].strip(),
        policy_code=told["policy"].strip(),
        facts=told["facts"],
        exception=told["exception"],
        exception_reason=told["exception_reason"],
        exception_evidence=evidence,
    )


@screen()
def duties_termination(request: HttpRequest, termination_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    termination = _seen(request, termination_id)
    allowed = TERMINATION_FLOW.allowed(TerminationState(termination.state))
    needs = ending.needs_approval() and termination.approved_by_id is None
    shown = {
        "one": termination,
        "may_edit": holds_whole(actor, Permission.TRADER_EDIT) and "carry_out" in allowed,
        "may_approve": "carry_out" in allowed
        and needs
        and holds_whole(actor, Permission.DECISION_APPROVE)
        and actor.ref != str(termination.announced_by_id),
        "needs_approval": needs and "carry_out" in allowed,
        "is_due": timezone.now() >= termination.effective_at,
    }
    return render(request, "web/duties/termination.html", shown)


@screen("POST")
def duties_termination_do(request: HttpRequest, termination_id: UUID, way: str) -> HttpResponse:
    actor, at = actor_of(request), timezone.now()
    _seen(request, termination_id)
    if way == "approve":
        ending.approve_termination(actor=actor, termination_id=termination_id, at=at)
        messages.success(request, _("Approved."))
    elif way == "carry-out":
        ending.carry_out(actor=actor, termination_id=termination_id, at=at)
        messages.success(request, _("The service has ended. What belongs to the seller is kept."))
    elif way == "call-off":
        ending.call_off(actor=actor, termination_id=termination_id, why=request.POST.get("why", ""), at=at)
        messages.success(request, _("The service goes on, and the seller is told so."))
    else:
        raise NotFound(_("there is no such step"))
    return redirect("duties_termination", termination_id)


def _seen(request: HttpRequest, termination_id: UUID) -> Termination:
    require_whole(actor_of(request), Permission.DUTY_VIEW)
    rows = Termination.objects.select_related("announced_by", "approved_by", "decision")
    termination = rows.filter(pk=termination_id).first()
    if termination is None:
        raise ending.NoSuchTermination(_("there is no such termination"))
    return termination
