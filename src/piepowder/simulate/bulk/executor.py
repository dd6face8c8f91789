"""Playing a history in bulk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import singledispatchmethod

from django.db import transaction

from piepowder.intake import operations as intake
from piepowder.intake.schemas import Notice, Submitted, parse_notice, parse_submission
from piepowder.kernel.actor import Actor
from piepowder.review.reference import reference
from piepowder.review.states import CaseEventKind
from piepowder.simulate import steps
from piepowder.simulate.bulk.desk import Desk, Open
from piepowder.simulate.bulk.inbox import Inbox
from piepowder.simulate.bulk.outgoing import Post
from piepowder.simulate.bulk.pages import Pages
from piepowder.simulate.bulk.rulings import Machine, Rulings
from piepowder.simulate.founding import Founded
from piepowder.simulate.outside import MODEL, MODEL_VERSION
from piepowder.simulate.steps import ItemKey, Step

_THE_MODEL = Machine(MODEL, MODEL_VERSION)


class NotPlayable(RuntimeError):
    """The script says something that cannot be read as what it should be."""


class InBulk:
    """Plays steps in memory and inserts what they leave. The installation must have nothing but its organisation."""

    def __init__(self, who: Founded) -> None:
        self.who = who
        self.pages = Pages()
        self.desk = Desk(self.pages, reference())
        self.inbox = Inbox(self.pages, self.desk, who.marketplace)
        self.post = Post(self.pages)
        self.rulings = Rulings(self.pages, self.desk, self.post)

    @transaction.atomic
    def play(self, script: Iterable[Step], *, told: Callable[[Step], None] | None = None) -> None:
        """Play the whole script in one transaction; ``told`` hears of each step after it."""
        for step in script:
            self.take(step)
            if told is not None:
                told(step)
            if self.pages.is_full:
                self.pages.insert()
        self.post.finish()
        self.desk.finish()
        self.inbox.finish()
        self.pages.insert()

    @singledispatchmethod
    def take(self, step: Step) -> None:
        """Do one step."""
        raise NotPlayable(f"there is no way to play {type(step).__name__}")

    @take.register
    def _(self, step: steps.Store) -> None:
        # Files go through the operation here too: writing them is what takes the time.
        intake.store_upload(actor=self.who.marketplace, content=step.file.content, at=step.at)

    @take.register
    def _(self, step: steps.Receive) -> None:
        for raw in step.raws:
            given = parse_submission(raw)
            if not isinstance(given, Submitted):
                raise NotPlayable(f"an item cannot be read: {given}")
            self.inbox.receive(given, step.at)

    @take.register
    def _(self, step: steps.Report) -> None:
        notice = parse_notice(step.notice)
        if not isinstance(notice, Notice):
            raise NotPlayable(f"a notice cannot be read: {notice}")
        self.inbox.report(notice, step.at)

    @take.register
    def _(self, step: steps.Available) -> None:
        self.desk.available(actor=self._actor(step), state=step.state, at=step.at, source=step.source)

    @take.register
    def _(self, step: steps.Claim) -> None:
        self.desk.claim(self._case(step.item), actor=self._actor(step), at=step.at)

    @take.register
    def _(self, step: steps.View) -> None:
        self.desk.view(self._case(step.item), actor=self._actor(step), at=step.at)

    @take.register
    def _(self, step: steps.Decide) -> None:
        self.rulings.decide(self.inbox.items[step.item], step.ruling, actor=self._actor(step), at=step.at)

    @take.register
    def _(self, step: steps.MachineDecides) -> None:
        known = self.inbox.items[step.item]
        self.rulings.decide(known, step.ruling, actor=self.who.machine, at=step.at, machine=_THE_MODEL)

    @take.register
    def _(self, step: steps.Withdraw) -> None:
        self.rulings.withdraw(self.inbox.items[step.item], actor=self._actor(step), at=step.at)

    @take.register
    def _(self, step: steps.Skip) -> None:
        self.desk.skip(self._case(step.item), actor=self._actor(step), at=step.at, reason=step.reason)

    @take.register
    def _(self, step: steps.Release) -> None:
        self.desk.release(self._case(step.item), actor=self._actor(step), at=step.at)

    @take.register
    def _(self, step: steps.Hold) -> None:
        case, actor = self._case(step.item), self._actor(step)
        self.desk.hold(case, actor=actor, at=step.at, until=step.until, reason=step.reason)

    @take.register
    def _(self, step: steps.Transfer) -> None:
        queue = self.desk.known.by_code[step.queue]
        kind, verb = CaseEventKind.TRANSFERRED, "case.transfer"
        case, actor = self._case(step.item), self._actor(step)
        self.desk.move(case, queue, actor=actor, at=step.at, kind=kind, verb=verb, reason=step.reason)

    @take.register
    def _(self, step: steps.Escalate) -> None:
        one, actor = self._case(step.item), self._actor(step)
        above = self.desk.known.queues[one.case.queue_id].escalates_to
        assert above is not None, "the script escalates only where there is somewhere to escalate to"
        kind, verb = CaseEventKind.ESCALATED, "case.escalate"
        queue = self.desk.known.queues[above]
        self.desk.move(one, queue, actor=actor, at=step.at, kind=kind, verb=verb, reason=step.reason)

    @take.register
    def _(self, step: steps.ExpireLeases) -> None:
        self.desk.expire(step.at)

    @take.register
    def _(self, step: steps.ResumeHeld) -> None:
        self.desk.resume(step.at)

    @take.register
    def _(self, step: steps.Sweep) -> None:
        self.desk.mark_breaches(step.at)
        self.post.settle(step.at)

    def _case(self, item: ItemKey) -> Open:
        return self.desk.active[self.inbox.items[item].item.pk]

    def _actor(self, step: steps.CaseStep | steps.Available) -> Actor:
        return self.who.people[step.person]
