"""What decisions leave on a seller's account: an entry for a violation, undone when its decision is."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from piepowder.decisions.events import DecisionIssued, DecisionOverturned, DecisionWithdrawn
from piepowder.decisions.models import Citation, Decision
from piepowder.decisions.states import Outcome
from piepowder.intake.states import Kind
from piepowder.kernel.actor import Actor
from piepowder.ledger.operations import record
from piepowder.standing.catalogue import Known, ever_on, ladders_on
from piepowder.standing.models import Account, Entry, Sanction, Tally
from piepowder.standing.settling import settle_now, undone_by_itself
from piepowder.standing.states import Undone

NOT_THE_SELLERS = frozenset({Kind.IP_CLAIM.value})
"""Behind such an item stands somebody who claims a right; what they do wrong is counted elsewhere."""


def on_decision_issued(event: DecisionIssued) -> None:
    """Note a violation on every ladder that counts it; it counts from the moment its decision is final.

    A decision that takes the place of another keeps the other's day: judging something anew makes nothing younger. While
    every ladder is off nothing is noted, but what was noted before does not outlast its decision.
    """
    if not ever_on():
        return
    for sanction in Sanction.objects.filter(decision=event.supersedes_id) if event.supersedes_id else ():
        undone_by_itself(sanction, event.at, event.actor)
    former = _undo(event.supersedes_id, Undone.SUPERSEDED, event.at, event.actor) if event.supersedes_id else None
    ladders = ladders_on()
    if ladders and event.outcome == Outcome.VIOLATION and event.seller_ref and event.kind not in NOT_THE_SELLERS:
        decision = Decision.objects.only("id", "batch", "final_at").get(pk=event.decision_id)
        if not _is_sanction(event.policy_codes, ladders):
            account = account_of(event.seller_ref, event.market, event.language)
            at = min(former.at, event.final_at) if former else event.final_at
            entry = _note(account, decision, event.policy_codes, event.market, at)
            _make_due(account, ladders, event.final_at)
            record(
                actor=event.actor,
                at=event.at,
                verb="standing.note",
                subject_kind="standing_entry",
                subject_id=entry.pk,
                decision=str(decision.pk),
                account=str(account.pk),
                counts_from=at.isoformat(),
            )
    if former is not None:
        settle_now(former.account_id, event.at)


def on_decision_withdrawn(event: DecisionWithdrawn) -> None:
    _ended(event.decision_id, Undone.WITHDRAWN, event.at, event.actor)


def on_decision_overturned(event: DecisionOverturned) -> None:
    """The account stands as if the decision had not been; what followed from it alone is lifted at once."""
    _ended(event.decision_id, Undone.OVERTURNED, event.at, event.actor)


def _ended(decision_id: UUID, how: Undone, at: datetime, actor: Actor) -> None:
    if not ever_on():
        return
    for sanction in Sanction.objects.filter(decision=decision_id):
        undone_by_itself(sanction, at, actor)
    entry = _undo(decision_id, how, at, actor)
    if entry is not None:
        settle_now(entry.account_id, at)


def _undo(decision_id: UUID | None, how: Undone, at: datetime, actor: Actor) -> Entry | None:
    entry = Entry.objects.filter(decision=decision_id, undone="").first()
    if entry is None:
        return None
    Entry.objects.filter(pk=entry.pk).update(undone=how, undone_at=at)
    entry.undone, entry.undone_at = how, at
    record(
        actor=actor,
        at=at,
        verb="standing.undo",
        subject_kind="standing_entry",
        subject_id=entry.pk,
        decision=str(entry.decision_id),
        how=how.value,
    )
    return entry


def _is_sanction(codes: tuple[str, ...], ladders: tuple[Known, ...]) -> bool:
    """What a ladder itself led to is no violation of its own."""
    cited = {version.ladder.policy for known in ladders for version in known.versions}
    return bool(codes) and codes[0] in cited


def account_of(seller_ref: str, market: str, language: str) -> Account:
    return Account.objects.get_or_create(seller_ref=seller_ref, defaults={"market": market, "language": language})[0]


def _note(account: Account, decision: Decision, codes: tuple[str, ...], market: str, at: datetime) -> Entry:
    severities = Citation.objects.filter(decision=decision).values_list("version__severity", flat=True)
    return Entry.objects.create(
        account=account,
        decision=decision,
        at=at,
        reasons=list(codes),
        severity=min(severities, default=3),
        market=market,
        batch=str(decision.batch) if decision.batch else "",
    )


def _make_due(account: Account, ladders: tuple[Known, ...], at: datetime) -> None:
    """Have the sweep look at the account when the entry counts."""
    rows = [Tally(account=account, ladder_id=known.id, next_at=at) for known in ladders]
    Tally.objects.bulk_create(rows, ignore_conflicts=True)
    later = Tally.objects.filter(account=account, ladder__in=[known.id for known in ladders])
    (later.filter(next_at__gt=at) | later.filter(next_at__isnull=True)).update(next_at=at)
