"""Small words of the templates: icons, durations, clocks, severities, marked text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import template
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from piepowder.decisions.states import DecisionState, EnforcementState, Outcome
from piepowder.intake.states import ItemState, Kind, MediaState, ReporterKind, Submission
from piepowder.kernel.errors import FieldProblem
from piepowder.kernel.ids import short
from piepowder.outbox.states import DeliveryState
from piepowder.review.board import AGE_BANDS, SHARE_BANDS
from piepowder.review.models import SlaTarget
from piepowder.review.states import Asked, Availability, CaseState
from piepowder.web.languages import language_name
from piepowder.web.marking import marked_html
from piepowder.web.words import (
    FIELD_NAMES,
    MEASURE_NAMES,
    MOVE_NAMES,
    ROLE_NAMES,
    Clock,
    band_names,
    bar_pieces,
    clock_of,
    rough_duration,
    share_names,
    spoken_duration,
)

register = template.Library()


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """The outline ``name`` of the sprite; decoration only, so a word always stands beside it."""
    return format_html('<svg class="icon {}" aria-hidden="true" focusable="false"><use href="#i-{}"/></svg>', css, name)


@register.filter
def duration(value: timedelta | float | None) -> str:
    """``1 h 05 m``; a number is seconds."""
    return "–" if value is None else spoken_duration(value)


@register.filter
def short_id(value: UUID) -> str:
    return short(value)


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """A time in the person's zone, with zone and seconds on hover."""
    if value is None:
        return "–"
    local = localtime(value)
    return format_html(
        '<time datetime="{}" title="{} {}">{}</time>',
        value.isoformat(timespec="seconds"),
        date_format(local, "DATETIME_FORMAT"),
        local.strftime("%Z"),
        date_format(local, "SHORT_DATETIME_FORMAT"),
    )


@register.filter
def ago(value: datetime | None) -> SafeString | str:
    """How long ago, with the time itself on hover."""
    if value is None:
        return "–"
    local = localtime(value)
    return format_html(
        '<time datetime="{}" title="{} {}">{}</time>',
        value.isoformat(timespec="seconds"),
        date_format(local, "DATETIME_FORMAT"),
        local.strftime("%Z"),
        _("%(duration)s ago") % {"duration": spoken_duration(max(timezone.now() - value, timedelta()))},
    )


@register.inclusion_tag("web/_severity.html")
def severity(value: int | None) -> dict[str, Any]:
    return {"value": value}


@register.inclusion_tag("web/_clock.html")
def clock(
    due_at: datetime | None, at_risk_at: datetime | None, state: str = "", *, paused: bool = False
) -> dict[str, Any]:
    """The service level in words, an icon and a colour; counts down by itself while it runs."""
    value: Clock = clock_of(due_at, at_risk_at, now=timezone.now(), state=state, paused=paused)
    return {"clock": value, "due_at": due_at, "at_risk_at": at_risk_at}


@register.filter
def percent(value: float | None) -> str:
    """A share in 0…1 as ``87 %``."""
    return "–" if value is None else f"{number_format(round(value * 100))} %"


@register.simple_tag
def marked(text: str, spans: Iterable[Mapping[str, Any]]) -> SafeString:
    """``text`` with the detected stretches in ``<mark>``, each saying what found it."""
    return marked_html(text, spans)


@register.filter
def money(amount: float | None, currency: str) -> str:
    return "–" if amount is None else f"{number_format(amount, 2, use_l10n=True)} {currency}"


@register.filter
def get(mapping: Mapping[str, Any], key: str) -> Any:
    return mapping.get(key, "")


@register.filter
def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


@register.filter
def kind_name(value: str) -> str:
    """The name of a kind of item."""
    return str(Kind(value).label) if value in Kind.values else value


@register.filter
def measure_name(value: str) -> str:
    """What an enforcement does, in words."""
    return str(MEASURE_NAMES.get(value, value))


@register.filter
def language_label(code: str) -> str:
    return language_name(code)


@register.filter
def as_pretty_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


@register.filter
def delivery_state(value: str) -> str:
    return str(DeliveryState(value).label)


@register.filter
def outcome_name(value: str) -> str:
    return str(Outcome(value).label)


@register.filter
def decision_state(value: str) -> str:
    return str(DecisionState(value).label)


@register.filter
def enforcement_state(value: str) -> str:
    return str(EnforcementState(value).label)


@register.filter
def milliseconds(value: int) -> str:
    return spoken_duration(value / 1000)


@register.filter
def target_of(targets: Iterable[SlaTarget], severity: str) -> SlaTarget | None:
    """The promise for one severity."""
    return next((target for target in targets if target.severity == int(severity)), None)


@register.filter
def reporter_name(value: str) -> str:
    return str(ReporterKind(value).label)


@register.filter
def film_time(milliseconds: int) -> str:
    """A place in a film as players show it: ``1:02:03.4``, without hours where there are none."""
    tenths = int(milliseconds) // 100
    hours, minutes, seconds = tenths // 36_000, tenths // 600 % 60, tenths / 10 % 60
    return f"{hours}:{minutes:02}:{seconds:04.1f}" if hours else f"{minutes}:{seconds:04.1f}"


@register.filter
def media_state(value: str) -> str:
    return str(MediaState(value).label) if value in MediaState.values else value


@register.filter
def way_name(way: str, minutes: int | None) -> str:
    """What was done about a stream."""
    if way == "interrupt":
        return _("interrupted for %(minutes)s min") % {"minutes": minutes}
    return {"warn": _("warned"), "end": _("ended")}.get(way, way)


@register.filter
def item_state(value: str) -> str:
    return str(ItemState(value).label)


@register.filter
def submission_name(value: str) -> str:
    return str(Submission(value).label)


@register.filter
def case_state(value: str) -> str:
    return str(CaseState(value).label)


@register.filter
def role_name(value: str) -> str:
    """How two items belong together, in words."""
    return str(ROLE_NAMES.get(value, value.replace("_", " ")))


@register.filter
def field_problem(problem: FieldProblem) -> str:
    """What is wrong with a field, after the field's name where it has one on the screen."""
    name = FIELD_NAMES.get(problem.pointer.strip("/").split("/")[0])
    return f"{name}: {problem.detail}" if name else problem.detail


@register.filter
def move_name(value: str) -> str:
    return str(MOVE_NAMES.get(value, value))


@register.filter
def asked_name(value: str) -> str:
    """Whose answer is waited for, in words."""
    return str(Asked(value).label)


@register.filter
def availability_name(value: str) -> str:
    return str(Availability(value).label)


@register.filter
def rough_ago(value: datetime | None) -> SafeString | str:
    """How long ago in the largest unit, for pages that refresh themselves."""
    if value is None:
        return "–"
    said = rough_duration(timezone.now() - value)
    return format_html('<time datetime="{}">{}</time>', value.isoformat(timespec="seconds"), said)


@register.inclusion_tag("web/queues/_age_bar.html")
def age_bar(ages: Sequence[int]) -> dict[str, Any]:
    """How old what waits is, as a bar; the numbers stand in its title."""
    return _bar(band_names(AGE_BANDS), ages, "age")


@register.inclusion_tag("web/queues/_age_bar.html")
def share_bar(shares: Sequence[int]) -> dict[str, Any]:
    """How much of its target the open work has used, as a bar; the numbers stand in its title."""
    return _bar(share_names(SHARE_BANDS), shares, "share")


def _bar(names: Sequence[str], counts: Sequence[int], shade: str) -> dict[str, Any]:
    told = ", ".join(f"{name}: {count}" for name, count in zip(names, counts, strict=True))
    return {"pieces": bar_pieces(counts), "total": sum(counts), "told": told, "shade": shade}
