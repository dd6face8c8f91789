"""The whole set-up as one file: take it away, bring one, look at the difference, apply it."""

from __future__ import annotations

from itertools import groupby

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from piepowder.access.visibility import require_whole
from piepowder.configuration.operations import apply, compare
from piepowder.configuration.queries import configuration as in_force
from piepowder.configuration.written import MOST_BYTES, NotAConfiguration, from_text, to_text
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.errors import PiepowderError
from piepowder.kernel.permissions import Permission

_MOST_SHOWN = 400


@screen()
def configuration(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    parts = in_force(actor)
    return render(request, "web/admin/configuration.html", {"parts": [(name, len(parts[name])) for name in parts]})


@screen()
def configuration_file(request: HttpRequest) -> HttpResponse:
    text = to_text(in_force(actor_of(request)))
    response = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    day = timezone.localdate().isoformat()
    response["Content-Disposition"] = f'attachment; filename="piepowder-configuration-{day}.yaml"'
    return response


@screen("POST")
def configuration_compare(request: HttpRequest) -> HttpResponse:
    """Show what a file would change. Nothing is written; the file goes back and forth with the page."""
    actor = actor_of(request)
    require_whole(actor, Permission.CONFIGURATION_MOVE)
    try:
        text = _brought(request)
        compared = compare(actor=actor, document=from_text(text), at=timezone.now())
    except PiepowderError as error:
        shown = {"parts": [(name, len(entries)) for name, entries in in_force(actor).items()], "error": error}
        return render(request, "web/admin/configuration.html", shown, status=error.status)
    shown = {
        "compared": compared,
        "parts": [
            (part, list(changes)) for part, changes in groupby(compared.changes[:_MOST_SHOWN], key=lambda one: one.part)
        ],
        "more": max(0, len(compared.changes) - _MOST_SHOWN),
        "untouched": sum(map(len, compared.untouched.values())),
        "text": text,
    }
    return render(request, "web/admin/configuration_difference.html", shown)


@screen("POST")
def configuration_apply(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    document = from_text(request.POST.get("text", ""))
    done = apply(actor=actor, document=document, at=timezone.now(), seen=request.POST.get("seen", ""))
    told = ngettext("%(count)d entry was changed.", "%(count)d entries were changed.", len(done))
    messages.success(request, told % {"count": len(done)})
    return redirect("configuration")


def _brought(request: HttpRequest) -> str:
    file = request.FILES.get("file")
    if file is None:
        return request.POST.get("text", "")
    if (file.size or 0) > MOST_BYTES:
        raise NotAConfiguration(_("a configuration has at most %(most)d MiB") % {"most": MOST_BYTES // 2**20})
    try:
        return bytes(file.read()).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotAConfiguration(_("the file is no text in UTF-8")) from None
