"""Warning somebody who misuses the service, and suspending them for a time when they go on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.options import chosen
from piepowder.access.visibility import NotPermitted, require_whole
from piepowder.decisions.operations import EnforcementOrder, Ruling, rule_directly
from piepowder.decisions.states import Outcome, Source
from piepowder.duties.misuse import letters
from piepowder.duties.misuse.counting import Whose, confirmed, counts_of
from piepowder.duties.misuse.options import POLICY
from piepowder.duties.misuse.weighing import Counts, Judged, as_json
from piepowder.duties.models import Misuse
from piepowder.duties.sellers import seller_item
from piepowder.duties.states import MISUSE_FLOW, MisuseSide, MisuseState
from piepowder.intake.models import Item, Reporter
from piepowder.intake.operations import end_pause, pause
from piepowder.intake.states import PausedWhat, PausedWhose
from piepowder.kernel.actor import SYSTEM, Actor, ActorKind
from piepowder.kernel.errors import Conflict, FieldProblem, Malformed, NotFound, Refused
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.policy.queries import version_in_force

LONGEST_DAYS: Final = 365


class BadMisuse(Malformed):
    code = "bad_misuse"


class NoSuchMisuse(NotFound):
    code = "no_such_misuse"


class NothingConfirmed(Refused):
    """Nobody is warned of what no person called manifest."""

    code = "nothing_confirmed"


class AlreadyWarned(Conflict):
    code = "already_warned"


class NotRepeated(Refused):
    """Nothing manifest was confirmed since the warning."""

    code = "misuse_not_repeated"


@transaction.atomic
def warn_of_misuse(*, actor: Actor, whose: Whose, judged: Judged, at: datetime) -> Misuse:
    """Warn somebody of a suspension, with what was weighed. Raises ``NothingConfirmed`` and ``AlreadyWarned``."""
    _require(actor)
    _check(whose, judged)
    counts = counts_of(whose, at)
    if not counts.absolute:
        raise NothingConfirmed(_("no person has confirmed anything manifest in the period that counts"))
    standing = Misuse.objects.select_for_update().filter(
        whose.subject, side=whose.side, state__in=(MisuseState.WARNED, MisuseState.SUSPENDED)
    )
    if standing.exists():
        raise AlreadyWarned(_("there is a warning or a suspension already"))
    misuse = Misuse.objects.create(
        side=whose.side,
        seller_ref=whose.seller_ref,
        reporter_id=whose.reporter_id,
        factors={"warning": as_json(counts, judged)},
        warned_at=at,
        warned_by=actor.ref,
    )
    letters.warn(actor, misuse, counts, at)
    _fact(actor, at, "misuse.warn", misuse, counts)
    return misuse


@transaction.atomic
def suspend_for_misuse(
    *, actor: Actor, misuse_id: UUID, judged: Judged, days: int, at: datetime, facts: str = "", policy_code: str = ""
) -> Misuse:
    """Suspend somebody who went on after the warning, for ``days``.

    For content it is the account, by a decision with its statement of reasons; ``facts`` say what was offered. For notices
    and complaints it is that they are looked at. Raises ``NotRepeated`` when nothing manifest happened since the warning.
    """
    _require(actor)
    misuse = _locked(misuse_id)
    whose = whose_of(misuse)
    _check(whose, judged)
    if not 1 <= days <= LONGEST_DAYS:
        told = _("a number of days from 1 to %(most)d") % {"most": LONGEST_DAYS}
        raise BadMisuse(told, problems=[FieldProblem("/days", "out_of_range", told)])
    state = MISUSE_FLOW.step("suspend", MisuseState(misuse.state))
    if not confirmed(whose).filter(happened_at__gt=misuse.warned_at, happened_at__lte=at).exists():
        raise NotRepeated(_("nothing manifest was confirmed that happened after the warning"))
    counts = counts_of(whose, at)
    misuse.state, misuse.suspended_at, misuse.suspended_by = state, at, actor.ref
    misuse.suspended_until = at + timedelta(days=days)
    misuse.factors = {**misuse.factors, "suspension": as_json(counts, judged)}
    if misuse.side == MisuseSide.CONTENT:
        misuse.decision_id = _suspend_account(actor, misuse, counts, days, facts, policy_code, at)
    else:
        pause(actor=actor, **_paused(misuse), until=misuse.suspended_until, at=at)
        letters.suspend(actor, misuse, counts, at)
    misuse.save()
    _fact(actor, at, "misuse.suspend", misuse, counts, days=days)
    return misuse


@transaction.atomic
def drop_misuse(*, actor: Actor, misuse_id: UUID, at: datetime) -> Misuse:
    """Let a warning rest: it did not happen again."""
    _require(actor)
    return _close(_locked(misuse_id), "drop", actor, at)


@transaction.atomic
def end_misuse(*, actor: Actor, misuse_id: UUID, at: datetime) -> Misuse:
    """End a suspension of processing before its time. An account's is ended by undoing its decision."""
    _require(actor)
    misuse = _locked(misuse_id)
    if misuse.side == MisuseSide.CONTENT:
        raise BadMisuse(_("the account is suspended by a decision: overturn that"))
    end_pause(actor=actor, **_paused(misuse), at=at)
    return _close(misuse, "end", actor, at)


def end_what_is_over(*, now: datetime) -> int:
    """Suspensions whose time is over are over; also those whose decision was undone."""
    over = Misuse.objects.filter(state=MisuseState.SUSPENDED, suspended_until__lte=now).order_by(
        "suspended_until", "id"
    )
    ended = 0
    for misuse_id in over.values_list("pk", flat=True)[:500]:
        with transaction.atomic():
            misuse = _locked(misuse_id)
            if misuse.state == MisuseState.SUSPENDED:
                _close(misuse, "end", SYSTEM, now)
                ended += 1
    return ended


def on_decision_undone(decision_id: UUID, actor: Actor, at: datetime) -> None:
    """The decision that suspended an account does not stand any more: the suspension is over."""
    misuse = Misuse.objects.select_for_update().filter(decision_id=decision_id, state=MisuseState.SUSPENDED).first()
    if misuse is not None:
        _close(misuse, "end", actor, at)


def whose_of(misuse: Misuse) -> Whose:
    return Whose(misuse.side, misuse.seller_ref, misuse.reporter_id)


def _suspend_account(
    actor: Actor, misuse: Misuse, counts: Counts, days: int, facts: str, policy_code: str, at: datetime
) -> UUID:
    newest = Item.objects.filter(seller_ref=misuse.seller_ref).order_by("-updated_at").first()
    if newest is None:
        raise BadMisuse(_("this seller offers nothing here"))
    item = seller_item(seller_ref=misuse.seller_ref, market=newest.market, language=newest.language, at=at)
    assert item.snapshot_id is not None
    code = policy_code or str(chosen(POLICY))
    version = version_in_force(code, item.market, at)
    text = facts.strip() or _(
        "In the period from %(since)s to %(until)s, %(count)d offers of this account were manifestly illegal, and it went on"
        " after a warning."
    ) % {"since": counts.since, "until": counts.until, "count": counts.absolute}
    ruling = Ruling(
        outcome=Outcome.VIOLATION,
        snapshot_id=item.snapshot_id,
        policy_codes=(code,),
        ground=version.ground if version is not None else "terms",
        facts=text,
        enforcements=(EnforcementOrder("account", "suspended", days=days),),
    )
    return rule_directly(actor=actor, item_id=item.pk, ruling=ruling, at=at, source=Source.OWN_INITIATIVE).pk


def _paused(misuse: Misuse) -> dict[str, Any]:
    by_reporter = misuse.reporter_id is not None
    return {
        "whose": PausedWhose.REPORTER if by_reporter else PausedWhose.SELLER,
        "ref": str(misuse.reporter_id) if by_reporter else misuse.seller_ref,
        "what": PausedWhat.NOTICES if misuse.side == MisuseSide.NOTICE else PausedWhat.COMPLAINTS,
    }


def _require(actor: Actor) -> None:
    require_whole(actor, Permission.MISUSE_EDIT)
    if actor.kind is not ActorKind.PERSON:
        raise NotPermitted(_("a person does this, not a machine"))


def _check(whose: Whose, judged: Judged) -> None:
    problems = list(judged.problems())
    fits = {
        MisuseSide.CONTENT: bool(whose.seller_ref) and whose.reporter_id is None,
        MisuseSide.NOTICE: whose.reporter_id is not None and not whose.seller_ref,
        MisuseSide.COMPLAINT: bool(whose.seller_ref) != (whose.reporter_id is not None),
    }
    if whose.side not in MisuseSide.values or not fits[MisuseSide(whose.side)]:
        problems.append(FieldProblem("/side", "unknown_value", _("say whose content, notices or complaints")))
    elif whose.reporter_id and not Reporter.objects.filter(pk=whose.reporter_id).exists():
        problems.append(FieldProblem("/reporter", "unknown_reporter", _("there is no such reporter")))
    if problems:
        raise BadMisuse(_("this cannot be done like that"), problems=problems)


def _locked(misuse_id: UUID) -> Misuse:
    rows = Misuse.objects.select_for_update(of=("self",)).select_related("reporter")
    misuse = rows.filter(pk=misuse_id).first()
    if misuse is None:
        raise NoSuchMisuse(_("there is no such warning or suspension"))
    return misuse


def _close(misuse: Misuse, verb: str, actor: Actor, at: datetime) -> Misuse:
    misuse.state = MISUSE_FLOW.step(verb, MisuseState(misuse.state))
    misuse.closed_at, misuse.closed_by = at, actor.ref
    misuse.save(update_fields=["state", "closed_at", "closed_by"])
    record(actor=actor, at=at, verb=f"misuse.{verb}", subject_kind="misuse", subject_id=misuse.pk, side=misuse.side)
    return misuse


def _fact(actor: Actor, at: datetime, verb: str, misuse: Misuse, counts: Counts, **body: Any) -> None:
    record(
        actor=actor, at=at, verb=verb, subject_kind="misuse", subject_id=misuse.pk, side=misuse.side,
        absolute=counts.absolute, total=counts.total, since=counts.since, until=counts.until,
        reporter=str(misuse.reporter_id) if misuse.reporter_id else None, **body,
    )  # fmt: skip
