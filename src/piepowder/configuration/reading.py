"""The configuration in force, part by part, as plain JSON with stable keys; secrets and people are no part of it."""

from __future__ import annotations

from typing import Any

from piepowder.access.models import Choice, Role, Site, Team, Vendor
from piepowder.correspondence.queries import newest_templates
from piepowder.decisions.models import ActionMapping, FactsTemplate, StatementTemplate
from piepowder.intake.models import ItemSchema
from piepowder.outbox.models import Endpoint
from piepowder.outbox.states import Channel
from piepowder.policy.models import LadderVersion, Pack, Policy, PolicyVersion
from piepowder.review.models import Calendar, Queue, RoutingVersion, SlaTarget

RULES = "rules"
"""The one key of the part ``routing``."""


def vendors() -> dict[str, Any]:
    return {one.code: {"name": one.name, "kind": str(one.kind)} for one in Vendor.objects.order_by("code")}


def sites() -> dict[str, Any]:
    return {
        one.code: {
            "vendor": one.vendor.code,
            "name": one.name,
            "country": one.country,
            "region": one.region,
            "timezone": one.timezone,
        }
        for one in Site.objects.select_related("vendor").order_by("code")
    }


def teams() -> dict[str, Any]:
    found = Team.objects.select_related("site").order_by("code")
    return {one.code: {"site": one.site.code, "name": one.name} for one in found}


def roles() -> dict[str, Any]:
    found = Role.objects.order_by("code")
    return {one.code: {"name": one.name, "permissions": sorted(one.permissions)} for one in found}


def calendars() -> dict[str, Any]:
    """The newest version of each."""
    found = {}
    for calendar in Calendar.objects.prefetch_related("versions").order_by("code"):
        version = max(calendar.versions.all(), key=lambda one: one.number, default=None)
        if version is not None:
            found[calendar.code] = {
                "name": calendar.name,
                "timezone": version.timezone,
                "weekly": version.weekly,
                "country": version.country,
                "region": version.region,
                "overrides": version.overrides,
            }
    return found


def policies() -> dict[str, Any]:
    """What is not retired, parents first, with the newest version for each set of markets."""
    nodes = Policy.objects.filter(retired_at=None).select_related("parent").prefetch_related("versions__texts")
    by_parent: dict[str, list[Policy]] = {}
    for node in nodes.order_by("position", "code"):
        by_parent.setdefault(node.parent.code if node.parent else "", []).append(node)
    found: dict[str, Any] = {}
    waiting = list(by_parent.get("", ()))
    while waiting:
        node = waiting.pop(0)
        found[node.code] = _policy(node)
        waiting = [*by_parent.get(node.code, ()), *waiting]
    return found


def _policy(node: Policy) -> dict[str, Any]:
    newest: dict[tuple[str, ...], PolicyVersion] = {}
    for version in sorted(node.versions.all(), key=lambda one: one.number):
        newest[tuple(version.markets)] = version
    return {
        "parent": node.parent.code if node.parent else "",
        "is_leaf": node.is_leaf,
        "kinds": node.kinds,
        "versions": [_version(version) for _markets, version in sorted(newest.items())],
    }


def _version(version: PolicyVersion) -> dict[str, Any]:
    return {
        "markets": version.markets,
        "severity": version.severity,
        "ground": version.ground,
        "legal_reference": version.legal_reference,
        "terms_clause": version.terms_clause,
        "category": version.category,
        "keywords": version.keywords,
        "default_enforcement": version.default_enforcement,
        "sensitive_media": version.sensitive_media,
        "texts": {
            text.language: {
                "title": text.title,
                "rule": text.rule,
                "examples_good": text.examples_good,
                "examples_bad": text.examples_bad,
                "reviewer_note": text.reviewer_note,
                "recipient_text": text.recipient_text,
            }
            for text in sorted(version.texts.all(), key=lambda one: one.language)
        },
    }


def laws() -> dict[str, Any]:
    """The bodies of law that somebody switched, with the numbers chosen."""
    return {
        one.code: {
            "on": one.on,
            "from": one.from_on.isoformat() if one.from_on else "",
            "until": one.until_on.isoformat() if one.until_on else "",
            "choices": one.choices,
        }
        for one in Pack.objects.order_by("code")
    }


def ladders() -> dict[str, Any]:
    """By code, what the newest version says. Whether a ladder is switched on is decided where it is to hold."""
    return {
        one.ladder.code: one.content
        for one in LadderVersion.objects.select_related("ladder").order_by("ladder__code", "number")
    }


def item_schemas() -> dict[str, Any]:
    """By kind, the newest fields."""
    found = {one.kind: one.fields for one in ItemSchema.objects.order_by("kind", "number")}
    return {kind: {"fields": fields} for kind, fields in found.items()}


def queues() -> dict[str, Any]:
    """Those that a queue points at come before it, so that they are there when it is made."""
    rows = {one.code: one for one in Queue.objects.select_related("escalates_to", "adjudicates_to")}
    order: list[str] = []

    def place(queue: Queue, above: tuple[str, ...] = ()) -> None:
        for other in (queue.escalates_to, queue.adjudicates_to):
            if other is not None and other.code not in (*order, *above, queue.code):
                place(rows[other.code], (*above, queue.code))
        if queue.code not in order:
            order.append(queue.code)

    for queue in rows.values():
        place(queue)
    return {code: _queue(rows[code]) for code in order}


def _queue(one: Queue) -> dict[str, Any]:
    return {
        "name": one.name,
        "purpose": one.purpose,
        "position": one.position,
        "skill": one.skill,
        "vendors": one.vendors,
        "lease_s": one.lease_s,
        "grace_s": one.grace_s,
        "escalates_to": one.escalates_to.code if one.escalates_to else "",
        "reopening": str(one.reopening),
        "active": one.active,
        "opinions": one.opinions,
        "agreeing": one.agreeing,
        "adjudicates_to": one.adjudicates_to.code if one.adjudicates_to else "",
        "shows_enforcement": one.shows_enforcement,
        "preempts": one.preempts,
    }


def targets() -> dict[str, Any]:
    """By ``queue/severity``."""
    return {
        f"{one.queue.code}/{one.severity}": {
            "target_s": one.target_s,
            "calendar": one.calendar.code if one.calendar else "",
            "at_risk_share": one.at_risk_share,
        }
        for one in SlaTarget.objects.select_related("queue", "calendar").order_by("queue__code", "severity")
    }


def routing() -> dict[str, Any]:
    newest = RoutingVersion.objects.first()
    return {RULES: newest.rules} if newest else {}


def statement_templates() -> dict[str, Any]:
    """By language, the newest."""
    found = {}
    for one in StatementTemplate.objects.order_by("language", "number"):
        found[one.language] = {"subject": one.subject, "body": one.body, "phrases": one.phrases}
    return found


def letter_templates() -> dict[str, Any]:
    """By ``event/language/channel``, the newest."""
    return {
        f"{one.event}/{one.language}/{one.channel}": {"subject": one.subject, "body": one.body, "phrases": one.phrases}
        for one in newest_templates()
    }


def facts_templates() -> dict[str, Any]:
    """By ``policy/language/title``."""
    return {
        f"{one.policy_code}/{one.language}/{one.title}": {
            "text": one.text,
            "position": one.position,
            "active": one.active,
        }
        for one in FactsTemplate.objects.order_by("policy_code", "language", "position", "title")
    }


def actions() -> dict[str, Any]:
    """By ``family/measure``, or ``family/measure/kind`` where a kind has its own."""
    found = ActionMapping.objects.order_by("family", "measure", "kind")
    return {
        "/".join(filter(None, (one.family, one.measure, one.kind))): {
            "action": one.action,
            "parameters": one.parameters,
        }
        for one in found
    }


def receivers() -> dict[str, Any]:
    """Without their secrets: whoever applies this elsewhere gets new ones."""
    return {
        one.code: {
            "name": one.name,
            "channel": str(one.channel),
            "url": one.url,
            "topics": one.topics,
            "timeout_s": one.timeout_s,
            "concurrency": one.concurrency,
            "allow_private": one.allow_private,
            "active": one.active,
        }
        for one in Endpoint.objects.exclude(channel=Channel.NONE).order_by("code")
    }


def settings() -> dict[str, Any]:
    """What was chosen; what holds by default is not told."""
    return dict(Choice.objects.order_by("key").values_list("key", "value"))
