"""The fields that an organisation adds to each kind of item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from piepowder.access.visibility import require_whole
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.intake.custom_schemas import BadItemSchema, custom_fields, publish_item_schema
from piepowder.intake.models import ItemSchema
from piepowder.intake.schemas.custom import MOST_FIELDS
from piepowder.intake.states import Kind
from piepowder.kernel.permissions import Permission

TYPE_NAMES: Mapping[str, Any] = {
    "text": gettext_lazy("text"),
    "number": gettext_lazy("number"),
    "yes_no": gettext_lazy("yes or no"),
    "date": gettext_lazy("day"),
    "choice": gettext_lazy("one of a list"),
    "list": gettext_lazy("several"),
}
_BLANK_LINES = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A field as it stands in the form; ``problems`` are what was wrong with it."""

    place: int
    name: str = ""
    type: str = "text"
    required: bool = False
    labels: str = ""
    choices: str = ""
    hint: str = ""
    problems: tuple[str, ...] = ()


@screen()
def schemas(request: HttpRequest) -> HttpResponse:
    require_whole(actor_of(request), Permission.SCHEMA_EDIT)
    kinds = [(kind, label, custom_fields(kind)) for kind, label in Kind.choices]
    return render(request, "web/admin/schemas.html", {"kinds": kinds})


@screen("GET", "HEAD", "POST")
def schema_edit(request: HttpRequest, kind: str) -> HttpResponse:
    """One row per field; a row without a name is none. What is published holds for items that come from then on."""
    actor = actor_of(request)
    require_whole(actor, Permission.SCHEMA_EDIT)
    if kind not in Kind.values:
        raise Http404
    problems: list[str] = []
    if request.method == "POST":
        lines = _lines(request.POST)
        try:
            publish_item_schema(actor=actor, at=timezone.now(), kind=kind, fields=[_field(line) for line in lines])
        except BadItemSchema as error:
            lines = [_marked(line, place, error) for place, line in enumerate(lines)]
            problems = [one.detail for one in error.problems if one.pointer.count("/") < 1]
        else:
            messages.success(request, _("Published. It holds for items that come from now on."))
            return redirect("schemas")
    else:
        problems, lines = [], [_line(place, one) for place, one in enumerate(_newest(kind))]
    blank = [Line(len(lines) + extra) for extra in range(min(_BLANK_LINES, MOST_FIELDS - len(lines)))]
    shown = {
        "kind": kind,
        "lines": [*lines, *blank],
        "types": TYPE_NAMES.items(),
        "problems": problems,
        "versions": ItemSchema.objects.filter(kind=kind)[:20],
    }
    failed = any(line.problems for line in lines) or problems
    return render(request, "web/admin/schema.html", shown, status=422 if failed else 200)


def _newest(kind: str) -> list[dict[str, Any]]:
    row = ItemSchema.objects.filter(kind=kind).order_by("-number").first()
    return list(row.fields) if row else []


def _line(place: int, one: Mapping[str, Any]) -> Line:
    return Line(
        place,
        one["name"],
        one["type"],
        bool(one.get("required")),
        "\n".join(f"{language}: {text}" for language, text in one.get("labels", {}).items()),
        "\n".join(one.get("choices", ())),
        one.get("hint", ""),
    )


def _lines(form: QueryDict) -> list[Line]:
    found: list[Line] = []
    for place in range(MOST_FIELDS + _BLANK_LINES):
        name = form.get(f"name-{place}", "").strip()
        if name:
            found.append(
                Line(
                    len(found),
                    name,
                    form.get(f"type-{place}", ""),
                    f"required-{place}" in form,
                    form.get(f"labels-{place}", ""),
                    form.get(f"choices-{place}", ""),
                    form.get(f"hint-{place}", "").strip(),
                )
            )
    return found


def _field(line: Line) -> dict[str, Any]:
    told: dict[str, Any] = {"name": line.name, "type": line.type}
    labels = dict(_pair(one) for one in line.labels.splitlines() if one.strip())
    choices = [one.strip() for one in line.choices.splitlines() if one.strip()]
    return told | {
        **({"labels": labels} if labels else {}),
        **({"required": True} if line.required else {}),
        **({"choices": choices} if choices else {}),
        **({"hint": line.hint} if line.hint else {}),
    }


def _pair(text: str) -> tuple[str, str]:
    """``de: Farbe``; a name without a language is English."""
    language, colon, name = text.partition(":")
    return (language.strip(), name.strip()) if colon else ("en", text.strip())


def _marked(line: Line, place: int, error: BadItemSchema) -> Line:
    own = tuple(one.detail for one in error.problems if one.pointer.startswith((f"/{place}/", f"/{place} ")))
    return Line(line.place, line.name, line.type, line.required, line.labels, line.choices, line.hint, own)
