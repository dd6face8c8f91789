"""The columns that a list of decisions can have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from piepowder.decisions.listing import DecisionRow
from piepowder.decisions.states import Source
from piepowder.policy.states import Ground
from piepowder.web.columns import Column
from piepowder.web.languages import language_name
from piepowder.web.templatetags.piepowder import (
    decision_state,
    icon,
    kind_name,
    measure_name,
    milliseconds,
    moment,
    outcome_name,
)

Cell = Callable[[DecisionRow], str]


def _when(row: DecisionRow) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse("decision", args=[row.id]), moment(row.decided_at))


def _item(row: DecisionRow) -> SafeString:
    return format_html(
        '<a href="{}" lang="{}">{}</a><div class="quiet">{} · {}</div>',
        reverse("item", args=[row.item_id]),
        row.language,
        row.title or row.external_id,
        kind_name(row.kind),
        row.market,
    )


def _outcome(row: DecisionRow) -> SafeString:
    state = "" if row.state == "issued" else format_html(' <span class="quiet">({})</span>', decision_state(row.state))
    return format_html("{}{}", outcome_name(row.outcome), state)


def _by(row: DecisionRow) -> str:
    if row.machine:
        return format_html("{} {}", icon("robot"), row.machine)
    return format_html("{} {}", icon("user"), row.decider) if row.decider else "–"


def _plain(name: str) -> Cell:
    value = attrgetter(name)
    return lambda row: str(value(row) or "–")


DECISION_COLUMNS: Mapping[str, Column[DecisionRow]] = {
    "when": Column(_("When"), _when, ("decision_id", "decided_at"), "nowrap"),
    "item": Column(_("Item"), _item, ("item_external_id", "title", "item_kind", "market"), "clip"),
    "outcome": Column(_("Outcome"), _outcome, ("outcome", "state"), "nowrap"),
    "policies": Column(_("Policies"), lambda row: " ".join(row.policies), ("policies",), "mono"),
    "enforcement": Column(
        _("Enforcement"),
        lambda row: ", ".join(measure_name(one.measure) for one in row.enforcements),
        ("enforcements",),
    ),
    "by": Column(_("By"), _by, ("decider", "machine")),
    "queue": Column(_("Queue"), _plain("queue"), ("queue",)),
    "took": Column(
        _("Took"), lambda row: milliseconds(row.handling_ms) if row.handling_ms else "–", ("handling_ms",), "num"
    ),
    "seller": Column(_("Seller"), _plain("seller_ref"), ("seller",), "nowrap"),
    "language": Column(_("Language"), lambda row: language_name(row.language), ("language",)),
    "ground": Column(_("Ground"), lambda row: str(Ground(row.ground).label) if row.ground else "–", ("ground",)),
    "facts": Column(_("Facts"), _plain("facts"), ("facts",), "wide"),
    "note": Column(_("Note"), _plain("note"), ("note",), "wide"),
    "source": Column(_("Source"), lambda row: str(Source(row.source).label), ("source",)),
    "detected": Column(
        _("Detected by a machine"),
        lambda row: str(_("yes") if row.automated_detection else _("no")),
        ("automated_detection",),
    ),
    "version": Column(_("Version"), _plain("machine_version"), ("machine_version",)),
    "vendor": Column(_("Vendor"), _plain("vendor"), ("vendor",)),
    "site": Column(_("Site"), _plain("site"), ("site",)),
    "team": Column(_("Team"), _plain("team"), ("team",)),
    "final": Column(_("Final"), lambda row: moment(row.final_at), ("final_at",), "nowrap"),
    "person_id": Column(_("Number of the person"), _plain("decider_id"), ("decider_id",), "num"),
    "case_id": Column(_("Case id"), _plain("case_id"), ("case_id",), "mono"),
    "item_ref": Column(_("Id of the item here"), lambda row: str(row.item_id), ("item_id",), "mono"),
}
USUAL_DECISION_COLUMNS = ("when", "item", "outcome", "policies", "enforcement", "by", "queue", "took")
