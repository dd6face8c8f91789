"""A decision in the words of whoever reads it: rebuilt from what was decided, in any language there are words for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from piepowder.decisions.issuing import NoTemplate
from piepowder.decisions.models import Citation, Decision, Enforcement, Statement, StatementTemplate
from piepowder.decisions.reasons import Reason, Reasons, Restriction
from piepowder.decisions.references import cited_in
from piepowder.decisions.statements import Parts, in_parts
from piepowder.decisions.states import DecisionState, EnforcementState, Family, Source
from piepowder.decisions.wording import Wording, parse
from piepowder.policy.logic import best_language
from piepowder.policy.models import PolicyText, PolicyVersion
from piepowder.policy.queries import readings_in, texts_in
from piepowder.policy.states import Ground
from piepowder.portal.theirs import accepted


@dataclass(frozen=True, slots=True)
class Effect:
    """One restriction. ``state`` is ``in_force``, ``ended``, ``lifted``, ``corrected`` or ``replaced``."""

    text: str
    measure: str
    on_account: bool
    state: str
    since: datetime
    until: datetime | None
    lifted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that was applied, as it read then. ``language`` is the one it could be found in."""

    title: str
    rule: str
    why: str
    reference: str
    language: str


@dataclass(frozen=True, slots=True)
class Told:
    """One decision in full. ``state`` is ``stands``, ``lifted`` or ``replaced``."""

    id: UUID
    reference: str
    item_id: UUID
    item_title: str
    item_ref: str
    kind: str
    about_account: bool
    decided_at: datetime
    state: str
    lifted_at: datetime | None
    replaced_by: UUID | None
    illegal: bool
    facts: str
    facts_language: str
    rules: tuple[Rule, ...]
    effects: tuple[Effect, ...]
    parts: Parts
    automated: bool
    complaint_until: date | None
    letter_subject: str
    letter_text: str
    letter_language: str


def tell(decision: Decision, *, at: datetime, language: str) -> Told:
    """``decision`` (with item, statement and snapshot) in ``language``. Nine queries at most."""
    wording = wording_in(language)
    corrected = accepted(at).filter(decision=decision).exists()
    statement: Statement | None = getattr(decision, "statement", None)
    enforcements = list(decision.enforcements.order_by("starts_at", "id"))
    citations = list(decision.citations.select_related("version__policy").order_by("-primary", "id"))
    versions = [one.version for one in citations]
    texts, readings = texts_in(versions, language), readings_in(versions, language)
    reasons = _reasons(decision, statement, enforcements, citations, texts)
    parts = in_parts(wording, reasons)
    item = decision.item
    return Told(
        id=decision.pk,
        reference=statement.puid if statement else str(decision.pk),
        item_id=item.pk,
        item_title=item.title or item.external_id,
        item_ref=item.external_id,
        kind=item.kind,
        about_account=item.kind == "seller",
        decided_at=decision.decided_at,
        state=_state(decision),
        lifted_at=decision.overturned_at,
        replaced_by=_successor(decision),
        illegal=decision.ground == Ground.ILLEGAL,
        facts=decision.facts,
        facts_language=statement.language if statement else item.language,
        rules=tuple(
            _rule(version, texts[version.pk], readings[version.pk], reasons.ground, language) for version in versions
        ),
        effects=tuple(
            _effect(row, words, decision, at, corrected=corrected)
            for row, words in zip(enforcements, parts.restrictions, strict=True)
        ),
        parts=parts,
        automated=bool(decision.machine),
        complaint_until=statement.complaint_until if statement else None,
        letter_subject=statement.subject if statement else "",
        letter_text=statement.text if statement else "",
        letter_language=statement.language if statement else "",
    )


def wording_in(language: str) -> Wording:
    """The newest words of statements in ``language``, else in the nearest there are. Two queries."""
    there = StatementTemplate.objects.values_list("language", flat=True).distinct()
    chosen = best_language(there, language)
    template = StatementTemplate.objects.filter(language=chosen).order_by("-number").first() if chosen else None
    if template is None:
        raise NoTemplate(_("no template for statements of reasons is published"))
    raw = {"subject": template.subject, "body": template.body, "phrases": template.phrases}
    return parse(template.language, raw)


def measure_in(wording: Wording, row: Enforcement) -> str:
    """What a restriction does, in one sentence."""
    return wording.phrases[f"measure.{row.family}.{row.measure}"].replace("{description}", row.description)


def _state(decision: Decision) -> str:
    return {DecisionState.OVERTURNED.value: "lifted", DecisionState.SUPERSEDED.value: "replaced"}.get(
        decision.state, "stands"
    )


def _successor(decision: Decision) -> UUID | None:
    """Whatever took its place: a correction, or the milder ruling that followed a complaint."""
    found = Decision.objects.filter(supersedes=decision).exclude(state=DecisionState.WITHDRAWN)
    return found.values_list("pk", flat=True).first()


def _effect(row: Enforcement, words: str, decision: Decision, at: datetime, *, corrected: bool) -> Effect:
    state = "in_force"
    if row.state in (EnforcementState.REVERSED, EnforcementState.CANCELLED):
        state = "lifted"
    elif decision.state == DecisionState.SUPERSEDED:
        state = "replaced"
    elif corrected and row.family != Family.ACCOUNT:
        state = "corrected"
    elif row.ends_at is not None and row.ends_at <= at:
        state = "ended"
    return Effect(words, row.measure, row.family == Family.ACCOUNT, state, row.starts_at, row.ends_at, row.reversed_at)


def _rule(version: PolicyVersion, text: PolicyText, reading: PolicyText, ground: Ground, language: str) -> Rule:
    return Rule(
        title=text.title,
        rule=reading.rule,
        why=text.recipient_text,
        reference=cited_in(language, _reference(version, ground)),
        language=reading.language,
    )


def _reference(version: PolicyVersion, ground: Ground) -> str:
    if ground is Ground.ILLEGAL:
        return version.legal_reference or version.terms_clause
    return version.terms_clause or version.legal_reference


def _reasons(
    decision: Decision,
    statement: Statement | None,
    enforcements: Iterable[Enforcement],
    citations: Iterable[Citation],
    texts: dict[int, PolicyText],
) -> Reasons:
    item, ground = decision.item, Ground(decision.ground)
    decided_on = decision.decided_at.astimezone(UTC).date()
    return Reasons(
        puid=statement.puid if statement else "",
        marketplace=settings.MARKETPLACE_NAME,
        kind=item.kind,
        external_id=item.external_id,
        title=item.title,
        market=decision.market,
        content_language=decision.language,
        content_on=decided_on,
        decided_on=decided_on,
        restrictions=tuple(_restriction(row) for row in enforcements),
        ground=ground,
        policies=tuple(
            Reason(
                code=one.version.policy.code,
                title=texts[one.version_id].title,
                why=texts[one.version_id].recipient_text,
                reference=_reference(one.version, ground),
                category=one.version.category,
            )
            for one in citations
        ),
        facts=decision.facts,
        source=Source(decision.source),
        automated_detection=decision.automated_detection,
        automated_decision=bool(decision.machine),
        complaint_until=(statement.complaint_until if statement else None) or decided_on,
    )


def _restriction(row: Enforcement) -> Restriction:
    start, end = row.starts_at.astimezone(UTC), row.ends_at.astimezone(UTC) if row.ends_at else None
    minutes = end is not None and (end - start).total_seconds() < 24 * 3600
    return Restriction(
        family=Family(row.family),
        measure=row.measure,
        starts_on=start.date(),
        ends_on=end.date() if end else None,
        territories=tuple(row.territories),
        description=row.description,
        between=(f"{start:%H:%M}", f"{end:%H:%M}") if end and minutes else None,
    )
