"""How much of the grave people see: minutes and breaks for their leads, and the limits that hold for one person."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from piepowder.access.models import User
from piepowder.access.options import chosen
from piepowder.access.visibility import require, scope_q, visible
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.errors import NotFound, PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.review.exposure import SEVERITIES
from piepowder.review.models import Allowance
from piepowder.review.operations import lift_budget, set_allowance
from piepowder.review.wellness import exposure_board
from piepowder.web.forms import Codes, PlainForm


class AllowanceForm(PlainForm):
    in_hand = forms.IntegerField(label=gettext_lazy("Cases in hand at once"), required=False)
    skips_a_day = forms.IntegerField(label=gettext_lazy("Skips a day"), required=False)
    minutes_0 = forms.FloatField(label=gettext_lazy("Minutes a day before SEV0"), required=False)
    minutes_1 = forms.FloatField(label=gettext_lazy("Minutes a day before SEV1"), required=False)
    minutes_2 = forms.FloatField(label=gettext_lazy("Minutes a day before SEV2"), required=False)
    minutes_3 = forms.FloatField(label=gettext_lazy("Minutes a day before SEV3"), required=False)
    four_eyes = Codes(
        label=gettext_lazy("Measures that wait for approval"),
        help_text=gettext_lazy("As family:measure, beyond those that wait for everybody."),
    )

    def minutes(self) -> dict[str, float]:
        typed = {str(one): self.cleaned_data[f"minutes_{one}"] for one in SEVERITIES}
        return {severity: minutes for severity, minutes in typed.items() if minutes is not None}

    def complain(self, error: PiepowderError) -> None:
        for problem in error.problems:
            self.add_error(problem.pointer.strip("/").replace("exposure_minutes/", "minutes_"), problem.detail)
        if not error.problems:
            self.add_error(None, error.detail)


@screen()
def exposure(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    lines = exposure_board(actor, timezone.now(), team=request.GET.get("team", ""))
    shown = {"lines": lines, "may_edit": actor.may(Permission.ALLOWANCE_EDIT), "severities": SEVERITIES}
    return render(request, "web/exposure/board.html", shown)


@screen("GET", "HEAD", "POST")
def allowance(request: HttpRequest, person_id: int) -> HttpResponse:
    """The limits of one person, where they differ from the organisation's."""
    actor = actor_of(request)
    person = _person(actor, person_id)
    require(actor, Permission.ALLOWANCE_EDIT, Place(vendor=person.vendor.code))
    form = AllowanceForm(request.POST or None, initial=_initial(person))
    if form.is_valid():
        typed = form.cleaned_data
        try:
            set_allowance(
                actor=actor,
                at=timezone.now(),
                user_id=person.pk,
                in_hand=typed["in_hand"],
                skips_a_day=typed["skips_a_day"],
                exposure_minutes=form.minutes(),
                four_eyes=typed["four_eyes"],
            )
        except PiepowderError as error:
            form.complain(error)
        else:
            messages.success(request, _("The limits are saved."))
            return redirect("exposure")
    minutes = chosen("wellness.exposure_minutes")
    shown = {
        "form": form,
        "person": person,
        "in_hand": chosen("bench.in_hand"),
        "skips": chosen("bench.skips_a_day"),
        "minutes": [(one, minutes.get(str(one))) for one in SEVERITIES],
    }
    return render(request, "web/exposure/allowance.html", shown, status=422 if form.errors else 200)


@screen("POST")
def lift(request: HttpRequest, person_id: int) -> HttpResponse:
    actor = actor_of(request)
    person = _person(actor, person_id)
    lift_budget(actor=actor, at=timezone.now(), user_id=person.pk, reason=request.POST.get("reason", ""))
    messages.success(request, _("The budget is lifted for the rest of their day."))
    return redirect("exposure")


def _person(actor: Actor, person_id: int) -> User:
    scope = scope_q(actor, Permission.EXPOSURE_VIEW, vendor="vendor__code")
    person = visible(User.objects.select_related("vendor"), scope).filter(pk=person_id).first()
    if person is None:
        raise NotFound(_("there is no such person"))
    return person


def _initial(person: User) -> dict[str, Any]:
    own = Allowance.objects.filter(user=person).first()
    if own is None:
        return {}
    minutes = {f"minutes_{severity}": value for severity, value in own.exposure_minutes.items()}
    return {"in_hand": own.in_hand, "skips_a_day": own.skips_a_day, "four_eyes": own.four_eyes, **minutes}
