"""The board as its page needs it: what the address asks for, and every number with the address of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from piepowder.decisions.pace import NO_PACE, Pace, decisions_lately, pace_by, together
from piepowder.intake.states import Kind
from piepowder.kernel.actor import Actor
from piepowder.review.board import DIMENSIONS, Breakdown, Line, Tally, breakdown
from piepowder.review.forecast import NOTHING_EXPECTED, Expected, forecast
from piepowder.review.inflow import SLOT, arrivals, slots_begin
from piepowder.review.listing import CaseFilters
from piepowder.review.reference import reference
from piepowder.web.filters import number, typed
from piepowder.web.languages import language_name

DIMENSION_NAMES: Mapping[str, str | Promise] = {
    "queue": gettext_lazy("Queue"),
    "market": gettext_lazy("Market"),
    "language": gettext_lazy("Language"),
    "vendor": gettext_lazy("Vendor"),
    "site": gettext_lazy("Site"),
    "policy": gettext_lazy("Policy"),
    "severity": gettext_lazy("Severity"),
    "kind": gettext_lazy("Kind"),
}
_NEXT = {"queue": "policy", "vendor": "site"}
"""What a line is opened into; everything else into queues."""


@dataclass(frozen=True, slots=True)
class Asked:
    """``by`` one dimension, narrowed by the others."""

    by: str
    chosen: tuple[tuple[str, str], ...]

    @property
    def filters(self) -> CaseFilters:
        said = {name: value for name, value in self.chosen if name != "severity"}
        severity = next((number(value) for name, value in self.chosen if name == "severity"), None)
        return CaseFilters(**said, severity=severity)  # type: ignore[arg-type]

    def query(self, **changes: str | None) -> str:
        """The address of the same with ``changes``; ``None`` drops a part."""
        said: dict[str, str | None] = {"by": self.by, **dict(self.chosen), **changes}
        return urlencode([(name, value) for name, value in said.items() if value and (name, value) != ("by", "queue")])


@dataclass(frozen=True, slots=True)
class Step:
    """A way to look at it otherwise."""

    label: str
    query: str
    here: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the board. ``rows`` is the query that lists its cases, empty where none can."""

    code: str
    name: str
    tally: Tally
    pace: Pace
    expected: Expected | None
    opens: str
    rows: str
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Trend:
    """What came and what was decided, per half hour, the oldest first; the last half hour is still running."""

    arrived: tuple[int, ...]
    decided: tuple[int, ...]
    begins: tuple[datetime, ...]

    @property
    def lines(self) -> tuple[tuple[str, str, int], ...]:
        """For each series its name, its points in a picture of 240 × 48, and its last whole half hour."""
        most = max(1, *self.arrived, *self.decided)
        return tuple(
            (name, _points(series, most), series[-2])
            for name, series in (("arrived", self.arrived), ("decided", self.decided))
        )

    @property
    def table(self) -> list[tuple[datetime, int, int]]:
        return list(zip(self.begins, self.arrived, self.decided, strict=True))


def _points(series: Sequence[int], most: int) -> str:
    step = 240 / (len(series) - 1)
    return " ".join(f"{place * step:.1f},{46 - 44 * value / most:.1f}" for place, value in enumerate(series))


@dataclass(frozen=True, slots=True)
class BoardPage:
    asked: Asked
    rows: tuple[Row, ...]
    total: Row
    trend: Trend


def asked(query: QueryDict) -> Asked:
    """What the address asks for; what it should not say is left out."""
    said = typed(query, *DIMENSIONS)
    if number(said["severity"]) not in (0, 1, 2, 3):
        said["severity"] = ""
    by = query.get("by", "")
    return Asked(by if by in DIMENSIONS else "queue", tuple((name, said[name]) for name in DIMENSIONS if said[name]))


def switches(wanted: Asked) -> list[Step]:
    """The dimensions to choose from, without those that are narrowed to one value already."""
    narrowed = {name for name, _value in wanted.chosen}
    return [
        Step(str(DIMENSION_NAMES[name]), wanted.query(by=name), name == wanted.by)
        for name in DIMENSIONS
        if name not in narrowed or name == wanted.by
    ]


def narrowings(wanted: Asked) -> list[Step]:
    """What the board is narrowed to, each with the address without it."""
    return [
        Step(f"{DIMENSION_NAMES[name]}: {spoken(name, value)}", wanted.query(**{name: None}))
        for name, value in wanted.chosen
    ]


def board_page(actor: Actor, wanted: Asked, now: datetime) -> BoardPage:
    """Everything that moves on the board. Five queries; the forecast is made where it means something: by queue."""
    filters = wanted.filters
    parts = breakdown(actor, now, by=wanted.by, filters=filters)
    paces = pace_by(actor, now, by=wanted.by, filters=filters)
    expected = _expected(actor, now, wanted, paces)
    rows = tuple(_row(line, wanted, paces, expected) for line in parts.lines)
    begin = slots_begin(now)
    came, went = arrivals(actor, now, filters), decisions_lately(actor, now, filters)
    return BoardPage(
        asked=wanted,
        rows=rows,
        total=_total(parts, wanted, paces, expected),
        trend=Trend(tuple(came), tuple(went), tuple(begin + SLOT * place for place in range(len(came)))),
    )


def _expected(actor: Actor, now: datetime, wanted: Asked, paces: Mapping[str, Pace]) -> dict[str, Expected] | None:
    """Only for whole queues: a part of a queue has no order of work of its own."""
    if wanted.by != "queue" or {name for name, _value in wanted.chosen} - {"queue"}:
        return None
    found = forecast(actor, now, {code: float(pace.decided) for code, pace in paces.items()})
    only = dict(wanted.chosen).get("queue")
    return {code: one for code, one in found.items() if only in (None, code)}


def _row(line: Line, wanted: Asked, paces: Mapping[str, Pace], expected: Mapping[str, Expected] | None) -> Row:
    opens = rows = ""
    if line.code:
        narrowed = {**dict(wanted.chosen), wanted.by: line.code}
        opens = wanted.query(**{wanted.by: line.code, "by": _NEXT.get(wanted.by, "queue")})
        rows = urlencode(narrowed)
    return Row(
        code=line.code,
        name=line.name if wanted.by == "queue" else spoken(wanted.by, line.code),
        tally=line.tally,
        pace=paces.get(line.code, NO_PACE),
        expected=expected.get(line.code, NOTHING_EXPECTED) if expected is not None else None,
        opens=opens,
        rows=rows,
    )


def _total(parts: Breakdown, wanted: Asked, paces: Mapping[str, Pace], expected: Mapping[str, Expected] | None) -> Row:
    whole = None if expected is None else NOTHING_EXPECTED
    for one in (expected or {}).values():
        whole = one.with_that_of(whole or NOTHING_EXPECTED)
    return Row("", _("All"), parts.total, together(paces.values()), whole, "", urlencode(wanted.chosen), is_total=True)


def spoken(dimension: str, code: str) -> str:
    """A code of a dimension as people say it."""
    if not code:
        return _("nobody yet") if dimension in ("vendor", "site") else _("none")
    if dimension == "queue":
        entry = reference().by_code.get(code)
        return entry.name if entry else code
    if dimension == "language":
        return language_name(code)
    if dimension == "severity":
        return f"SEV{code}"
    if dimension == "kind":
        return str(Kind(code).label) if code in Kind.values else code
    return code


def cases_of(rows: str, **more: str) -> str:
    """The address that lists the cases of a line, narrowed further."""
    return f"{reverse('cases')}?{rows}{'&' if rows and more else ''}{urlencode(more)}"


def hours(span: timedelta) -> str:
    return _("%(n)d h") % {"n": span // timedelta(hours=1)}
