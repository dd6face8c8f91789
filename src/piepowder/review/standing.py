"""Which lanes a person may claim from: permission, vendor, language, skill and market, each in its scope."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from piepowder.kernel.actor import Actor, ActorKind, Place, Scope
from piepowder.kernel.errors import Refused
from piepowder.kernel.permissions import Permission
from piepowder.review.exposure import SEVERITIES
from piepowder.review.models import Eligibility
from piepowder.review.reference import LaneEntry, QueueEntry, Reference

ANY_LANGUAGE = ("", "und")
"""Lanes of items in no particular language, which everybody can judge."""


ADJUDICATION = "case:adjudicate"
"""In place of a skill on lanes whose cases only people with this permission may judge."""


class NotAPerson(Refused):
    code = "not_a_person"


@dataclass(frozen=True, slots=True)
class Reach:
    """The lanes somebody may claim from: some in every market, others in certain markets only."""

    lanes: tuple[int, ...] = ()
    in_markets: tuple[tuple[int, str], ...] = ()

    @property
    def all_lanes(self) -> tuple[int, ...]:
        return tuple(sorted({*self.lanes, *(lane for lane, _market in self.in_markets)}))

    def __bool__(self) -> bool:
        return bool(self.lanes or self.in_markets)

    def covers(self, lane_id: int, market: str) -> bool:
        return lane_id in self.lanes or (lane_id, market) in self.in_markets


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody may be given, and what goes first: urgent cases, then what is reserved for them, then ``starred``.

    ``urgent`` is the part of the reach whose gravest cases cannot wait; ``severities`` are those they have not yet seen
    enough of today.
    """

    within: Reach
    urgent: Reach = Reach()
    starred: tuple[int, ...] = ()
    """Lanes."""
    severities: tuple[int, ...] = SEVERITIES

    @property
    def is_restricted(self) -> bool:
        return self.severities != SEVERITIES


def user_id_of(actor: Actor) -> int:
    """The person's id; raises ``NotAPerson`` for keys, machines and the system: only people hold cases."""
    if actor.kind is not ActorKind.PERSON:
        raise NotAPerson(_("only a person can hold a case"))
    return int(actor.ref)


def reach(known: Reference, actor: Actor, skills: frozenset[str], queues: Collection[str] = ()) -> Reach:
    """What ``actor`` with these valid ``skills`` may claim from; ``queues`` (codes) narrows it further.

    The answer is kept with the reference copy it was worked out from.
    """
    key = (actor, skills, tuple(queues))
    found = known.reaches.get(key)
    if found is None:
        found = known.reaches[key] = _worked_out(known, actor, skills, queues)
    return found


def wish(
    known: Reference,
    actor: Actor,
    skills: frozenset[str],
    *,
    queues: Collection[str] = (),
    starred: Collection[str] = (),
    severities: tuple[int, ...] = SEVERITIES,
) -> Wish:
    """What ``actor`` may be given from ``queues`` (codes; all within reach when empty), ``starred`` ones first."""
    preempting = [code for code, queue in known.by_code.items() if queue.preempts and (not queues or code in queues)]
    fond = {known.by_code[code].id for code in starred if code in known.by_code}
    return Wish(
        within=reach(known, actor, skills, queues),
        urgent=reach(known, actor, skills, preempting) if preempting and 0 in severities else Reach(),
        starred=tuple(lane.id for lane in known.lanes.values() if lane.queue_id in fond) if fond else (),
        severities=severities,
    )


def _worked_out(known: Reference, actor: Actor, skills: Collection[str], queues: Collection[str]) -> Reach:
    scopes = actor.scopes(Permission.CASE_CLAIM)
    lanes: list[int] = []
    in_markets: list[tuple[int, str]] = []
    for lane in known.lanes.values():
        queue = known.queues[lane.queue_id]
        if not _is_open_to(actor, skills, queue, lane) or (queues and queue.code not in queues):
            continue
        limits = [scope.markets for scope in scopes if _within(scope, actor, queue, lane)]
        if not limits:
            continue
        if any(not markets for markets in limits):
            lanes.append(lane.id)
        else:
            in_markets += [(lane.id, market) for market in sorted(frozenset[str]().union(*limits))]
    return Reach(tuple(sorted(lanes)), tuple(sorted(in_markets)))


def _is_open_to(actor: Actor, skills: Collection[str], queue: QueueEntry, lane: LaneEntry) -> bool:
    return (
        queue.active
        and queue.is_worked_by(actor.vendor)
        and (not lane.skill or lane.skill in skills or _adjudicates(actor, queue, lane))
        and (lane.language in ANY_LANGUAGE or lane.language in actor.languages)
    )


def _adjudicates(actor: Actor, queue: QueueEntry, lane: LaneEntry) -> bool:
    """Whether this is a lane of adjudicators, and the person is one. A skill that the queue asks for is not waived."""
    place = Place(vendor=actor.vendor, queue=queue.code, language=lane.language)
    return lane.skill == ADJUDICATION and actor.may(Permission.CASE_ADJUDICATE, place)


def _within(scope: Scope, actor: Actor, queue: QueueEntry, lane: LaneEntry) -> bool:
    return scope.covers(Place(vendor=actor.vendor, queue=queue.code, language=lane.language))


def valid_skills(known: Reference, user_id: int, at: datetime) -> frozenset[str]:
    """The skills a person is eligible for at ``at``."""
    rows = known.skills.get(user_id)
    if rows is None:
        granted = Eligibility.objects.filter(user_id=user_id).order_by("skill")
        rows = known.skills[user_id] = tuple(granted.values_list("skill", "granted_at", "expires_at"))
    return frozenset(skill for skill, since, until in rows if since <= at and (until is None or at < until))
