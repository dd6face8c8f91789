"""Decisions in bulk, with statements, restrictions and messages, as decisions' and outbox's operations leave them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from piepowder.decisions.boilerplate import facts_key
from piepowder.decisions.circumstances import STATEMENT_TOPIC, names_of
from piepowder.decisions.issuing import enforcement_body, statement_body
from piepowder.decisions.logic import grace
from piepowder.decisions.mapping import actions_in_force
from piepowder.decisions.models import Citation, Decision, Enforcement, Statement, StatementTemplate
from piepowder.decisions.reasons import Reason, Reasons, Restriction
from piepowder.decisions.redress import complaint_deadline, complaint_window
from piepowder.decisions.ruling import EnforcementOrder
from piepowder.decisions.statements import render
from piepowder.decisions.states import DecisionState, EnforcementState, Family, Outcome, Source
from piepowder.decisions.structured import structured
from piepowder.decisions.wording import Wording, parse
from piepowder.intake.states import Kind, ReporterKind
from piepowder.kernel.actor import Actor
from piepowder.kernel.ids import new_id
from piepowder.policy.library import shipped_tree
from piepowder.policy.models import PolicyText, PolicyVersion
from piepowder.policy.queries import texts_in, versions_in_force
from piepowder.policy.states import Ground
from piepowder.review.models import Queue
from piepowder.simulate.bulk.desk import Desk, Open
from piepowder.simulate.bulk.inbox import Known, evidence_of
from piepowder.simulate.bulk.outgoing import Outgoing, Post
from piepowder.simulate.bulk.pages import Pages
from piepowder.simulate.steps import Said


@dataclass(slots=True)
class Ruled:
    """A decision that may still be taken back."""

    decision: Decision
    known: Known
    one: Open
    enforcements: list[Enforcement] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Machine:
    """The model that decides alone."""

    name: str
    version: str


class Rulings:
    """All decisions. Words and versions are read once."""

    def __init__(self, pages: Pages, desk: Desk, post: Post) -> None:
        self.pages, self.desk, self.post = pages, desk, post
        self._last: dict[UUID, Ruled] = {}
        """The last decision of each item."""
        self.actions = actions_in_force()
        self._queues = {queue.pk: queue for queue in Queue.objects.all()}
        self._versions: dict[tuple[str, str], PolicyVersion] = {}
        self._texts: dict[tuple[int, str], PolicyText] = {}
        self._templates: dict[str, tuple[StatementTemplate, Wording]] = {}

    def decide(self, known: Known, said: Said, *, actor: Actor, at: datetime, machine: Machine | None = None) -> None:
        """Close the case of the item and write everything that a decision is."""
        item, one = known.item, self.desk.active[known.item.pk]
        case, lease = one.case, one.lease
        queue = self._queues[case.queue_id]
        self.desk.decide(one, actor=actor, at=at)
        version = self._version(said.code, item.market, at) if said.code else None
        source = _source(known, case.opened_at)
        former = self._last.get(item.pk)
        final_at = at + grace(
            outcome=said.outcome,
            restricts=bool(said.enforcements),
            severity=min(case.severity, version.severity) if version else case.severity,
            kind=item.kind,
            queue_grace=timedelta(seconds=queue.grace_s),
        )
        decision = Decision(
            id=new_id(),
            case_id=case.pk,
            item_id=item.pk,
            snapshot_id=known.snapshot.pk,
            outcome=said.outcome,
            ground=said.ground,
            facts=said.facts.strip(),
            facts_key=facts_key(said.facts, names_of(item)),
            evidence=evidence_of(known),
            note=said.note.strip(),
            supersedes_id=former.decision.pk if former and former.decision.case_id == case.pk else None,
            decided_at=at,
            final_at=final_at,
            decider_id=None if machine else int(actor.ref),
            machine=machine.name if machine else "",
            machine_version=machine.version if machine else "",
            automated_detection=_found_by_machine(known, said, source)
            or (machine is not None and source is Source.OWN_INITIATIVE),
            source=source,
            vendor=actor.vendor,
            site=actor.site,
            team=actor.team,
            queue=queue.code,
            market=item.market,
            language=item.language,
            handling_ms=None if lease is None else (at - lease.taken_at) // timedelta(milliseconds=1),
        )
        ruled = self._last[item.pk] = Ruled(decision, known, one)
        self.pages.begun(decision)
        statement = self._statement(ruled, said, version) if version and said.enforcements else None
        if version:
            self.pages.done(Citation(decision_id=decision.pk, version_id=version.pk, primary=True))
        if statement is not None:
            self.pages.done(statement)
            ruled.enforcements = [_enforcement(order, known, decision, statement) for order in said.enforcements]
        self.post.enqueue(self._messages(ruled, statement, version), at=at, urgent=case.severity == 0)
        self._tell(ruled, statement, version, actor, at)
        known.judged(said.outcome == Outcome.VIOLATION, at)
        if said.outcome == Outcome.VIOLATION:
            self.desk.note_violation(item.seller_ref, at)

    def withdraw(self, known: Known, *, actor: Actor, at: datetime) -> None:
        """Take the last decision about the item back; the case is in the same hands again."""
        ruled = self._last[known.item.pk]
        decision = ruled.decision
        self.post.cancel(str(decision.pk), at)
        decision.state, decision.withdrawn_at = DecisionState.WITHDRAWN, at
        for row in ruled.enforcements:
            row.state = EnforcementState.CANCELLED
        known.judged(None, decision.decided_at)
        self.desk.reopen(ruled.one, actor=actor, at=at, reason=_("the decision was withdrawn"))
        if decision.outcome == Outcome.VIOLATION:
            self.desk.note_violation(known.item.seller_ref, decision.decided_at, -1)
        told = {"case": str(decision.case_id), "item": str(decision.item_id), "enforcements": len(ruled.enforcements)}
        self.pages.fact(actor, at, "decision.withdraw", "decision", decision.pk, told, decision.vendor)
        for row in ruled.enforcements:
            self.pages.done(row)

    def _statement(self, ruled: Ruled, said: Said, version: PolicyVersion) -> Statement:
        decision, item = ruled.decision, ruled.known.item
        template, wording = self._template(item.language)
        deadline = complaint_deadline(decision.final_at, item.market, complaint_window(decision.final_at))
        text = self._text(version, wording.language)
        starts_on = decision.final_at.astimezone(UTC).date()
        ground = Ground(said.ground)
        law, clause = version.legal_reference, version.terms_clause
        ref = new_id()
        reasons = Reasons(
            puid=str(ref),
            marketplace=settings.MARKETPLACE_NAME,
            kind=item.kind,
            external_id=item.external_id,
            title=item.title,
            market=item.market,
            content_language=item.language,
            content_on=min(item.received_at.astimezone(UTC).date(), starts_on),
            decided_on=decision.decided_at.astimezone(UTC).date(),
            restrictions=tuple(
                Restriction(
                    family=Family(order.family),
                    measure=order.measure,
                    starts_on=starts_on,
                    ends_on=starts_on + timedelta(days=order.days) if order.days else None,
                )
                for order in said.enforcements
            ),
            ground=ground,
            policies=(
                Reason(
                    code=version.policy.code,
                    title=text.title,
                    why=text.recipient_text,
                    reference=(law or clause) if ground is Ground.ILLEGAL else (clause or law),
                    category=version.category,
                    keywords=tuple(version.keywords),
                ),
            ),
            facts=said.facts,
            source=Source(decision.source),
            automated_detection=decision.automated_detection,
            automated_decision=bool(decision.machine),
            complaint_until=deadline.on,
            gtin=str(ruled.known.snapshot.content.get("gtin") or ""),
        )
        rendered = render(wording, reasons)
        return Statement(
            id=ref,
            puid=str(ref),
            decision_id=decision.pk,
            template_id=template.pk,
            recipient_ref=item.seller_ref,
            language=template.language,
            subject=rendered.subject,
            text=rendered.text,
            structured=structured(reasons),
            complaint_until=deadline.on,
            deadline_rule=deadline.rule,
            issued_at=decision.decided_at,
        )

    def _messages(self, ruled: Ruled, statement: Statement | None, version: PolicyVersion | None) -> list[Outgoing]:
        decision, item = ruled.decision, ruled.known.item
        common = {
            "decision": str(decision.pk),
            "item": {"kind": item.kind, "id": item.external_id, "snapshot": ruled.known.snapshot.number},
            "seller": item.seller_ref,
            "market": item.market,
            "decided_at": decision.decided_at.isoformat(),
        }
        found: list[tuple[str, dict[str, Any], UUID, Enforcement | None]] = []
        if statement is not None:
            found.append((STATEMENT_TOPIC, common | statement_body(statement), statement.pk, None))
        for row in ruled.enforcements:
            action = self.actions.of(row.family, row.measure, item.kind)
            found.append(("enforcement.applied", common | enforcement_body(row, action), row.pk, row))
        if not ruled.enforcements:
            policies = [version.policy.code] if version else []
            topic = "violation.noted" if version else "item.cleared"
            found.append((topic, common | {"policies": policies}, new_id(), None))
        return [
            Outgoing(ref, topic, str(item.pk), str(decision.pk), body, decision.final_at, decision.vendor, row)
            for topic, body, ref, row in found
        ]

    def _tell(
        self, ruled: Ruled, statement: Statement | None, version: PolicyVersion | None, actor: Actor, at: datetime
    ) -> None:
        decision, item = ruled.decision, ruled.known.item
        body = {
            "case": str(decision.case_id),
            "item": str(item.pk),
            "kind": item.kind,
            "market": item.market,
            "snapshot": str(decision.snapshot_id),
            "outcome": decision.outcome,
            "ground": decision.ground,
            "policies": [[version.policy.code, version.number]] if version else [],
            "evidence": decision.evidence,
            "source": decision.source,
            "automated_detection": decision.automated_detection,
            "machine": [decision.machine, decision.machine_version] if decision.machine else None,
            "supersedes": str(decision.supersedes_id) if decision.supersedes_id else None,
            "final_at": decision.final_at.isoformat(),
            "statement": str(statement.pk) if statement else None,
            "exclusion": "",
            "enforcements": [[str(row.pk), row.family, row.measure] for row in ruled.enforcements],
            "site": decision.site,
            "team": decision.team,
            "queue": decision.queue,
            "handling_ms": decision.handling_ms,
        }
        self.pages.fact(actor, at, "decision.issue", "decision", decision.pk, body)

    def _version(self, code: str, market: str, at: datetime) -> PolicyVersion:
        # The shipped versions are all in force before a history begins, so the moment makes no difference.
        if (code, market) not in self._versions:
            found = versions_in_force((node.code for node in shipped_tree()), market, at)
            self._versions |= {(one, market): version for one, version in found.items()}
        return self._versions[code, market]

    def _text(self, version: PolicyVersion, language: str) -> PolicyText:
        if (version.pk, language) not in self._texts:
            self._texts[version.pk, language] = texts_in([version], language)[version.pk]
        return self._texts[version.pk, language]

    def _template(self, language: str) -> tuple[StatementTemplate, Wording]:
        if language not in self._templates:
            template = StatementTemplate.objects.filter(language=language).order_by("-number")[0]
            raw = {"subject": template.subject, "body": template.body, "phrases": template.phrases}
            self._templates[language] = (template, parse(language, raw))
        return self._templates[language]


def _enforcement(order: EnforcementOrder, known: Known, decision: Decision, statement: Statement) -> Enforcement:
    item, on_account = known.item, order.family == Family.ACCOUNT
    return Enforcement(
        id=new_id(),
        decision_id=decision.pk,
        statement_id=statement.pk,
        family=order.family,
        measure=order.measure,
        target_kind=Kind.SELLER if on_account else item.kind,
        target_external_id=item.seller_ref if on_account else item.external_id,
        starts_at=decision.final_at,
        ends_at=decision.final_at + timedelta(days=order.days) if order.days else None,
    )


def _source(known: Known, since: datetime) -> Source:
    kinds = {kind for at, kind in known.reported if at >= since}
    if ReporterKind.AUTHORITY in kinds:
        return Source.AUTHORITY
    if ReporterKind.TRUSTED_FLAGGER in kinds:
        return Source.TRUSTED_FLAGGER
    return Source.NOTICE if kinds else Source.OWN_INITIATIVE


def _found_by_machine(known: Known, said: Said, source: Source) -> bool:
    if not said.code:
        return bool(known.detected)
    wanted: Sequence[str] = (said.code,) if source is not Source.OWN_INITIATIVE else (said.code, "")
    return any(code in wanted for code in known.detected)
