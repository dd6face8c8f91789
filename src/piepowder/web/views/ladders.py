"""Points ladders: the list, one with its rules drawn, its versions, the editor and the switch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.access.visibility import holds_whole, require, require_whole
from piepowder.http.identity import actor_of
from piepowder.http.pages import problem_of, screen
from piepowder.kernel.errors import PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.policy.models import Ladder as LadderRow
from piepowder.policy.models import LadderVersion
from piepowder.policy.states import LadderMode
from piepowder.standing import operations as standing
from piepowder.standing.ladder import Ladder, read_ladder
from piepowder.standing.models import LadderSwitch, Sanction
from piepowder.standing.queries import sanctions
from piepowder.standing.shipping import from_text, lines_of, shipped_ladders, shipped_text, to_text
from piepowder.standing.states import SanctionState
from piepowder.standing.wording import said
from piepowder.web.filters import day, number
from piepowder.web.ladder_words import counters_shown, difference, language


@dataclass(frozen=True, slots=True)
class LadderLine:
    row: LadderRow
    title: str
    note: str
    version: int
    sellers: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in the text of a ladder, and on which line."""

    line: int
    place: str
    detail: str


@screen()
def ladders(request: HttpRequest) -> HttpResponse:
    """Every ladder, in three queries."""
    actor = actor_of(request)
    require(actor, Permission.STANDING_VIEW)
    rows = LadderRow.objects.annotate(
        last=Max("versions__number"),
        sellers=Count("tallies", filter=Q(tallies__worked_out_at__isnull=False), distinct=True),
    )
    found = list(rows.order_by("code"))
    newest = {(one.ladder_id, one.number): one for one in LadderVersion.objects.filter(ladder__in=found)}
    waiting: dict[int, int] = {}
    for ladder_id in sanctions(actor, state=SanctionState.WAITING).values_list("ladder", flat=True):
        waiting[ladder_id] = waiting.get(ladder_id, 0) + 1
    shown = {
        "lines": [
            LadderLine(
                row,
                said(_words(newest[row.pk, row.last].content, "title"), language()),
                said(_words(newest[row.pk, row.last].content, "note"), language()),
                row.last,
                row.sellers,
                waiting.get(row.pk, 0),
            )
            for row in found
            if row.last
        ],
        "may_edit": holds_whole(actor, Permission.LADDER_EDIT),
        "waiting": sum(waiting.values()),
    }
    return render(request, "web/standing/ladders.html", shown)


def _words(content: Mapping[str, Any], name: str) -> dict[str, str]:
    raw = content.get(name) or {}
    return {"en": raw} if isinstance(raw, str) else dict(raw)


@screen()
def ladder(request: HttpRequest, code: str) -> HttpResponse:
    """One ladder as it stands, with what it says elsewhere, its versions and switches."""
    actor = actor_of(request)
    require(actor, Permission.STANDING_VIEW)
    row = _row(code)
    versions = list(row.versions.order_by("-number"))
    asked = number(request.GET.get("version", ""))
    version = next((one for one in versions if one.number == asked), versions[0])
    read = read_ladder(code, version.content, version.number)
    market = request.GET.get("market", "")
    shown = {
        "row": row,
        "ladder": read,
        "title": said(read.title, language()),
        "note": said(read.note, language()),
        "version": version,
        "versions": versions,
        "is_newest": version is versions[0],
        "market": market if market in read.variants else "",
        "variants": _variants(read),
        "counters": counters_shown(read.in_market(market)),
        "changes": _changes(versions, version),
        "switches": LadderSwitch.objects.filter(ladder=row).order_by("-at", "-id")[:10],
        "gathering": LadderSwitch.objects.filter(ladder=row, adopted_at__isnull=True).exists(),
        "modes": [(mode, label) for mode, label in LadderMode.choices if mode != row.mode],
        "counts": dict(
            Sanction.objects.filter(ladder=row).values_list("state").annotate(count=Count("id")).order_by("state")
        ),
        "may_edit": holds_whole(actor, Permission.LADDER_EDIT),
    }
    return render(request, "web/standing/ladder.html", shown)


def _variants(read: Ladder) -> list[tuple[str, str]]:
    """One market of each group that has rules of its own, with the markets of the group."""
    groups: dict[int, list[str]] = {}
    for market, variant in sorted(read.variants.items()):
        groups.setdefault(id(variant), []).append(market)
    return [(markets[0], ", ".join(markets)) for markets in groups.values()]


def _changes(versions: Sequence[LadderVersion], version: LadderVersion) -> list[Any]:
    before = next((one for one in versions if one.number == version.number - 1), None)
    return difference(to_text(before.content), to_text(version.content)) if before else []


@screen("GET", "HEAD", "POST")
def ladder_edit(request: HttpRequest, code: str = "") -> HttpResponse:
    """The text of the next version: checked, compared with the one in force, and published with ``do=publish``."""
    actor = actor_of(request)
    require_whole(actor, Permission.LADDER_EDIT)
    row = _row(code) if code else None
    newest = row.versions.order_by("-number").first() if row else None
    beginning = request.GET.get("like", "")
    stored = to_text(newest.content) if newest else shipped_text(beginning if beginning in shipped_ladders() else "")
    text = request.POST.get("text", stored).replace("\r\n", "\n")
    new_code = code or request.POST.get("code", "").strip()
    shown: dict[str, Any] = {
        "row": row,
        "code": new_code,
        "text": text,
        "after": request.POST.get("after", newest.number if newest else 0),
        "from": request.POST.get("from", ""),
        "today": timezone.localdate(),
        "beginnings": sorted(shipped_ladders()) if not row else [],
    }
    status = 200
    if request.method == "POST":
        try:
            content = from_text(text)
            read = read_ladder(new_code or "new", content)
            if request.POST.get("do") == "publish":
                version = standing.publish_ladder(
                    actor=actor,
                    code=new_code,
                    content=content,
                    at=timezone.now(),
                    effective_from=_from(request.POST.get("from", "")),
                    after=number(request.POST.get("after", "")) or 0,
                )
                messages.success(request, _("Version %(number)d is published.") % {"number": version.number})
                return redirect("ladder", new_code)
            shown |= {
                "checked": True,
                "counters": counters_shown(read),
                "changes": difference(to_text(newest.content), to_text(content)) if newest else [],
            }
        except PiepowderError as refused:
            shown |= {"problem": problem_of(refused), "faults": _faults(refused, text)}
            status = refused.status
    return render(request, "web/standing/edit.html", shown, status=status)


def _faults(refused: PiepowderError, text: str) -> list[Fault]:
    lines = lines_of(text, [one.pointer for one in refused.problems])
    found = [
        Fault(lines[one.pointer], one.pointer.strip("/").replace("/", " › "), one.detail) for one in refused.problems
    ]
    return sorted(found, key=lambda fault: fault.line)


def _from(typed: str) -> datetime | None:
    """The beginning of the day in the writer's time zone; ``None`` is at once."""
    found = day(typed)
    return timezone.make_aware(datetime.combine(found, time.min)) if found else None


@screen("POST")
def ladder_switch(request: HttpRequest, code: str) -> HttpResponse:
    """Off, counting only, or in force; with so many past days when it goes on."""
    days = number(request.POST.get("days", "")) or 0
    try:
        standing.switch_ladder(
            actor=actor_of(request),
            code=code,
            mode=request.POST.get("mode", ""),
            at=timezone.now(),
            count_past_days=days,
        )
    except PiepowderError as refused:
        messages.error(request, refused.detail)
    else:
        messages.success(request, _("The ladder is switched."))
    return redirect("ladder", code)


def _row(code: str) -> LadderRow:
    row = LadderRow.objects.filter(code=code).first()
    if row is None:
        raise standing.NoSuchLadder(_("there is no such ladder, or no version of it holds yet"))
    return row
