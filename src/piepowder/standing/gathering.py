"""What happened to sellers, read from the tables as the events of an evaluation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from piepowder.standing.catalogue import Known
from piepowder.standing.ladder import Adjustment, Credit, Earned, Event, Hold, Standing, Violation, evaluate
from piepowder.standing.models import Account, CreditGiven, Entry, PointsAdjustment
from piepowder.standing.models import Hold as HoldRow


@dataclass(slots=True)
class Happened:
    """Everything about one account that stands."""

    account: Account
    entries: list[Entry] = field(default_factory=list)
    holds: list[HoldRow] = field(default_factory=list)
    credits: list[CreditGiven] = field(default_factory=list)
    adjustments: list[PointsAdjustment] = field(default_factory=list)

    def events(self, known: Known) -> list[Event]:
        """As ``known`` counts them."""
        return [
            *(as_violation(entry, known.code) for entry in self.entries if known.counts(entry.at)),
            *(Hold(str(hold.entry_id), hold.at, hold.until) for hold in self.holds),
            *(
                Credit(str(credit.pk), credit.at, Earned(credit.kind), credit.quantity)
                for credit in self.credits
                if known.counts(credit.at)
            ),
            *(
                Adjustment(str(one.pk), one.at, one.points, one.days, one.counter)
                for one in self.adjustments
                if one.ladder_id == known.id
            ),
        ]


def as_violation(entry: Entry, ladder: str) -> Violation:
    return Violation(
        ref=str(entry.pk),
        at=entry.at,
        reasons=tuple(entry.reasons),
        severity=entry.severity,
        market=entry.market,
        batch=entry.batch,
        chosen=entry.chosen.get(ladder),
    )


def happened_to(accounts: Iterable[Account]) -> dict[UUID, Happened]:
    """What stands about each account, in four queries for all."""
    found = {account.pk: Happened(account) for account in accounts}
    entries = Entry.objects.filter(account__in=found, undone="").order_by("at", "id")
    for entry in entries.select_related("decision__item"):
        found[entry.account_id].entries.append(entry)
    for hold in HoldRow.objects.filter(entry__account__in=found).select_related("entry").order_by("at", "id"):
        found[hold.entry.account_id].holds.append(hold)
    for credit in CreditGiven.objects.filter(account__in=found).order_by("at", "id"):
        found[credit.account_id].credits.append(credit)
    for adjustment in PointsAdjustment.objects.filter(account__in=found).order_by("at", "id"):
        found[adjustment.account_id].adjustments.append(adjustment)
    return found


def stand(known: Known, happened: Happened, now: datetime) -> Standing | None:
    """Where the account stands on a ladder; ``None`` while no version of it holds."""
    version = known.version_at(now)
    if version is None:
        return None
    return evaluate(
        version.ladder,
        happened.events(known),
        now,
        market=happened.account.market,
        since=version.since,
        eras=known.eras_before(version),
        live=known.live,
    )
