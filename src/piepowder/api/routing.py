"""The routing rules: read, tried on past work, replaced."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from ninja import Router, Schema
from pydantic import Field

from piepowder.access.visibility import require_whole
from piepowder.api.auth import READING, WRITING, caller
from piepowder.api.bodies import NotJson, TooLarge, json_body
from piepowder.api.contract import answer_shape, contract
from piepowder.api.repeats import answered
from piepowder.kernel.errors import FieldProblem, Malformed
from piepowder.kernel.permissions import Permission
from piepowder.review.dry_run import DryRun, QueueTally, dry_run
from piepowder.review.models import RoutingVersion
from piepowder.review.operations import BadRouting, RoutingMovedOn, publish_routing
from piepowder.review.publishing import current_version, routing_problems
from piepowder.review.reference import checked

router = Router(tags=["routing"])

MOST_TRIED = 10_000
LONGEST_SPAN = timedelta(days=31)
_RULE: dict[str, Any] = {
    "type": "object",
    "required": ["name", "then"],
    "properties": {
        "name": {"type": "string"},
        "when": {
            "type": "object",
            "description": "Conditions that hold together; the values of one are alternatives; none matches everything.",
            "properties": {
                "kind": {"type": "array", "items": {"type": "string"}},
                "market": {"type": "array", "items": {"type": "string"}},
                "language": {"type": "array", "items": {"type": "string"}},
                "policy": {"type": "array", "items": {"type": "string"}, "description": "codes and families"},
                "severity_at_most": {"type": "integer", "minimum": 0, "maximum": 3},
                "label": {"type": "string"},
                "min_score": {"type": "number", "minimum": 0, "maximum": 1},
                "reporter": {"type": "array", "items": {"type": "string"}},
                "reported": {"type": "boolean"},
                "seller_violations_at_least": {"type": "integer", "minimum": 1},
            },
        },
        "then": {
            "type": "object",
            "required": ["queue"],
            "properties": {
                "queue": {"type": ["string", "null"], "description": "null keeps what nobody reported without review"},
                "severity": {"type": ["integer", "null"]},
                "policy": {"type": ["string", "null"]},
            },
        },
    },
}
_RULES: dict[str, Any] = {"type": "array", "items": _RULE, "description": "the first rule that matches wins"}
_PUT: dict[str, Any] = {
    "type": "object",
    "required": ["based_on", "rules"],
    "properties": {
        "based_on": {"type": "integer", "description": "the version these rules were started from; 0 for none"},
        "rules": _RULES,
    },
}
_TRY: dict[str, Any] = {
    "type": "object",
    "required": ["rules"],
    "properties": {
        "rules": _RULES,
        "since": {"type": "string", "format": "date-time", "description": "default: seven days before `until`"},
        "until": {
            "type": "string",
            "format": "date-time",
            "description": "default: now; at most 31 days after `since`",
        },
    },
}
_TALLY: dict[str, Any] = {
    "type": "object",
    "properties": {name: {"type": "integer"} for name in ("arrivals", "in_time", "late", "open")},
}
_TRIED: dict[str, Any] = {
    "type": "object",
    "required": ["since", "until", "tried", "limited", "moves", "rules", "queues", "newly_late"],
    "properties": {
        "since": {"type": "string", "format": "date-time"},
        "until": {"type": "string", "format": "date-time"},
        "tried": {"type": "integer"},
        "limited": {"type": "boolean", "description": f"only the newest {MOST_TRIED} arrivals were tried"},
        "moves": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "from": {"type": ["string", "null"]},
                    "to": {"type": ["string", "null"]},
                    "count": {"type": "integer"},
                },
            },
        },
        "rules": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "rule": {"type": "integer", "description": "0 is the fallback"},
                    "matches": {"type": "integer"},
                },
            },
        },
        "queues": {
            "type": "object",
            "additionalProperties": {"type": "object", "properties": {"before": _TALLY, "after": _TALLY}},
        },
        "newly_late": {"type": "integer"},
    },
}
_VERSION: dict[str, Any] = {
    "type": "object",
    "required": ["number", "published_at", "rules"],
    "properties": {
        "number": {"type": "integer"},
        "published_at": {"type": ["string", "null"], "format": "date-time"},
        "rules": _RULES,
    },
}


class RoutingShape(Schema):
    """The version in force; `number` is 0 while none was published."""

    number: int
    published_at: datetime | None
    rules: list[dict[str, Any]] = Field(description="read from the top; the first that matches wins")


@router.get(
    "/routing",
    auth=READING,
    response=RoutingShape,
    url_name="routing",
    summary="The routing rules in force",
    **contract("read_routing", permission=Permission.QUEUE_VIEW),
)
def read_routing(request: HttpRequest) -> Any:
    """Which queue a piece of work goes to. Needs the permission over all vendors and queues."""
    require_whole(caller(request), Permission.QUEUE_VIEW)
    return _told(current_version())


@router.put(
    "/routing",
    auth=WRITING,
    response={200: None},
    url_name="routing",
    summary="Replace the routing rules",
    **contract(
        "publish_routing",
        permission=Permission.QUEUE_EDIT,
        repeating="Refused (`routing_moved_on`): the first time has made another version than `based_on` the one in force.",
        refuses=(NotJson, Malformed, TooLarge, BadRouting, RoutingMovedOn),
        more={
            "requestBody": {"required": True, "content": {"application/json": {"schema": _PUT}}},
            "responses": {200: answer_shape("Published", _VERSION)},
        },
    ),
)
def replace_routing(request: HttpRequest) -> HttpResponse:
    """Put rules in force for everything that arrives from now on, if `based_on` is still the version in force."""
    sent, _raw = json_body(request)
    given = _object(sent, {"based_on", "rules"})
    based_on = given.get("based_on")
    if not isinstance(based_on, int) or isinstance(based_on, bool):
        problem = FieldProblem("/based_on", "missing", "the number of the version these rules were started from")
        raise Malformed("the rules cannot be read", problems=[problem])
    rules = given.get("rules")
    version = publish_routing(actor=caller(request), at=timezone.now(), rules=rules, based_on=based_on)  # type: ignore[arg-type]
    told = _told(version)
    return answered(200, {**told, "published_at": version.published_at.isoformat()})


@router.post(
    "/routing/try",
    auth=WRITING,
    response={200: None},
    url_name="try_routing",
    summary="Try routing rules on past work",
    **contract(
        "try_routing",
        permission=Permission.QUEUE_EDIT,
        repeating="Trying changes nothing.",
        refuses=(NotJson, Malformed, TooLarge, BadRouting),
        more={
            "requestBody": {"required": True, "content": {"application/json": {"schema": _TRY}}},
            "responses": {200: answer_shape("What would have become of past work", _TRIED)},
        },
    ),
)
def try_routing(request: HttpRequest) -> HttpResponse:
    """Where past arrivals would have gone, against the rules in force, and which promises would have ended otherwise.

    Each is seen with what was known when it came; decisions keep the times at which they were really taken.
    """
    actor = caller(request)
    require_whole(actor, Permission.QUEUE_EDIT)
    sent, _raw = json_body(request)
    given = _object(sent, {"rules", "since", "until"})
    rules = given.get("rules")
    if found := routing_problems(rules):
        raise BadRouting("these rules cannot be tried", problems=found)
    now = timezone.now()
    until = _moment(given, "until") or now
    since = _moment(given, "since") or until - timedelta(days=7)
    if not since < until <= since + LONGEST_SPAN:
        problem = FieldProblem("/since", "out_of_range", "`since` lies before `until`, by at most 31 days")
        raise Malformed("these days cannot be tried", problems=[problem])
    *_progress, run = dry_run(checked(), rules, since, until, now=now, limit=MOST_TRIED)  # type: ignore[arg-type]
    assert isinstance(run, DryRun)
    return answered(200, _result(run))


def _told(version: RoutingVersion | None) -> dict[str, Any]:
    if version is None:
        return {"number": 0, "published_at": None, "rules": []}
    return {"number": version.number, "published_at": version.published_at, "rules": version.rules}


def _object(sent: Any, known: set[str]) -> dict[str, Any]:
    if not isinstance(sent, dict):
        raise Malformed("an object is wanted", problems=[FieldProblem("", "not_an_object", "an object")])
    if unknown := sorted(set(sent) - known):
        problems = [FieldProblem(f"/{name}", "unknown_field", "there is no such field") for name in unknown]
        raise Malformed("the rules cannot be read", problems=problems)
    return sent


def _moment(given: dict[str, Any], name: str) -> datetime | None:
    text = given.get(name)
    if text is None:
        return None
    try:
        found = parse_datetime(text) if isinstance(text, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        problem = FieldProblem(f"/{name}", "bad_moment", "a moment with its offset, such as 2026-03-04T10:00:00Z")
        raise Malformed("these days cannot be tried", problems=[problem])
    return found


def _result(run: DryRun) -> dict[str, Any]:
    codes = sorted({*run.queues_before, *run.queues_after} - {""})
    return {
        "since": run.since.isoformat(),
        "until": run.until.isoformat(),
        "tried": run.total,
        "limited": run.limited,
        "moves": [
            {"from": before or None, "to": after or None, "count": move.count}
            for (before, after), move in sorted(run.moves.items())
            if before != after
        ],
        "rules": [{"rule": number, "matches": count} for number, count in sorted(run.rules_after.items())],
        "queues": {
            code: {"before": _tally(run.queues_before.get(code)), "after": _tally(run.queues_after.get(code))}
            for code in codes
        },
        "newly_late": run.newly_late.count,
    }


def _tally(tally: QueueTally | None) -> dict[str, int]:
    found = tally or QueueTally()
    return {"arrivals": found.cases, "in_time": found.in_time, "late": found.late, "open": found.open}
