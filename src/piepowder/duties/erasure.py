"""What the duties know of people, and what holds keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from piepowder.database.personal import ERASED, Age, Emptying, Kept, Part, Subject, SubjectKind, declare, said
from piepowder.duties.buyers.states import BuyerState
from piepowder.duties.holds import kept_by_holds
from piepowder.duties.models import (
    Buyer,
    BuyersInformed,
    Disclosure,
    Erasure,
    Hold,
    Misuse,
    Order,
    OrderLine,
    RecallMatch,
    Termination,
    Threat,
    ThreatReport,
    Trader,
    TraderField,
)
from piepowder.duties.states import OrderState, ThreatState
from piepowder.duties.terminations.states import TerminationState
from piepowder.duties.traders.states import TraderState
from piepowder.intake.erasure import items_of

_OPEN_ORDERS = [OrderState.RECEIVED, OrderState.CLARIFYING, OrderState.EFFECTED]
_NOBODY = {"name": "", "email": "", "buyer_ref": ""}


def _of(subject: Subject, at: datetime) -> Iterator[Emptying]:
    if subject.kind == SubjectKind.SELLER and subject.ref:
        yield from _of_seller(subject)
    yield from _buyers(Buyer.objects.filter(_bought(subject)))
    mine = Q(pk__in=[])
    for address in subject.addresses:
        mine |= Q(contact_email__iexact=address)
    contacts = Order.objects.filter(mine).exclude(state__in=_OPEN_ORDERS)
    yield Emptying(_("contact of an authority"), contacts, {"contact_name": "", "contact_email": ""}, {"order": "pk"})


def _of_seller(subject: Subject) -> Iterator[Emptying]:
    items = items_of(subject).values("pk")
    file = Trader.objects.filter(seller_ref=subject.ref).exclude(state=TraderState.DELETED)
    until = file.values_list("delete_on", flat=True).first()
    fields = TraderField.objects.filter(trader__in=file.values("pk"))
    yield Emptying(_("data of a trader (DSA Art. 30(5))"), fields, stays="legal_duty", until=until)
    gone = Trader.objects.filter(seller_ref=subject.ref, state=TraderState.DELETED)
    yield Emptying(_("data of a trader (DSA Art. 30(5))"), gone, {"remedy_text": ""})
    ended = Termination.objects.filter(seller_ref=subject.ref)
    waits = ended.filter(state=TerminationState.ANNOUNCED)
    yield Emptying(_("announced ends of service"), waits, stays="undecided")
    yield from _terminations(ended.exclude(state=TerminationState.ANNOUNCED))
    orders = Order.objects.filter(
        Q(subject_ref=subject.ref) | Q(pk__in=OrderLine.objects.filter(item__in=items).values("order"))
    )
    yield Emptying(_("orders that are being answered"), orders.filter(state__in=_OPEN_ORDERS), stays="undecided")
    yield from _orders(orders.exclude(state__in=_OPEN_ORDERS))
    yield from _threats(Threat.objects.filter(Q(seller_ref=subject.ref) | Q(item__in=items)))
    told = BuyersInformed.objects.filter(item__in=items, finished_at__isnull=False)
    emptied = {"product": ERASED, "trader": "", "notice": ""}
    yield Emptying(_("what buyers were told about a seller"), told, emptied, {"item": "item_id"})
    misuses = Misuse.objects.filter(seller_ref=subject.ref, closed_at__isnull=False)
    yield Emptying(_("what was weighed about misuse"), misuses, {"factors": {}}, {"seller": "seller_ref"})
    matches = RecallMatch.objects.filter(item__in=items)
    yield Emptying(_("reasons about recalled products"), matches, {"why": ""}, {"item": "item_id"})


def _terminations(rows: QuerySet[Termination]) -> Iterator[Emptying]:
    emptied = {"facts": ERASED, "called_off_why": "", "exception_evidence": []}
    guarded = {"item": "item_id", "seller": "seller_ref"}
    yield Emptying(_("reasons for ending a service"), rows, emptied, guarded)
    reasoned = rows.exclude(exception_reason="")
    yield Emptying(_("reasons for ending a service"), reasoned, {"exception_reason": ERASED}, guarded)


def _orders(rows: QuerySet[Order]) -> Iterator[Emptying]:
    of = {"order": "order_id", "item": "item_id"}
    lines = OrderLine.objects.filter(order__in=rows.values("pk"))
    yield Emptying(_("addresses that orders name"), lines, {"location": ERASED}, of)
    disclosed = Disclosure.objects.filter(order__in=rows.values("pk"))
    yield Emptying(_("who received information"), disclosed, {"recipient": ""}, {"order": "order_id"})
    emptied = {"contact_name": "", "contact_email": "", "reasons": "", "identifiers": {}, "declined_why": ""}
    yield Emptying(_("what orders say"), rows, emptied, {"order": "pk"})


def _threats(rows: QuerySet[Threat]) -> Iterator[Emptying]:
    yield Emptying(_("suspected threats that are open"), rows.filter(state=ThreatState.OPEN), stays="undecided")
    over = rows.exclude(state=ThreatState.OPEN)
    guarded = {"threat": "pk", "item": "item_id"}
    yield Emptying(_("suspected threats"), over, {"summary": ERASED, "closed_why": ""}, guarded)
    reports = ThreatReport.objects.filter(threat__in=over.values("pk"))
    through = {"threat": "threat_id", "item": "threat__item_id"}
    yield Emptying(_("suspected threats"), reports, {"text": ERASED}, through)


def _buyers(rows: QuerySet[Buyer]) -> Iterator[Emptying]:
    yield Emptying(_("buyers who are still to be told"), rows.filter(state=BuyerState.WAITING), stays="undecided")
    yield Emptying(_("buyers who were told"), rows.exclude(state=BuyerState.WAITING), _NOBODY)


def _bought(subject: Subject) -> Q:
    wanted = Q(pk__in=[])
    if subject.kind == SubjectKind.BUYER and subject.ref:
        wanted |= Q(buyer_ref=subject.ref)
    for address in subject.addresses:
        wanted |= Q(email__iexact=address)
    return wanted


def _addresses(subject: Subject) -> Iterable[str]:
    if subject.kind == SubjectKind.SELLER:
        rows = TraderField.objects.filter(trader__seller_ref=subject.ref, code="email")
        return list(rows.values_list("value", flat=True))
    if subject.kind == SubjectKind.BUYER and subject.ref:
        return list(Buyer.objects.filter(buyer_ref=subject.ref).values_list("email", flat=True))
    return ()


def _kept(subject: Subject | None, at: datetime) -> Iterable[Kept]:
    return kept_by_holds(at.date())


def _old_buyers(before: datetime, at: datetime) -> Iterator[Emptying]:
    yield from _buyers(Buyer.objects.filter(campaign__finished_at__lt=before))


def _old_orders(before: datetime, at: datetime) -> Iterator[Emptying]:
    yield from _orders(Order.objects.filter(received_at__lt=before).exclude(state__in=_OPEN_ORDERS))
    yield from _threats(Threat.objects.filter(opened_at__lt=before).exclude(state=ThreatState.OPEN))


def _old_records(before: datetime, at: datetime) -> Iterator[Emptying]:
    over = Hold.objects.filter(released_at__lt=before)
    yield Emptying(_("reasons for holds"), over, {"reason": ERASED, "released_why": ""})
    answered = Erasure.objects.filter(requested_at__lt=before, state="refused")
    yield Emptying(
        _("requests that were refused"), answered, {"refused_why": ERASED, "addresses": [], "subject_ref": ""}
    )
    yield from _terminations(Termination.objects.filter(settled_at__lt=before))


declare(
    Part(
        package="duties",
        columns=said(
            personal={
                "duties_buyer": "buyer_ref name email",
                "duties_buyersinformed": "product trader notice",
                "duties_disclosure": "recipient",
                "duties_erasure": "addresses refused_why",
                "duties_hold": "reason released_why",
                "duties_misuse": "factors",
                "duties_order": "contact_name contact_email reasons identifiers declined_why",
                "duties_orderline": "location",
                "duties_recallmatch": "why",
                "duties_termination": "facts exception_reason exception_evidence called_off_why",
                "duties_threat": "summary closed_why",
                "duties_threatreport": "text",
                "duties_trader": "remedy_text",
                # Deleted with the file, six months after the contract's end.
                "duties_traderfield": "value why",
            },
            reference={
                "duties_buyer": "order_ref",
                "duties_buyersinformed": "opened_by",
                "duties_disclosure": "disclosed_by",
                "duties_erasure": "subject_ref requested_by",
                "duties_hold": "ref placed_by released_by",
                "duties_manifestflag": "seller_ref proposed_by settled_by",
                "duties_misuse": "seller_ref warned_by suspended_by closed_by",
                "duties_order": "reference subject_ref entered_by",
                "duties_recalllist": "imported_by",
                "duties_recallmatch": "settled_by",
                "duties_retentionchoice": "set_by",
                "duties_termination": "seller_ref",
                "duties_threat": "seller_ref opened_by",
                "duties_threatreport": "sent_by receipt",
                "duties_trader": "seller_ref",
                "duties_traderfield": "settled_by",
            },
            plain={
                "duties_buyer": "language",
                "duties_buyersinformed": "market redress published_url",
                "duties_disclosure": "fields digest",
                "duties_erasure": "emptied stays proof",
                "duties_hold": "source",
                "duties_identicalsearch": "identifiers",
                # Offices and the people's of their public contact points.
                "duties_lifeauthority": "country name email phone url language",
                "duties_looked": "name",
                "duties_order": (
                    "country authority language legal_basis territories redress category missing due_rule"
                ),
                "duties_orderline": "matched_on",
                "duties_randomcheck": "items",
                "duties_recall": ("source number product brand brand_key model model_key gtins batch risk country url"),
                "duties_recalllist": "source file_name digest",
                "duties_recallmatch": "matched_on",
                "duties_retentionchoice": "code pack",
                "duties_retentionrun": "code",
                "duties_safetynotice": "policy_code due_rule",
                "duties_termination": "market policy_code ground rule problem",
                "duties_threat": "country due_rule",
                "duties_threatreport": "text_digest evidence",
                "duties_trader": "market language packs due_rule",
                "duties_traderfield": "code check_code",
            },
        ),
        of=_of,
        addresses=_addresses,
        kept=_kept,
        ages=(
            Age(
                "buyers",
                _("Names and addresses of buyers who were told"),
                _old_buyers,
                months=12,
                pack="eu_dsa",
                counted_from=_("all were told"),
            ),
            Age(
                "orders",
                _("Contacts and words of orders and suspected threats"),
                _old_orders,
                counted_from=_("received"),
            ),
            Age(
                "duty_words", _("Reasons of holds, refusals and ends of service"), _old_records, counted_from=_("ended")
            ),
        ),
    )
)
