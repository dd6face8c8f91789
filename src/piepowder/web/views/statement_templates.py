"""The words of statements of reasons: languages with their versions, and the next version with a preview."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.access.models import User
from piepowder.decisions.models import StatementTemplate
from piepowder.decisions.specimen import example, of_decision
from piepowder.decisions.statements import Rendered
from piepowder.decisions.statements import render as written
from piepowder.decisions.templates import BadTemplate, publish_template, require_templates
from piepowder.decisions.wording import parse, shipped_wordings
from piepowder.decisions.wording import problems as problems_of
from piepowder.http.identity import actor_of
from piepowder.http.pages import problem_of, screen
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import PiepowderError
from piepowder.policy.logic import day_of
from piepowder.web.differences import Change, compared
from piepowder.web.facts_form import LANGUAGES
from piepowder.web.readable import readable
from piepowder.web.template_form import raw_typed, template_form

_VERSIONS_SHOWN = 30


@screen()
def statement_templates(request: HttpRequest) -> HttpResponse:
    """One line per language with the version in force; languages of the screens that have none can be begun."""
    require_templates(actor_of(request))
    rows = StatementTemplate.objects.order_by("language", "-number").only(
        "language", "number", "subject", "published_at", "published_by"
    )
    newest: dict[str, StatementTemplate] = {}
    for row in rows:
        newest.setdefault(row.language, row)
    names = _names(newest.values())
    lines = [{"row": row, "by": names.get(row.published_by, "")} for row in newest.values()]
    shown = {"lines": lines, "without": [code for code in LANGUAGES if code not in newest]}
    return render(request, "web/admin/templates.html", shown)


def _names(rows: Any) -> dict[str, str]:
    refs = [int(row.published_by) for row in rows if row.published_by.isdecimal()]
    return {str(pk): name for pk, name in User.objects.filter(pk__in=refs).values_list("pk", "name")}


@screen("GET", "HEAD", "POST")
def statement_template(request: HttpRequest, language: str) -> HttpResponse:
    """The next version; ``do`` is ``preview`` or ``publish``. ``from`` begins with an older version instead of the newest."""
    actor, now = actor_of(request), timezone.now()
    require_templates(actor)
    if len(language) > 10:
        raise Http404
    rows = list(StatementTemplate.objects.filter(language=language).order_by("-number")[:_VERSIONS_SHOWN])
    in_force = _raw(rows[0]) if rows else None
    if request.method != "POST":
        number = request.GET.get("from", "")
        older = next((row for row in rows if str(row.number) == number), None)
        raw = _raw(older) if older else in_force or _beginning(language)
        return _page(request, language, rows, raw, restored=older if older and older != rows[0] else None)
    raw, said = raw_typed(request.POST), request.POST
    base = said.get("base", "")
    after = int(base) if base.isdecimal() and len(base) < 9 else 0
    if said.get("do") != "publish":
        return _page(request, language, rows, raw, base=after)
    try:
        publish_template(actor=actor, language=language, raw=raw, at=now, after=after)
    except BadTemplate as error:
        return _page(request, language, rows, raw, base=after, status=422, problem=problem_of(error))
    except PiepowderError as error:
        return _page(request, language, rows, raw, status=error.status, problem=problem_of(error))
    messages.success(request, _("Published: statements in this language read like this from now on."))
    return redirect("statement_templates")


@screen()
def statement_template_version(request: HttpRequest, language: str, number: int) -> HttpResponse:
    """An older version: what it says otherwise than the one in force, and how it reads."""
    actor = actor_of(request)
    require_templates(actor)
    row = StatementTemplate.objects.filter(language=language, number=number).first()
    newest = StatementTemplate.objects.filter(language=language).order_by("-number").first()
    if row is None or newest is None:
        raise Http404
    shown = {
        "row": row,
        "newest": newest,
        "by": _names([row]).get(row.published_by, ""),
        "changes": _changes(language, _raw(newest), _raw(row)) if newest != row else [],
        "statement": _statement(actor, language, _raw(row), "")[0],
    }
    return render(request, "web/admin/template_version.html", shown)


def _page(
    request: HttpRequest,
    language: str,
    rows: list[StatementTemplate],
    raw: Mapping[str, Any],
    *,
    base: int | None = None,
    restored: StatementTemplate | None = None,
    status: int = 200,
    problem: Any = None,
) -> HttpResponse:
    """``base`` is the version that was written from; a version published meanwhile is told once, then built upon."""
    newest = rows[0].number if rows else 0
    item = request.POST.get("item", "").strip()
    found = problems_of(parse(language, raw))
    statement, is_real = (None, False) if found else _statement(actor_of(request), language, raw, item)
    shown = {
        "language": language,
        "form": template_form(language, raw, found),
        "rows": rows,
        "names": _names(rows),
        "base": newest if base is None else base,
        "restored": restored,
        "changes": _changes(language, _raw(rows[0]), raw) if rows else [],
        "statement": statement,
        "readable": readable(statement.text, language) if statement else None,
        "is_real": is_real,
        "item": item,
        "problem": problem,
    }
    return render(request, "web/admin/template.html", shown, status=status)


def _raw(row: StatementTemplate) -> dict[str, Any]:
    return {"subject": row.subject, "body": row.body, "phrases": row.phrases}


def _beginning(language: str) -> dict[str, Any]:
    """Where a language without words begins: with those that ship for it, else with the English ones to translate."""
    shipped = {wording.language: raw for wording, raw in shipped_wordings()}
    return shipped.get(language) or shipped["en"]


def _statement(actor: Actor, language: str, raw: Mapping[str, Any], item: str) -> tuple[Rendered | None, bool]:
    """The words filled with a decision that was really taken, else with the example; and which of the two it was."""
    wording = parse(language, raw)
    if problems_of(wording):
        return None, False
    reasons = of_decision(actor, language, item)
    if reasons is None:
        return (None, False) if item else (written(wording, example(day_of(timezone.now()))), False)
    return written(wording, reasons), True


def _changes(language: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    old, new = _flat(language, before), _flat(language, after)
    names = dict.fromkeys([*new, *old])
    return [
        Change(name, *compared(old.get(name, ""), new.get(name, "")))
        for name in names
        if old.get(name, "") != new.get(name, "")
    ]


def _flat(language: str, raw: Mapping[str, Any]) -> dict[str, str]:
    wording = parse(language, raw)
    return {
        _("Subject"): wording.subject,
        _("Body"): wording.body,
        **wording.phrases,
        _("Months"): ", ".join(wording.months),
        _("Countries"): ", ".join(f"{code}: {name}" for code, name in sorted(wording.countries.items())),
    }
