"""What the law asks: which bodies of law are kept, what is late, what is due next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from piepowder.access.options import chosen
from piepowder.access.visibility import holds_whole, require_whole
from piepowder.duties.due import Due, due_before
from piepowder.duties.misuse.letters import period_words
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.clocks.periods import UNITS
from piepowder.kernel.errors import NotFound, PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.policy import packs
from piepowder.policy.operations import switch_pack
from piepowder.policy.options import COUNTRY
from piepowder.policy.pack_files import PackDefinition, Rule
from piepowder.web.forms import PlainForm

DAYS = (7, 30, 90)
AT_MOST = 200
UNIT_NAMES = {
    "hours": gettext_lazy("hours"),
    "days": gettext_lazy("days"),
    "working_days": gettext_lazy("working days"),
    "weeks": gettext_lazy("weeks"),
    "months": gettext_lazy("months"),
    "years": gettext_lazy("years"),
}


@dataclass(frozen=True, slots=True)
class PackLine:
    """A body of law as the overview shows it."""

    code: str
    title: str
    law: str
    on: bool
    holds: bool
    from_on: date | None
    until_on: date | None
    rules: int
    own: int


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule in the reader's language, with what holds now."""

    rule: Rule
    title: str
    what: str
    limit: str
    holds: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class DueLine:
    due: Due
    rule: str
    is_late: bool
    url: str


@screen()
def duties(request: HttpRequest) -> HttpResponse:
    """Late things first, then what is due within the chosen days."""
    actor, now = actor_of(request), timezone.now()
    require_whole(actor, Permission.DUTY_VIEW)
    days = next((one for one in DAYS if str(one) == request.GET.get("days", "")), DAYS[0])
    found = due_before(actor, until=now + timedelta(days=days), limit=AT_MOST)
    lines = [
        DueLine(
            due,
            rule_title(due.pack, due.rule),
            due.is_late(now),
            reverse(due.route, args=due.args) if due.route else "",
        )
        for due in found
    ]
    shown = {
        "packs": [_pack_line(one, now.date()) for one in packs.definitions()],
        "late": [line for line in lines if line.is_late],
        "soon": [line for line in lines if not line.is_late],
        "days": days,
        "choices": DAYS,
        "no_country": not chosen(COUNTRY),
        "may_choose": holds_whole(actor, Permission.SETTINGS_EDIT),
        "full": len(found) == AT_MOST,
    }
    return render(request, "web/duties/overview.html", shown)


class PackForm(PlainForm):
    """When a body of law is kept, and a number and a unit for each rule that leaves a choice."""

    on = forms.BooleanField(label=gettext_lazy("We keep this law"), required=False)
    from_on = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until_on = forms.DateField(
        label=gettext_lazy("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


@screen("GET", "HEAD", "POST")
def duties_pack(request: HttpRequest, code: str) -> HttpResponse:
    """One body of law with its rules; posting switches it and chooses numbers."""
    actor, today = actor_of(request), timezone.localdate()
    require_whole(actor, Permission.PACK_EDIT if request.method == "POST" else Permission.DUTY_VIEW)
    definition = _definition(code)
    standing = packs.standing_of(code)
    form = PackForm(
        request.POST or None,
        initial={"on": standing.on, "from_on": standing.from_on, "until_on": standing.until_on},
    )
    problems: dict[str, str] = {}
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            switch_pack(
                actor=actor,
                code=code,
                on=typed["on"],
                from_on=typed["from_on"],
                until_on=typed["until_on"],
                choices=_choices(definition, request),
                at=timezone.now(),
            )
        except PiepowderError as error:
            problems = {
                one.pointer.rpartition("/")[2]: one.detail for one in error.problems if "/choices/" in one.pointer
            }
            form.complain(error)
        else:
            messages.success(request, _("What is kept of this law is saved."))
            return redirect("duties_pack", code)
    rules = [
        (_rule_line(rule, today), *_typed(rule, request, today), problems.get(rule.code, ""))
        for rule in definition.rules
    ]
    shown = {
        "pack": _pack_line(definition, today),
        "definition": definition,
        "about": packs.words(definition.about),
        "rules": rules,
        "units": UNIT_NAMES.items(),
        "form": form,
        "may_edit": holds_whole(actor, Permission.PACK_EDIT),
    }
    return render(request, "web/duties/pack.html", shown, status=422 if form.errors else 200)


def rule_title(pack: str, rule: str) -> str:
    """The rule as people call it; its code when the pack does not know it."""
    try:
        return packs.words(packs.rule_of(pack, rule).title)
    except KeyError:
        return rule


def _definition(code: str) -> PackDefinition:
    try:
        return packs.definition_of(code)
    except KeyError:
        raise NotFound(_("there is no such body of law")) from None


def _pack_line(definition: PackDefinition, today: date) -> PackLine:
    standing = packs.standing_of(definition.code)
    return PackLine(
        code=definition.code,
        title=packs.words(definition.title),
        law=definition.law,
        on=standing.on,
        holds=standing.holds(definition, today),
        from_on=standing.from_on,
        until_on=standing.until_on,
        rules=len(definition.rules),
        own=len(standing.choices or {}),
    )


def _rule_line(rule: Rule, today: date) -> RuleLine:
    holds = packs.period_of(rule.pack, rule.code, today)
    chosen_own = (packs.standing_of(rule.pack).choices or {}).get(rule.code)
    return RuleLine(
        rule=rule,
        title=packs.words(rule.title),
        what=packs.words(rule.what),
        limit=_limit_words(rule),
        holds=period_words(chosen_own or holds) if holds else "",
        is_own=chosen_own is not None,
    )


def _limit_words(rule: Rule) -> str:
    if rule.limit is None:
        return _("no number in the law") if rule.default else _("no clock")
    told = period_words(rule.limit)
    if rule.bound == "at_least":
        return _("at least %(period)s") % {"period": told}
    if rule.bound == "at_most":
        return _("at most %(period)s") % {"period": told}
    return told


def _typed(rule: Rule, request: HttpRequest, today: date) -> tuple[str, str]:
    """Number and unit as they stand in the form."""
    if request.method == "POST":
        return request.POST.get(f"n-{rule.code}", ""), request.POST.get(f"unit-{rule.code}", "")
    period = (packs.standing_of(rule.pack).choices or {}).get(rule.code) or rule.default
    return (str(period.n), period.unit) if period else ("", "")


def _choices(definition: PackDefinition, request: HttpRequest) -> dict[str, str]:
    """What was typed for each rule that leaves a choice; an empty number is the rule's own."""
    found = {}
    for rule in definition.rules:
        number, unit = request.POST.get(f"n-{rule.code}", "").strip(), request.POST.get(f"unit-{rule.code}", "")
        if rule.may_change and number and unit in UNITS:
            found[rule.code] = f"{number} {unit}"
    return found
