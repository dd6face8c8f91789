"""Decisions: the list, one in full, and the table that leaves."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy

from piepowder.access.visibility import require
from piepowder.correspondence.queries import letters_with
from piepowder.decisions.export import export_decisions
from piepowder.decisions.opinions import company_behind
from piepowder.decisions.queries import DecisionFilters, decision_page, recent_decisions, undoable
from piepowder.decisions.repeated import repetition_of
from piepowder.decisions.states import DecisionState, Outcome
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.intake.states import Kind
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.policy.states import Ground
from piepowder.web.columns import chosen_columns
from piepowder.web.decision_columns import DECISION_COLUMNS, USUAL_DECISION_COLUMNS
from piepowder.web.exports import sent
from piepowder.web.filters import end_of, number, start_of, typed
from piepowder.web.languages import policy_language
from piepowder.web.list_tools import order_in, tools

_PLAIN = (
    "item",
    "seller",
    "policy",
    "outcome",
    "state",
    "kind",
    "market",
    "language",
    "queue",
    "vendor",
    "site",
    "team",
    "text",
)
_ORDERS = {"newest": gettext_lazy("newest first"), "oldest": gettext_lazy("oldest first")}


def _filters(query: QueryDict, actor: Actor) -> DecisionFilters:
    return DecisionFilters(
        **typed(query, *_PLAIN),
        since=start_of(query.get("since", "")),
        until=end_of(query.get("until", "")),
        decider_id=_decider(query.get("by", ""), actor),
        automated={"machine": True, "person": False}.get(query.get("by", "")),
    )


def _decider(by: str, actor: Actor) -> int | None:
    """``me`` or somebody's number."""
    return number(actor.ref if by == "me" else by)


@screen()
def decisions(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    require(actor, Permission.DECISION_VIEW)
    order = order_in(request, _ORDERS)
    chosen = chosen_columns(request.GET, DECISION_COLUMNS, USUAL_DECISION_COLUMNS)
    after = request.GET.get("after", "")
    found = recent_decisions(actor, _filters(request.GET, actor), after=after, order=order)
    exports = (
        {"csv": "decisions_export", "xlsx": "decisions_export_xlsx"} if actor.may(Permission.DECISION_EXPORT) else {}
    )
    shown = {
        "found": found,
        "columns": chosen.columns,
        "lines": chosen.lines(found.rows),
        "tools": tools(request, chosen, _ORDERS, exports),
        "filters": request.GET,
        "outcomes": Outcome.choices,
        "states": DecisionState.choices,
        "kinds": Kind.choices,
    }
    return render(request, "web/decisions/list.html", shown)


@screen()
def decisions_export(request: HttpRequest, form: str = "csv") -> HttpResponseBase:
    """Exactly what the list shows: the same filters, the columns that are shown, in the same order."""
    actor = actor_of(request)
    table = export_decisions(
        actor=actor,
        filters=_filters(request.GET, actor),
        at=timezone.now(),
        columns=chosen_columns(request.GET, DECISION_COLUMNS, USUAL_DECISION_COLUMNS).fields,
        order=order_in(request, _ORDERS),
    )
    return sent(request, table, form)


@screen()
def decision(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    shown = decision_page(actor, decision_id, language=policy_language(get_language()))
    now = timezone.now()
    known = {
        "decision": shown,
        "row": shown.row,
        "company": company_behind(actor, decision_id),
        "letters": letters_with(actor, decision_id=decision_id),
        "may_link": shown.row.seller_ref
        and shown.row.outcome == Outcome.VIOLATION
        and actor.may(Permission.PORTAL_LINK),
        "undoable": any(one.decision_id == decision_id for one in undoable(actor, now)),
        "may_flag": (shown.row.outcome, shown.row.ground) == (Outcome.VIOLATION, Ground.ILLEGAL)
        and shown.row.state == DecisionState.ISSUED
        and bool(shown.row.seller_ref)
        and (actor.may(Permission.CASE_DECIDE) or actor.may(Permission.MISUSE_EDIT)),
        "repetition": repetition_of(actor, shown.facts_key, now=now, except_for=decision_id)
        if shown.facts_key
        else None,
    }
    return render(request, "web/decisions/decision.html", known)
