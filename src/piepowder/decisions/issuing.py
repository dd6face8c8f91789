"""Storing a decision that was found sound: its rows, its statement, its messages, its fact. Used by operations only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model
from django.utils.translation import gettext as _

from piepowder.access.queries import reporting_line
from piepowder.database.bulk import insert_rows
from piepowder.database.prepared import Prepared
from piepowder.decisions.boilerplate import facts_key
from piepowder.decisions.circumstances import STATEMENT_TOPIC, email_of, names_of
from piepowder.decisions.mapping import actions_in_force
from piepowder.decisions.models import Citation, Decision, Enforcement, Statement, StatementTemplate
from piepowder.decisions.reasons import Reason, Reasons, Restriction, countries
from piepowder.decisions.redress import Deadline, complaint_deadline, complaint_window
from piepowder.decisions.ruling import EnforcementOrder, Ruling
from piepowder.decisions.statements import render
from piepowder.decisions.states import EnforcementState, Family, Source
from piepowder.decisions.structured import structured
from piepowder.decisions.transparency import validate
from piepowder.decisions.transparency.words import problems_of
from piepowder.decisions.wording import Wording, parse
from piepowder.intake.models import Item, Snapshot
from piepowder.intake.states import Kind
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Refused
from piepowder.kernel.ids import new_id
from piepowder.ledger.operations import record
from piepowder.outbox.operations import Outgoing, enqueue_many
from piepowder.policy.logic import best_language
from piepowder.policy.models import PolicyVersion
from piepowder.policy.queries import texts_in
from piepowder.policy.states import Ground


class NoTemplate(Refused):
    code = "no_statement_template"


class StatementIncomplete(Refused):
    """The statement would not be accepted by the Transparency Database; ``problems`` points at its fields."""

    code = "statement_incomplete"


@dataclass(frozen=True, slots=True)
class Bench:
    """Who decides, from where, in which case."""

    actor: Actor
    case_id: UUID | None = None
    queue: str = ""
    decider_id: int | None = None
    machine: str = ""
    machine_version: str = ""
    handling_ms: int | None = None
    urgent: bool = False
    batch: UUID | None = None
    by: Actor | None = None
    """Who approves it, when that is another than ``actor``, in whose name it is issued."""
    intervention: Mapping[str, Any] | None = None
    """What is done to a stream that is on: told to the marketplace, at once."""
    others: tuple[int, ...] = ()
    """Who else had a part in it: those who gave an opinion."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A ruling that was checked, with what it was checked against; ``versions`` stand in the order of its codes."""

    ruling: Ruling
    item: Item
    snapshot: Snapshot
    versions: tuple[PolicyVersion, ...]
    source: Source
    automated_detection: bool
    evidence: list[str]
    at: datetime
    final_at: datetime
    supersedes_id: UUID | None = None


def store(sound: Sound, bench: Bench) -> Decision:
    """Write everything that a decision is. Raises ``NoTemplate`` or ``StatementIncomplete`` before anything is written."""
    ruling, item = sound.ruling, sound.item
    statement = _statement(sound, bench) if ruling.enforcements else None
    decision = Decision(
        case_id=bench.case_id,
        item=item,
        snapshot=sound.snapshot,
        outcome=ruling.outcome,
        ground=ruling.ground,
        facts=ruling.facts.strip(),
        facts_key=facts_key(ruling.facts, names_of(item)),
        evidence=sound.evidence,
        note=ruling.note.strip(),
        supersedes_id=sound.supersedes_id,
        decided_at=sound.at,
        final_at=sound.final_at,
        decider_id=bench.decider_id,
        machine=bench.machine,
        machine_version=bench.machine_version,
        automated_detection=sound.automated_detection,
        source=sound.source,
        vendor=bench.actor.vendor,
        site=bench.actor.site,
        team=bench.actor.team,
        queue=bench.queue,
        market=item.market,
        language=item.language,
        handling_ms=bench.handling_ms,
        batch=bench.batch,
        approver_id=int(bench.by.ref) if bench.by else None,
        reporting_line=_managers(bench),
    )
    _insert(decision)
    insert_rows(
        Citation,
        ("decision_id", "version_id", "primary"),
        [(decision.pk, version.pk, index == 0) for index, version in enumerate(sound.versions)],
    )
    enforcements: list[Enforcement] = []
    if statement is not None:
        statement.decision = decision
        _insert(statement)
        enforcements = _enforcements(sound, decision, statement)
    enqueue_many(outgoing=_messages(sound, bench, decision, statement, enforcements), at=sound.at)
    _record(sound, bench, decision, statement, enforcements)
    return decision


def _managers(bench: Bench) -> list[int]:
    """The managers, at this moment, of everybody who had a part in the decision: the decider's first, nearest first."""
    people = [bench.decider_id, int(bench.by.ref) if bench.by else None, *bench.others]
    return list(dict.fromkeys(ref for person in people if person is not None for ref in reporting_line(person)))


def _insert(row: Model) -> None:
    """Store a new row; the ORM's own way compiles the same statement anew each time."""
    fields = type(row)._meta.concrete_fields
    insert_rows(type(row), [str(field.column) for field in fields], [[getattr(row, field.attname) for field in fields]])
    row._state.adding = False
    row._state.db = DEFAULT_DB_ALIAS


def _statement(sound: Sound, bench: Bench) -> Statement:
    ruling, item = sound.ruling, sound.item
    statement = Statement(
        id=new_id(),
        exclusion=ruling.exclusion,
        recipient_ref=item.seller_ref,
        language=item.language,
        issued_at=sound.at,
    )
    statement.puid = str(statement.pk)
    if ruling.exclusion:
        return statement
    template, wording = _template(item.language)
    deadline = complaint_deadline(sound.final_at, item.market, complaint_window(sound.final_at))
    reasons = _reasons(sound, bench, statement.puid, wording, deadline)
    fields = structured(reasons)
    if fields["territorial_scope"]:
        found = validate(fields, "strict", sound.final_at.astimezone(UTC).date())
        errors = [error for error in found if error.severity == "error"]
        if errors:
            raise StatementIncomplete(_("the statement of reasons would be incomplete"), problems=problems_of(errors))
    rendered = render(wording, reasons)
    statement.template, statement.language = template, template.language
    statement.subject, statement.text, statement.structured = rendered.subject, rendered.text, fields
    statement.complaint_until, statement.deadline_rule = deadline.on, deadline.rule
    return statement


def _template(language: str) -> tuple[StatementTemplate, Wording]:
    """The newest template in the recipient's language, else in English."""
    chosen = best_language(_languages(), language)
    template = _newest.first(chosen) if chosen else None
    if template is None:
        raise NoTemplate(_("no template for statements of reasons is published"))
    raw = {"subject": template.subject, "body": template.body, "phrases": template.phrases}
    return template, parse(template.language, raw)


_languages = Prepared(lambda: StatementTemplate.objects.values_list("language", flat=True).distinct())
_newest = Prepared(
    lambda language: StatementTemplate.objects.filter(language=language).order_by("-number")[:1],
    StatementTemplate.language,
)


def _reasons(sound: Sound, bench: Bench, puid: str, wording: Wording, deadline: Deadline) -> Reasons:
    ruling, item = sound.ruling, sound.item
    texts = texts_in(sound.versions, wording.language)
    starts_on = sound.final_at.astimezone(UTC).date()
    return Reasons(
        puid=puid,
        marketplace=settings.MARKETPLACE_NAME,
        kind=item.kind,
        external_id=item.external_id,
        title=item.title,
        market=item.market,
        content_language=item.language,
        content_on=min(item.received_at.astimezone(UTC).date(), starts_on),
        decided_on=sound.at.astimezone(UTC).date(),
        restrictions=tuple(_restriction(order, sound.final_at) for order in ruling.enforcements),
        ground=Ground(ruling.ground),
        policies=tuple(
            Reason(
                code=version.policy.code,
                title=texts[version.pk].title,
                why=texts[version.pk].recipient_text,
                reference=_reference(version, Ground(ruling.ground)),
                category=version.category,
                keywords=tuple(version.keywords),
            )
            for version in sound.versions
        ),
        facts=ruling.facts,
        source=sound.source,
        automated_detection=sound.automated_detection,
        automated_decision=bool(bench.machine),
        complaint_until=deadline.on,
        gtin=str(sound.snapshot.content.get("gtin") or ""),
    )


def _restriction(order: EnforcementOrder, starts_at: datetime) -> Restriction:
    start, lasts = starts_at.astimezone(UTC), order.lasts()
    end = start + lasts if lasts else None
    return Restriction(
        family=Family(order.family),
        measure=order.measure,
        starts_on=start.date(),
        ends_on=end.date() if end else None,
        territories=order.territories,
        description=order.description,
        between=(f"{start:%H:%M}", f"{end:%H:%M}") if end and order.minutes else None,
    )


def _reference(version: PolicyVersion, ground: Ground) -> str:
    if ground is Ground.ILLEGAL:
        return version.legal_reference or version.terms_clause
    return version.terms_clause or version.legal_reference


def _enforcements(sound: Sound, decision: Decision, statement: Statement) -> list[Enforcement]:
    rows = [_enforcement(order, sound, decision, statement) for order in sound.ruling.enforcements]
    for row in rows:
        _insert(row)
    return rows


def _enforcement(order: EnforcementOrder, sound: Sound, decision: Decision, statement: Statement) -> Enforcement:
    item = sound.item
    on_account, lasts = order.family == Family.ACCOUNT, order.lasts()
    return Enforcement(
        decision=decision,
        statement=statement,
        family=order.family,
        measure=order.measure,
        description=order.description.strip(),
        target_kind=Kind.SELLER if on_account else item.kind,
        target_external_id=item.seller_ref if on_account else item.external_id,
        territories=list(countries(order.territories)),
        state=EnforcementState.SCHEDULED,
        starts_at=sound.final_at,
        ends_at=sound.final_at + lasts if lasts else None,
    )


def _messages(
    sound: Sound, bench: Bench, decision: Decision, statement: Statement | None, enforcements: Sequence[Enforcement]
) -> list[Outgoing]:
    """What leaves once the decision is final: the statement first, so that nobody is restricted unexplained."""
    common = {
        "decision": str(decision.pk),
        "item": {"kind": sound.item.kind, "id": sound.item.external_id, "snapshot": sound.snapshot.number},
        "seller": sound.item.seller_ref,
        "market": sound.item.market,
        "decided_at": sound.at.isoformat(),
        **({"intervention": dict(bench.intervention)} if bench.intervention else {}),
    }
    messages: list[tuple[str, dict[str, Any], UUID | None]] = []
    if statement is not None and not statement.exclusion:
        messages.append((STATEMENT_TOPIC, common | statement_body(statement), statement.pk))
    actions = actions_in_force() if enforcements else None
    for row in enforcements:
        action = actions.of(row.family, row.measure, sound.item.kind) if actions else None
        messages.append(("enforcement.applied", common | enforcement_body(row, action), row.pk))
    if not enforcements:
        topic = "item.cleared" if not sound.versions else "violation.noted"
        messages.append((topic, common | {"policies": [version.policy.code for version in sound.versions]}, None))
    recipient = email_of(sound.item) if statement is not None and not statement.exclusion else ""
    return [
        Outgoing(
            topic=topic,
            order_key=str(sound.item.pk),
            body=body,
            not_before=sound.final_at,
            group_ref=str(decision.pk),
            recipient=recipient if topic == STATEMENT_TOPIC else "",
            urgent=bench.urgent or bench.intervention is not None,
            id=message_id,
        )
        for topic, body, message_id in messages
    ]


def statement_body(statement: Statement) -> dict[str, Any]:
    """A statement as it is sent: its text, its fields, and until when there is what redress."""
    assert statement.complaint_until is not None
    return {
        "statement": str(statement.pk),
        "puid": statement.puid,
        "recipient": statement.recipient_ref,
        "language": statement.language,
        "subject": statement.subject,
        "text": statement.text,
        "structured": statement.structured,
        "redress": {
            "internal_complaint": {"free": True, "until": statement.complaint_until.isoformat()},
            "out_of_court": True,
            "court": True,
        },
    }


def enforcement_body(row: Enforcement, action: dict[str, Any] | None) -> dict[str, Any]:
    """A restriction as it is sent; times in ISO 8601, no end is ``null``, no territories is everywhere.

    ``action`` is what the receiver's own systems call the measure, if that is mapped.
    """
    return {
        "enforcement": str(row.pk),
        "family": row.family,
        "measure": row.measure,
        "action": action,
        "description": row.description,
        "target": {"kind": row.target_kind, "id": row.target_external_id},
        "territories": row.territories,
        "starts_at": row.starts_at.isoformat(),
        "ends_at": row.ends_at.isoformat() if row.ends_at else None,
    }


def _record(
    sound: Sound, bench: Bench, decision: Decision, statement: Statement | None, enforcements: Sequence[Enforcement]
) -> None:
    """The fact: references, codes and choices; no word that a person typed."""
    more: dict[str, Any] = {"batch": str(bench.batch)} if bench.batch else {}
    if bench.by:
        more["decider"] = bench.actor.ref
    record(
        actor=bench.by or bench.actor,
        vendor=bench.actor.vendor,
        at=sound.at,
        verb="decision.issue",
        subject_kind="decision",
        subject_id=decision.pk,
        case=str(bench.case_id) if bench.case_id else None,
        item=str(sound.item.pk),
        kind=sound.item.kind,
        market=sound.item.market,
        snapshot=str(sound.snapshot.pk),
        outcome=decision.outcome,
        ground=decision.ground,
        policies=[[version.policy.code, version.number] for version in sound.versions],
        evidence=sound.evidence,
        source=sound.source,
        automated_detection=sound.automated_detection,
        machine=[bench.machine, bench.machine_version] if bench.machine else None,
        supersedes=str(sound.supersedes_id) if sound.supersedes_id else None,
        final_at=sound.final_at.isoformat(),
        statement=str(statement.pk) if statement else None,
        exclusion=statement.exclusion if statement else "",
        enforcements=[[str(row.pk), row.family, row.measure] for row in enforcements],
        site=bench.actor.site,
        team=bench.actor.team,
        queue=bench.queue,
        handling_ms=bench.handling_ms,
        **more,
    )
