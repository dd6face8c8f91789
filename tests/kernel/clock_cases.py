"""Random calendars, events and cases around the instants at which zones change their clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
CHANGES = [
    ("America/New_York", "2026-03-08T07:00:00+00:00"),
    ("America/New_York", "2026-11-01T06:00:00+00:00"),
    ("Australia/Lord_Howe", "2026-04-04T15:00:00+00:00"),
    ("Australia/Lord_Howe", "2026-10-03T15:30:00+00:00"),
    ("Europe/Dublin", "2026-03-29T01:00:00+00:00"),
    ("Europe/Dublin", "2026-10-25T01:00:00+00:00"),
    ("Africa/Casablanca", "2026-02-15T02:00:00+00:00"),
    ("Africa/Casablanca", "2026-03-22T02:00:00+00:00"),
    ("Antarctica/Troll", "2026-03-29T01:00:00+00:00"),
    ("Pacific/Apia", "2011-12-30T10:00:00+00:00"),
    ("Asia/Kolkata", "2026-01-31T18:30:00+00:00"),
    ("Asia/Kathmandu", "2026-02-28T18:15:00+00:00"),
    ("UTC", "2028-02-29T00:00:00+00:00"),
]


def wall(minute: int) -> str:
    """Minutes after midnight as a time of day."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


@st.composite
def windows(draw: st.DrawFn) -> list[list[str]]:
    """Up to three disjoint windows of one day, perhaps touching."""
    edges = sorted(draw(st.lists(st.integers(0, 1440), min_size=2, max_size=6, unique=True)))
    return [[wall(a), wall(b)] for a, b in zip(edges[::2], edges[1::2], strict=False)]


@st.composite
def calendar(draw: st.DrawFn, tz: str, around: datetime) -> dict[str, Any]:
    """One version with any subset of weekdays, holidays and overrides near ``around``."""
    near = [(around + timedelta(days=offset)).date().isoformat() for offset in range(-2, 7)]
    day = st.one_of(windows(), windows(), st.just([["00:00", "24:00"]]))
    return {
        "effective_from": None,
        "tz": tz,
        "weekly": draw(st.dictionaries(st.sampled_from(WEEK), day, min_size=3)),
        "holidays": draw(st.lists(st.sampled_from(near), max_size=2, unique=True)),
        "overrides": draw(st.dictionaries(st.sampled_from(near), st.one_of(windows(), st.just([])), max_size=2)),
    }


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """A whole ``sla_due`` case in whole minutes: calendars, target, pauses and either priorities or reopenings."""
    tz, change = draw(st.sampled_from(CHANGES))
    around = datetime.fromisoformat(change)
    versions = [draw(calendar(tz, around))]
    if draw(st.booleans()):
        other = draw(st.sampled_from([tz, "Asia/Manila", "Europe/Dublin"]))
        later = around + timedelta(minutes=draw(st.integers(-2000, 4000)))
        versions.append(draw(calendar(other, around)) | {"effective_from": later.isoformat()})
    created = around - timedelta(minutes=draw(st.integers(0, 3000)))
    minute = st.integers(0, 5000).map(lambda offset: (created + timedelta(minutes=offset)).isoformat())
    events: list[dict[str, Any]] = []
    for reason in draw(st.lists(st.sampled_from(["seller", "legal", "vendor"]), max_size=3, unique=True)):
        first, last = sorted(draw(st.lists(minute, min_size=2, max_size=2, unique=True)), key=datetime.fromisoformat)
        events.append({"at": first, "type": "pause", "reason": reason})
        if draw(st.integers(0, 5)):
            events.append({"at": last, "type": "resume", "reason": reason})
    case: dict[str, Any] = {"tz": tz, "calendars": versions, "created": created.isoformat(), "rule": {}}
    course = draw(st.sampled_from(["plain", "priority", "reopen"]))
    if course == "priority":
        case["targets_minutes"] = {"P1": 60, "P2": 240, "P3": 960}
        case["rule"]["priority_change"] = draw(st.sampled_from(["carry_elapsed", "restart_at_change", "proportional"]))
        names = draw(st.sampled_from([["P3", "P1"], ["P3", "P2"], ["P1", "P3"], ["P2", "P1"]]))
        events.append({"at": draw(minute), "type": "priority", "from": names[0], "to": names[1]})
    else:
        case["target_minutes"] = draw(st.integers(0, 1500))
    if course == "reopen":
        case["rule"]["reopen"] = draw(st.sampled_from(["continue", "restart"]))
        first, last = sorted(draw(st.lists(minute, min_size=2, max_size=2, unique=True)), key=datetime.fromisoformat)
        events += [{"at": first, "type": "resolved"}, {"at": last, "type": "reopened"}]
    case["events"] = draw(st.permutations(events))
    return case


def utc(text: str) -> datetime:
    """``2026-03-04T10:00:00Z`` and the like as a UTC datetime."""
    return datetime.fromisoformat(text).astimezone(UTC)
