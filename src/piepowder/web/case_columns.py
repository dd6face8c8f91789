"""The columns that a list of cases can have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from operator import attrgetter

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from piepowder.review.listing import CaseRow
from piepowder.web.columns import Column
from piepowder.web.languages import language_name
from piepowder.web.templatetags.piepowder import ago, case_state, clock, item_state, kind_name, moment

Cell = Callable[[CaseRow], str]


def _item(row: CaseRow) -> SafeString:
    return format_html(
        '<a href="{}" lang="{}">{}</a><div class="quiet">{} · {} · {}</div>',
        reverse("case", args=[row.case_id]),
        row.language,
        row.title or row.external_id,
        kind_name(row.kind),
        row.market,
        row.language,
    )


def _severity(row: CaseRow) -> SafeString:
    return render_to_string("web/_severity.html", {"value": row.severity})


def _clock(row: CaseRow) -> SafeString:
    return render_to_string("web/_clock.html", clock(row.due_at, row.at_risk_at, row.state))


def _seller(row: CaseRow) -> str:
    if not row.seller_ref:
        return "–"
    return format_html('<a href="{}">{}</a>', reverse("seller", args=[row.seller_ref]), row.seller_ref)


def _person(row: CaseRow) -> SafeString:
    vendor = format_html('<div class="quiet">{}</div>', row.vendor) if row.vendor else ""
    return format_html("{}{}", row.person or "–", vendor)


def _plain(name: str) -> Cell:
    value = attrgetter(name)
    return lambda row: str(value(row) or "–")


def _number(name: str) -> Cell:
    value = attrgetter(name)
    return lambda row: str(value(row))


def _moment(name: str) -> Cell:
    value: Callable[[CaseRow], datetime | None] = attrgetter(name)
    return lambda row: moment(value(row))


CASE_COLUMNS: Mapping[str, Column[CaseRow]] = {
    "item": Column(_("Item"), _item, ("external_id", "title", "kind", "market", "language"), "clip"),
    "severity": Column(_("Severity"), _severity, ("severity",)),
    "queue": Column(_("Queue"), lambda row: row.queue_name, ("queue_code",)),
    "state": Column(_("State"), lambda row: case_state(row.state), ("state",), "nowrap"),
    "time_left": Column(_("Time left"), _clock, ("due_at",)),
    "policy": Column(_("Policy"), _plain("policy_code"), ("policy_code",), "mono"),
    "seller": Column(_("Seller"), _seller, ("seller_ref",), "nowrap"),
    "reports": Column(_("Reports"), _number("reports"), ("reports",), "num"),
    "person": Column(_("Person"), _person, ("person", "vendor")),
    "opened": Column(_("Opened"), lambda row: ago(row.opened_at), ("opened_at",), "nowrap"),
    "external_id": Column(_("Item id"), _plain("external_id"), ("external_id",), "mono"),
    "kind": Column(_("Kind"), lambda row: kind_name(row.kind), ("kind",)),
    "market": Column(_("Market"), _plain("market"), ("market",)),
    "language": Column(_("Language"), lambda row: language_name(row.language), ("language",)),
    "vendor": Column(_("Vendor"), _plain("vendor"), ("vendor",)),
    "trust": Column(_("Trust"), _number("trust"), ("trust",), "num"),
    "item_state": Column(_("State of the item"), lambda row: item_state(row.item_state), ("item_state",)),
    "due": Column(_("Due"), _moment("due_at"), ("due_at",), "nowrap"),
    "at_risk": Column(_("At risk from"), _moment("at_risk_at"), ("at_risk_at",), "nowrap"),
    "first_claimed": Column(_("First claimed"), _moment("first_claimed_at"), ("first_claimed_at",), "nowrap"),
    "claimed": Column(_("Claimed"), _moment("claimed_at"), ("claimed_at",), "nowrap"),
    "first_viewed": Column(_("First viewed"), _moment("first_viewed_at"), ("first_viewed_at",), "nowrap"),
    "hold_until": Column(_("On hold until"), _moment("hold_until"), ("hold_until",), "nowrap"),
    "decided": Column(_("Decided"), _moment("decided_at"), ("decided_at",), "nowrap"),
    "case_id": Column(_("Case id"), lambda row: str(row.case_id), ("case_id",), "mono"),
    "item_ref": Column(_("Id of the item here"), lambda row: str(row.item_id), ("item_id",), "mono"),
}
USUAL_CASE_COLUMNS = (
    "item",
    "severity",
    "queue",
    "state",
    "time_left",
    "policy",
    "seller",
    "reports",
    "person",
    "opened",
)
