"""Who may not hear an appeal: everybody who had a part in the decision, their managers then and now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from piepowder.access.queries import reporting_line
from piepowder.appeals.models import Appeal, Bar
from piepowder.appeals.states import BarReason
from piepowder.decisions.models import Decision, Opinion, Proposal

_LONGEST_CHAIN = 50
Part = tuple[int, BarReason]


def missing_bars(appeal: Appeal) -> list[Part]:
    """The bars that the appeal should have by now and has not; managers are looked up as of this moment."""
    there = set(Bar.objects.filter(appeal=appeal).values_list("user_id", "why"))
    wanted = dict.fromkeys(_wanted(appeal))
    return [(user, why) for user, why in wanted if (user, why.value) not in there]


def add_bars(appeal: Appeal, parts: Iterable[Part], at: datetime) -> None:
    """Keep further bars; the database refuses one against whoever hears the appeal at the moment."""
    Bar.objects.bulk_create(Bar(appeal=appeal, user_id=user, why=why, at=at) for user, why in parts)


def barred(appeal_id: UUID, user_id: int) -> bool:
    """Whether ``user_id`` is barred by what is kept so far."""
    return Bar.objects.filter(appeal_id=appeal_id, user_id=user_id).exists()


def may_hear(appeal: Appeal, user_id: int) -> bool:
    """Whether nothing bars ``user_id`` from the appeal, neither what is kept nor who leads whom by now."""
    return not barred(appeal.pk, user_id) and all(user != user_id for user, _why in missing_bars(appeal))


def _wanted(appeal: Appeal) -> Iterator[Part]:
    people: list[int] = []
    for decision in _chain(appeal.decision_id):
        for user, why in _parts(decision):
            people.append(user)
            yield user, why
        yield from ((user, BarReason.MANAGER_THEN) for user in decision.reporting_line)
    # Who heard an earlier stage judged the complainant's reasons already; their managers did not.
    earlier = Appeal.objects.filter(decision_id=appeal.decision_id, hearer__isnull=False, ended_at__isnull=False)
    for user in earlier.exclude(pk=appeal.pk).order_by("filed_at").values_list("hearer_id", flat=True):
        assert user is not None
        yield user, BarReason.HEARER
    for line in _settled_lines(appeal.decision_id):
        yield from ((user, BarReason.MANAGER_THEN) for user in line)
    for person in dict.fromkeys(people):
        yield from ((user, BarReason.MANAGER_NOW) for user in reporting_line(person))


def _chain(decision_id: UUID) -> Iterator[Decision]:
    """The decision and those it superseded: whoever ruled earlier on the same thing has taken a side."""
    current: UUID | None = decision_id
    for _step in range(_LONGEST_CHAIN):
        if current is None:
            return
        decision = Decision.objects.get(pk=current)
        yield decision
        current = decision.supersedes_id


def _parts(decision: Decision) -> Iterator[Part]:
    if decision.decider_id is not None:
        yield decision.decider_id, BarReason.DECIDER
    if decision.approver_id is not None:
        yield decision.approver_id, BarReason.APPROVER
    proposals = _proposals(decision)
    for proposal in proposals:
        yield proposal.proposer_id, BarReason.APPROVER
        if proposal.settled_by_id is not None:
            yield proposal.settled_by_id, BarReason.APPROVER
    # What was approved beside an urgent decision belongs to no case itself, but the opinions on the case were about it.
    cases = {proposal.case_id for proposal in proposals} | ({decision.case_id} if decision.case_id else set())
    if cases:
        given = Opinion.objects.filter(case_id__in=cases).order_by("at", "id")
        yield from ((user, BarReason.OPINION) for user in given.values_list("user_id", flat=True))


def _proposals(decision: Decision) -> list[Proposal]:
    about = Q(decision=decision)
    if decision.case_id is not None:
        about |= Q(case_id=decision.case_id)
    return list(Proposal.objects.filter(about).order_by("proposed_at", "id"))


def _settled_lines(decision_id: UUID) -> list[list[int]]:
    decision = Decision.objects.get(pk=decision_id)
    return [proposal.settled_line for proposal in _proposals(decision) if proposal.settled_line]
