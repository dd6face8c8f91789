"""Writing to the buyers in lots, and writing again when it turns out that nothing was illegal."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from piepowder.correspondence.operations import Draft, Recipient, RecipientKind, send_many
from piepowder.decisions.events import DecisionOverturned
from piepowder.duties.buyers import letters
from piepowder.duties.buyers.campaigns import finish_when_told, locked, note
from piepowder.duties.buyers.states import BUYER_FLOW, CAMPAIGN_FLOW, CampaignState
from piepowder.duties.models import Buyer, BuyersInformed
from piepowder.kernel.actor import SYSTEM

LOT = 100
"""Letters written in one transaction."""


def tell_waiting(*, at: datetime) -> int:
    """Write the letters that are due, a lot at a time; a stop between two lots loses none and repeats none."""
    busy = BuyersInformed.objects.filter(state__in=[CampaignState.SENDING, CampaignState.CORRECTING]).order_by(
        "opened_at"
    )
    for pk in list(busy.values_list("pk", flat=True)[:20]):
        told = _tell_lot(pk, at)
        if told:
            return told
    return 0


@transaction.atomic
def _tell_lot(campaign_id: UUID, at: datetime) -> int:
    campaign = locked(campaign_id)
    correcting = campaign.state == CampaignState.CORRECTING
    verb, kind = ("correct", letters.CORRECTED) if correcting else ("tell", letters.ILLEGAL)
    waiting = Buyer.objects.select_for_update().filter(campaign=campaign, state__in=BUYER_FLOW.sources(verb))
    lot = list(waiting.order_by("id")[:LOT])
    drafts = [_draft(campaign, one, kind.code, kind.places) for one in lot]
    for buyer, letter in zip(lot, send_many(actor=SYSTEM, drafts=drafts, at=at), strict=True):
        buyer.state = BUYER_FLOW.target(verb)
        if correcting:
            buyer.correction = letter.pk
        else:
            buyer.letter, buyer.told_at = letter.pk, at
    Buyer.objects.bulk_update(lot, ["state", "letter", "told_at", "correction"])
    if not lot:
        if correcting:
            campaign.state, campaign.finished_at = CAMPAIGN_FLOW.step("finish_correcting", CampaignState.CORRECTING), at
            campaign.save(update_fields=["state", "finished_at"])
            note(SYSTEM, campaign, "finish_correcting", at)
        else:
            finish_when_told(campaign, at)
    return len(lot)


def on_decision_overturned(event: DecisionOverturned) -> None:
    """What was said to buyers was wrong: those who were told are written to again, the others are not told any more."""
    campaign = BuyersInformed.objects.select_for_update(of=("self",)).filter(decision=event.decision_id).first()
    if campaign is None:
        return
    if campaign.state == CampaignState.COLLECTING:
        campaign.state, campaign.finished_at = CAMPAIGN_FLOW.step("drop", CampaignState.COLLECTING), event.at
    elif campaign.state in CAMPAIGN_FLOW.sources("correct"):
        campaign.state, campaign.finished_at = CAMPAIGN_FLOW.target("correct"), None
    else:
        return
    campaign.save(update_fields=["state", "finished_at"])
    note(event.actor, campaign, "correct", event.at, state=campaign.state)


def _draft(campaign: BuyersInformed, buyer: Buyer, event: str, places: tuple[str, ...]) -> Draft:
    values = {
        "product": campaign.product,
        "order": buyer.order_ref,
        "bought_on": buyer.bought_on.isoformat(),
        "trader": campaign.trader,
        "redress": campaign.redress,
    }
    to = Recipient(
        RecipientKind.BUYER,
        buyer.buyer_ref or str(buyer.pk),
        email=buyer.email,
        name=buyer.name,
        language=buyer.language,
    )
    return Draft(event, to, ("buyers", str(campaign.pk)), {place: values[place] for place in places})
