"""A person's own keys, and how media come before their eyes: both start from what the organisation set."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from piepowder.access.preferences import REVEALS, STRONGEST_BLUR, Preferences, prefer, preferences_of
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.errors import PiepowderError
from piepowder.web.forms import PlainForm
from piepowder.web.keyboard import ACTIONS, NAMES, Action, conflicts
from piepowder.web.views.me import person_of

_KEY = re.compile(r"(?:(?:Ctrl|Alt|Shift)\+){0,3}(?:\S|Space|Enter|Home|End|Insert|Delete|Backspace|F\d{1,2}|\w{2,10})")
# These the browser, a screen reader or the console itself needs.
_RESERVED = re.compile(r"(?:Shift\+)?(?:Tab|Escape|[1-9])")


class EyesForm(PlainForm):
    blur = forms.IntegerField(
        min_value=4,
        max_value=STRONGEST_BLUR,
        label=gettext_lazy("How strongly covered media are blurred, in pixels"),
        widget=forms.NumberInput(attrs={"type": "range", "class": "form-range", "data-eyes": "blur"}),
    )
    grayscale = forms.BooleanField(
        required=False,
        label=gettext_lazy("Show media in shades of grey"),
        widget=forms.CheckboxInput(attrs={"data-eyes": "gray"}),
    )
    mute = forms.BooleanField(required=False, label=gettext_lazy("Start films without sound"))
    autoplay = forms.BooleanField(required=False, label=gettext_lazy("Play films by themselves once shown"))
    reveal = forms.ChoiceField(
        choices=REVEALS,
        label=gettext_lazy("Show media"),
        widget=forms.Select(attrs={"data-eyes": "reveal"}),
    )


@screen("GET", "HEAD", "POST")
def keys_and_eyes(request: HttpRequest) -> HttpResponse:
    own = preferences_of(person_of(request))
    if request.method != "POST":
        return _page(request, own)
    section = request.POST.get("section", "")
    if "reset" in request.POST and section in ("keys", "wellness"):
        prefer(actor=actor_of(request), at=timezone.now(), section=section, values=None)
        messages.success(request, _("Everything is as the organisation set it."))
        return redirect("keys_and_eyes")
    return _keep_keys(request, own) if section == "keys" else _keep_eyes(request, own)


def _keep_eyes(request: HttpRequest, own: Preferences) -> HttpResponse:
    form = EyesForm(request.POST)
    if form.is_valid():
        try:
            prefer(actor=actor_of(request), at=timezone.now(), section="wellness", values=form.cleaned_data)
        except PiepowderError as error:
            form.complain(error)
        else:
            messages.success(request, _("Media are shown to you as you set it."))
            return redirect("keys_and_eyes")
    return _page(request, own, eyes=form, status=422)


def _keep_keys(request: HttpRequest, own: Preferences) -> HttpResponse:
    keys = _typed_keys(request.POST)
    problems = _problems(keys)
    if not problems:
        changed = {name: key for name, key in keys.items() if key != NAMES[name].key}
        try:
            prefer(actor=actor_of(request), at=timezone.now(), section="keys", values=changed or None)
        except PiepowderError as error:
            problems = {"": "; ".join(problem.detail for problem in error.problems) or error.detail}
        else:
            messages.success(request, _("Your keys are saved."))
            return redirect("keys_and_eyes")
    return _page(request, own, keys=keys, problems=problems, status=422)


def _typed_keys(typed: QueryDict) -> dict[str, str]:
    """The key of every action that may be changed; an empty one switches it off."""
    wanted = {
        action.name: typed.get(f"key-{action.name}", action.key).strip() for action in ACTIONS if not action.fixed
    }
    return {name: "Space" if key == "" and typed.get(f"key-{name}", "") == " " else key for name, key in wanted.items()}


def _problems(keys: dict[str, str]) -> dict[str, str]:
    """What is wrong, by action: a key that cannot be, or one that two actions would share."""
    found = {}
    for name, key in keys.items():
        if key and not _KEY.fullmatch(key):
            found[name] = _("This is no key. Press one in the field, or write it such as z, Ctrl+k or F2.")
        elif key and _RESERVED.fullmatch(key):
            found[name] = _("This key is needed by the browser or for the suggestions.")
    for one, other in conflicts(keys):
        for action, rival in ((one, other), (other, one)):
            if not action.fixed:
                found.setdefault(action.name, _("Also: %(label)s") % {"label": rival.label})
    return found


def _page(
    request: HttpRequest,
    own: Preferences,
    *,
    eyes: EyesForm | None = None,
    keys: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    wellness = own.wellness
    shown = {
        "eyes": eyes or EyesForm(initial={name: getattr(wellness, name) for name in EyesForm.base_fields}),
        "groups": _groups(keys if keys is not None else dict(own.keys), problems or {}),
        "problem": (problems or {}).get("", ""),
        "troubled": len(problems or {}),
    }
    return render(request, "web/me/keys_and_eyes.html", shown, status=status)


def _groups(keys: dict[str, str], problems: dict[str, str]) -> list[tuple[str, list[dict[str, Any]]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for action in ACTIONS:
        groups.setdefault(str(action.group), []).append(_line(action, keys, problems))
    return list(groups.items())


def _line(action: Action, keys: dict[str, str], problems: dict[str, str]) -> dict[str, Any]:
    return {
        "action": action,
        "key": action.key if action.fixed else keys.get(action.name, action.key),
        "problem": problems.get(action.name, ""),
    }
