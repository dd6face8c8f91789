"""The ladders that are switched on, read once and kept for a moment by each process.

While every ladder is off, this is all that is ever asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from piepowder.kernel.kept import Kept
from piepowder.policy.models import Ladder as LadderRow
from piepowder.policy.models import LadderVersion
from piepowder.policy.states import LadderMode
from piepowder.standing.ladder import Era, Ladder, Span, read_ladder
from piepowder.standing.models import LadderSwitch

KEPT_S = 2.0


@dataclass(frozen=True, slots=True)
class Version:
    """A published version of a ladder."""

    id: int
    since: datetime
    ladder: Ladder


@dataclass(frozen=True, slots=True)
class Known:
    """A ladder that is or was switched on: its versions, when it counted, and when it was in force."""

    id: int
    code: str
    mode: str
    versions: tuple[Version, ...]
    counted: tuple[Span, ...]
    live: tuple[Span, ...]
    ready: bool
    """The violations of its past days have all been taken into account."""

    def version_at(self, at: datetime) -> Version | None:
        """The version that holds then; before the first began, there is none."""
        begun = [one for one in self.versions if one.since <= at]
        return begun[-1] if begun else None

    def eras_before(self, version: Version) -> tuple[Era, ...]:
        return tuple(Era(one.since, one.ladder) for one in self.versions if one.since < version.since)

    def counts(self, at: datetime) -> bool:
        return any(span.since <= at and (span.until is None or at < span.until) for span in self.counted)

    @property
    def is_on(self) -> bool:
        return self.mode != LadderMode.OFF


def ladders_on() -> tuple[Known, ...]:
    """Those that count or are in force, by code."""
    return tuple(one for one in _kept() if one.is_on)


def ever_on() -> bool:
    """Whether any ladder ever was: before, nobody has a standing."""
    return _used()


def forget() -> None:
    """Read them anew at the next question."""
    _kept.forget()
    _used.forget()


def known_ladder(ladder_id: int) -> Known:
    """Any ladder, on or off, as it is stored now."""
    return _read(LadderRow.objects.filter(pk=ladder_id))[0]


def _load() -> tuple[Known, ...]:
    return _read(LadderRow.objects.exclude(mode=LadderMode.OFF))


def _read(rows: QuerySet[LadderRow]) -> tuple[Known, ...]:
    ladders = list(rows.order_by("code"))
    if not ladders:
        return ()
    ids = [row.pk for row in ladders]
    versions: dict[int, list[Version]] = {}
    for stored in LadderVersion.objects.filter(ladder__in=ids).select_related("ladder").order_by("ladder", "number"):
        read = read_ladder(stored.ladder.code, stored.content, stored.number)
        versions.setdefault(stored.ladder_id, []).append(Version(stored.pk, stored.effective_from, read))
    switches: dict[int, list[LadderSwitch]] = {}
    for switch in LadderSwitch.objects.filter(ladder__in=ids).order_by("at", "id"):
        switches.setdefault(switch.ladder_id, []).append(switch)
    return tuple(_known(row, versions.get(row.pk, []), switches.get(row.pk, [])) for row in ladders)


def _known(row: LadderRow, versions: list[Version], switches: list[LadderSwitch]) -> Known:
    counted: list[Span] = []
    live: list[Span] = []
    for place, switch in enumerate(switches):
        after = switches[place + 1] if place + 1 < len(switches) else None
        until = after.at if after else None
        if switch.mode != LadderMode.OFF:
            counted.append(Span(switch.counts_from, until))
        if switch.mode == LadderMode.LIVE:
            live.append(Span(switch.at, until))
    return Known(
        id=row.pk,
        code=row.code,
        mode=row.mode,
        versions=tuple(sorted(versions, key=lambda one: (one.since, one.ladder.number))),
        counted=tuple(counted),
        live=tuple(live),
        ready=all(switch.adopted_at is not None for switch in switches),
    )


_kept: Kept[tuple[Known, ...]] = Kept(_load, KEPT_S)
_used: Kept[bool] = Kept(LadderSwitch.objects.exists, KEPT_S)
