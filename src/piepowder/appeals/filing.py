"""Filing an appeal: who may, against what, until when, and what is kept about who may not hear it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from piepowder.access.options import chosen
from piepowder.access.visibility import require
from piepowder.appeals.appealing import Complainant, May, appealable, basis_of
from piepowder.appeals.bars import add_bars, missing_bars
from piepowder.appeals.events import AppealFiled
from piepowder.appeals.models import Appeal, Evidence, Step
from piepowder.appeals.options import ADMIT_AT_ONCE
from piepowder.appeals.promise import CLOCK_FIELDS, promised, write_clock
from piepowder.appeals.states import APPEAL_FLOW, AppealState, Basis, ComplainantKind, Side, StepKind
from piepowder.appeals.telling import tell_received
from piepowder.decisions.models import Decision
from piepowder.decisions.operations import NoSuchDecision
from piepowder.intake.models import Report, StoredMedia
from piepowder.intake.pausing import paused_until
from piepowder.intake.states import PausedWhat, PausedWhose
from piepowder.kernel.actor import Actor, ActorKind, Place
from piepowder.kernel.errors import Conflict, FieldProblem, Forbidden, Malformed, PiepowderError
from piepowder.kernel.events import publish
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record

LONGEST_TEXT: Final = 20_000
MOST_EVIDENCE: Final = 50
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class NotAppealable(Conflict):
    """The decision restricts nothing of theirs, is not final yet, or does not stand any more."""

    code = "not_appealable"


class TooLateToAppeal(Conflict):
    code = "too_late_to_appeal"


class AlreadyAppealed(Conflict):
    """One appeal per decision, stage and complainant."""

    code = "already_appealed"


class NotComplainant(Forbidden):
    """The decision does not concern them."""

    code = "not_complainant"


class ComplaintsSuspended(Conflict):
    """They were warned, and told until when their complaints are not looked at."""

    code = "complaints_suspended"


class BadAppeal(Malformed):
    code = "bad_appeal"


@transaction.atomic
def file(
    *,
    actor: Actor,
    decision_id: UUID,
    complainant: Complainant,
    basis: str = "",
    text: str,
    evidence: Sequence[str] = (),
    language: str,
    at: datetime,
) -> Appeal:
    """File an appeal in the name of ``complainant`` and confirm that it was received.

    ``basis`` empty is worked out from the decision; ``evidence`` are digests of uploads, or addresses. A second one after
    the first was answered is the second stage. Raises ``NotComplainant``, ``NotAppealable``, ``TooLateToAppeal``,
    ``AlreadyAppealed`` and ``BadAppeal``.
    """
    decision = Decision.objects.select_related("item", "statement").filter(pk=decision_id).first()
    if decision is None:
        raise NoSuchDecision(_("there is no such decision"))
    require(actor, Permission.APPEAL_FILE, Place(market=decision.market, language=decision.language))
    may = appealable(decision, complainant, at)
    if not may.allowed:
        raise _refusal(may)
    _refuse_paused(complainant, may, at)
    _check(complainant, basis, text, evidence, language)
    appeal = _stored(actor, decision, complainant, may, basis, text, language, at)
    _begin(appeal, actor, evidence, at)
    record(
        actor=actor,
        at=at,
        verb="appeal.file",
        subject_kind="appeal",
        subject_id=appeal.pk,
        vendor=decision.vendor,
        decision=str(decision.pk),
        stage=appeal.stage,
        complainant=appeal.complainant_kind,
        basis=appeal.basis,
        until=appeal.until.isoformat(),
        rule=appeal.rule,
        due_at=appeal.due_at.isoformat() if appeal.due_at else None,
    )
    tell_received(appeal, actor=actor, at=at)
    publish(AppealFiled(appeal.pk, decision.pk, appeal.complainant_kind, appeal.stage, at, actor))
    return appeal


def _refuse_paused(complainant: Complainant, may: May, at: datetime) -> None:
    """Complaints of somebody who misused them are not processed for a time (DSA Art. 23(2))."""
    report = (
        Report.objects.filter(pk=may.report_id).values_list("reporter_id", flat=True).first() if may.report_id else None
    )
    whose = PausedWhose.REPORTER if report else PausedWhose.SELLER
    until = paused_until(whose, report or complainant.ref, PausedWhat.COMPLAINTS, at)
    if until is not None:
        raise ComplaintsSuspended(
            _("complaints are not looked at before %(until)s") % {"until": until.date().isoformat()}
        )


def _stored(
    actor: Actor,
    decision: Decision,
    complainant: Complainant,
    may: May,
    basis: str,
    text: str,
    language: str,
    at: datetime,
) -> Appeal:
    assert may.until is not None
    report = Report.objects.select_related("reporter").filter(pk=may.report_id).first() if may.report_id else None
    target_s, calendar = promised()
    appeal = Appeal(
        decision=decision,
        decider_id_then=decision.decider_id,
        stage=may.stage,
        complainant_kind=complainant.kind,
        complainant_ref=report.reporter.external_ref if report else complainant.ref,
        report=report,
        basis=basis or basis_of(decision, report),
        text=text.strip(),
        language=language,
        source=f"{actor.kind}:{actor.ref}",
        until=may.until,
        rule=may.rule,
        filed_at=at,
        target_s=target_s,
        calendar=calendar,
    )
    try:
        with transaction.atomic():
            appeal.save(force_insert=True)
    except IntegrityError:
        raise AlreadyAppealed(_("you have complained about this decision already")) from None
    return appeal


def _begin(appeal: Appeal, actor: Actor, evidence: Sequence[str], at: datetime) -> None:
    """What an appeal has from its first moment: its bars, what came with it, its clock, its place on the desk."""
    add_bars(appeal, missing_bars(appeal), at)
    keep_evidence(appeal, evidence, side=Side.COMPLAINANT, at=at)
    Step.objects.create(appeal=appeal, at=at, kind=StepKind.FILED, user_id=person_id(actor))
    if chosen(ADMIT_AT_ONCE):
        appeal.state = APPEAL_FLOW.step("admit", AppealState(appeal.state))
    write_clock(appeal, at)
    appeal.save(update_fields=["state", *CLOCK_FIELDS])


def keep_evidence(
    appeal: Appeal, evidence: Sequence[str], *, side: Side, at: datetime, user_id: int | None = None, text: str = ""
) -> None:
    """Add files (by digest), links and words to what a side brings forward. They were checked."""
    rows = [
        Evidence(
            appeal=appeal,
            side=side,
            stored_id=one if _DIGEST.fullmatch(one) else None,
            url="" if _DIGEST.fullmatch(one) else one,
            user_id=user_id,
            added_at=at,
        )
        for one in evidence
    ]
    if text.strip():
        rows.append(Evidence(appeal=appeal, side=side, text=text.strip(), user_id=user_id, added_at=at))
    Evidence.objects.bulk_create(rows)


def evidence_problems(evidence: Sequence[str]) -> list[FieldProblem]:
    """What is wrong with the pieces: each must be an upload that is here, or an address."""
    if len(evidence) > MOST_EVIDENCE:
        return [FieldProblem("/evidence", "too_many", _("at most %(most)d pieces") % {"most": MOST_EVIDENCE})]
    digests = [one for one in evidence if _DIGEST.fullmatch(one)]
    known = set(StoredMedia.objects.filter(pk__in=digests).values_list("pk", flat=True))
    return [
        FieldProblem(f"/evidence/{index}", "bad_evidence", _("is neither an upload that is here nor an address"))
        for index, one in enumerate(evidence)
        if one not in known
        and not (one.startswith(("https://", "http://")) and len(one) <= 2_000 and one.isprintable())
    ]


def text_problems(pointer: str, text: str) -> list[FieldProblem]:
    if not text.strip():
        return [FieldProblem(pointer, "required", _("say what is wrong with the decision"))]
    if len(text) > LONGEST_TEXT:
        return [FieldProblem(pointer, "too_long", _("at most %(count)d characters") % {"count": LONGEST_TEXT})]
    if "\x00" in text:
        return [FieldProblem(pointer, "bad_text", _("must not hold a NUL character"))]
    return []


def person_id(actor: Actor) -> int | None:
    return int(actor.ref) if actor.kind is ActorKind.PERSON else None


def _check(complainant: Complainant, basis: str, text: str, evidence: Sequence[str], language: str) -> None:
    found = [*text_problems("/text", text), *evidence_problems(evidence)]
    if basis and basis not in Basis.values:
        found.append(FieldProblem("/basis", "unknown_value", _("there is no such basis")))
    if complainant.kind not in ComplainantKind.values:
        found.append(FieldProblem("/complainant/kind", "unknown_value", _("must be 'recipient' or 'reporter'")))
    if not 2 <= len(language) <= 10:
        found.append(FieldProblem("/language", "unknown_value", _("a language is a code such as en or zh-Hans")))
    if found:
        raise BadAppeal(_("the complaint cannot be taken as it is"), problems=found)


def _refusal(may: May) -> PiepowderError:
    if may.problem == "not_complainant":
        return NotComplainant(_("this decision does not concern you"))
    if may.problem == "too_late_to_appeal":
        assert may.until is not None
        return TooLateToAppeal(_("the time to complain ended on %(day)s") % {"day": may.until.isoformat()})
    if may.problem == "already_appealed":
        return AlreadyAppealed(_("you have complained about this decision already"))
    return NotAppealable(_("there is nothing to complain about: the decision is not final or does not stand any more"))
