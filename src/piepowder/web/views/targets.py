"""The promises of all queues in one matrix, tried on last week's cases before they are set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.access.models import User
from piepowder.access.visibility import holds_whole, require, require_whole
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.actor import ActorKind
from piepowder.kernel.errors import PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.review import operations as review
from piepowder.review.models import Calendar, Queue
from piepowder.review.promises import WantedTarget
from piepowder.review.reference import checked
from piepowder.review.target_trial import Cell, CellTrial, TargetChange, target_history, trial_of_targets
from piepowder.web.durations import duration_text, seconds_of
from piepowder.web.filters import number
from piepowder.web.queue_form import SEVERITIES
from piepowder.web.views.queues import queues_visible_to

LAST_WEEK = timedelta(days=7)
HISTORY_SHOWN = 20


@dataclass(frozen=True, slots=True)
class CellShown:
    """One promise in the matrix as typed or stored; ``name`` begins the names of its fields."""

    name: str
    severity: int
    target: str
    calendar: str
    percent: str
    problem: str = ""
    trial: CellTrial | None = None
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    queue: Queue
    cells: Sequence[CellShown]


@dataclass(frozen=True, slots=True)
class HistoryLine:
    change: TargetChange
    who: str
    calendar: str


@screen("GET", "HEAD", "POST")
def targets(request: HttpRequest) -> HttpResponse:
    """The matrix; posting tries what was typed on last week's cases, or sets it with ``do=save``."""
    actor = actor_of(request)
    require(actor, Permission.QUEUE_VIEW)
    may_edit = holds_whole(actor, Permission.QUEUE_EDIT)
    queues = list(queues_visible_to(actor))
    calendars = dict(Calendar.objects.values_list("code", "name"))
    rows = [_stored(queue) for queue in queues]
    tried = False
    if request.method == "POST":
        require_whole(actor, Permission.QUEUE_EDIT)
        rows, wanted, sound = _typed(queues, request.POST)
        if sound and request.POST.get("do") == "save":
            try:
                changed = review.set_targets(actor=actor, at=timezone.now(), wanted=wanted)
            except PiepowderError as refused:
                messages.error(request, refused.detail)
            else:
                messages.success(
                    request, _("%(count)s promises changed. They hold for new cases.") % {"count": changed}
                )
                return redirect("targets")
        elif sound:
            rows, tried = _with_trial(rows, wanted), True
    shown = {
        "rows": rows,
        "severities": SEVERITIES,
        "calendars": calendars,
        "may_edit": may_edit,
        "tried": tried,
        "history": _history(calendars) if holds_whole(actor, Permission.QUEUE_VIEW) else [],
    }
    bad = any(cell.problem for row in rows for cell in row.cells)
    return render(request, "web/targets/matrix.html", shown, status=422 if bad else 200)


def _stored(queue: Queue) -> Row:
    known = {target.severity: target for target in queue.targets.all()}
    cells = []
    for severity in SEVERITIES:
        target = known.get(severity)
        cells.append(
            CellShown(
                _name(queue, severity),
                severity,
                duration_text(target.target_s) if target else "",
                target.calendar.code if target and target.calendar else "",
                str(round(target.at_risk_share * 100)) if target else "75",
            )
        )
    return Row(queue, cells)


def _typed(queues: Sequence[Queue], typed: QueryDict) -> tuple[list[Row], dict[Cell, WantedTarget | None], bool]:
    """The matrix as typed, what it wants, and whether all of it can be read. Cells that were not sent stay as they are."""
    rows, wanted, sound = [], dict[Cell, WantedTarget | None](), True
    for queue in queues:
        stored, cells = _stored(queue), []
        for before in stored.cells:
            if before.name not in typed:
                cells.append(before)
                continue
            cell, target = _read(before, typed)
            cells.append(cell)
            sound = sound and not cell.problem
            if cell.changed and not cell.problem:
                wanted[queue.code, cell.severity] = target
        rows.append(Row(queue, cells))
    return rows, wanted, sound


def _read(before: CellShown, typed: QueryDict) -> tuple[CellShown, WantedTarget | None]:
    name = before.name
    text, calendar = typed.get(name, "").strip(), typed.get(f"{name}-calendar", "")
    percent = typed.get(f"{name}-percent", "").strip()
    seconds, at_risk = seconds_of(text), number(percent or "75")
    problem = ""
    if text and not seconds:
        problem = _("a length such as 4 h, 30 m or 1 d 12 h")
    elif text and (at_risk is None or not 0 < at_risk < 100):
        problem = _("a percentage between 1 and 99")
    changed = (text, calendar, percent) != (before.target, before.calendar, before.percent)
    cell = CellShown(name, before.severity, text, calendar, percent, problem, changed=changed)
    if problem or not seconds or at_risk is None:
        return cell, None
    return cell, WantedTarget(seconds, calendar, at_risk / 100)


def _with_trial(rows: Sequence[Row], wanted: Mapping[Cell, WantedTarget | None]) -> list[Row]:
    now = timezone.now()
    found = trial_of_targets(checked(), wanted, now - LAST_WEEK, now, now=now)
    return [
        Row(
            row.queue,
            [
                CellShown(
                    cell.name,
                    cell.severity,
                    cell.target,
                    cell.calendar,
                    cell.percent,
                    trial=found.get((row.queue.code, cell.severity)),
                    changed=cell.changed,
                )
                for cell in row.cells
            ],
        )
        for row in rows
    ]


def _history(calendars: Mapping[str, str]) -> list[HistoryLine]:
    changes = target_history(limit=HISTORY_SHOWN)
    refs = {int(one.actor_ref) for one in changes if one.actor_kind == ActorKind.PERSON}
    names = {str(pk): name for pk, name in User.objects.filter(pk__in=refs).values_list("pk", "name")}
    return [
        HistoryLine(one, names.get(one.actor_ref, one.actor_ref), calendars.get(one.calendar, one.calendar))
        for one in changes
    ]


def _name(queue: Queue, severity: int) -> str:
    return f"{queue.code}-{severity}"
