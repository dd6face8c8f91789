"""Writing one entry of a part, through the operation of its domain: the same checks, permissions and facts as by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from piepowder.access.models import Site, Team, Vendor
from piepowder.access.operations import (
    change_site,
    change_team,
    change_vendor,
    create_site,
    create_team,
    create_vendor,
    save_role,
)
from piepowder.access.options import choose
from piepowder.configuration import reading
from piepowder.correspondence.operations import publish_letter_template
from piepowder.correspondence.templates import as_words
from piepowder.decisions.facts_templates import save_facts_template
from piepowder.decisions.mapping import save_action
from piepowder.decisions.models import FactsTemplate
from piepowder.decisions.operations import publish_template
from piepowder.intake.operations import publish_item_schema
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import FieldProblem, Malformed, Refused
from piepowder.outbox.operations import save_endpoint
from piepowder.policy.drafts import Draft, Measure, Wording
from piepowder.policy.logic import day_of
from piepowder.policy.models import Policy
from piepowder.policy.operations import create_policy, publish_version, switch_pack
from piepowder.review.operations import publish_calendar, publish_routing, save_queue, set_target
from piepowder.standing.operations import publish_ladder


class BadEntry(Malformed):
    """An entry is not of the shape that its part has; ``problems`` point into it."""

    code = "bad_entry"


class FixedField(Refused):
    """A field that says what an entry is and cannot change."""

    code = "fixed_field"


def vendor(actor: Actor, at: datetime, key: str, value: Any) -> None:
    given = _fields(value, {"name": str, "kind": str})
    there = Vendor.objects.filter(code=key).first()
    if there is None:
        create_vendor(actor=actor, code=key, at=at, **given)
    else:
        change_vendor(actor=actor, vendor=there, at=at, **given)


def site(actor: Actor, at: datetime, key: str, value: Any) -> None:
    given = _fields(value, {"vendor": str, "name": str, "country": str, "region": str, "timezone": str})
    owner = Vendor.objects.filter(code=given.pop("vendor")).first()
    if owner is None:
        raise _bad("/vendor", "unknown_vendor", f"there is no vendor '{value['vendor']}'")
    there = Site.objects.select_related("vendor").filter(code=key).first()
    if there is None:
        create_site(actor=actor, vendor=owner, code=key, at=at, **given)
        return
    if there.vendor_id != owner.pk:
        raise FixedField("a site stays with its vendor", problems=[_fixed("/vendor")])
    change_site(actor=actor, site=there, at=at, **given)


def team(actor: Actor, at: datetime, key: str, value: Any) -> None:
    given = _fields(value, {"site": str, "name": str})
    place = Site.objects.select_related("vendor").filter(code=given["site"]).first()
    if place is None:
        raise _bad("/site", "unknown_site", f"there is no site '{given['site']}'")
    there = Team.objects.select_related("site__vendor").filter(code=key).first()
    if there is None:
        create_team(actor=actor, site=place, code=key, name=given["name"], at=at)
        return
    if there.site_id != place.pk:
        raise FixedField("a team stays at its site", problems=[_fixed("/site")])
    change_team(actor=actor, team=there, name=given["name"], at=at)


def role(actor: Actor, at: datetime, key: str, value: Any) -> None:
    save_role(actor=actor, code=key, at=at, **_fields(value, {"name": str, "permissions": list[str]}))


def calendar(actor: Actor, at: datetime, key: str, value: Any) -> None:
    shape = {"name": str, "timezone": str, "weekly": dict, "country": str, "region": str, "overrides": dict}
    publish_calendar(actor=actor, at=at, code=key, **_fields(value, shape))


def policy(actor: Actor, at: datetime, key: str, value: Any) -> None:
    """Make the policy, or publish a next version for each set of markets that the file says otherwise about, from today."""
    given = _fields(value, {"parent": str, "is_leaf": bool, "kinds": list[str], "versions": list})
    drafts = {tuple(version["markets"]): _draft(version, place, at) for place, version in _versions(given["versions"])}
    there = Policy.objects.filter(code=key).first()
    if there is None:
        if not drafts:
            raise _bad("/versions", "missing", "a policy has at least one version")
        first, *later = drafts.values()
        create_policy(
            actor=actor,
            code=key,
            parent=given["parent"],
            kinds=given["kinds"],
            is_leaf=given["is_leaf"],
            first=first,
            at=at,
        )
        for draft in later:
            publish_version(actor=actor, code=key, draft=draft, at=at)
        return
    now = reading.policies().get(key)
    if now is None:
        raise FixedField("the policy was retired; its code is never used again", problems=[_fixed("")])
    for name in ("parent", "is_leaf", "kinds"):
        if now[name] != given[name]:
            raise FixedField("a policy stays where and what it is", problems=[_fixed(f"/{name}")])
    standing = {tuple(version["markets"]): version for version in now["versions"]}
    for version in given["versions"]:
        if standing.get(tuple(version["markets"])) != version:
            publish_version(actor=actor, code=key, draft=drafts[tuple(version["markets"])], at=at)


def law(actor: Actor, at: datetime, key: str, value: Any) -> None:
    given = _fields(value, {"on": bool, "from": str, "until": str, "choices": dict})
    switch_pack(
        actor=actor, code=key, on=given["on"], from_on=_day(given["from"], "/from"), until_on=_day(given["until"], "/until"),
        choices=given["choices"], at=at,
    )  # fmt: skip


def _day(text: str, pointer: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise _bad(pointer, "bad_date", "a date such as 2026-01-01, or nothing") from None


def ladder(actor: Actor, at: datetime, key: str, value: Any) -> None:
    publish_ladder(actor=actor, code=key, content=value, at=at)


def item_schema(actor: Actor, at: datetime, key: str, value: Any) -> None:
    publish_item_schema(actor=actor, at=at, kind=key, **_fields(value, {"fields": list}))


def queue(actor: Actor, at: datetime, key: str, value: Any) -> None:
    shape = {
        "name": str, "purpose": str, "position": int, "skill": str, "vendors": list[str], "lease_s": int, "grace_s": int,
        "escalates_to": str, "reopening": str, "active": bool, "opinions": int, "agreeing": int, "adjudicates_to": str,
        "shows_enforcement": bool, "preempts": bool,
    }  # fmt: skip
    save_queue(actor=actor, at=at, code=key, **_fields(value, shape))


def target(actor: Actor, at: datetime, key: str, value: Any) -> None:
    code, slash, severity = key.rpartition("/")
    if not slash or not severity.isdecimal():
        raise _bad("", "bad_key", "a target stands under queue/severity, such as listings/0")
    given = _fields(value, {"target_s": int, "calendar": str, "at_risk_share": float})
    set_target(
        actor=actor, at=at, queue_code=code, severity=int(severity), target_s=given["target_s"],
        calendar_code=given["calendar"], at_risk_share=given["at_risk_share"],
    )  # fmt: skip


def routing(actor: Actor, at: datetime, key: str, value: Any) -> None:
    if key != reading.RULES or not isinstance(value, list):
        raise _bad("", "bad_key", "the rules stand as one list under 'rules'")
    publish_routing(actor=actor, at=at, rules=value)


def statement_template(actor: Actor, at: datetime, key: str, value: Any) -> None:
    raw = _fields(value, {"subject": str, "body": str, "phrases": dict})
    publish_template(actor=actor, language=key, raw=raw, at=at)


def letter_template(actor: Actor, at: datetime, key: str, value: Any) -> None:
    parts = key.split("/")
    if len(parts) != 3:
        raise _bad("", "bad_key", "the words of a letter stand under event/language/channel")
    raw = _fields(value, {"subject": str, "body": str, "phrases": dict})
    for some in raw["phrases"].values():
        if not isinstance(some, dict) or not all(isinstance(said, str) for said in some.values()):
            raise _bad("/phrases", "bad_value", "words by place and value")
    event, language, channel = parts
    publish_letter_template(
        actor=actor, event=event, language=language, channel=channel, words=as_words(raw), at=at
    )  # fmt: skip


def facts_template(actor: Actor, at: datetime, key: str, value: Any) -> None:
    parts = key.split("/", 2)
    if len(parts) != 3:
        raise _bad("", "bad_key", "a beginning for facts stands under policy/language/title")
    given = _fields(value, {"text": str, "position": int, "active": bool})
    code, language, title = parts
    there = FactsTemplate.objects.filter(policy_code=code, language=language, title=title).first()
    save_facts_template(
        actor=actor, at=at, policy_code=code, language=language, title=title, template_id=there.pk if there else None,
        **given,
    )  # fmt: skip


def action(actor: Actor, at: datetime, key: str, value: Any) -> None:
    family, _slash, rest = key.partition("/")
    measure, _slash, kind = rest.partition("/")
    given = _fields(value, {"action": str, "parameters": dict})
    save_action(actor=actor, at=at, family=family, measure=measure, kind=kind, **given)


def receiver(actor: Actor, at: datetime, key: str, value: Any) -> None:
    shape = {
        "name": str, "channel": str, "url": str, "topics": list[str], "timeout_s": int, "concurrency": int,
        "allow_private": bool, "active": bool,
    }  # fmt: skip
    save_endpoint(actor=actor, at=at, code=key, **_fields(value, shape))


def setting(actor: Actor, at: datetime, key: str, value: Any) -> None:
    choose(actor=actor, at=at, values={key: value})


def _versions(versions: list[Any]) -> list[tuple[str, Mapping[str, Any]]]:
    shape = {
        "markets": list[str], "severity": int, "ground": str, "legal_reference": str, "terms_clause": str, "category": str,
        "keywords": list[str], "default_enforcement": list, "sensitive_media": bool, "texts": dict,
    }  # fmt: skip
    return [(f"/versions/{place}", _fields(one, shape, f"/versions/{place}")) for place, one in enumerate(versions)]


def _draft(version: Mapping[str, Any], pointer: str, at: datetime) -> Draft:
    wording = {
        "title": str, "rule": str, "examples_good": list[str], "examples_bad": list[str], "reviewer_note": str,
        "recipient_text": str,
    }  # fmt: skip
    texts = {
        language: _fields(text, wording, f"{pointer}/texts/{language}") for language, text in version["texts"].items()
    }
    measures = [
        _fields(
            one, {"family": str, "measure": str, "duration_days": int | None}, f"{pointer}/default_enforcement/{place}"
        )
        for place, one in enumerate(version["default_enforcement"])
    ]
    return Draft(
        effective_from=day_of(at),
        texts={
            language: Wording(
                **{**text, "examples_good": tuple(text["examples_good"]), "examples_bad": tuple(text["examples_bad"])}
            )
            for language, text in texts.items()
        },
        markets=tuple(version["markets"]),
        severity=version["severity"],
        ground=version["ground"],
        legal_reference=version["legal_reference"],
        terms_clause=version["terms_clause"],
        category=version["category"],
        keywords=tuple(version["keywords"]),
        default_enforcement=tuple(Measure(**one) for one in measures),
        sensitive_media=version["sensitive_media"],
    )


def _fields(value: Any, shape: Mapping[str, Any], pointer: str = "") -> dict[str, Any]:
    """``value`` as the arguments that ``shape`` names, each of its type; raises ``BadEntry``."""
    if not isinstance(value, dict):
        raise _bad(pointer, "not_a_mapping", "a mapping of its fields")
    found = [
        FieldProblem(f"{pointer}/{name}", "unknown_field", "there is no such field")
        for name in value
        if name not in shape
    ]
    for name, kind in shape.items():
        if name not in value:
            found.append(FieldProblem(f"{pointer}/{name}", "missing", "is missing"))
        elif not _is(value[name], kind):
            found.append(
                FieldProblem(f"{pointer}/{name}", "wrong_type", f"is not {_NAMES.get(kind, 'of the right type')}")
            )
    if found:
        raise BadEntry("an entry cannot be read", problems=found)
    return dict(value)


_NAMES = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    list[str]: "a list of texts",
    dict: "a mapping",
}


def _is(value: Any, kind: Any) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(value, bool):
        return kind is bool
    if kind == list[str]:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    return isinstance(value, kind)


def _bad(pointer: str, code: str, detail: str) -> BadEntry:
    return BadEntry("an entry cannot be read", problems=[FieldProblem(pointer, code, detail)])


def _fixed(pointer: str) -> FieldProblem:
    return FieldProblem(pointer, "fixed_field", "cannot be changed")
