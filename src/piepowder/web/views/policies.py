"""The policies as everybody reads them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language

from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.permissions import Permission
from piepowder.policy.logic import readable
from piepowder.policy.models import Policy, PolicyText
from piepowder.policy.operations import covers
from piepowder.policy.proposed import open_writing
from piepowder.policy.queries import history, policy_tree, search
from piepowder.web.languages import language_name, policy_language


@screen()
def policies(request: HttpRequest) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    text, market = request.GET.get("text", "").strip(), request.GET.get("market", "").strip().upper()
    language = policy_language(get_language())
    if text:
        lines = search(actor, text, language, market or None, now, limit=100)
    else:
        lines = policy_tree(actor, language, market or None, now)
    shown = {"lines": lines, "text": text, "market": market, "may_add": covers(actor, Permission.POLICY_EDIT, ())}
    return render(request, "web/policies/tree.html", shown)


@screen()
def policy(request: HttpRequest, code: str) -> HttpResponse:
    actor = actor_of(request)
    language = request.GET.get("language") or policy_language(get_language())
    versions = history(actor, code, language)
    today = timezone.localdate()
    in_force = next((version for version in versions if version.line.effective_from <= today), versions[0])
    number = request.GET.get("version", "")
    shown = next((v for v in versions if str(v.line.number) == number), in_force)
    retired_at = Policy.objects.values_list("retired_at", flat=True).get(code=code)
    return render(
        request,
        "web/policies/policy.html",
        {
            "shown": shown,
            "versions": versions,
            "in_force": in_force,
            "languages": [(one, language_name(one)) for one in _languages(shown.line.version_id)],
            "language": language,
            "retired_at": retired_at,
            "draft": open_writing(actor, code),
            "may_write": covers(actor, Permission.POLICY_EDIT, shown.markets),
            "may_place": covers(actor, Permission.POLICY_EDIT, ()),
        },
    )


def _languages(version_id: int) -> list[str]:
    """The languages in which a version can be read in full."""
    rules = dict(PolicyText.objects.filter(version_id=version_id).values_list("language", "rule"))
    return sorted(readable(rules))
