"""A second opinion on the clocks that shares nothing with them: walk the wall clock step by step and count.

It reads the same JSON cases and is far too slow for anything else.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
BEYOND = "beyond"


def is_open(calendars: list[dict[str, Any]], stamp: int) -> bool:
    """Whether the second at ``stamp`` counts, judged by its wall time alone."""
    version = calendars[0]
    for later in calendars[1:]:
        if datetime.fromisoformat(later["effective_from"]).timestamp() <= stamp:
            version = later
    wall = datetime.fromtimestamp(stamp, ZoneInfo(version["tz"]))
    on = wall.date().isoformat()
    if on in version["overrides"]:
        windows = version["overrides"][on]
    elif on in version["holidays"]:
        windows = []
    else:
        windows = version["weekly"].get(DAYS[wall.weekday()], [])
    return any(opening <= wall.strftime("%H:%M") < closing for opening, closing in windows)


def walk(case: dict[str, Any], step: int, days: int) -> datetime | str | None:
    """When the case is due: an instant, nothing under an endless pause, or beyond the days walked.

    Everything but the budget must be whole steps.
    """
    start = int(datetime.fromisoformat(case["created"]).timestamp())
    pending = sorted(case["events"], key=lambda event: datetime.fromisoformat(event["at"]))
    targets = {name: minutes * 60 for name, minutes in case.get("targets_minutes", {}).items()}
    first = next((targets[event["from"]] for event in pending if event["type"] == "priority"), None)
    nominal = budget = case["target_minutes"] * 60 if first is None else first
    reasons: set[str] = set()
    resolved, reached = False, [start]
    for stamp in range(start, start + days * 86_400, step):
        while pending and datetime.fromisoformat(pending[0]["at"]).timestamp() <= stamp:
            event = pending.pop(0)
            match event["type"]:
                case "pause":
                    reasons.add(event["reason"])
                case "resume":
                    reasons.discard(event["reason"])
                case "resolved":
                    resolved = True
                case "reopened":
                    resolved = False
                    if case["rule"].get("reopen") == "restart":
                        reached, budget = [stamp], nominal
                case "priority":
                    new = targets[event["to"]]
                    how = case["rule"]["priority_change"]
                    if how == "restart_at_change":
                        reached, budget = [stamp], new
                    elif how == "proportional":
                        left = max(0, budget - (len(reached) - 1) * step)
                        reached, budget = [stamp], ceil(new * left / nominal)
                    else:
                        budget = new
                    nominal = new
        if not pending:
            whole, rest = divmod(budget, step)
            if whole + (rest > 0) < len(reached):
                at = reached[whole + 1] - step + rest if rest else reached[whole]
                return datetime.fromtimestamp(at, UTC)
            if reasons:
                return None
        if not reasons and not resolved and is_open(case["calendars"], stamp):
            reached.append(stamp + step)
    return BEYOND


def open_seconds(calendars: list[dict[str, Any]], start: int, end: int) -> Iterator[int]:
    """Every counted second of ``[start, end)``."""
    return (stamp for stamp in range(start, end) if is_open(calendars, stamp))
