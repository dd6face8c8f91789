"""What the marketplace's systems tell and ask about traders, buyers of illegal products, and people to erase."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Query, Router, Schema
from pydantic import Field

from piepowder.access.visibility import require_whole
from piepowder.api.auth import READING, WRITING, caller
from piepowder.api.contract import contract
from piepowder.duties.buyers.campaigns import MOST_AT_ONCE, BadCampaign, BuyerGiven, NoSuchCampaign, add_buyers
from piepowder.duties.models import Erasure, Trader
from piepowder.duties.retention.requests import BadErasure, NoSuchErasure, request_erasure
from piepowder.duties.traders.files import (
    BadTrader,
    GivenField,
    NoSuchTrader,
    NotAsked,
    asked_of,
    certify,
    end_contract,
    give,
    open_file,
    states_of,
)
from piepowder.duties.traders.requirements import missing
from piepowder.duties.traders.sales import SalesDay, note_sales
from piepowder.kernel.errors import Malformed
from piepowder.kernel.flow import WrongState
from piepowder.kernel.permissions import Permission

router = Router(tags=["duties"])

Seller = Annotated[str, Field(min_length=1, max_length=200, description="the marketplace's id of the seller")]


class TraderAsked(Schema):
    seller: Seller
    kind: str = Field("company", pattern="^(individual|company)$")
    market: str = Field(max_length=10)
    language: str = Field("en", max_length=10)


class FieldGiven(Schema):
    code: str = Field(max_length=40, description="such as `name`, `payment_account`, `id_document`")
    value: str = Field("", max_length=2_000)
    document: str = Field("", max_length=64, description="digest of an uploaded file")


class TraderGiven(Schema):
    seller: Seller
    fields: list[FieldGiven] = Field(min_length=1, max_length=50)


class SellerNamed(Schema):
    seller: Seller


class ContractEnded(Schema):
    seller: Seller
    on: date


class DaySold(Schema):
    seller: Seller
    on: date
    sales: int = Field(ge=0, description="discrete sales of new and unused goods through your own payment")
    gross_cents: int = Field(ge=0, description="gross in US cents")


class SalesGiven(Schema):
    days: list[DaySold] = Field(min_length=1, max_length=MOST_AT_ONCE)


class SalesKept(Schema):
    became_high_volume: int


class TraderShape(Schema):
    seller: str
    state: str
    packs: list[str]
    due_at: datetime | None
    high_volume_since: date | None
    disclosed_since: date | None = Field(description="from then on offers show name, address and contact")
    missing: list[str] = Field(description="codes of what is asked for and was not given, or was rejected")
    shown: list[str] = Field(description="codes of what offers must show")


class BuyerRow(Schema):
    order: str = Field(max_length=200)
    bought_on: date
    buyer: str = Field("", max_length=200)
    name: str = Field("", max_length=200)
    email: str = Field("", max_length=254)
    language: str = Field("en", max_length=10)


class BuyersGiven(Schema):
    buyers: list[BuyerRow] = Field(min_length=1, max_length=MOST_AT_ONCE)


class BuyersKept(Schema):
    added: int
    left_out: int = Field(description="bought before the six months")


class ErasureAsked(Schema):
    kind: str = Field(
        pattern="^(seller|buyer)$", description="reporters and others ask through the portal or by letter"
    )
    ref: str = Field(min_length=1, max_length=200)
    addresses: list[str] = Field(default_factory=list, max_length=20)


class ErasureShape(Schema):
    id: UUID
    state: str
    due_on: date
    stays: int = Field(description="how many places still hold something, and why is told to those who may know")


@router.get(
    "/traders",
    auth=READING,
    response=TraderShape,
    url_name="traders",
    summary="A trader's file",
    **contract("read_trader", permission=Permission.TRADER_EDIT, refuses=(Malformed, NoSuchTrader)),
)
def read_trader(request: HttpRequest, asked: Query[SellerNamed]) -> Any:
    """How a seller's verification stands; what was given is not told."""
    require_whole(caller(request), Permission.TRADER_EDIT)
    trader = Trader.objects.filter(seller_ref=asked.seller).first()
    if trader is None:
        raise NoSuchTrader("this trader was never asked for anything")
    return _trader(trader)


@router.post(
    "/traders",
    auth=WRITING,
    response=TraderShape,
    url_name="traders",
    summary="Ask a seller for what the law wants known",
    **contract(
        "ask_trader",
        permission=Permission.TRADER_EDIT,
        repeating="A file that is open is answered as it is; nobody is written to twice.",
        refuses=(Malformed, BadTrader, NotAsked),
    ),
)
def ask_trader(request: HttpRequest, given: TraderAsked) -> Any:
    trader = open_file(
        actor=caller(request),
        seller_ref=given.seller,
        kind=given.kind,
        market=given.market,
        language=given.language,
        at=timezone.now(),
    )
    return _trader(trader)


@router.post(
    "/traders/fields",
    auth=WRITING,
    response=TraderShape,
    url_name="trader_fields",
    summary="Give what a trader gave you",
    **contract(
        "give_trader_fields",
        permission=Permission.TRADER_EDIT,
        repeating="The same field again replaces what stood there, and is to be checked anew.",
        refuses=(Malformed, BadTrader, NoSuchTrader, WrongState),
    ),
)
def give_trader_fields(request: HttpRequest, given: TraderGiven) -> Any:
    fields = [GivenField(one.code, one.value, one.document) for one in given.fields]
    return _trader(give(actor=caller(request), seller_ref=given.seller, fields=fields, at=timezone.now()))


@router.post(
    "/traders/certify",
    auth=WRITING,
    response=TraderShape,
    url_name="trader_certify",
    summary="A trader confirms that nothing has changed",
    **contract(
        "certify_trader",
        permission=Permission.TRADER_EDIT,
        repeating="Refused the second time (`wrong_state`): there is nothing left to confirm.",
        refuses=(Malformed, NoSuchTrader, WrongState),
    ),
)
def certify_trader(request: HttpRequest, given: SellerNamed) -> Any:
    return _trader(certify(actor=caller(request), seller_ref=given.seller, at=timezone.now()))


@router.post(
    "/traders/end",
    auth=WRITING,
    response=TraderShape,
    url_name="trader_end",
    summary="The contract with a trader has ended",
    **contract(
        "end_trader",
        permission=Permission.TRADER_EDIT,
        repeating="Refused the second time (`wrong_state`).",
        refuses=(Malformed, BadTrader, NoSuchTrader, WrongState),
    ),
)
def end_trader(request: HttpRequest, given: ContractEnded) -> Any:
    """What was given is deleted six months later, unless a legal hold stands."""
    return _trader(end_contract(actor=caller(request), seller_ref=given.seller, on=given.on, at=timezone.now()))


@router.post(
    "/traders/sales",
    auth=WRITING,
    response=SalesKept,
    url_name="trader_sales",
    summary="Daily totals of sellers",
    **contract(
        "note_trader_sales",
        permission=Permission.TRADER_EDIT,
        repeating="The totals of a day replace those sent before.",
        refuses=(Malformed, BadTrader),
    ),
)
def note_trader_sales(request: HttpRequest, given: SalesGiven) -> Any:
    """Who reaches 200 sales and 5,000 dollars within twelve months is asked for more (INFORM Consumers Act)."""
    days = [SalesDay(one.seller, one.on, one.sales, one.gross_cents) for one in given.days]
    return {"became_high_volume": note_sales(actor=caller(request), days=days, at=timezone.now())}


@router.post(
    "/buyers/{campaign_id}",
    auth=WRITING,
    response=BuyersKept,
    url_name="campaign_buyers",
    summary="Buyers of something illegal",
    **contract(
        "add_campaign_buyers",
        permission=Permission.BUYERS_INFORM,
        repeating="An order that is known already stays as it is.",
        refuses=(Malformed, BadCampaign, NoSuchCampaign, WrongState),
    ),
)
def add_campaign_buyers(request: HttpRequest, campaign_id: Annotated[UUID, Path(...)], given: BuyersGiven) -> Any:
    """Answer a `buyers.requested` message: everybody who bought since its `bought_since`."""
    buyers = [
        BuyerGiven(one.order, one.bought_on, one.buyer, one.name, one.email, one.language) for one in given.buyers
    ]
    added, left_out = add_buyers(actor=caller(request), campaign_id=campaign_id, buyers=buyers, at=timezone.now())
    return {"added": added, "left_out": left_out}


@router.post(
    "/erasures",
    auth=WRITING,
    response=ErasureShape,
    url_name="erasures",
    summary="Ask for a person to be erased",
    **contract(
        "request_erasure",
        permission=Permission.ERASURE_RUN,
        repeating="Each call is a request of its own; erasing twice empties nothing twice.",
        refuses=(Malformed, BadErasure),
    ),
)
def ask_erasure(request: HttpRequest, given: ErasureAsked) -> Any:
    """A person looks at what would be emptied before it is."""
    erasure = request_erasure(
        actor=caller(request),
        kind=given.kind,
        ref=given.ref,
        addresses=given.addresses,
        asked_by="marketplace",
        at=timezone.now(),
    )
    return _erasure(erasure)


@router.get(
    "/erasures/{erasure_id}",
    auth=READING,
    response=ErasureShape,
    url_name="erasure",
    summary="How an erasure stands",
    **contract("read_erasure", permission=Permission.ERASURE_RUN, refuses=(Malformed, NoSuchErasure)),
)
def read_erasure(request: HttpRequest, erasure_id: Annotated[UUID, Path(...)]) -> Any:
    require_whole(caller(request), Permission.ERASURE_RUN)
    erasure = Erasure.objects.filter(pk=erasure_id).first()
    if erasure is None:
        raise NoSuchErasure("there is no such request")
    return _erasure(erasure)


def _trader(trader: Trader) -> dict[str, Any]:
    asked = asked_of(trader)
    return {
        "seller": trader.seller_ref,
        "state": trader.state,
        "packs": trader.packs,
        "due_at": trader.due_at,
        "high_volume_since": trader.high_volume_since,
        "disclosed_since": trader.disclosed_since,
        "missing": [one.code for one in missing(asked, states_of(trader))],
        "shown": [one.code for one in asked if one.shown],
    }


def _erasure(erasure: Erasure) -> dict[str, Any]:
    return {"id": erasure.pk, "state": erasure.state, "due_on": erasure.due_on, "stays": len(erasure.stays)}
