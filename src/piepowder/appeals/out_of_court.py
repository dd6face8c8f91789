"""Certified bodies for settling disputes out of court, and the cases before them (DSA Art. 21).

A body has 90 days from receiving a complaint, in complex cases 180. Its decision binds nobody; what we do about it is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require, require_whole
from piepowder.appeals.aftercare import keep_tasks
from piepowder.appeals.models import Appeal, OutOfCourtBody, OutOfCourtCase
from piepowder.appeals.states import CASE_FLOW, TO_IMPLEMENT, CaseOutcome, CaseState, ComplainantKind
from piepowder.decisions.models import Decision
from piepowder.decisions.operations import NoSuchDecision, Ruling, overturn
from piepowder.decisions.overturning import place_of_decision
from piepowder.decisions.states import DecisionState
from piepowder.kernel.actor import Actor
from piepowder.kernel.clocks.periods import Period, plain_ends
from piepowder.kernel.errors import Conflict, FieldProblem, Malformed, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record

USUAL: Final = Period(90, "days")
COMPLEX: Final = Period(180, "days")


class NoSuchCase(NotFound):
    code = "no_such_out_of_court_case"


class NoSuchBody(NotFound):
    code = "no_such_body"


class BadOutOfCourt(Malformed):
    code = "bad_out_of_court"


class KnownCase(Conflict):
    """The body's number stands in the register already."""

    code = "known_out_of_court_case"


class AlreadyImplemented(Conflict):
    code = "already_implemented"


@dataclass(frozen=True, slots=True)
class BodyFields:
    """What is known of a body; ``member_state`` is two capital letters."""

    name: str
    member_state: str
    languages: Sequence[str] = ()
    subjects: str = ""
    url: str = ""
    email: str = ""
    certified_until: date | None = None
    active: bool = True


@transaction.atomic
def save_body(*, actor: Actor, fields: BodyFields, at: datetime, body_id: int | None = None) -> OutOfCourtBody:
    """Add a body to the register, or change what is known of it."""
    require_whole(actor, Permission.OUT_OF_COURT_EDIT)
    body = OutOfCourtBody.objects.filter(pk=body_id).first() if body_id is not None else OutOfCourtBody()
    if body is None:
        raise NoSuchBody(_("there is no such body"))
    if found := _body_problems(fields, body_id):
        raise BadOutOfCourt(_("the body cannot be kept like this"), problems=found)
    body.name, body.member_state = fields.name.strip(), fields.member_state
    body.languages, body.subjects = sorted(set(fields.languages)), fields.subjects.strip()
    body.url, body.email = fields.url.strip(), fields.email.strip()
    body.certified_until, body.active = fields.certified_until, fields.active
    body.save()
    record(
        actor=actor,
        at=at,
        verb="out_of_court.save_body",
        subject_kind="out_of_court_body",
        subject_id=body.pk,
        member_state=body.member_state,
        active=body.active,
    )
    return body


@transaction.atomic
def open_case(
    *,
    actor: Actor,
    body_id: int,
    reference: str,
    decision_id: UUID,
    complainant_kind: str,
    received_on: date,
    at: datetime,
    appeal_id: UUID | None = None,
    note: str = "",
) -> OutOfCourtCase:
    """Enter a dispute that a body told us about; it has 90 days from ``received_on``."""
    decision = Decision.objects.filter(pk=decision_id).first()
    if decision is None:
        raise NoSuchDecision(_("there is no such decision"))
    require(actor, Permission.OUT_OF_COURT_EDIT, place_of_decision(decision))
    if not OutOfCourtBody.objects.filter(pk=body_id).exists():
        raise NoSuchBody(_("there is no such body"))
    found = []
    if not 1 <= len(reference.strip()) <= 100 or "\x00" in reference:
        found.append(FieldProblem("/reference", "required", _("the body's number of the case")))
    if complainant_kind not in ComplainantKind.values:
        found.append(FieldProblem("/complainant_kind", "unknown_value", _("must be 'recipient' or 'reporter'")))
    if received_on > at.astimezone(UTC).date():
        found.append(FieldProblem("/received_on", "in_future", _("a day that has been")))
    if appeal_id is not None and not Appeal.objects.filter(pk=appeal_id, decision=decision).exists():
        found.append(FieldProblem("/appeal", "unknown_value", _("there is no such appeal about this decision")))
    if found:
        raise BadOutOfCourt(_("the case cannot be entered like this"), problems=found)
    case = OutOfCourtCase(
        body_id=body_id,
        reference=reference.strip(),
        decision=decision,
        appeal_id=appeal_id,
        complainant_kind=complainant_kind,
        received_on=received_on,
        due_on=_due(received_on, USUAL),
        note=note.strip(),
        opened_at=at,
    )
    try:
        with transaction.atomic():
            case.save(force_insert=True)
    except IntegrityError:
        raise KnownCase(_("this case stands in the register already")) from None
    _record(actor, case, at, "open", due_on=case.due_on.isoformat(), complainant=complainant_kind)
    return case


@transaction.atomic
def extend_case(*, actor: Actor, case_id: UUID, at: datetime) -> OutOfCourtCase:
    """The body has found the case complex: it has 180 days in all."""
    case = _locked(actor, case_id)
    CASE_FLOW.step("extend", CaseState(case.state))
    case.extended, case.due_on = True, _due(case.received_on, COMPLEX)
    case.save(update_fields=["extended", "due_on"])
    _record(actor, case, at, "extend", due_on=case.due_on.isoformat())
    return case


@transaction.atomic
def refuse_case(*, actor: Actor, case_id: UUID, note: str, at: datetime) -> OutOfCourtCase:
    """We do not take part: the same dispute, on the same grounds, was settled already (Art. 21(2))."""
    return _ended(actor, case_id, "refuse", note, at)


@transaction.atomic
def close_case(*, actor: Actor, case_id: UUID, note: str, at: datetime) -> OutOfCourtCase:
    """It ended without a decision: taken back, settled, or not admitted by the body."""
    return _ended(actor, case_id, "close", note, at)


@transaction.atomic
def decide_case(
    *,
    actor: Actor,
    case_id: UUID,
    outcome: str,
    decided_on: date,
    at: datetime,
    fees: Decimal | None = None,
    currency: str = "",
) -> OutOfCourtCase:
    """Keep what the body decided, and what it cost us."""
    case = _locked(actor, case_id)
    found = []
    if outcome not in CaseOutcome.values:
        found.append(FieldProblem("/outcome", "unknown_value", _("there is no such outcome")))
    if not case.received_on <= decided_on <= at.astimezone(UTC).date():
        found.append(FieldProblem("/decided_on", "out_of_range", _("a day since the body received it")))
    if fees is not None and not (0 <= fees < 10_000_000_000 and len(currency) == 3 and currency.isascii()):
        found.append(FieldProblem("/fees", "out_of_range", _("an amount and its currency")))
    if found:
        raise BadOutOfCourt(_("this outcome cannot be kept"), problems=found)
    case.state = CASE_FLOW.step("decide", CaseState(case.state))
    case.outcome, case.ended_on = outcome, decided_on
    case.fees, case.currency = fees, currency.upper() if fees is not None else ""
    case.implemented = False if outcome in TO_IMPLEMENT else None
    case.save(update_fields=["state", "outcome", "ended_on", "fees", "currency", "implemented"])
    _record(actor, case, at, "decide", outcome=outcome, late=case.ended_on > case.due_on)
    return case


@transaction.atomic
def implement_case(*, actor: Actor, case_id: UUID, at: datetime, replacement: Ruling | None = None) -> OutOfCourtCase:
    """Do what the body decided: our decision is overturned, or replaced, unless it does not stand any more."""
    case = _locked(actor, case_id)
    CASE_FLOW.step("implement", CaseState(case.state))
    if case.outcome not in TO_IMPLEMENT:
        raise BadOutOfCourt(_("the body has confirmed our decision: there is nothing to do"))
    if case.implemented:
        raise AlreadyImplemented(_("what the body decided was done already"))
    if case.decision.state == DecisionState.ISSUED:
        done = overturn(
            actor=actor, decision_id=case.decision_id, at=at, replacement=replacement, reason="out_of_court"
        )
        keep_tasks(done, at=at, case=case)
    case.implemented, case.implemented_at = True, at
    case.save(update_fields=["implemented", "implemented_at"])
    _record(actor, case, at, "implement")
    return case


def _ended(actor: Actor, case_id: UUID, verb: str, note: str, at: datetime) -> OutOfCourtCase:
    case = _locked(actor, case_id)
    if len(note.strip()) < 3 or "\x00" in note:
        problem = FieldProblem("/note", "required", _("say why"))
        raise BadOutOfCourt(_("the case cannot end like this"), problems=[problem])
    case.state = CASE_FLOW.step(verb, CaseState(case.state))
    case.note, case.ended_on = note.strip(), at.astimezone(UTC).date()
    case.save(update_fields=["state", "note", "ended_on"])
    _record(actor, case, at, verb)
    return case


def _locked(actor: Actor, case_id: UUID) -> OutOfCourtCase:
    found = OutOfCourtCase.objects.select_related("decision").filter(pk=case_id).first()
    if found is None or not actor.may(Permission.OUT_OF_COURT_EDIT, place_of_decision(found.decision)):
        raise NoSuchCase(_("there is no such case"))
    rows = OutOfCourtCase.objects.select_related("decision", "body").select_for_update(of=("self",))
    return rows.get(pk=case_id)


def _due(received_on: date, period: Period) -> date:
    return plain_ends(datetime.combine(received_on, time(12), UTC), period, UTC).on


def _body_problems(fields: BodyFields, body_id: int | None) -> list[FieldProblem]:
    found = []
    texts = (fields.name, fields.subjects, fields.url, fields.email)
    if not 1 <= len(fields.name.strip()) <= 200 or any("\x00" in text for text in texts):
        found.append(FieldProblem("/name", "required", _("a body needs a name")))
    namesakes = OutOfCourtBody.objects.filter(name=fields.name.strip()).values_list("pk", flat=True)
    if any(ref != body_id for ref in namesakes):
        found.append(FieldProblem("/name", "repeated", _("a body of this name is there already")))
    state = fields.member_state
    if not (len(state) == 2 and state.isascii() and state.isalpha() and state.isupper()):
        found.append(FieldProblem("/member_state", "unknown_country", _("a country is two capital letters such as DE")))
    for pointer, text, most in (("/subjects", fields.subjects, 300), ("/email", fields.email.strip(), 254)):
        if len(text) > most:
            found.append(FieldProblem(pointer, "too_long", _("at most %(count)d characters") % {"count": most}))
    for pointer, value, check in (
        ("/url", fields.url.strip(), URLValidator(schemes=["http", "https"])),
        ("/email", fields.email.strip(), validate_email),
    ):
        try:
            if value:
                check(value)
        except ValidationError:
            found.append(FieldProblem(pointer, "bad_address", _("is no address")))
    return found


def _record(actor: Actor, case: OutOfCourtCase, at: datetime, verb: str, **body: Any) -> None:
    record(
        actor=actor,
        at=at,
        verb=f"out_of_court.{verb}",
        subject_kind="out_of_court_case",
        subject_id=case.pk,
        vendor=case.decision.vendor,
        decision=str(case.decision_id),
        **body,
    )
