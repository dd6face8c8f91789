"""From a suspicion to the report to an authority. What is known lies here alone: no letter and no fact tells it."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import NotPermitted, require, require_whole
from piepowder.database.fitting import refuse_unfit
from piepowder.decisions.circumstances import evidence_of
from piepowder.duties.holds import place_hold, release_hold
from piepowder.duties.models import Hold, LifeAuthority, Threat, ThreatReport
from piepowder.duties.states import THREAT_FLOW, AuthorityKind, ReportWay, ThreatState
from piepowder.intake.models import Item
from piepowder.kernel.actor import Actor, ActorKind, Place
from piepowder.kernel.errors import FieldProblem, Malformed, NotFound
from piepowder.kernel.ids import short
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.policy.dsa import EEA_MARKETS
from piepowder.policy.packs import deadline


class BadThreat(Malformed):
    code = "bad_threat"


class NoSuchThreat(NotFound):
    code = "no_such_threat"


class NoSuchAuthority(NotFound):
    code = "no_such_authority"


@transaction.atomic
def raise_threat(
    *,
    actor: Actor,
    summary: str,
    at: datetime,
    item_id: UUID | None = None,
    seller_ref: str = "",
    country: str = "",
    learned_at: datetime | None = None,
) -> Threat:
    """Raise a suspicion. Whoever may escalate may raise one; only the few who may edit threats ever see it.

    The clock runs from ``learned_at``. Everything about it is held from erasure at once. Raises ``BadThreat``.
    """
    item = Item.objects.filter(pk=item_id).first() if item_id else None
    if not actor.may(Permission.THREAT_EDIT):
        require(actor, Permission.CASE_ESCALATE, Place(market=item.market, language=item.language) if item else Place())
    learned_at = learned_at or at
    problems = []
    if not summary.strip():
        problems.append(FieldProblem("/summary", "required", _("say what gives rise to the suspicion")))
    if item_id and item is None:
        problems.append(FieldProblem("/item", "unknown_item", _("there is no such item")))
    if country and country not in EEA_MARKETS:
        problems.append(
            FieldProblem("/country", "unknown_country", _("a country of the European Economic Area, or none"))
        )
    if learned_at > at:
        problems.append(FieldProblem("/learned_at", "in_the_future", _("cannot lie in the future")))
    if problems:
        raise BadThreat(_("this cannot be raised like that"), problems=problems)
    due = deadline("eu_dsa", "threat_report", learned_at)
    threat = Threat(
        item=item,
        seller_ref=(item.seller_ref if item else seller_ref.strip()),
        country=country,
        summary=summary.strip(),
        learned_at=learned_at,
        due_at=due.at,
        due_rule=due.rule,
        opened_by=actor.ref,
        opened_at=at,
    )
    refuse_unfit(threat)
    threat.save(force_insert=True)
    # The reason stands in lists that more people read: it names the duty and nothing of the suspicion.
    place_hold(
        actor=actor, kind="threat", ref=str(threat.pk), reason=_("kept for an authority"), at=at, source="threat"
    )
    _fact(actor, at, "threat.raise", threat, due_at=due.at.isoformat(), due_rule=due.rule)
    return threat


@transaction.atomic
def report_threat(
    *,
    actor: Actor,
    threat_id: UUID,
    authority_id: UUID,
    text: str,
    way: str,
    at: datetime,
    with_evidence: bool = True,
) -> ThreatReport:
    """Record what an authority was told, word for word, by which way, and which stored files were handed over."""
    require_whole(actor, Permission.THREAT_EDIT)
    _require_person(actor)
    threat = _locked(threat_id)
    authority = LifeAuthority.objects.filter(pk=authority_id, active=True).first()
    if authority is None:
        raise NoSuchAuthority(_("there is no such authority"))
    problems = []
    if not text.strip():
        problems.append(FieldProblem("/text", "required", _("say what the authority was told")))
    if way not in ReportWay.values:
        problems.append(FieldProblem("/way", "unknown_value", _("there is no such way")))
    if problems:
        raise BadThreat(_("this cannot be recorded like that"), problems=problems)
    threat.state = THREAT_FLOW.step("report", ThreatState(threat.state))
    threat.reported_at = threat.reported_at or at
    threat.save(update_fields=["state", "reported_at"])
    snapshot = threat.item.snapshot if threat.item else None
    evidence = evidence_of(snapshot, threat.item.kind) if with_evidence and threat.item and snapshot else []
    report = ThreatReport(
        threat=threat,
        authority=authority,
        text=text.strip(),
        text_digest=hashlib.sha256(text.strip().encode()).hexdigest(),
        evidence=evidence,
        way=way,
        sent_at=at,
        sent_by=actor.ref,
    )
    refuse_unfit(report)
    report.save(force_insert=True)
    _fact(
        actor,
        at,
        "threat.report",
        threat,
        authority=str(authority.pk),
        way=way,
        digest=report.text_digest,
        late=at >= threat.due_at,
    )
    return report


@transaction.atomic
def note_receipt(*, actor: Actor, report_id: UUID, receipt: str, at: datetime) -> ThreatReport:
    """Note the authority's own number for a report: it arrived."""
    require_whole(actor, Permission.THREAT_EDIT)
    report = ThreatReport.objects.select_for_update().filter(pk=report_id).first()
    if report is None:
        raise NoSuchThreat(_("there is no such report"))
    report.receipt, report.received_at = receipt.strip(), at
    refuse_unfit(report)
    report.save(update_fields=["receipt", "received_at"])
    _fact(actor, at, "threat.receipt", report.threat)
    return report


@transaction.atomic
def close_threat(*, actor: Actor, threat_id: UUID, why: str, at: datetime, keep_months: int = 0) -> Threat:
    """Close a suspicion. What is known of it is held for ``keep_months`` more, or not any longer."""
    require_whole(actor, Permission.THREAT_EDIT)
    _require_person(actor)
    threat = _locked(threat_id)
    if not why.strip():
        raise BadThreat(
            _("say why it is closed"), problems=[FieldProblem("/why", "required", _("say why it is closed"))]
        )
    threat.state = THREAT_FLOW.step("close", ThreatState(threat.state))
    threat.closed_at, threat.closed_why = at, why.strip()[:500]
    threat.save(update_fields=["state", "closed_at", "closed_why"])
    standing = Hold.objects.filter(kind="threat", ref=str(threat.pk), source="threat", released_at=None)
    for hold in standing:
        release_hold(actor=actor, hold_id=hold.pk, why=_("the case was closed"), at=at, source="threat")
    if keep_months > 0:
        place_hold(
            actor=actor,
            kind="threat",
            ref=str(threat.pk),
            reason=_("kept for an authority"),
            until=(at + timedelta(days=31 * min(keep_months, 240))).date(),
            at=at,
            source="threat",
        )
    _fact(actor, at, "threat.close", threat, keep_months=keep_months)
    return threat


@transaction.atomic
def save_life_authority(
    *,
    actor: Actor,
    name: str,
    country: str,
    at: datetime,
    authority_id: UUID | None = None,
    email: str = "",
    phone: str = "",
    url: str = "",
    language: str = "en",
    verified_on: date | None = None,
    active: bool = True,
) -> LifeAuthority:
    """Enter or change whom to tell; no ``country`` means Europol."""
    require_whole(actor, Permission.THREAT_EDIT)
    problems = []
    if not name.strip():
        problems.append(FieldProblem("/name", "required", _("give its name")))
    if country and country not in EEA_MARKETS:
        problems.append(
            FieldProblem("/country", "unknown_country", _("a country of the European Economic Area, or none"))
        )
    if not (email or phone or url):
        problems.append(FieldProblem("/email", "required", _("at least one way to reach it")))
    if problems:
        raise BadThreat(_("this authority cannot be kept like that"), problems=problems)
    row = LifeAuthority.objects.filter(pk=authority_id).first() if authority_id else LifeAuthority()
    if row is None:
        raise NoSuchAuthority(_("there is no such authority"))
    row.kind = AuthorityKind.NATIONAL if country else AuthorityKind.EUROPOL
    row.country, row.name, row.email, row.phone = country, name.strip(), email.strip(), phone.strip()
    row.url, row.language, row.verified_on, row.active = url.strip(), language, verified_on, active
    refuse_unfit(row)
    same = LifeAuthority.objects.filter(kind=row.kind, country=row.country, name=row.name).exclude(pk=row.pk)
    if same.exists():
        raise BadThreat(
            _("this authority is there already"), problems=[FieldProblem("/name", "taken", _("is there already"))]
        )
    row.save()
    record(
        actor=actor, at=at, verb="life_authority.save", subject_kind="life_authority", subject_id=row.pk, country=country,
        active=active,
    )  # fmt: skip
    return row


def reference_of(threat: Threat) -> str:
    """What people say to each other instead of what it is about."""
    return short(threat.pk)


def _locked(threat_id: UUID) -> Threat:
    threat = Threat.objects.select_for_update().filter(pk=threat_id).first()
    if threat is None:
        raise NoSuchThreat(_("there is no such case"))
    return threat


def _require_person(actor: Actor) -> None:
    if actor.kind is not ActorKind.PERSON:
        raise NotPermitted(_("a person does this, not a machine"))


def _fact(actor: Actor, at: datetime, verb: str, threat: Threat, **body: Any) -> None:
    """References only: whoever reads the ledger learns that there is one, and nothing about whom. No vendor either."""
    record(
        actor=actor,
        at=at,
        verb=verb,
        subject_kind="threat",
        subject_id=threat.pk,
        vendor="",
        state=threat.state,
        **body,
    )
