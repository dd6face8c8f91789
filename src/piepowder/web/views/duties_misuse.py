"""Misuse (DSA Art. 23): what waits for a person's word, whom to look at, who was warned or suspended."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from piepowder.access.visibility import holds_whole, require_whole
from piepowder.duties import operations as duties
from piepowder.duties.misuse.counting import (
    Whose,
    counts_of,
    flags_list,
    misuses_list,
    suspension_counts,
    who_to_look_at,
)
from piepowder.duties.misuse.letters import side_words
from piepowder.duties.misuse.policy_text import policy_text
from piepowder.duties.misuse.weighing import CONSEQUENCES, GRAVITY, INTENTION, Judged
from piepowder.duties.models import Misuse
from piepowder.duties.states import MISUSE_FLOW, MisuseSide, MisuseState
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.intake.models import Reporter
from piepowder.kernel.errors import NotFound, PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.policy.packs import period_of
from piepowder.web.forms import PlainForm
from piepowder.web.paging import paged

_WAITING = 50


class WeighForm(PlainForm):
    gravity = forms.ChoiceField(label=gettext_lazy("How grave it was"), choices=tuple(GRAVITY.items()))
    consequences = forms.ChoiceField(label=gettext_lazy("What came of it"), choices=tuple(CONSEQUENCES.items()))
    intention = forms.ChoiceField(label=gettext_lazy("Whether it was meant"), choices=tuple(INTENTION.items()))

    def judged(self) -> Judged:
        told = self.cleaned_data
        return Judged(told["gravity"], told["consequences"], told["intention"])


class SuspendForm(WeighForm):
    days = forms.IntegerField(label=gettext_lazy("For how many days"), min_value=1, max_value=365, initial=30)


@screen()
def duties_misuse(request: HttpRequest) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    year = now.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    shown = {
        "candidates": [(one, side_words(one.whose.side)) for one in who_to_look_at(actor, now)],
        "flags": list(flags_list(actor, "proposed")[:_WAITING]),
        "page": paged(request, misuses_list(actor)),
        "counts": [(side_words(side), count) for side, count in suspension_counts(year, now).items()],
        "rules": policy_text(get_language() or "en", now),
        "may_edit": holds_whole(actor, Permission.MISUSE_EDIT),
        "may_know": holds_whole(actor, Permission.PERSON_EDIT),
        "year": now.year,
    }
    return render(request, "web/duties/misuse.html", shown)


@screen("GET", "HEAD", "POST")
def duties_misuse_warn(request: HttpRequest) -> HttpResponse:
    """Weigh somebody and warn them; whose it is stands in the address."""
    actor, now = actor_of(request), timezone.now()
    require_whole(actor, Permission.MISUSE_EDIT)
    whose = _whose(request.GET)
    form = WeighForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            misuse = duties.warn_of_misuse(actor=actor, whose=whose, judged=form.judged(), at=now)
        except PiepowderError as error:
            form.complain(error)
        else:
            messages.success(request, _("The warning is sent."))
            return redirect("duties_misuse_one", misuse.pk)
    shown = {
        "form": form,
        "whose": whose,
        "side": side_words(whose.side),
        "counts": counts_of(whose, now),
        "name": _name(request, whose),
    }
    return render(request, "web/duties/misuse_warn.html", shown, status=422 if form.errors else 200)


@screen("GET", "HEAD", "POST")
def duties_misuse_one(request: HttpRequest, misuse_id: UUID) -> HttpResponse:
    """One proceeding; posting suspends, drops or ends it."""
    actor, now = actor_of(request), timezone.now()
    misuse = misuses_list(actor).filter(pk=misuse_id).first()
    if misuse is None:
        raise NotFound(_("there is no such warning or suspension"))
    usual = period_of("eu_dsa", "misuse_suspension", now.date())
    form = SuspendForm(
        request.POST if request.POST.get("way") == "suspend" else None,
        initial=_last_judged(misuse) | {"days": usual.n if usual and usual.unit == "days" else 30},
    )
    if request.method == "POST" and _done(request, misuse_id, form):
        messages.success(request, _("Done. The step is on the record."))
        return redirect("duties_misuse_one", misuse_id)
    whose = Whose(misuse.side, misuse.seller_ref, misuse.reporter_id)
    shown = {
        "misuse": misuse,
        "side": side_words(misuse.side),
        "form": form,
        "counts": counts_of(whose, now),
        "name": _name(request, whose),
        "factors": [(_step_name(step), _weighed(values)) for step, values in misuse.factors.items()],
        "may": MISUSE_FLOW.allowed(MisuseState(misuse.state)) if holds_whole(actor, Permission.MISUSE_EDIT) else (),
    }
    return render(request, "web/duties/misuse_one.html", shown, status=422 if form.errors else 200)


@screen("POST")
def duties_flag_propose(request: HttpRequest) -> HttpResponse:
    """Propose that something is manifest; back to where it was proposed."""
    try:
        about_id = UUID(request.POST.get("about", ""))
    except ValueError:
        raise NotFound(_("there is nothing of this id")) from None
    side = request.POST.get("side", "")
    duties.propose_flag(actor=actor_of(request), side=side, about_id=about_id, at=timezone.now())
    messages.success(request, _("It is proposed; a person confirms it before it counts."))
    return redirect("decision", about_id) if side == MisuseSide.CONTENT else redirect("duties_misuse")


@screen("POST")
def duties_flag_settle(request: HttpRequest, flag_id: UUID, way: str) -> HttpResponse:
    if way not in ("confirm", "reject"):
        raise NotFound(_("there is no such step"))
    duties.settle_flag(actor=actor_of(request), flag_id=flag_id, confirmed=way == "confirm", at=timezone.now())
    messages.success(request, _("It counts now.") if way == "confirm" else _("It does not count."))
    return redirect("duties_misuse")


def _done(request: HttpRequest, misuse_id: UUID, form: SuspendForm) -> bool:
    actor, now, way = actor_of(request), timezone.now(), request.POST.get("way", "")
    try:
        if way == "suspend":
            if not form.is_valid():
                return False
            days = form.cleaned_data["days"]
            duties.suspend_for_misuse(actor=actor, misuse_id=misuse_id, judged=form.judged(), days=days, at=now)
        elif way == "drop":
            duties.drop_misuse(actor=actor, misuse_id=misuse_id, at=now)
        elif way == "end":
            duties.end_misuse(actor=actor, misuse_id=misuse_id, at=now)
        else:
            raise NotFound(_("there is no such step"))
    except PiepowderError as error:
        if way != "suspend":
            raise
        form.complain(error)
        return False
    return True


def _whose(query: QueryDict) -> Whose:
    reporter = query.get("reporter", "")
    try:
        reporter_id = UUID(reporter) if reporter else None
    except ValueError:
        raise NotFound(_("there is no such reporter")) from None
    side = query.get("side", "")
    if side not in MisuseSide.values:
        raise NotFound(_("say whose content, notices or complaints"))
    return Whose(side, query.get("seller", "")[:200], reporter_id)


def _name(request: HttpRequest, whose: Whose) -> str:
    """A seller by their id; a reporter by name only for those who look after people."""
    if whose.seller_ref:
        return whose.seller_ref
    reporter = Reporter.objects.filter(pk=whose.reporter_id).first() if whose.reporter_id else None
    if reporter is None:
        return "–"
    known = holds_whole(actor_of(request), Permission.PERSON_EDIT)
    return (reporter.name if known else "") or reporter.external_ref


def _last_judged(misuse: Misuse) -> dict[str, str]:
    last = misuse.factors.get("suspension") or misuse.factors.get("warning") or {}
    return {name: last[name] for name in ("gravity", "consequences", "intention") if name in last}


def _step_name(step: str) -> str:
    return _("At the warning") if step == "warning" else _("At the suspension")


def _weighed(values: dict[str, object]) -> dict[str, object]:
    """Factors with their answers in words."""
    return values | {
        "gravity": GRAVITY.get(str(values.get("gravity")), "–"),
        "consequences": CONSEQUENCES.get(str(values.get("consequences")), "–"),
        "intention": INTENTION.get(str(values.get("intention")), "–"),
    }
