"""What people do about statements that did not go by themselves. The statement itself cannot be changed by anybody."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require_whole
from piepowder.interop.line import fingerprint
from piepowder.interop.models import Line, Submission
from piepowder.interop.states import SUBMISSION_FLOW
from piepowder.kernel.actor import Actor, ActorKind
from piepowder.kernel.errors import Conflict, FieldProblem, Forbidden, Malformed, NotFound
from piepowder.kernel.flow import WrongState
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record

_SHORTEST_REASON = 10
_LONGEST_REASON = 500
_LONGEST_TOKEN = 2_000


class NoSuchSubmission(NotFound):
    code = "no_such_submission"


class NotSecondPerson(Forbidden):
    """Who decided or approved cannot be the one who lets their own words pass."""

    code = "not_second_person"


class ReasonNeeded(Malformed):
    code = "reason_needed"


class BadToken(Malformed):
    code = "bad_token"


class TokenFromEnvironment(Conflict):
    code = "token_from_environment"


@transaction.atomic
def override(*, actor: Actor, submission_id: UUID, reason: str, at: datetime) -> Submission:
    """Let a statement leave that was stopped for personal data. Needs ``submission:edit`` everywhere.

    Only a person who neither decided nor approved may do so. Raises ``NotSecondPerson``, ``ReasonNeeded``, ``WrongState``.
    """
    require_whole(actor, Permission.SUBMISSION_EDIT)
    row = _locked(submission_id)
    decision = row.statement.decision
    involved = {decision.decider_id, decision.approver_id}
    if actor.kind is not ActorKind.PERSON or int(actor.ref) in involved:
        raise NotSecondPerson(_("somebody who had no part in the decision must do this"))
    told = _reason(reason)
    _move(row, "override", at, overridden_by_id=int(actor.ref), overridden_at=at, override_reason=told, next_at=at)
    kinds = sorted({str(one.get("kind")) for one in row.found})
    _record(actor, row, "submission.override", at, kinds=kinds)
    return row


@transaction.atomic
def retry(*, actor: Actor, submission_id: UUID, at: datetime) -> Submission:
    """Put a refused statement back into the queue, for example once a list of values has been brought up to date."""
    require_whole(actor, Permission.SUBMISSION_EDIT)
    row = _locked(submission_id)
    _move(row, "retry", at, next_at=at, given_up_by_id=None, give_up_reason="")
    _record(actor, row, "submission.retry", at)
    return row


@transaction.atomic
def give_up(*, actor: Actor, submission_id: UUID, reason: str, at: datetime) -> Submission:
    """Say that a refused or stopped statement will not be submitted, and why."""
    require_whole(actor, Permission.SUBMISSION_EDIT)
    row = _locked(submission_id)
    by = int(actor.ref) if actor.kind is ActorKind.PERSON else None
    _move(row, "give_up", at, given_up_by_id=by, give_up_reason=_reason(reason), next_at=None)
    _record(actor, row, "submission.give_up", at)
    return row


@transaction.atomic
def switch_token(*, actor: Actor, token: str, at: datetime) -> None:
    """Use another token from now on: one switch, since issuing a new one ends the old. A halt of the old one ends too.

    Needs ``submission:edit`` everywhere. Raises ``TokenFromEnvironment`` where the environment gives the token.
    """
    require_whole(actor, Permission.SUBMISSION_EDIT)
    if settings.DSA_TOKEN:
        raise TokenFromEnvironment(_("the token is given by PIEPOWDER_DSA_TOKEN; change it there"))
    token = token.strip()
    if not token or len(token) > _LONGEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        problem = FieldProblem("/token", "bad_token", _("the token as the database shows it, without spaces"))
        raise BadToken(_("this is no token"), problems=[problem])
    Line.objects.get_or_create(pk=1)
    Line.objects.filter(pk=1).update(
        token=token, token_changed_at=at, halted_for="", halted_at=None, rests_until=None, failures=0, problem=""
    )
    record(
        actor=actor,
        at=at,
        verb="submission_line.switch_token",
        subject_kind="submission_line",
        subject_id="dsa",
        # The digest of a long random secret tells nothing of it, but shows later which one was in use.
        token=fingerprint(token)[:16],
    )


@transaction.atomic
def resume(*, actor: Actor, at: datetime) -> None:
    """Use the halted token once more, for example after the account was mended on the other side."""
    require_whole(actor, Permission.SUBMISSION_EDIT)
    Line.objects.filter(pk=1).update(halted_for="", halted_at=None, rests_until=None, failures=0, problem="")
    record(actor=actor, at=at, verb="submission_line.resume", subject_kind="submission_line", subject_id="dsa")


def _locked(submission_id: UUID) -> Submission:
    rows = Submission.objects.select_for_update(of=("self",)).select_related("statement__decision")
    row = rows.filter(pk=submission_id).first()
    if row is None:
        raise NoSuchSubmission(_("there is no such submission"))
    return row


def _move(row: Submission, verb: str, at: datetime, **changes: Any) -> None:
    if row.state not in SUBMISSION_FLOW.sources(verb):
        raise WrongState(_("a submission that is %(state)s allows no such step") % {"state": row.get_state_display()})
    row.state = SUBMISSION_FLOW.target(verb)
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=["state", *(name.removesuffix("_id") for name in changes)])


def _reason(text: str) -> str:
    text = text.strip()
    if not _SHORTEST_REASON <= len(text) <= _LONGEST_REASON:
        problem = FieldProblem("/reason", "reason_needed", _("10 to 500 characters"))
        raise ReasonNeeded(_("say why, in a sentence"), problems=[problem])
    return text


def _record(actor: Actor, row: Submission, verb: str, at: datetime, **body: Any) -> None:
    record(actor=actor, at=at, verb=verb, subject_kind="submission", subject_id=row.pk, **body)
