"""Telling the buyers of an illegal product: opened from a decision, filled by the marketplace, started, published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.options import chosen
from piepowder.access.visibility import require_whole
from piepowder.database.fitting import refuse_unfit
from piepowder.decisions.models import Decision
from piepowder.decisions.states import DecisionState, Outcome
from piepowder.duties.buyers.states import CAMPAIGN_FLOW, BuyerState, CampaignState
from piepowder.duties.models import Buyer, BuyersInformed, TraderField
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.clocks.calendars import zone
from piepowder.kernel.clocks.periods import counted_back
from piepowder.kernel.errors import Conflict, FieldProblem, Malformed, NotFound, Refused
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.outbox.operations import enqueue
from piepowder.policy.options import ZONE
from piepowder.policy.packs import deadline, period_of
from piepowder.policy.states import Ground

PACK = "eu_dsa"
TOPIC = "buyers.requested"
MOST_AT_ONCE = 10_000


class BadCampaign(Malformed):
    code = "bad_campaign"


class NoSuchCampaign(NotFound):
    code = "no_such_campaign"


class CampaignExists(Conflict):
    code = "campaign_exists"


class NotIllegal(Refused):
    """The decision does not find something illegal, or no longer stands."""

    code = "not_illegal"


class NobodyToTell(Refused):
    """There is neither a buyer nor a notice to publish."""

    code = "nobody_to_tell"


@dataclass(frozen=True, slots=True)
class BuyerGiven:
    """One buyer as the marketplace knows them; without an e-mail address and an id there is no contact."""

    order_ref: str
    bought_on: date
    buyer_ref: str = ""
    name: str = ""
    email: str = ""
    language: str = "en"


@transaction.atomic
def open_campaign(
    *, actor: Actor, decision_id: UUID, redress: str, at: datetime, trader: str = "", learned_at: datetime | None = None
) -> BuyersInformed:
    """Begin to tell the buyers of the last six months that what they bought was illegal (DSA Art. 32(1)).

    ``learned_at`` is when we learned of it, by default when it was decided. Who sold it is taken from the trader's file
    unless given. Raises ``NotIllegal``, ``CampaignExists``, ``BadCampaign``.
    """
    require_whole(actor, Permission.BUYERS_INFORM)
    decision = Decision.objects.select_related("item").filter(pk=decision_id).first()
    if decision is None or decision.state != DecisionState.ISSUED or decision.outcome != Outcome.VIOLATION:
        raise NotIllegal(_("there is no standing decision that found a violation"))
    if decision.ground != Ground.ILLEGAL:
        raise NotIllegal(_("the decision rests on our terms: nothing illegal was sold"))
    if BuyersInformed.objects.filter(decision=decision).exists():
        raise CampaignExists(_("the buyers of this are being told already"))
    told = trader.strip() or _trader_of(decision.item.seller_ref)
    problems = []
    if not told:
        problems.append(FieldProblem("/trader", "required", _("say who sold it: no file of the trader says it")))
    if not redress.strip():
        problems.append(FieldProblem("/redress", "required", _("say what buyers can do")))
    if problems:
        raise BadCampaign(_("the buyers cannot be told like that"), problems=problems)
    learned = learned_at or decision.decided_at
    back = period_of(PACK, "buyers_back", learned.date())
    assert back is not None
    campaign = BuyersInformed(
        decision=decision,
        item=decision.item,
        market=decision.market,
        product=decision.item.title or decision.item.external_id,
        trader=told,
        redress=redress.strip(),
        learned_at=learned,
        bought_since=counted_back(learned, back, zone(str(chosen(ZONE)))).date(),
        due_at=deadline(PACK, "buyers_told", learned).at,
        opened_by=actor.ref,
        opened_at=at,
    )
    refuse_unfit(campaign)
    campaign.save(force_insert=True)
    note(actor, campaign, "open", at, decision=str(decision.pk), due_at=campaign.due_at.isoformat())
    return campaign


@transaction.atomic
def ask_marketplace(*, actor: Actor, campaign_id: UUID, at: datetime) -> BuyersInformed:
    """Ask the marketplace's systems for the buyers, by a message ``buyers.requested``; they answer by the API."""
    require_whole(actor, Permission.BUYERS_INFORM)
    campaign = locked(campaign_id)
    _collecting(campaign)
    item = campaign.item
    enqueue(
        topic=TOPIC,
        order_key=f"buyers:{campaign.pk}",
        body={
            "campaign": str(campaign.pk),
            "item": {"kind": item.kind, "id": item.external_id},
            "bought_since": campaign.bought_since.isoformat(),
            "due_at": campaign.due_at.isoformat(),
        },
        at=at,
        not_before=at,
    )
    campaign.asked_at = at
    campaign.save(update_fields=["asked_at"])
    note(actor, campaign, "ask_marketplace", at)
    return campaign


@transaction.atomic
def add_buyers(*, actor: Actor, campaign_id: UUID, buyers: Sequence[BuyerGiven], at: datetime) -> tuple[int, int]:
    """Keep buyers to be told; an order that is known already stays as it is. Returns how many are new and how many
    bought before the six months and were left out. Raises ``BadCampaign`` with a pointer to each row at fault.
    """
    require_whole(actor, Permission.BUYERS_INFORM)
    campaign = locked(campaign_id)
    if campaign.state not in (CampaignState.COLLECTING, CampaignState.SENDING, CampaignState.DONE):
        CAMPAIGN_FLOW.step("start", CampaignState(campaign.state))
    if problems := list(_buyer_problems(buyers)):
        raise BadCampaign(_("some of these buyers cannot be kept"), problems=problems[:100])
    inside = [one for one in buyers if one.bought_on >= campaign.bought_since]
    before = Buyer.objects.filter(campaign=campaign).count()
    Buyer.objects.bulk_create(
        [
            Buyer(
                campaign=campaign,
                order_ref=one.order_ref.strip(),
                buyer_ref=one.buyer_ref.strip(),
                name=one.name.strip(),
                email=one.email.strip(),
                language=one.language or "en",
                bought_on=one.bought_on,
                state=BuyerState.WAITING if one.email.strip() or one.buyer_ref.strip() else BuyerState.NO_CONTACT,
            )
            for one in inside
        ],
        ignore_conflicts=True,
    )
    added = Buyer.objects.filter(campaign=campaign).count() - before
    if added and campaign.state == CampaignState.DONE:
        campaign.state, campaign.finished_at = CampaignState.SENDING, None
        campaign.save(update_fields=["state", "finished_at"])
    note(actor, campaign, "add_buyers", at, added=added, left_out=len(buyers) - len(inside))
    return added, len(buyers) - len(inside)


@transaction.atomic
def start_telling(*, actor: Actor, campaign_id: UUID, at: datetime) -> BuyersInformed:
    """Have the letters written by the worker, and, where a buyer has no contact, a notice to be published prepared."""
    require_whole(actor, Permission.BUYERS_INFORM)
    campaign = locked(campaign_id)
    target = CAMPAIGN_FLOW.step("start", CampaignState(campaign.state))
    if not Buyer.objects.filter(campaign=campaign).exists() and not campaign.notice:
        raise NobodyToTell(_("there is no buyer yet, and no notice to publish"))
    if Buyer.objects.filter(campaign=campaign, state=BuyerState.NO_CONTACT).exists() and not campaign.notice:
        campaign.notice = notice_text(campaign)
    campaign.state, campaign.started_at = target, at
    campaign.save(update_fields=["state", "started_at", "notice"])
    note(actor, campaign, "start", at)
    return campaign


def notice_text(campaign: BuyersInformed) -> str:
    """What is published for buyers who cannot be reached (DSA Art. 32(2)): the product, the trader, what to do."""
    return _(
        "%(product)s, sold here since %(since)s, was illegal. It was sold by: %(trader)s. If you bought it: %(redress)s"
    ) % {
        "product": campaign.product,
        "since": campaign.bought_since.isoformat(),
        "trader": campaign.trader,
        "redress": campaign.redress,
    }


@transaction.atomic
def publish_notice(*, actor: Actor, campaign_id: UUID, text: str, url: str, at: datetime) -> BuyersInformed:
    """Keep what was published for buyers without a contact, where and when: the proof of Art. 32(2)."""
    require_whole(actor, Permission.BUYERS_INFORM)
    campaign = locked(campaign_id)
    problems = []
    if not text.strip():
        problems.append(FieldProblem("/text", "required", _("say what was published")))
    if not url.strip().startswith(("https://", "http://")):
        problems.append(FieldProblem("/url", "bad_address", _("give the address where it stands")))
    if problems:
        raise BadCampaign(_("this notice cannot be kept"), problems=problems)
    campaign.notice, campaign.published_url, campaign.published_at = text.strip(), url.strip()[:500], at
    campaign.save(update_fields=["notice", "published_url", "published_at"])
    finish_when_told(campaign, at)
    note(actor, campaign, "publish", at)
    return campaign


@transaction.atomic
def drop_campaign(*, actor: Actor, campaign_id: UUID, at: datetime) -> BuyersInformed:
    """Call it off before anybody was told."""
    require_whole(actor, Permission.BUYERS_INFORM)
    campaign = locked(campaign_id)
    campaign.state = CAMPAIGN_FLOW.step("drop", CampaignState(campaign.state))
    campaign.finished_at = at
    campaign.save(update_fields=["state", "finished_at"])
    note(actor, campaign, "drop", at)
    return campaign


def finish_when_told(campaign: BuyersInformed, at: datetime) -> None:
    """All are told once no letter waits and, where somebody has no contact, the notice is published."""
    if campaign.state != CampaignState.SENDING:
        return
    rows = Buyer.objects.filter(campaign=campaign)
    if rows.filter(state=BuyerState.WAITING).exists():
        return
    if rows.filter(state=BuyerState.NO_CONTACT).exists() and campaign.published_at is None:
        return
    campaign.state, campaign.finished_at = CAMPAIGN_FLOW.step("finish", CampaignState.SENDING), at
    campaign.save(update_fields=["state", "finished_at"])
    note(SYSTEM, campaign, "finish", at)


def _trader_of(seller_ref: str) -> str:
    """Name and address from the trader's file."""
    codes = ("name", "address")
    rows = TraderField.objects.filter(trader__seller_ref=seller_ref, code__in=codes).values_list("code", "value")
    known = dict(rows)
    return ", ".join(known[code] for code in codes if known.get(code))


def locked(campaign_id: UUID) -> BuyersInformed:
    rows = BuyersInformed.objects.select_for_update(of=("self",)).select_related("item")
    campaign = rows.filter(pk=campaign_id).first()
    if campaign is None:
        raise NoSuchCampaign(_("there is no such campaign"))
    return campaign


def _collecting(campaign: BuyersInformed) -> None:
    CAMPAIGN_FLOW.step("start", CampaignState(campaign.state))


def _buyer_problems(buyers: Sequence[BuyerGiven]) -> Iterator[FieldProblem]:
    if not buyers or len(buyers) > MOST_AT_ONCE:
        yield FieldProblem("/buyers", "bad_number", _("between 1 and %(most)d buyers") % {"most": MOST_AT_ONCE})
    for index, one in enumerate(buyers):
        if not one.order_ref.strip() or len(one.order_ref) > 200:
            yield FieldProblem(f"/buyers/{index}/order", "required", _("give the id of the order"))
        if one.email.strip() and not _is_address(one.email.strip()):
            yield FieldProblem(f"/buyers/{index}/email", "bad_address", _("is no e-mail address"))
        if any("\x00" in text for text in (one.order_ref, one.buyer_ref, one.name, one.language)):
            yield FieldProblem(f"/buyers/{index}", "bad_text", _("must not hold the character zero"))
        if len(one.name) > 200 or len(one.buyer_ref) > 200 or len(one.language) > 10:
            yield FieldProblem(f"/buyers/{index}", "too_long", _("is too long"))


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= 254


def note(actor: Actor, campaign: BuyersInformed, verb: str, at: datetime, **body: Any) -> None:
    record(actor=actor, at=at, verb=f"buyers.{verb}", subject_kind="buyers", subject_id=campaign.pk, **body)
