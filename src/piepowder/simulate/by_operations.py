"""Playing a history through the operations that people and systems use, one step after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import singledispatchmethod
from uuid import UUID

from django.db import transaction

from piepowder.decisions import operations as decisions
from piepowder.decisions.ruling import Ruling
from piepowder.intake import operations as intake
from piepowder.intake.models import Item
from piepowder.intake.outcomes import Result
from piepowder.intake.schemas import Notice, Submitted, parse_notice, parse_submission
from piepowder.kernel.actor import Actor
from piepowder.outbox.dispatcher import Dispatcher
from piepowder.review import jobs as review_jobs
from piepowder.review import operations as review
from piepowder.review.models import Case
from piepowder.review.states import ACTIVE_STATES
from piepowder.simulate import steps
from piepowder.simulate.founding import Founded
from piepowder.simulate.outside import MODEL, MODEL_VERSION
from piepowder.simulate.steps import ItemKey, Said, Step

TOGETHER = 250
"""Steps in one transaction: a commit for each would take most of the time."""


class NotPlayable(RuntimeError):
    """The script says something that the operations refuse: script and rules of the house disagree."""


class ByOperations:
    """Plays steps; remembers the leases and decisions that later steps speak of."""

    def __init__(self, who: Founded) -> None:
        self.who = who
        self.items: dict[ItemKey, UUID] = {}
        self.leases: dict[ItemKey, UUID] = {}
        self.decisions: dict[ItemKey, UUID] = {}
        self.dispatcher = Dispatcher()

    def play(self, script: Iterable[Step], *, told: Callable[[Step], None] | None = None) -> None:
        """Play the whole script; ``told`` hears of each step after it."""
        chunk: list[Step] = []
        for step in script:
            chunk.append(step)
            if len(chunk) == TOGETHER:
                self._play(chunk, told)
                chunk = []
        self._play(chunk, told)

    def _play(self, chunk: list[Step], told: Callable[[Step], None] | None) -> None:
        with transaction.atomic():
            for step in chunk:
                self.take(step)
                if told is not None:
                    told(step)

    @singledispatchmethod
    def take(self, step: Step) -> None:
        """Do one step."""
        raise NotPlayable(f"there is no way to play {type(step).__name__}")

    @take.register
    def _(self, step: steps.Store) -> None:
        stored = intake.store_upload(actor=self.who.marketplace, content=step.file.content, at=step.at)
        if stored.digest != step.file.digest:
            raise NotPlayable("a file was stored under another digest than the script knows")

    @take.register
    def _(self, step: steps.Receive) -> None:
        submissions = [_submitted(parse_submission(raw)) for raw in step.raws]
        outcomes = intake.receive(actor=self.who.marketplace, submissions=submissions, at=step.at)
        for given, outcome in zip(submissions, outcomes, strict=True):
            if outcome.result is Result.REFUSED or outcome.item_id is None:
                raise NotPlayable(f"{given.kind} {given.external_id} was refused: {outcome.problems}")
            self.items[given.kind, given.external_id] = outcome.item_id

    @take.register
    def _(self, step: steps.Report) -> None:
        notice = parse_notice(step.notice)
        if not isinstance(notice, Notice):
            raise NotPlayable(f"a notice cannot be read: {notice}")
        intake.report(actor=self.who.marketplace, notice=notice, at=step.at)

    @take.register
    def _(self, step: steps.Available) -> None:
        review.set_availability(actor=self._actor(step.person), state=step.state, at=step.at, source=step.source)

    @take.register
    def _(self, step: steps.Claim) -> None:
        case_id = Case.objects.filter(item_id=self.items[step.item], state__in=ACTIVE_STATES).values_list("pk").get()[0]
        claim = review.claim_case(actor=self._actor(step.person), case_id=case_id, at=step.at)
        self.leases[step.item] = claim.lease_id

    @take.register
    def _(self, step: steps.View) -> None:
        review.mark_viewed(actor=self._actor(step.person), lease_id=self.leases[step.item], at=step.at)

    @take.register
    def _(self, step: steps.Decide) -> None:
        decision = decisions.decide(
            actor=self._actor(step.person),
            lease_id=self.leases.pop(step.item),
            ruling=self._ruling(step.item, step.ruling),
            at=step.at,
        )
        self.decisions[step.item] = decision.pk

    @take.register
    def _(self, step: steps.Withdraw) -> None:
        actor = self._actor(step.person)
        decision = decisions.withdraw(actor=actor, decision_id=self.decisions[step.item], at=step.at)
        assert decision.case is not None, "a person decides a case"
        self.leases[step.item] = decision.case.lease.pk

    @take.register
    def _(self, step: steps.MachineDecides) -> None:
        decisions.decide_by_machine(
            actor=self.who.machine,
            item_id=self.items[step.item],
            ruling=self._ruling(step.item, step.ruling),
            machine=MODEL,
            version=MODEL_VERSION,
            at=step.at,
        )

    @take.register
    def _(self, step: steps.Skip) -> None:
        lease_id = self.leases.pop(step.item)
        review.skip(actor=self._actor(step.person), lease_id=lease_id, at=step.at, reason=step.reason)

    @take.register
    def _(self, step: steps.Release) -> None:
        review.release(actor=self._actor(step.person), lease_id=self.leases.pop(step.item), at=step.at)

    @take.register
    def _(self, step: steps.Hold) -> None:
        actor, lease_id = self._actor(step.person), self.leases.pop(step.item)
        review.hold(actor=actor, lease_id=lease_id, at=step.at, until=step.until, reason=step.reason)

    @take.register
    def _(self, step: steps.Transfer) -> None:
        actor, lease_id = self._actor(step.person), self.leases.pop(step.item)
        review.transfer(actor=actor, lease_id=lease_id, at=step.at, queue_code=step.queue, reason=step.reason)

    @take.register
    def _(self, step: steps.Escalate) -> None:
        lease_id = self.leases.pop(step.item)
        review.escalate(actor=self._actor(step.person), lease_id=lease_id, at=step.at, reason=step.reason)

    @take.register
    def _(self, step: steps.ExpireLeases) -> None:
        review_jobs.expire_leases(now=step.at)

    @take.register
    def _(self, step: steps.ResumeHeld) -> None:
        review_jobs.resume_held(now=step.at)

    @take.register
    def _(self, step: steps.Sweep) -> None:
        review_jobs.mark_breaches(now=step.at)
        self.dispatcher.settle(now=step.at)

    def _actor(self, person: str) -> Actor:
        return self.who.people[person]

    def _ruling(self, item: ItemKey, said: Said) -> Ruling:
        snapshot_id = Item.objects.values_list("snapshot_id", flat=True).get(pk=self.items[item])
        assert snapshot_id is not None, "an item is stored together with its first snapshot"
        return Ruling(
            outcome=said.outcome,
            snapshot_id=snapshot_id,
            policy_codes=(said.code,) if said.code else (),
            ground=said.ground,
            facts=said.facts,
            note=said.note,
            enforcements=said.enforcements,
        )


def _submitted(found: object) -> Submitted:
    if not isinstance(found, Submitted):
        raise NotPlayable(f"an item cannot be read: {found}")
    return found
