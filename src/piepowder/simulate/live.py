"""A living marketplace: items arrive and synthetic reviewers work on them, in real time, through the operations."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from piepowder.decisions import operations as decisions
from piepowder.decisions.ruling import Ruling
from piepowder.intake import operations as intake
from piepowder.intake.models import Snapshot
from piepowder.intake.schemas import Notice, Submitted, parse_notice, parse_submission
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Conflict
from piepowder.review import operations as review
from piepowder.simulate.chance import Chance
from piepowder.simulate.founding import Founded, founded
from piepowder.simulate.gallery import Gallery
from piepowder.simulate.house import House, shipped_house
from piepowder.simulate.judgement import Looked, judge
from piepowder.simulate.marketplace import Arriving, Marketplace
from piepowder.simulate.models import Truth
from piepowder.simulate.plan import PersonPlan, people
from piepowder.simulate.reviewers import Reviewer, reviewer
from piepowder.simulate.vocabulary import markets, words

_HANDLING_S = 25.0


@dataclass(slots=True)
class _Hand:
    """A reviewer at work; ``until`` is when they rule, or look for the next case."""

    plan: PersonPlan
    errs: Reviewer
    actor: Actor
    until: datetime
    claim: review.Claim | None = None


def _now() -> datetime:
    return datetime.now(UTC)


def work(
    *,
    seed: int,
    minutes: float,
    reviewers: int = 12,
    items_per_minute: float = 20.0,
    clock: Callable[[], datetime] = _now,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Let the seeded organisation live for ``minutes`` and return how many decisions were made.

    Items come in at random, at ``items_per_minute`` on average; ``reviewers`` people claim, look and rule. Whoever has a
    case in hand at the end puts it back, also when it is interrupted.
    """
    floor = _Live(seed, reviewers, items_per_minute, clock())
    ends_at = clock() + timedelta(minutes=minutes)
    try:
        while (at := clock()) < ends_at:
            floor.turn(at)
            sleep(0.25)
    finally:
        floor.stop(clock())
    return floor.decided


class _Live:
    def __init__(self, seed: int, reviewers: int, items_per_minute: float, at: datetime) -> None:
        # Another stream for each start, so that a second one does not send the items of the first again.
        self.chance = Chance(seed, f"live/{at.isoformat()}")
        crew = people(Chance(seed, "people"))
        self.who: Founded = founded(crew, at=at)
        self.house: House = shipped_house(tuple(market.code for market in markets()), at)
        self.market = Marketplace(self.chance.child("market"), Gallery(), series=f"{int(at.timestamp()):X}")
        self.gap_s = 60.0 / items_per_minute
        self.next_item_at = at
        self.reports: list[tuple[datetime, Arriving]] = []
        self.truths: dict[tuple[str, str], Arriving] = {}
        self.decided = 0
        workers = [person for person in crew if person.works]
        step = max(1, len(workers) // reviewers)
        self.hands = [
            _Hand(one, reviewer(one, Chance(seed, f"worker/{one.key}")), self.who.people[one.key], at)
            for one in workers[::step][:reviewers]
        ]
        for hand in self.hands:
            review.set_availability(actor=hand.actor, state="available", at=at, source="login")

    def turn(self, at: datetime) -> None:
        """Everything that is due at ``at``."""
        while self.next_item_at <= at:
            self._submit(at)
            self.next_item_at += timedelta(seconds=self.chance.waiting(self.gap_s))
        for due, made in [one for one in self.reports if one[0] <= at]:
            self.reports.remove((due, made))
            self._report(made, at)
        for hand in self.hands:
            if hand.until <= at:
                self._act(hand, at)
            elif hand.claim is not None:
                review.still_here(actor=hand.actor, at=at)

    def stop(self, at: datetime) -> None:
        """Put back what is in hand and go home."""
        for hand in self.hands:
            if hand.claim is not None:
                # One that ran out by itself needs no putting back.
                with suppress(review.LeaseLost):
                    review.release(actor=hand.actor, lease_id=hand.claim.lease_id, at=at)
            review.set_availability(actor=hand.actor, state="offline", at=at, source="logout")

    def _submit(self, at: datetime) -> None:
        made = self.market.next_item(at)
        for file in self.market.gallery.take_new():
            intake.store_upload(actor=self.who.marketplace, content=file.content, at=at)
        given = parse_submission(made.raw)
        assert isinstance(given, Submitted), given
        intake.receive(actor=self.who.marketplace, submissions=[given], at=at)
        Truth.objects.create(kind=made.key[0], external_id=made.key[1], policy_code=made.code, wave=made.wave)
        self.truths[made.key] = made
        if made.complaint is not None:
            # Minutes instead of hours: who watches wants to see reports join open cases.
            self.reports.append((at + made.complaint.after / 120, made))

    def _report(self, made: Arriving, at: datetime) -> None:
        assert made.complaint is not None
        notice = parse_notice(made.complaint.notice)
        assert isinstance(notice, Notice), notice
        intake.report(actor=self.who.marketplace, notice=notice, at=at)

    def _act(self, hand: _Hand, at: datetime) -> None:
        claim, hand.claim = hand.claim, None
        if claim is not None:
            self._rule(hand, claim, at)
            hand.until = at + timedelta(seconds=self.chance.between(1, 4))
            return
        # Whoever has seen enough of the grave today waits for milder work.
        with suppress(review.ExposureSpent):
            hand.claim = review.claim_next(actor=hand.actor, at=at)
        if hand.claim is None:
            review.still_here(actor=hand.actor, at=at)
            hand.until = at + timedelta(seconds=self.chance.between(4, 12))
            return
        review.mark_viewed(actor=hand.actor, lease_id=hand.claim.lease_id, at=at)
        hand.until = at + timedelta(seconds=min(200.0, 3 + self.chance.lognormal(_HANDLING_S, 0.6)))

    def _rule(self, hand: _Hand, claim: review.Claim, at: datetime) -> None:
        looked, snapshot_id = self._looked(claim)
        said = judge(looked, hand.errs, self.house, chance=self.chance, hours=1.0, week=3.0)
        ruling = Ruling(
            outcome=said.outcome,
            snapshot_id=snapshot_id,
            policy_codes=(said.code,) if said.code else (),
            ground=said.ground,
            facts=said.facts,
            note=said.note,
            enforcements=said.enforcements,
        )
        try:
            decisions.decide(actor=hand.actor, lease_id=claim.lease_id, ruling=ruling, at=at)
        except Conflict:
            return  # The item changed or somebody took the case away meanwhile; the next one, then.
        self.decided += 1

    def _looked(self, claim: review.Claim) -> tuple[Looked, UUID]:
        """The item of a case with what is really true of it, from this run or from the history before."""
        snapshot = Snapshot.objects.select_related("item").get(pk=claim.case.snapshot_id)
        item = snapshot.item
        truth = Truth.objects.filter(kind=item.kind, external_id=item.external_id).order_by("-snapshot_number").first()
        made = self.truths.get((item.kind, item.external_id))
        quoted = words(item.language)["facts"]["quote"].format(quote=item.title[:200])
        looked = Looked(
            kind=item.kind,
            market=item.market,
            language=item.language,
            code=truth.policy_code if truth else "",
            lookalike_of=made.lookalike_of if made else "",
            suspected=claim.case.policy_code,
            facts=made.facts if made else quoted,
        )
        return looked, snapshot.pk
