"""Items and reports in bulk, as intake's operations leave them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from piepowder.intake.likeness import title_key
from piepowder.intake.models import Detection, Item, ItemMedia, Relation, Report, Reporter, Snapshot, Trait
from piepowder.intake.notices import notice_digest
from piepowder.intake.reporters import TRUST, ref_of, trust_of
from piepowder.intake.schemas import MediaGiven, Notice, Submitted
from piepowder.intake.states import STATE_AFTER, Kind, MediaState, ReporterKind
from piepowder.intake.traits import traits_of
from piepowder.intake.weighing import EARNS
from piepowder.kernel.actor import Actor
from piepowder.kernel.ids import new_id
from piepowder.simulate.bulk.desk import Desk, snapshot_of
from piepowder.simulate.bulk.pages import Pages
from piepowder.simulate.steps import ItemKey


@dataclass(slots=True)
class Known:
    """An item in memory, with what decisions ask about its newest snapshot."""

    item: Item
    snapshot: Snapshot
    media: tuple[MediaGiven, ...]
    detected: tuple[str, ...]
    """Policies named by the detections in the newest snapshot; an empty one for each that names none."""
    reported: list[tuple[datetime, str]] = field(default_factory=list)
    """When, and by which kind of reporter."""
    reports: list[tuple[Report, Reporter]] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    traits: list[Trait] = field(default_factory=list)

    def judged(self, founded: bool | None, at: datetime) -> None:
        """What the decision of ``at`` says of the reports, or with ``None`` that it says so no longer."""
        before, after = (at, None) if founded is None else (None, at)
        touched = [report for report, _reporter in self.reports if report.judged_at == before]
        for report in touched:
            report.founded, report.judged_at = founded, after
        for _report, reporter in self.reports if touched else ():
            if reporter.kind in EARNS:
                reporter.weigh_at = at


class Inbox:
    """All items and reporters."""

    def __init__(self, pages: Pages, desk: Desk, actor: Actor) -> None:
        self.pages, self.desk, self.actor = pages, desk, actor
        self.source = f"{actor.kind.value}:{actor.ref}"[:80]
        self.items: dict[ItemKey, Known] = {}
        self.reporters: dict[tuple[str, str], Reporter] = {}
        for flagger in Reporter.objects.filter(kind=ReporterKind.TRUSTED_FLAGGER):
            self.reporters[flagger.kind, flagger.external_ref] = flagger

    def receive(self, given: Submitted, at: datetime) -> None:
        """One submission: item, snapshot, media, detections, relations, and what review makes of it."""
        known = self.items.get((given.kind, given.external_id))
        is_new = known is None
        known = self._first(given, at) if known is None else self._newer(known, given, at)
        item, snapshot = known.item, known.snapshot
        self._add_media(snapshot.pk, known.media, at)
        self._add_detections(known, given, at)
        body = {
            "kind": item.kind,
            "snapshot": str(snapshot.pk),
            "submission": given.submission,
            "number": snapshot.number,
            "digest": snapshot.digest,
        }
        self.pages.fact(self.actor, at, "item.receive", "item", item.pk, body)
        active = self.desk.active.get(item.pk)
        if active is not None and not is_new:
            number = snapshot.number
            self.desk.show(active, item, actor=self.actor, at=at, number=number, submission=given.submission)
        elif given.content is not None:
            named = [one for one in given.detections if one.policy_code]
            suspected = max(named, key=lambda one: one.score).policy_code if named else ""
            labels = tuple((one.label, one.score) for one in given.detections)
            self.desk.open(item, actor=self.actor, at=at, policy=suspected, labels=labels)

    def report(self, notice: Notice, at: datetime) -> None:
        """One notice: a report for its item, and what review makes of it."""
        (key,) = notice.items
        known = self.items[key]
        item, reporter = known.item, self._reporter(notice)
        report = Report(
            id=new_id(),
            reference=notice.reference,
            digest=notice_digest(notice),
            item_id=item.pk,
            snapshot_id=snapshot_of(item),
            reporter_id=reporter.pk,
            basis=notice.basis,
            policy_code=notice.policy_code,
            reason=notice.reason,
            locations=list(notice.locations),
            evidence=list(notice.evidence),
            good_faith=notice.good_faith,
            language=notice.language,
            received_at=at,
            source=self.source,
        )
        self.pages.begun(report)
        known.reports.append((report, reporter))
        known.reported.append((at, reporter.kind))
        trust = trust_of(reporter, notice.policy_code, at)
        body = {
            "item": str(item.pk),
            "snapshot": str(item.snapshot_id),
            "reporter": str(reporter.pk),
            "reporter_kind": reporter.kind,
            "trust": trust,
            "basis": notice.basis,
            "policy": notice.policy_code,
            "digest": report.digest,
        }
        self.pages.fact(self.actor, at, "report.receive", "report", report.pk, body)
        active, policy = self.desk.active.get(item.pk), notice.policy_code
        if active is not None:
            self.desk.join(
                active, actor=self.actor, at=at, report=report.pk, reporter=reporter.kind, policy=policy, trust=trust
            )
        else:
            self.desk.open(item, actor=self.actor, at=at, policy=policy, reporter=reporter.kind, reports=1, trust=trust)

    def finish(self) -> None:
        """Hand over everything that could have changed until now."""
        for known in self.items.values():
            for relation in known.relations:
                self.pages.done(relation)
            for trait in known.traits:
                self.pages.done(trait)

    def _first(self, given: Submitted, at: datetime) -> Known:
        assert given.content is not None, "the first submission of an item says what it is"
        item = Item(
            id=new_id(),
            kind=given.kind,
            external_id=given.external_id,
            market=given.market,
            language=given.language,
            state=STATE_AFTER[given.submission],
            seller_ref=given.seller_ref,
            title=given.title,
            title_key=title_key(given.title),
            received_at=at,
            updated_at=at,
        )
        self.pages.begun(item)
        snapshot = self._snapshot(item, given, at, 1, given.content, given.digest)
        known = self.items[given.kind, given.external_id] = Known(item, snapshot, given.media, ())
        self._relate(known, given)
        return known

    def _newer(self, known: Known, given: Submitted, at: datetime) -> Known:
        item, before = known.item, known.snapshot
        item.market, item.language = given.market, given.language
        item.state, item.updated_at = STATE_AFTER[given.submission], at
        number = before.number + 1
        if given.content is None:
            known.snapshot = self._snapshot(item, given, at, number, before.content, before.digest)
            return known
        item.seller_ref, item.title, item.title_key = given.seller_ref, given.title, title_key(given.title)
        known.snapshot = self._snapshot(item, given, at, number, given.content, given.digest)
        known.media = given.media
        self._relate(known, given)
        return known

    def _snapshot(
        self, item: Item, given: Submitted, at: datetime, number: int, content: dict[str, Any], digest: str
    ) -> Snapshot:
        snapshot = Snapshot(
            id=new_id(),
            item_id=item.pk,
            number=number,
            submission=given.submission,
            schema_version=given.schema_version,
            content=content,
            digest=digest,
            occurred_at=given.occurred_at,
            received_at=at,
            source=self.source,
        )
        item.snapshot_id = snapshot.pk
        self.pages.done(snapshot)
        return snapshot

    def _relate(self, known: Known, given: Submitted) -> None:
        known.relations = [
            Relation(item_id=known.item.pk, role=one.role, to_kind=one.kind, to_external_id=one.external_id)
            for one in given.relations
        ]
        if given.kind == Kind.SELLER:
            known.traits = [
                Trait(item_id=known.item.pk, kind=one.kind, digest=one.digest, shown=one.shown)
                for one in traits_of(given.content or {})
            ]

    def _add_media(self, snapshot_id: UUID, media: tuple[MediaGiven, ...], at: datetime) -> None:
        for position, one in enumerate(media):
            state = MediaState.STORED if one.digest else MediaState.PENDING
            if one.role == "stream" and not one.digest:
                state = MediaState.LINKED
            self.pages.done(
                ItemMedia(
                    snapshot_id=snapshot_id,
                    position=position,
                    role=one.role,
                    url=one.url,
                    stored_id=one.digest or None,
                    state=state,
                    due_at=at if state == MediaState.PENDING else None,
                )
            )

    def _add_detections(self, known: Known, given: Submitted, at: datetime) -> None:
        known.detected = tuple(one.policy_code for one in given.detections)
        for one in given.detections:
            self.pages.done(
                Detection(
                    item_id=known.item.pk,
                    snapshot_id=known.snapshot.pk,
                    model=one.model,
                    version=one.version,
                    label=one.label,
                    policy_code=one.policy_code,
                    score=one.score,
                    spans=list(one.spans),
                    found_at=at,
                )
            )

    def _reporter(self, notice: Notice) -> Reporter:
        given = notice.reporter
        key = (given.kind, ref_of(given))
        reporter = self.reporters.get(key)
        if reporter is None:
            reporter = self.reporters[key] = Reporter(
                id=new_id(),
                kind=given.kind,
                external_ref=key[1],
                name=given.name,
                email=given.email,
                trust=TRUST[given.kind],
            )
            self.pages.begun(reporter)
        elif given.kind != ReporterKind.TRUSTED_FLAGGER:
            reporter.name, reporter.email = given.name or reporter.name, given.email or reporter.email
        return reporter


def evidence_of(known: Known) -> list[str]:
    """Digests of what is stored with the newest snapshot, in order."""
    assert snapshot_of(known.item) == known.snapshot.pk
    return [one.digest for one in known.media if one.digest]
