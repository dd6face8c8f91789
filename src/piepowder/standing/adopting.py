"""Taking violations of the past into account when a ladder is switched on, a stretch at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from piepowder.decisions.logic import LADDER
from piepowder.decisions.models import Decision
from piepowder.decisions.states import DecisionState, Outcome
from piepowder.policy.states import LadderMode
from piepowder.standing.catalogue import KEPT_S, forget
from piepowder.standing.models import Account, Entry, LadderSwitch, Tally
from piepowder.standing.noting import NOT_THE_SELLERS

AT_ONCE: Final = 1_000
_HEARD = timedelta(seconds=5 * KEPT_S)
"""After so long every process has heard of a switch and notes violations by itself."""


def violations(since: datetime, until: datetime | None = None) -> QuerySet[Decision]:
    """Decisions that stand and found a violation of a seller, but for sanctions; by time."""
    rows = Decision.objects.filter(outcome=Outcome.VIOLATION, state=DecisionState.ISSUED, decided_at__gte=since)
    if until is not None:
        rows = rows.filter(decided_at__lt=until)
    of_ladders = Q(machine__startswith=LADDER) | Q(sanction__isnull=False)
    theirs = rows.exclude(of_ladders).exclude(item__kind__in=NOT_THE_SELLERS).exclude(item__seller_ref="")
    return theirs.order_by("decided_at", "id")


@transaction.atomic
def adopt(*, now: datetime) -> int:
    """Note the next stretch of past violations for a ladder that was switched on; 0 when there is nothing to do now."""
    waiting = LadderSwitch.objects.select_for_update(skip_locked=True, of=("self",)).filter(adopted_at__isnull=True)
    switch = waiting.select_related("ladder").order_by("id").first()
    if switch is None:
        return 0
    until = switch.at + _HEARD
    rows = violations(switch.adopted_to or switch.counts_from, until).select_related("item")
    found = list(rows.prefetch_related("citations__version__policy")[:AT_ONCE])
    done = len(found) < AT_ONCE
    _note(found, switch)
    if done and now >= until:
        LadderSwitch.objects.filter(pk=switch.pk).update(adopted_to=until, adopted_at=now)
        _make_due(switch, now)
        forget()
        transaction.on_commit(forget)
        return len(found) + 1
    if found:
        # The last one's moment once more: others may share it.
        LadderSwitch.objects.filter(pk=switch.pk).update(adopted_to=found[-1].decided_at)
        return 0 if done else len(found)
    return 0


def _note(found: Sequence[Decision], switch: LadderSwitch) -> None:
    accounts = _accounts(found)
    rows = []
    for decision in found:
        cited = sorted(decision.citations.all(), key=lambda one: (not one.primary, one.pk))
        rows.append(
            Entry(
                account=accounts[decision.item.seller_ref],
                decision=decision,
                at=decision.final_at,
                reasons=[one.version.policy.code for one in cited],
                severity=min((one.version.severity for one in cited), default=3),
                market=decision.market,
                batch=str(decision.batch) if decision.batch else "",
            )
        )
    Entry.objects.bulk_create(rows, ignore_conflicts=True)
    tallies = [Tally(account=account, ladder_id=switch.ladder_id) for account in accounts.values()]
    Tally.objects.bulk_create(tallies, ignore_conflicts=True)


def _accounts(found: Iterable[Decision]) -> dict[str, Account]:
    first: dict[str, Decision] = {}
    for decision in found:
        first.setdefault(decision.item.seller_ref, decision)
    new = [Account(seller_ref=ref, market=one.market, language=one.language) for ref, one in first.items()]
    Account.objects.bulk_create(new, ignore_conflicts=True)
    return {
        account.seller_ref: account for account in Account.objects.filter(seller_ref__in=first) if account.seller_ref
    }


def _make_due(switch: LadderSwitch, now: datetime) -> None:
    """Everybody with an entry is looked at, those too who were known before."""
    if switch.mode == LadderMode.OFF:
        return
    there = Tally.objects.filter(ladder=switch.ladder_id).values("account")
    known = Account.objects.filter(entries__at__gte=switch.counts_from).exclude(pk__in=there).distinct()
    Tally.objects.bulk_create(
        [Tally(account=account, ladder_id=switch.ladder_id) for account in known], ignore_conflicts=True
    )
    Tally.objects.filter(ladder=switch.ladder_id).update(next_at=now)
