"""A sanction becomes a decision of its own, with its statement of reasons, and how such a decision ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from piepowder.decisions.logic import LADDER
from piepowder.decisions.models import Decision
from piepowder.decisions.operations import (
    Apart,
    EnforcementOrder,
    Ruling,
    decide_by_machine,
    end_early,
    overturn,
    withdraw,
)
from piepowder.decisions.states import DecisionState, Outcome, Source
from piepowder.intake.models import Item
from piepowder.intake.operations import receive
from piepowder.intake.schemas import parse_submission
from piepowder.intake.schemas.values import Submitted
from piepowder.intake.states import Kind
from piepowder.kernel.actor import SYSTEM
from piepowder.kernel.errors import Conflict, PiepowderError
from piepowder.kernel.ids import short
from piepowder.policy.states import Ground
from piepowder.standing.ladder import Due
from piepowder.standing.models import Account, Entry, Sanction
from piepowder.standing.moving import move
from piepowder.standing.reading import read_ladder
from piepowder.standing.shape import Ladder, Threshold
from piepowder.standing.states import SanctionState
from piepowder.standing.wording import said, score_words

_MOST_NAMED = 30


class NoSuchAccount(Conflict):
    """The account was erased: there is nobody left to sanction."""

    code = "account_erased"


def impose(row: Sanction, due: Due, at: datetime) -> None:
    """Decide the measures of ``row`` as the machine that the ladder is; what a machine may not decide waits for a person."""
    try:
        with transaction.atomic():
            item = seller_item(row.account, at)
            ladder = ladder_of(row)
            decision = decide_by_machine(
                actor=SYSTEM,
                item_id=item.pk,
                ruling=ruling_for(row, item, at),
                machine=f"{LADDER}{ladder.code}",
                version=str(ladder.number),
                at=at,
                apart=Apart(source=Source.OWN_INITIATIVE),
            )
    except PiepowderError as refused:
        Sanction.objects.filter(pk=row.pk).update(state=SanctionState.WAITING, problem=refused.code[:40])
        row.state, row.problem = SanctionState.WAITING, refused.code[:40]
        return
    move(row, "impose", actor=SYSTEM, at=at, decision=decision, problem="")


def ruling_for(row: Sanction, item: Item, at: datetime) -> Ruling:
    """What is ruled about the seller: the measures for what is left of their time, and the facts they rest on."""
    ladder = ladder_of(row)
    assert item.snapshot_id is not None
    return Ruling(
        outcome=Outcome.VIOLATION,
        snapshot_id=item.snapshot_id,
        policy_codes=(ladder.policy,),
        ground=Ground.TERMS,
        facts=facts_of(row, ladder, item.language),
        enforcements=tuple(_orders(row, at)),
    )


def _orders(row: Sanction, at: datetime) -> Iterator[EnforcementOrder]:
    for one in row.measures:
        days = one["days"]
        if days is not None:
            left = row.starts_at + timedelta(days=days) - at
            if left <= timedelta(0):
                continue
            days = max(1, round(left / timedelta(days=1)))
        yield EnforcementOrder(one["family"], one["measure"], days=days, description=one.get("description", ""))


def facts_of(row: Sanction, ladder: Ladder, language: str) -> str:
    """The facts relied on, in the recipient's language: the milestone, the score, and each decision with its points."""
    threshold = threshold_of(row, ladder)
    entries = {str(one.pk): one for one in Entry.objects.filter(pk__in=_uuids(row.basis)).select_related("decision")}
    with translation.override(language.lower()):
        lines = [
            _("On %(day)s this account reached the milestone “%(milestone)s” of “%(ladder)s”: %(score)s.")
            % {
                "day": row.at.date().isoformat(),
                "milestone": said(threshold.title, language) if threshold else row.threshold,
                "ladder": said(ladder.title, language),
                "score": score_words(ladder, row.counter, row.score, language),
            },
            _("What counted then:"),
        ]
        named = [ref for ref in row.basis if ref in entries]
        lines += [
            _("- decision %(ref)s of %(day)s, policy %(policy)s")
            % {
                "ref": short(entries[ref].decision_id),
                "day": entries[ref].decision.decided_at.date().isoformat(),
                "policy": entries[ref].reasons[0],
            }
            for ref in named[-_MOST_NAMED:]
        ]
        if len(named) > _MOST_NAMED:
            lines.append(_("and %(count)d earlier ones") % {"count": len(named) - _MOST_NAMED})
    return "\n".join(lines)


def _uuids(refs: list[str]) -> list[str]:
    return [ref for ref in refs if len(ref) == 36]


def ladder_of(row: Sanction) -> Ladder:
    """As the version says that the sanction follows from, in the seller's market."""
    ladder = read_ladder(row.ladder.code, row.version.content, row.version.number)
    return ladder.in_market(row.account.market)


def threshold_of(row: Sanction, ladder: Ladder) -> Threshold | None:
    counter = ladder.counter(row.counter)
    return next((one for one in counter.thresholds if one.code == row.threshold), None) if counter else None


def seller_item(account: Account, at: datetime) -> Item:
    """The seller as an item, of which no more than the reference is known when the marketplace never sent it."""
    if account.seller_ref is None:
        raise NoSuchAccount(_("this account was erased"))
    rows = Item.objects.select_for_update(no_key=True).filter(kind=Kind.SELLER, external_id=account.seller_ref)
    item = rows.first()
    if item is not None:
        return item
    bare = parse_submission(
        {
            "kind": Kind.SELLER.value,
            "id": account.seller_ref,
            "market": account.market,
            "language": account.language,
            "content": {"name": account.seller_ref},
        }
    )
    assert isinstance(bare, Submitted), bare
    receive(actor=SYSTEM, submissions=[bare], at=at, to_review=False)
    return rows.get()


def take_back(row: Sanction, at: datetime) -> None:
    """Undo the decision of a sanction whose ground is gone: withdrawn while nothing of it has left, else overturned."""
    assert row.decision_id is not None
    decision = Decision.objects.get(pk=row.decision_id)
    if decision.state != DecisionState.ISSUED:
        return
    if at < decision.final_at:
        withdraw(actor=SYSTEM, decision_id=decision.pk, at=at)
    else:
        overturn(actor=SYSTEM, decision_id=decision.pk, at=at, reason="ground_gone")


def lift(row: Sanction, at: datetime) -> None:
    """End what holds until the score has recovered; the decision was right and stands."""
    assert row.decision_id is not None
    end_early(actor=SYSTEM, decision_id=row.decision_id, at=at, reason="score_recovered")
