"""Where a policy stands in the tree, taking it out of use, and how far the translations are."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from piepowder.http.identity import actor_of
from piepowder.http.pages import problem_of, screen
from piepowder.kernel.errors import PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.policy.models import Policy
from piepowder.policy.moving import move_policy
from piepowder.policy.operations import AlreadyRetired, UnknownPolicy, require_over, retire
from piepowder.policy.queries import policy_tree
from piepowder.policy.translating import Cell, Row, Standing, translation_rows
from piepowder.web.facts_form import LANGUAGES
from piepowder.web.languages import policy_language
from piepowder.web.policy_uses import uses_of
from piepowder.web.policy_words import PART_NAMES, STANDING_NAMES


@screen("GET", "HEAD", "POST")
def policy_place(request: HttpRequest, code: str) -> HttpResponse:
    """Move a policy (``place`` is ``parent|after``), or see what uses it before it is retired."""
    actor = actor_of(request)
    require_over(actor, Permission.POLICY_EDIT, ())
    policy = _policy(code)
    if request.method == "POST":
        parent, _bar, after = request.POST.get("place", "").partition("|")
        try:
            move_policy(actor=actor, at=timezone.now(), code=code, parent=parent, after=after)
        except PiepowderError as error:
            return _place(request, policy, error)
        messages.success(request, _("Moved. What it says and what decisions cite stays as it is."))
        return redirect("policies")
    return _place(request, policy)


@screen("POST")
def policy_retire(request: HttpRequest, code: str) -> HttpResponse:
    """Take a policy out of use; while something leans on it, only with ``sure=1``."""
    actor = actor_of(request)
    require_over(actor, Permission.POLICY_EDIT, ())
    policy = _policy(code)
    if uses_of(code) and request.POST.get("sure") != "1":
        return _place(request, policy, unsure=True)
    try:
        retire(actor=actor, code=code, at=timezone.now())
    except PiepowderError as error:
        return _place(request, policy, error)
    messages.success(request, _("%(code)s is retired: no decision can cite it from now on.") % {"code": code})
    return redirect("policies")


def _policy(code: str) -> Policy:
    found = Policy.objects.select_related("parent").filter(code=code).first()
    if found is None:
        raise UnknownPolicy(_("there is no policy with the code %(code)s") % {"code": code})
    if found.retired_at is not None:
        raise AlreadyRetired(_("%(code)s is retired") % {"code": code})
    return found


def _place(
    request: HttpRequest, policy: Policy, error: PiepowderError | None = None, *, unsure: bool = False
) -> HttpResponse:
    shown = {
        "policy": policy,
        "places": _places(policy),
        "uses": uses_of(policy.code),
        "unsure": unsure,
        "problem": problem_of(error) if error else None,
    }
    return render(request, "web/policies/place.html", shown, status=error.status if error else 409 if unsure else 200)


def _places(policy: Policy) -> list[dict[str, Any]]:
    """Every place it could take, in the order of the tree: first under a family, or behind one of those there."""
    below: dict[int | None, list[Policy]] = {}
    for node in Policy.objects.filter(retired_at=None).order_by("position", "code"):
        if node.pk != policy.pk:
            below.setdefault(node.parent_id, []).append(node)
    stands_behind = None
    for node in Policy.objects.filter(retired_at=None, parent_id=policy.parent_id).order_by("position", "code"):
        if node.pk == policy.pk:
            break
        stands_behind = node.pk
    found: list[dict[str, Any]] = []

    def under(parent: Policy | None, depth: int) -> None:
        code, here = parent.code if parent else "", (parent.pk if parent else None) == policy.parent_id
        found.append(
            {"value": f"{code}|", "parent": code, "after": "", "depth": depth, "here": here and stands_behind is None}
        )
        for node in below.get(parent.pk if parent else None, ()):
            if not node.is_leaf:
                under(node, depth + 1)
            found.append(
                {
                    "value": f"{code}|{node.code}",
                    "parent": code,
                    "after": node.code,
                    "depth": depth,
                    "here": here and stands_behind == node.pk,
                }
            )

    under(None, 0)
    return found


_ORDER = (Standing.MISSING, Standing.PARTLY, Standing.OLDER, Standing.COMPLETE)


@screen()
def policy_translations(request: HttpRequest) -> HttpResponse:
    """Each policy in each language; ``language`` and ``standing`` keep the rows that are so, ``text`` code or title."""
    actor, asked = actor_of(request), request.GET
    rows = translation_rows(actor, LANGUAGES)
    found = sorted({cell.language for row in rows for cell in row.cells}, key=LANGUAGES.index)
    counts = Counter((cell.language, cell.standing) for row in rows for cell in row.cells)
    language = asked.get("language", "") if asked.get("language") in LANGUAGES else ""
    standing = asked.get("standing", "") if asked.get("standing") in set(Standing) else ""
    text = asked.get("text", "").strip()
    titles = {
        line.code: line.title for line in policy_tree(actor, policy_language(get_language()), None, timezone.now())
    }
    shown = [
        {"row": row, "title": titles.get(row.code, row.title), "cells": _cells(row, found, language)}
        for row in rows
        if _kept(row, language, standing) and _said(row, titles.get(row.code, ""), text)
    ]
    return render(
        request,
        "web/policies/translations.html",
        {
            "rows": shown,
            "languages": [language] if language else found,
            "all_languages": found,
            "language": language,
            "standing": standing,
            "text": text,
            "standings": [(one.value, STANDING_NAMES[one]) for one in _ORDER],
            "names": {one.value: name for one, name in STANDING_NAMES.items()},
            "parts": PART_NAMES,
            "counts": [
                {"language": code, "of": [(one.value, counts[code, one]) for one in _ORDER], "all": _all(counts, code)}
                for code in found
            ],
        },
    )


def _all(counts: Counter[tuple[str, Standing]], language: str) -> int:
    return sum(counts[language, one] for one in _ORDER)


def _cells(row: Row, languages: list[str], only: str) -> list[Cell | None]:
    """One per column; ``None`` where the column is the language that the others follow."""
    by_language = {cell.language: cell for cell in row.cells}
    return [by_language.get(code) for code in ([only] if only else languages)]


def _kept(row: Row, language: str, standing: str) -> bool:
    cells = [cell for cell in row.cells if not language or cell.language == language]
    if not standing:
        return not language or bool(cells)
    return any(cell.standing == standing for cell in cells)


def _said(row: Row, title: str, text: str) -> bool:
    wanted = text.casefold()
    return wanted in row.code.casefold() or wanted in row.title.casefold() or wanted in title.casefold()
