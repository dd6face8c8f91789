"""Reference cases in, answers out: the clocks as a plain function of JSON, for checking them against other systems.

Inputs and answers have the shape of the ``input`` and ``expected`` of ``tests/data/sla_cases.json``. A case is
answered as of its last event, since it has no clock on the wall.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, tzinfo
from fractions import Fraction
from typing import Any

from piepowder.kernel.clocks.calendars import Calendar, CalendarHistory, zone
from piepowder.kernel.clocks.events import ClockEvent, ClockRule, ClockState, Cycle, EventKind, PriorityChange, Reopen
from piepowder.kernel.clocks.multi import Conversation, Happening, Message, Targets, conversation, is_open
from piepowder.kernel.clocks.payload import MalformedInput, Reader, checked, day, listed, minutes, moment, text
from piepowder.kernel.clocks.sla import fold


class UnknownKind(LookupError):
    """No reckoning of that kind is built; the known ones are listed."""

    code = "unknown_kind"

    def __init__(self, kind: object) -> None:
        """Name the kind asked for and those there are."""
        super().__init__(f"unknown kind {kind!r}; known kinds: {', '.join(sorted(KINDS))}")
        self.kind = kind


def compute(kind: str, input: dict[str, Any]) -> Any:
    """The answer to one case of ``kind``.

    Raises :class:`UnknownKind` for a kind that is not built and
    :class:`~piepowder.kernel.clocks.payload.MalformedInput`, naming the field, for an input that cannot be read.
    """
    if kind not in KINDS:
        raise UnknownKind(kind)
    return KINDS[kind](Reader(input))


def sla_due(case: Reader) -> dict[str, Any]:
    """``due`` as UTC and local time, and what else the events give rise to.

    ``remaining_min`` if a pause without end leaves no due time; ``breached`` and ``breached_at`` once time beyond the
    budget has counted or a change of priority has put the due time in the past; ``elapsed_min_at`` each change and
    ``old_due``, had there been none; ``first_cycle`` after a reopening; ``met`` for a case that stands resolved.
    """
    tz = case.read("tz", zone_name)
    created = case.read("created", moment)
    history = calendars(case)
    targets = {name: case.child("targets_minutes").read(name, minutes) for name in case.child("targets_minutes").value}
    events = [clock_event(event, targets) for event in case.children("events")]
    whole = [ClockEvent(created, EventKind.CREATED), *(event for event, _ in events)]
    target = first_target(case, targets)
    rule = clock_rule(case)
    now = max(event.at for event in whole)
    state = fold(whole, target_seconds=target, calendar=history, now=now, rule=rule)

    answer: dict[str, Any] = {"due": spelled(state.due_at, tz)}
    if state.due_at is None:
        answer["remaining_min"] = state.current.remaining_s / 60
    if state.current.breached_at is not None and seen_late(state):
        answer |= {"breached": True, "breached_at": zulu(state.current.breached_at)}
    if state.changes:
        written = {event.at: as_written for event, as_written in events if event.kind is EventKind.PRIORITY}
        unchanged = [event for event in whole if event.kind is not EventKind.PRIORITY]
        before = fold(unchanged, target_seconds=target, calendar=history, now=now, rule=rule)
        answer["elapsed_min_at"] = {
            written.get(change.at, zulu(change.at)): change.elapsed_s / 60 for change in state.changes
        }
        answer["old_due"] = spelled(before.due_at, tz)
    if state.finished:
        first = state.finished[0]
        answer["first_cycle"] = {"due": spelled(first.due_at, tz), "met": first.met}
    if state.current.stopped_at is not None:
        answer["met"] = state.current.met
    return answer


def seen_late(state: ClockState) -> bool:
    """Whether the lateness is more than a due time that went by while nothing counted."""
    cycle: Cycle = state.current
    changed_late = any(change.at == cycle.breached_at for change in state.changes)
    return cycle.breach_s > 0 or (changed_late and cycle.due_at != cycle.breached_at)


def sla_multi_clock(case: Reader) -> dict[str, Any]:
    """Each clock's due time while it runs and its outcome once stopped, and the name of the earliest open one."""
    tz = case.read("tz", zone_name)
    wanted = case.child("targets_minutes")
    messages = [message for event in case.children("events") if (message := message_of(event)) is not None]
    if case.has("created"):
        messages.append(Message(case.read("created", moment), Happening.CREATED))
    if all(message.happening is not Happening.CREATED for message in messages):
        raise MalformedInput("events", "no event of type created")
    talk: Conversation = conversation(
        messages,
        targets=Targets(
            first_response_s=wanted.maybe("first_response", minutes),
            next_response_s=wanted.maybe("next_response", minutes),
            resolution_s=wanted.maybe("resolution", minutes),
        ),
        calendar=calendars(case),
        now=max(message.at for message in messages),
    )
    return {
        "first_response": clock_answer(talk.first_response, tz),
        "next_response": clock_answer(talk.next_response, tz),
        "resolution": clock_answer(talk.resolution, tz),
        "earliest": talk.earliest,
    }


KINDS: dict[str, Callable[[Reader], Any]] = {
    "sla_due": sla_due,
    "sla_multi_clock": sla_multi_clock,
}


def clock_answer(state: ClockState | None, tz: tzinfo) -> dict[str, Any] | None:
    """Due time of an open clock, outcome of a stopped one, the breach of a cleared one, else nothing."""
    if state is None:
        return None
    cycle = state.current
    if is_open(state):
        return spelled(cycle.due_at, tz) or {"due": None, "remaining_min": whole_if_possible(cycle.remaining_s / 60)}
    if cycle.met is not None and not state.cleared:
        return {"met": cycle.met, "elapsed_min": whole_if_possible(cycle.elapsed_s / 60)}
    if cycle.breached_at is not None:
        return {"met": False, "breached": True, "breached_at": zulu(cycle.breached_at)}
    return None


def calendars(case: Reader) -> CalendarHistory:
    """The calendar versions of a case, or the newest alone if its rule is ``retroactive``."""
    versions: list[tuple[datetime | None, Calendar]] = []
    for version in case.children("calendars"):
        weekly = version.child("weekly")
        overrides = version.child("overrides")
        calendar = Calendar(
            tz=str(version.read("tz", zone_name)),
            weekly=checked(weekly.path, lambda week: Calendar.of(tz="UTC", weekly=week), weekly.value).weekly,
            holidays=frozenset(version.maybe("holidays", dates) or ()),
        )
        special = {checked(overrides.path, day, on): windows for on, windows in overrides.value.items()}
        opened = checked(overrides.path, lambda own: Calendar.of(tz="UTC", weekly={}, overrides=own), special)
        versions.append((version.maybe("effective_from", moment), replace(calendar, overrides=opened.overrides)))
    history = checked("calendars", CalendarHistory, tuple(versions))
    change = case.child("rule").maybe("calendar_change", text) or "versioned"
    if change not in ("versioned", "retroactive"):
        raise MalformedInput("rule.calendar_change", f"{change!r} is not one of versioned, retroactive")
    return CalendarHistory(((None, history.latest),)) if change == "retroactive" else history


def clock_rule(case: Reader) -> ClockRule:
    """The case's choices, else the defaults."""
    rule = case.child("rule")
    return ClockRule(
        priority_change=rule.choice("priority_change", PriorityChange, PriorityChange.CARRY_ELAPSED),
        reopen=rule.choice("reopen", Reopen, Reopen.CONTINUE),
    )


def first_target(case: Reader, targets: Mapping[str, Fraction]) -> Fraction:
    """The target at the start: given outright, of the case's priority, or of the one its first change leaves."""
    if case.has("target_minutes"):
        return case.read("target_minutes", minutes)
    if case.has("priority"):
        return target_of(case, "priority", targets)
    changes = [event for event in case.children("events") if event.value.get("type") == EventKind.PRIORITY]
    if not changes:
        raise MalformedInput("target_minutes", "is missing")
    return target_of(min(changes, key=lambda event: event.read("at", moment)), "from", targets)


def target_of(source: Reader, name: str, targets: Mapping[str, Fraction]) -> Fraction:
    """The target of the priority named in a field."""
    priority = source.read(name, text)
    if priority not in targets:
        raise MalformedInput(source.where(name), f"targets_minutes has no {priority!r}")
    return targets[priority]


def clock_event(event: Reader, targets: Mapping[str, Fraction]) -> tuple[ClockEvent, str]:
    """An event and its time as it was written."""
    at = event.read("at", moment)
    kind = event.read("type", lambda word: EventKind(text(word)))
    target = target_of(event, "to", targets) if kind is EventKind.PRIORITY else None
    return ClockEvent(at, kind, event.maybe("reason", text), target), event.read("at", text)


def message_of(event: Reader) -> Message | None:
    """An event the clocks listen to; notes and the like are none."""
    at, word = event.read("at", moment), event.read("type", text)
    if word.endswith(_ENDINGS):
        return Message(at, Happening.DEACTIVATED)
    return Message(at, Happening(word), event.maybe("reason", text)) if word in set(Happening) else None


# However a system spells the end of a policy: sla_deactivated, policy_removed, ...
_ENDINGS = ("deactivated", "removed", "disabled", "cancelled")


def zone_name(value: Any) -> tzinfo:
    """A time zone by its name."""
    return zone(text(value))


def dates(value: Any) -> list[date]:
    """A list of dates."""
    return [day(item) for item in listed(value)]


def spelled(at: datetime | None, tz: tzinfo) -> dict[str, str] | None:
    """An instant in UTC and in local time."""
    return None if at is None else {"utc": zulu(at), "local": at.astimezone(tz).isoformat()}


def zulu(at: datetime) -> str:
    """An instant as ``2026-03-04T11:00:00Z``."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def whole_if_possible(value: float) -> int | float:
    """``20.0`` as ``20``."""
    return int(value) if value.is_integer() else value
