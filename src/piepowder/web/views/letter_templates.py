"""The words of letters: what is written when, in which languages, and the next version with a preview and a test."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.access.models import User
from piepowder.access.visibility import require_whole
from piepowder.correspondence.events import LetterKind, letter_kind, letter_kinds
from piepowder.correspondence.filling import Words
from piepowder.correspondence.models import LetterTemplate
from piepowder.correspondence.operations import preview, publish_letter_template, send_test
from piepowder.correspondence.queries import newest_templates, uses
from piepowder.correspondence.states import LetterChannel, RecipientKind
from piepowder.correspondence.templates import BadLetterTemplate, faults, shipped_letters, words_of
from piepowder.http.identity import actor_of
from piepowder.http.pages import problem_of, screen
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.policy.logic import best_language
from piepowder.web.differences import Change, compared
from piepowder.web.facts_form import LANGUAGES
from piepowder.web.letter_form import choices_typed, letter_form, words_typed
from piepowder.web.readable import readable

_VERSIONS_SHOWN = 30


@screen()
def letter_templates(request: HttpRequest) -> HttpResponse:
    """One line per kind of letter, with the languages that have words of their own."""
    require_whole(actor_of(request), Permission.LETTER_EDIT)
    by_event: dict[str, list[LetterTemplate]] = {}
    for row in newest_templates():
        by_event.setdefault(row.event, []).append(row)
    lines = [_line(kind, by_event.get(kind.code, [])) for kind in letter_kinds()]
    return render(request, "web/letters/templates.html", {"lines": lines})


def _line(kind: LetterKind, rows: list[LetterTemplate]) -> dict[str, Any]:
    there = {row.language for row in rows if row.channel == LetterChannel.MESSAGE}
    return {
        "kind": kind,
        "recipient": RecipientKind(kind.recipient).label,
        "rows": rows,
        "without": [code for code in LANGUAGES if code not in there],
        "subject": next((row.subject for row in rows if row.language == "en"), rows[0].subject if rows else ""),
    }


@screen("GET", "HEAD", "POST")
def letter_template(request: HttpRequest, event: str, language: str, channel: str) -> HttpResponse:
    """The next version; ``do`` is ``preview``, ``test`` or ``publish``. ``from`` begins with an older version."""
    actor, now = actor_of(request), timezone.now()
    require_whole(actor, Permission.LETTER_EDIT)
    kind = _known(event, language, channel)
    rows = _versions(event, language, channel)
    if request.method != "POST":
        number = request.GET.get("from", "")
        older = next((row for row in rows if str(row.number) == number), None)
        words = words_of(older or rows[0]) if rows else _beginning(kind, language)
        return _page(
            request, kind, language, channel, rows, words, restored=older if older and older != rows[0] else None
        )
    words, said = words_typed(kind, request.POST), request.POST
    base = said.get("base", "")
    after = int(base) if base.isdecimal() and len(base) < 9 else 0
    try:
        if said.get("do") == "test":
            address = send_test(actor=actor, event=event, language=language, words=words, at=now)
            messages.success(request, _("Sent to %(address)s, and to nobody else.") % {"address": address})
        elif said.get("do") == "publish":
            publish_letter_template(
                actor=actor, event=event, language=language, channel=channel, words=words, at=now, after=after
            )
            messages.success(request, _("Published: this letter reads like this from now on."))
            return redirect("letter_templates")
    except BadLetterTemplate as error:
        return _page(
            request, kind, language, channel, rows, words, base=after, status=422, problem=problem_of(error)
        )  # fmt: skip
    except PiepowderError as error:
        return _page(request, kind, language, channel, rows, words, status=error.status, problem=problem_of(error))
    return _page(request, kind, language, channel, rows, words, base=after)


@screen()
def letter_template_version(request: HttpRequest, event: str, language: str, channel: str, number: int) -> HttpResponse:
    """An older version: what it says otherwise than the one in force, how it reads, and how often it was sent."""
    actor = actor_of(request)
    require_whole(actor, Permission.LETTER_EDIT)
    kind = _known(event, language, channel)
    rows = LetterTemplate.objects.filter(event=event, language=language, channel=channel)
    row, newest = rows.filter(number=number).first(), rows.order_by("-number").first()
    if row is None or newest is None:
        raise Http404
    words = words_of(row)
    found = faults(event, language, channel, words)
    read = None if found else preview(actor=actor, event=event, language=language, words=words)
    shown = {
        "kind": kind,
        "row": row,
        "newest": newest,
        "by": _names([row]).get(row.published_by, ""),
        "changes": _changes(words_of(newest), words) if newest != row else [],
        "read": read,
        "readable": readable(read.text, language, read.level) if read else None,
        "use": uses([row])[row.pk],
    }
    return render(request, "web/letters/version.html", shown)


def _known(event: str, language: str, channel: str) -> LetterKind:
    kind = letter_kind(event)
    if kind is None or len(language) > 10 or channel not in LetterChannel.values:
        raise Http404
    return kind


def _versions(event: str, language: str, channel: str) -> list[LetterTemplate]:
    rows = LetterTemplate.objects.filter(event=event, language=language, channel=channel)
    return list(rows.order_by("-number")[:_VERSIONS_SHOWN])


def _beginning(kind: LetterKind, language: str) -> Words:
    """Where words begin that there are none of: with those in force nearby, else with what ships, else with nothing."""
    rows = LetterTemplate.objects.filter(event=kind.code).order_by("-number")
    nearest = best_language(set(rows.values_list("language", flat=True)), language)
    if nearest is not None:
        return words_of(rows.filter(language=nearest)[0])
    shipped = {tongue: words for _kind, tongue, words in shipped_letters([kind])}
    return shipped[best_language(shipped, language) or ""] if shipped else Words("", "")


def _page(
    request: HttpRequest,
    kind: LetterKind,
    language: str,
    channel: str,
    rows: list[LetterTemplate],
    words: Words,
    *,
    base: int | None = None,
    restored: LetterTemplate | None = None,
    status: int = 200,
    problem: Any = None,
) -> HttpResponse:
    """``base`` is the version that was written from; a version published meanwhile is told once, then built upon."""
    actor: Actor = actor_of(request)
    found = faults(kind.code, language, channel, words)
    choices = choices_typed(kind, request.POST)
    read = None
    if not found:
        read = preview(actor=actor, event=kind.code, language=language, words=words, choices=choices)
    shown = {
        "kind": kind,
        "language": language,
        "channel": LetterChannel(channel),
        "form": letter_form(kind, words, found, (read.of.places if read and read.of else {}) | choices),
        "rows": rows,
        "uses": uses(rows),
        "names": _names(rows),
        "base": (rows[0].number if rows else 0) if base is None else base,
        "restored": restored,
        "changes": _changes(words_of(rows[0]), words) if rows else [],
        "read": read,
        "readable": readable(read.text, language, read.level) if read else None,
        "problem": problem,
    }
    return render(request, "web/letters/template.html", shown, status=status)


def _changes(before: Words, after: Words) -> list[Change]:
    old, new = _flat(before), _flat(after)
    return [
        Change(name, *compared(old.get(name, ""), new.get(name, "")))
        for name in dict.fromkeys([*new, *old])
        if old.get(name, "") != new.get(name, "")
    ]


def _flat(words: Words) -> dict[str, str]:
    phrases = {f"{place}: {value}": text for place, some in words.phrases.items() for value, text in some.items()}
    return {_("Subject"): words.subject, _("Body"): words.body, **phrases}


def _names(rows: list[LetterTemplate]) -> dict[str, str]:
    refs = [int(row.published_by) for row in rows if row.published_by.isdecimal()]
    return {str(pk): name for pk, name in User.objects.filter(pk__in=refs).values_list("pk", "name")}
