"""What the organisation chose: every option that a package declares, by group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.access.options import BadChoice, Option, choose, chosen, declared
from piepowder.access.visibility import require_whole
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.permissions import Permission
from piepowder.web.words import MEASURE_NAMES


@dataclass(frozen=True, slots=True)
class Setting:
    """An option with what holds now, or what was just typed; ``problem`` says why that could not be kept."""

    option: Option
    value: Any
    problem: str = ""

    @property
    def differs(self) -> bool:
        return bool(self.value != self.option.default)

    @property
    def severities(self) -> list[tuple[str, Any]]:
        value = self.value if isinstance(self.value, dict) else {}
        return [(severity, value.get(severity)) for severity in "0123"]

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """Value, label, whether it is chosen."""
        chosen_ones = self.value if isinstance(self.value, list) else [self.value]
        return [(name, _label(name, label), name in chosen_ones) for name, label in self.option.allowed()]

    @property
    def default_words(self) -> str:
        default = self.option.default
        labels = {name: _label(name, label) for name, label in self.option.allowed()}
        if isinstance(default, bool):
            return _("yes") if default else _("no")
        if isinstance(default, list):
            return ", ".join(labels.get(str(one), str(one)) for one in default) or _("none")
        if isinstance(default, dict):
            return " · ".join(f"SEV{key}: {'∞' if value is None else f'{value:g}'}" for key, value in default.items())
        return labels.get(default, str(default)) or "–"


def _label(name: str, label: Any) -> str:
    """A measure is told in words, everything else by its own label."""
    family, colon, measure = name.partition(":")
    return f"{MEASURE_NAMES.get(measure, measure)} ({name})" if colon and str(label) == name and family else str(label)


@screen("GET", "HEAD", "POST")
def settings(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    require_whole(actor, Permission.SETTINGS_EDIT)
    problems: Mapping[str, str] = {}
    values = {option.key: chosen(option.key) for option in declared()}
    if request.method == "POST":
        given = {
            option.key: _given(option, request.POST) for option in declared() if f"has-{option.key}" in request.POST
        }
        try:
            changed = choose(actor=actor, at=timezone.now(), values=given)
        except BadChoice as error:
            problems = {problem.pointer[1:]: problem.detail for problem in error.problems}
            values |= given
        else:
            if changed:
                messages.success(request, _("Saved. It holds everywhere within two seconds."))
            return redirect("settings")
    ordered = sorted(declared(), key=lambda option: (str(option.group), option.key))
    groups = [
        (group, [Setting(option, values[option.key], problems.get(option.key, "")) for option in options])
        for group, options in groupby(ordered, key=lambda option: str(option.group))
    ]
    shown = {"groups": groups, "problems": problems}
    return render(request, "web/admin/settings.html", shown, status=422 if problems else 200)


def _given(option: Option, form: QueryDict) -> Any:
    """What the form says for an option; what cannot be read as its kind stays text, and is refused with a reason."""
    typed = form.get(option.key, "").strip()
    if option.kind == "yes_no":
        return typed == "yes"
    if option.kind == "list":
        listed = form.getlist(option.key) if option.allowed() else typed.splitlines()
        return [one.strip() for one in listed if one.strip()]
    if option.kind == "by_severity":
        return {severity: _number(form.get(f"{option.key}-{severity}", "").strip(), empty=None) for severity in "0123"}
    if option.kind in ("whole", "number"):
        return _number(typed, empty="")
    return typed


def _number(text: str, *, empty: Any) -> Any:
    if not text:
        return empty
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text
