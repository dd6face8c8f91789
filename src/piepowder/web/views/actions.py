"""What receivers are told that a measure is called, and a request to try it with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.decisions.issuing import enforcement_body
from piepowder.decisions.mapping import Actions, BadAction, actions_in_force, remove_action, save_action
from piepowder.decisions.models import Decision, Enforcement
from piepowder.decisions.states import MEASURES, EnforcementState, Family
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.intake.states import Kind
from piepowder.kernel.errors import FieldProblem
from piepowder.kernel.ids import new_id
from piepowder.kernel.permissions import Permission
from piepowder.outbox.models import Endpoint
from piepowder.outbox.reach import require_everywhere
from piepowder.outbox.states import Channel
from piepowder.outbox.trying import Tried, try_endpoint
from piepowder.policy.dsa import FOR_GOOD

_EXAMPLE_DAYS = 30


@dataclass(frozen=True, slots=True)
class Row:
    """A measure, for all kinds or for one, with the action it is told as."""

    family: str
    measure: str
    kind: str
    action: str
    parameters: str

    @property
    def key(self) -> str:
        return f"{self.family}:{self.measure}"


def _rows(known: Actions) -> list[Row]:
    rows = []
    for family, measures in MEASURES.items():
        for measure in measures:
            for kind in ("", *Kind.values):
                found = known.known.get((family, measure, kind))
                if found or not kind:
                    action, parameters = found or ("", {})
                    told = orjson.dumps(parameters).decode() if parameters else ""
                    rows.append(Row(str(family), measure, kind, action, told))
    return rows


@screen()
def actions(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(request: HttpRequest, tried: Tried | None = None, error: BadAction | None = None) -> HttpResponse:
    actor = actor_of(request)
    require_everywhere(actor, Permission.ENDPOINT_EDIT)
    shown = {
        "rows": _rows(actions_in_force()),
        "kinds": Kind.choices,
        "receivers": Endpoint.objects.filter(channel=Channel.WEBHOOK).order_by("code"),
        "measures": [(f"{family}:{measure}", measure) for family in MEASURES for measure in MEASURES[family]],
        "tried": tried,
        "error": error,
        "typed": request.POST,
    }
    return render(request, "web/outbox/actions.html", shown, status=error.status if error else 200)


@screen("POST")
def action_save(request: HttpRequest) -> HttpResponse:
    """Keep the action of one measure; an empty name takes it away."""
    actor, now = actor_of(request), timezone.now()
    family, _colon, measure = request.POST.get("measure", "").partition(":")
    kind, action = request.POST.get("kind", ""), request.POST.get("action", "").strip()
    if not action:
        remove_action(actor=actor, at=now, family=family, measure=measure, kind=kind)
        messages.success(request, _("No action is told for it any more."))
        return redirect("actions")
    require_everywhere(actor, Permission.ENDPOINT_EDIT)
    try:
        parameters = _parameters(request.POST.get("parameters", ""))
        save_action(
            actor=actor, at=now, family=family, measure=measure, kind=kind, action=action, parameters=parameters
        )
    except BadAction as error:
        return _page(request, error=error)
    messages.success(request, _("Saved. Messages about decisions made from now on carry it."))
    return redirect("actions")


def _parameters(text: str) -> Mapping[str, Any]:
    if not text.strip():
        return {}
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        problem = FieldProblem("/parameters", "not_json", f"{error.msg} ({_('column')} {error.colno})")
        raise BadAction(_("the parameters are no JSON"), problems=[problem]) from None
    if not isinstance(read, dict):
        problem = FieldProblem("/parameters", "not_an_object", _('an object such as {"reason": 7}'))
        raise BadAction(_("the parameters are no JSON object"), problems=[problem])
    return read


@transaction.non_atomic_requests
@screen("POST")
def action_try(request: HttpRequest) -> HttpResponse:
    """Send one message, as it would be about a made-up item, and show what came back."""
    actor, now = actor_of(request), timezone.now()
    require_everywhere(actor, Permission.ENDPOINT_EDIT)
    family, _colon, measure = request.POST.get("measure", "").partition(":")
    kind = request.POST.get("kind", "") if request.POST.get("kind") in Kind.values else Kind.LISTING.value
    if family not in Family.values or measure not in MEASURES[Family(family)]:
        return _page(request, error=BadAction(_("there is no such measure in this family")))
    body = _example(family, measure, kind, now)
    code = request.POST.get("receiver", "")
    return _page(request, try_endpoint(actor=actor, at=now, code=code, topic="enforcement.applied", body=body))


def _example(family: str, measure: str, kind: str, at: datetime) -> dict[str, Any]:
    decision = Decision(id=new_id())
    row = Enforcement(
        id=new_id(),
        decision=decision,
        family=family,
        measure=measure,
        target_kind=Kind.SELLER if family == Family.ACCOUNT else kind,
        target_external_id="TEST-1",
        state=EnforcementState.SCHEDULED,
        starts_at=at,
        ends_at=None if measure in FOR_GOOD else at + timedelta(days=_EXAMPLE_DAYS),
    )
    common = {
        "decision": str(decision.pk),
        "item": {"kind": kind, "id": "TEST-1", "snapshot": 1},
        "seller": "TEST-SELLER",
        "market": "DE",
        "decided_at": at.isoformat(),
    }
    return common | enforcement_body(row, actions_in_force().of(family, measure, kind))
