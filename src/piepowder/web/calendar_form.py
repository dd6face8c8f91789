"""The form of a working calendar: windows of the week and special days as people write them, and the year as a picture."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.dates import MONTHS_3, WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from piepowder.kernel.clocks.calendars import WEEKDAYS as DAYS
from piepowder.review.calendar_preview import Day
from piepowder.review.calendars import holiday_places
from piepowder.review.models import CalendarVersion
from piepowder.web.forms import PlainForm

_DASH = re.compile(r"\s*[-–—]\s*")
_SQUARE, _LEFT, _TOP = 18, 26, 12


class Windows(forms.CharField):
    """``09:00-12:00, 13:00-17:00``; empty or ``closed`` means closed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def to_python(self, value: Any) -> list[list[str]]:  # type: ignore[override]
        return windows_of(str(value or ""))

    def prepare_value(self, value: Any) -> Any:
        return windows_text(value) if isinstance(value, list) else value


class SpecialDays(forms.CharField):
    """One day a line: ``2026-12-24 09:00-12:00`` or ``2026-12-25 closed``."""

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def to_python(self, value: Any) -> dict[str, list[list[str]]]:  # type: ignore[override]
        found: dict[str, list[list[str]]] = {}
        for line in str(value or "").splitlines():
            if not line.strip():
                continue
            day, _blank, windows = line.strip().partition(" ")
            try:
                found[date.fromisoformat(day.rstrip(":")).isoformat()] = windows_of(windows)
            except ValueError as error:
                raise forms.ValidationError(
                    _("“%(line)s” does not begin with a date such as 2026-12-24") % {"line": line}
                ) from error
        return found

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return "\n".join(f"{day} {windows_text(value[day]) or 'closed'}" for day in sorted(value))


def windows_of(text: str) -> list[list[str]]:
    """The windows as pairs of opening and closing; raises ``ValidationError`` for what is none."""
    text = text.strip()
    if not text or text.lower() in ("closed", "–", "-", _("closed").lower()):
        return []
    pairs = [_DASH.split(part.strip()) for part in text.split(",") if part.strip()]
    if any(len(pair) != 2 for pair in pairs):
        raise forms.ValidationError(_("windows such as 09:00-12:00, 13:00-17:00"))
    return pairs


def windows_text(windows: Sequence[Sequence[str]]) -> str:
    return ", ".join(f"{start}-{end}" for start, end in windows)


def _zones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(zoneinfo.available_timezones()) if "/" in name or name == "UTC"]


def _places() -> list[tuple[str, str]]:
    found = [("", _("no public holidays"))]
    for country, regions in sorted(holiday_places().items()):
        found.append((country, country))
        found += [(f"{country}-{region}", f"{country} · {region}") for region in regions]
    return found


class CalendarForm(PlainForm):
    code = forms.CharField(label=gettext_lazy("Code"), max_length=40, help_text=gettext_lazy("Never changes."))
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    timezone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=_zones, initial="UTC")
    place = forms.ChoiceField(label=gettext_lazy("Public holidays of"), choices=_places, required=False)
    overrides = SpecialDays(
        label=gettext_lazy("Special days"),
        help_text=gettext_lazy("One a line: 2026-12-24 09:00-12:00, or 2026-12-25 closed. Stronger than holidays."),
    )
    effective_from = forms.DateTimeField(
        label=gettext_lazy("In force from"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=gettext_lazy("Empty means at once. The first version also governs everything before it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, day in enumerate(DAYS):
            field = Windows(label=WEEKDAYS[number])
            field.widget.attrs.update({"class": "form-control", "placeholder": _("closed")})
            self.fields[day] = field
        self.fields["overrides"].widget.attrs.update({"rows": 5, "class": "form-control mono"})

    def week_fields(self) -> list[Any]:
        return [self[day] for day in DAYS]

    def other_fields(self) -> list[Any]:
        return [self[name] for name in ("code", "name", "timezone", "place", "overrides", "effective_from")]

    def values(self) -> dict[str, Any]:
        """What a calendar is made of."""
        typed = self.cleaned_data
        country, _dash, region = typed["place"].partition("-")
        return {
            "timezone": typed["timezone"],
            "weekly": {day: typed[day] for day in DAYS if typed[day]},
            "country": country,
            "region": region,
            "overrides": typed["overrides"],
        }


def calendar_initial(version: CalendarVersion | None) -> dict[str, Any]:
    """What the form shows of a version; office hours for a new calendar."""
    if version is None:
        return {day: [["09:00", "17:00"]] for day in DAYS[:5]}
    return {
        "code": version.calendar.code,
        "name": version.calendar.name,
        "timezone": version.timezone,
        "place": f"{version.country}-{version.region}" if version.region else version.country,
        "overrides": version.overrides,
        **{day: version.weekly.get(day, []) for day in DAYS},
    }


@dataclass(frozen=True, slots=True)
class Square:
    """One day in the picture; ``band`` picks the shade, ``mark`` the border."""

    x: int
    y: int
    band: int
    mark: str
    told: str


@dataclass(frozen=True, slots=True)
class MonthLine:
    name: str
    y: int
    hours: float
    open_days: int
    exceptions: Sequence[Day]


@dataclass(frozen=True, slots=True)
class YearPicture:
    """A row of squares for each month, and the same as a table."""

    squares: Sequence[Square]
    months: Sequence[MonthLine]
    hours: float
    width: int = _LEFT + 31 * _SQUARE
    height: int = _TOP + 12 * _SQUARE
    size: int = _SQUARE


def year_picture(days: Iterable[Day]) -> YearPicture:
    by_month: Mapping[int, list[Day]] = {month: [] for month in range(1, 13)}
    for day in days:
        by_month[day.on.month].append(day)
    months = [
        MonthLine(
            capfirst(MONTHS_3[month]),
            _TOP + (month - 1) * _SQUARE,
            sum(day.open_s for day in some) / 3600,
            sum(1 for day in some if day.open_s),
            [day for day in some if day.name or day.special],
        )
        for month, some in by_month.items()
    ]
    squares = [_square(day) for some in by_month.values() for day in some]
    return YearPicture(squares, months, sum(month.hours for month in months))


def _square(day: Day) -> Square:
    hours = day.open_s / 3600
    band = 0 if not hours else 1 if hours <= 4 else 2 if hours <= 8 else 3 if hours < 16 else 4
    mark = "is-special" if day.special else "is-holiday" if day.name else ""
    told = f"{day.on.isoformat()}: {hours:g} h" + (f" · {day.name}" if day.name else "")
    return Square(_LEFT + (day.on.day - 1) * _SQUARE, _TOP + (day.on.month - 1) * _SQUARE, band, mark, told)
