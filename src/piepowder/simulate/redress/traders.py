"""Files about traders, the end of a service, buyers that are told, misuse, and records that must be kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from piepowder.decisions.models import Decision
from piepowder.duties import operations as duties
from piepowder.duties.buyers.campaigns import BuyerGiven, add_buyers, open_campaign, start_telling
from piepowder.duties.holds import place_hold
from piepowder.duties.misuse.counting import Whose
from piepowder.duties.misuse.weighing import Judged
from piepowder.duties.models.holds import HoldOn
from piepowder.duties.states import MisuseSide
from piepowder.duties.terminations.ending import Announcement, announce
from piepowder.duties.traders.files import GivenField, asked_of, give, open_file
from piepowder.duties.traders.settling import settle_field, suspend, verify
from piepowder.intake.models import Item
from piepowder.intake.operations import store_upload
from piepowder.policy.states import Ground
from piepowder.simulate.redress.bench import OUTSIDER, Bench

_PAPER = b"%PDF-1.4\n% a copy of an identity card, made up\n%%EOF\n"
_ACCOUNT = "DE02120300000000202051"
"""A well-formed account number that is printed in examples; it is nobody's."""


def trade(bench: Bench) -> None:
    """Three traders are asked for their data: one gives everything, one half, one nothing and is suspended."""
    lead = bench.person("operations_lead")
    sellers = Item.objects.filter(kind="seller", market="DE").select_related("snapshot").order_by("external_id")
    companies = [one for one in sellers if one.snapshot and one.snapshot.content.get("business_type") == "company"]
    for item, share in zip(companies[2:5], (1.0, 0.5, 0.0), strict=True):
        ref, at = item.external_id, bench.ago(3.6)
        trader = open_file(actor=lead, seller_ref=ref, kind="company", market="DE", language=item.language, at=at)
        asked = asked_of(trader)
        given = [_given(one.code, item, bench.ago(2.4)) for one in asked[: round(len(asked) * share)]]
        if given:
            give(actor=lead, seller_ref=ref, fields=given, at=bench.ago(2.4))
        if share == 1.0:
            for field in given:
                settle_field(actor=lead, trader_id=trader.pk, code=field.code, verified=True, at=bench.ago(1.6))
            verify(actor=lead, trader_id=trader.pk, at=bench.ago(1.5))
        elif not share:
            suspend(actor=lead, trader_id=trader.pk, at=bench.ago(0.3))


def _given(code: str, item: Item, at: datetime) -> GivenField:
    assert item.snapshot is not None
    content: dict[str, Any] = item.snapshot.content
    if code == "id_document":
        return GivenField(code, document=store_upload(actor=OUTSIDER, content=_PAPER, at=at).digest)
    address, registration = content.get("address") or {}, content.get("registration") or {}
    known = {
        "name": content.get("legal_name") or content.get("name"),
        "address": ", ".join([*address.get("lines", ()), address.get("city", "")]),
        "phone": content.get("phone"),
        "email": content.get("email"),
        "payment_account": _ACCOUNT,
        "trade_register": registration.get("register"),
        "register_number": registration.get("number"),
        "self_certification": "yes",
    }
    return GivenField(code, str(known.get(code) or "–"))


def end_and_keep(bench: Bench) -> None:
    """A service ends after thirty days, a seller is warned, and what a court asks for is kept."""
    lead = bench.person("operations_lead")
    found = _illegal(bench)
    first = next(found)
    item = first.item
    announce(
        actor=lead,
        announcement=Announcement(
            seller_ref=item.seller_ref,
            market=item.market,
            language=item.language,
            policy_code=first.citations.select_related("version__policy").get(primary=True).version.policy.code,
            facts="Several offers were found illegal within three weeks, and went on after each was taken down.",
        ),
        at=bench.ago(1.0),
    )
    warned = next(one for one in found if one.item.seller_ref != item.seller_ref)
    flag = duties.propose_flag(
        actor=bench.person("moc_specialist"), side=MisuseSide.CONTENT, about_id=warned.pk, at=bench.ago(1.9)
    )
    duties.settle_flag(actor=lead, flag_id=flag.pk, confirmed=True, at=bench.ago(1.8))
    duties.warn_of_misuse(
        actor=lead,
        whose=Whose(MisuseSide.CONTENT, warned.item.seller_ref),
        judged=Judged("grave", "some", "careless"),
        at=bench.ago(1.7),
    )
    place_hold(
        actor=lead,
        kind=HoldOn.SELLER,
        ref=warned.item.seller_ref,
        reason="The regional court asks for the records of this seller.",
        at=bench.ago(1.4),
    )


def tell_buyers(bench: Bench) -> None:
    """What was illegal was also sold; those who bought it are told."""
    lead = bench.person("operations_lead")
    decision = next(_illegal(bench, item__kind="listing"))
    campaign = open_campaign(
        actor=lead,
        decision_id=decision.pk,
        trader=f"{decision.item.seller_ref}, by the marketplace",
        redress="Do not use it. Send it back to the seller free of charge; the price is paid back.",
        at=bench.ago(0.9),
    )
    buyers = [
        BuyerGiven(
            f"O-{number:05}", bench.ago(4 + number).date(), f"B-{number:04}", "", f"buyer-{number}@buyers.example"
        )
        for number in range(7)
    ]
    add_buyers(actor=lead, campaign_id=campaign.pk, buyers=buyers, at=bench.ago(0.8))
    start_telling(actor=lead, campaign_id=campaign.pk, at=bench.ago(0.7))


def _illegal(bench: Bench, **where: str) -> Iterator[Decision]:
    """Illegal content of sellers that nothing else in the demonstration speaks of."""
    return bench.decisions("illegal", ground=Ground.ILLEGAL, item__seller_ref__startswith="S-", **where)
