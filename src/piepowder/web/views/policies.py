"""The policies as everybody reads them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, get_language_info

from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.policy.queries import history, policy_tree, search
from piepowder.web.languages import policy_language


@screen()
def policies(request: HttpRequest) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    text, market = request.GET.get("text", "").strip(), request.GET.get("market", "").strip().upper()
    language = policy_language(get_language())
    if text:
        lines = search(actor, text, language, market or None, now, limit=100)
    else:
        lines = policy_tree(actor, language, market or None, now)
    return render(request, "web/policies/tree.html", {"lines": lines, "text": text, "market": market})


@screen()
def policy(request: HttpRequest, code: str) -> HttpResponse:
    language = request.GET.get("language") or policy_language(get_language())
    versions = history(actor_of(request), code, language)
    languages = [
        (code_, get_language_info(info)["name_local"]) for code_, info in (("en", "en"), ("zh-Hans", "zh-hans"))
    ]
    today = timezone.localdate()
    in_force = next((version for version in versions if version.line.effective_from <= today), versions[0])
    number = request.GET.get("version", "")
    shown = next((v for v in versions if str(v.line.number) == number), in_force)
    return render(
        request,
        "web/policies/policy.html",
        {"shown": shown, "versions": versions, "in_force": in_force, "languages": languages, "language": language},
    )
