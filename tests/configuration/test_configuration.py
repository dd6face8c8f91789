"""The whole set-up as one readable file: what it holds, what applying it changes, and what it never does."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from piepowder import wiring
from piepowder.access.models import Role, Team
from piepowder.access.operations import add_person, create_site, create_team, create_vendor, load_shipped_roles
from piepowder.access.options import choose, chosen
from piepowder.access.roster import PersonFields
from piepowder.access.visibility import NotPermitted
from piepowder.configuration.logic import changes
from piepowder.configuration.operations import BadConfiguration, ConfigurationMoved, apply, compare
from piepowder.configuration.queries import configuration
from piepowder.configuration.written import NotAConfiguration, from_text, to_text
from piepowder.correspondence.operations import Words, publish_letter_template
from piepowder.decisions.operations import load_shipped_templates
from piepowder.kernel.actor import SYSTEM, Actor, ActorKind
from piepowder.ledger.models import Fact
from piepowder.outbox.models import Endpoint
from piepowder.outbox.operations import save_endpoint
from piepowder.policy.drafts import Draft, Measure, Wording
from piepowder.policy.models import PolicyVersion
from piepowder.policy.operations import create_policy, switch_pack
from piepowder.review.models import CalendarVersion, Queue, RoutingVersion, SlaTarget
from piepowder.review.operations import publish_calendar, publish_routing, save_queue, set_target
from piepowder.standing.operations import publish_ladder

pytestmark = pytest.mark.django_db
WORDS = Wording(
    "Copies",
    "Nothing that says it is what it is not.\n\n- marks\n- shapes",
    (),
    ("A copy, “as good as new”",),
    "",
    "It is a copy.",
)
LADDER = {
    "title": {"en": "Points"},
    "policy": "C-2.1",
    "points": {
        "direction": "adding",
        "expires": {"days": 90},
        "rules": [{"code": "any", "title": {"en": "Any"}, "reasons": ["*"], "points": 4}],
        "thresholds": [{"code": "warned", "title": {"en": "Warned"}, "at": 12, "warning": True}],
    },
}
WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


@pytest.fixture
def house(now: datetime) -> dict[str, Any]:
    """A small set-up, as the document of its file."""
    load_shipped_roles(actor=SYSTEM, at=now)
    load_shipped_templates(actor=SYSTEM, at=now)
    told = Words("Received: {{ reference }}", "{{ reference }}: {{ items }}, {{ received_at }}")
    publish_letter_template(actor=SYSTEM, event="report.received", language="en", words=told, at=now)
    for code, parent, is_leaf in (("C", "", False), ("C-2", "C", False), ("C-2.1", "C-2", True)):
        draft = Draft(
            effective_from=now.date(),
            texts={"en": WORDS, "zh-Hans": WORDS, "de": replace(WORDS, rule="")},
            terms_clause="4.2",
            category="INTELLECTUAL_PROPERTY_INFRINGEMENTS",
            default_enforcement=(Measure("visibility", "content_removed"), Measure("account", "suspended", 30)),
        )
        create_policy(actor=SYSTEM, code=code, parent=parent, is_leaf=is_leaf, first=draft, at=now)
    switch_pack(actor=SYSTEM, code="gpsr", on=True, at=now)
    publish_ladder(actor=SYSTEM, code="points", content=LADDER, at=now)
    vendor = create_vendor(actor=SYSTEM, code="acme", name="Acme", kind="bpo", at=now)
    site = create_site(
        actor=SYSTEM, vendor=vendor, code="acme-1", name="One", country="NO", timezone="Europe/Oslo", at=now
    )
    create_team(actor=SYSTEM, site=site, code="t", name="Team", at=now)
    publish_calendar(
        actor=SYSTEM, at=now, code="office", name="Office", timezone="Europe/Berlin", weekly=WEEK, country="DE"
    )
    save_queue(actor=SYSTEM, at=now, code="grave", name="Grave")
    save_queue(
        actor=SYSTEM,
        at=now,
        code="general",
        name="General",
        escalates_to="grave",
        opinions=3,
        agreeing=2,
        adjudicates_to="grave",
    )
    set_target(actor=SYSTEM, at=now, queue_code="general", severity=1, target_s=3_600, calendar_code="office")
    publish_routing(actor=SYSTEM, at=now, rules=[{"name": "All", "when": {}, "then": {"queue": "general"}}])
    save_endpoint(
        actor=SYSTEM,
        at=now,
        code="shop",
        name="Shop",
        url="https://192.0.2.7/hook",
        topics=["enforcement.applied"],
        allow_private=True,
    )
    choose(actor=SYSTEM, at=now, values={"wellness.blur": 40})
    return document()


def document() -> dict[str, Any]:
    return dict(from_text(to_text(configuration(SYSTEM))))


def test_the_file_says_everything_and_reads_back_as_it_was(house: dict[str, Any]) -> None:
    parts = configuration(SYSTEM)
    assert {name: house[name] for name in parts} == parts
    assert house["sites"]["acme-1"]["country"] == "NO"
    assert house["settings"] == {"wellness.blur": 40}
    assert list(house["queues"]) == ["grave", "general"]
    assert list(house["policies"]) == ["C", "C-2", "C-2.1"]
    assert house["policies"]["C-2.1"]["versions"][0]["texts"]["zh-Hans"]["examples_bad"] == ["A copy, “as good as new”"]


def test_no_secret_and_no_person_is_in_it(house: dict[str, Any], now: datetime) -> None:
    vendor = Team.objects.get(code="t").site.vendor
    fields = PersonFields(email="ann@acme.example", name="Ann Example", vendor=vendor)
    add_person(actor=SYSTEM, fields=fields, at=now, password="correct horse battery")
    secret = Endpoint.objects.get(code="shop").secrets[0]["secret"]
    written = to_text(configuration(SYSTEM))
    assert "https://192.0.2.7/hook" in written
    assert secret not in written
    assert "ann@acme.example" not in written


def test_applying_what_is_there_already_changes_nothing(house: dict[str, Any], now: datetime) -> None:
    before = Fact.objects.count()
    assert compare(actor=SYSTEM, document=house, at=now).changes == ()
    assert apply(actor=SYSTEM, document=house, at=now) == []
    assert Fact.objects.count() == before


def test_every_part_can_be_changed_and_only_what_differs_is_written(house: dict[str, Any], now: datetime) -> None:
    wanted = copy.deepcopy(house)
    wanted["vendors"]["acme"]["name"] = "Acme Ltd"
    wanted["vendors"]["zenith"] = {"name": "Zenith", "kind": "bpo"}
    wanted["sites"]["z-1"] = {
        "vendor": "zenith",
        "name": "Z",
        "country": "PL",
        "region": "",
        "timezone": "Europe/Warsaw",
    }
    wanted["teams"]["zt"] = {"site": "z-1", "name": "Zed"}
    wanted["roles"]["reader"] = {"name": "Reader", "permissions": ["item:view"]}
    wanted["calendars"]["office"]["weekly"]["sat"] = [["10:00", "12:00"]]
    wanted["policies"]["C-2.1"]["versions"][0]["severity"] = 0
    wanted["queues"]["polish"] = {**wanted["queues"]["general"], "name": "Polish", "purpose": "Two lines\nof text"}
    wanted["queues"]["general"]["lease_s"] = 600
    wanted["targets"]["polish/0"] = {"target_s": 600, "calendar": "", "at_risk_share": 0.5}
    wanted["routing"]["rules"].insert(0, {"name": "Polish", "when": {"market": ["PL"]}, "then": {"queue": "polish"}})
    wanted["statement_templates"]["en"]["subject"] += "."
    wanted["letter_templates"]["report.received/en/message"]["subject"] += "."
    title = "C-2.1/en/Mine"
    wanted["facts_templates"][title] = {"text": "The mark on {title} […]", "position": 0, "active": True}
    wanted["receivers"]["shop"]["timeout_s"] = 5
    colour = {"name": "colour", "type": "choice", "labels": {"de": "Farbe"}, "choices": ["red"]}
    wanted["item_schemas"]["listing"] = {"fields": [colour]}
    wanted["actions"]["account/suspended"] = {"action": "SELLER_STOP", "parameters": {"code": 7}}
    wanted["actions"]["account/suspended/seller"] = {"action": "SELLER_OFF", "parameters": {}}
    wanted["settings"]["wellness.blur"] = 12
    wanted["laws"]["gpsr"]["on"] = False
    wanted["ladders"]["points"]["title"]["en"] += "."
    text = to_text({part: entries for part, entries in wanted.items() if part != "piepowder"})
    shown = compare(actor=SYSTEM, document=from_text(text), at=now)
    assert shown.problems == ()
    assert {one.part for one in shown.changes} == set(wanted) - {"piepowder"}
    assert [(field.path, field.before, field.after) for field in shown.changes[0].fields] == [
        ("name", "Acme", "Acme Ltd")
    ]
    assert not Queue.objects.filter(code="polish").exists()
    done = apply(actor=SYSTEM, document=from_text(text), at=now, seen=shown.digest)
    assert len(done) == 21
    assert document() == {**from_text(text)}
    assert Queue.objects.get(code="polish").purpose == "Two lines\nof text"
    assert SlaTarget.objects.get(queue__code="polish").target_s == 600
    assert RoutingVersion.objects.first().number == 2
    assert CalendarVersion.objects.filter(calendar__code="office").count() == 2
    assert PolicyVersion.objects.filter(policy__code="C-2.1").count() == 2
    assert chosen("wellness.blur") == 12
    assert Fact.objects.get(verb="configuration.apply").body["entries"]["queues"] == 2


def test_what_the_file_leaves_out_stays_and_is_named(house: dict[str, Any], now: datetime) -> None:
    wanted = {"piepowder": 1, "queues": {"general": house["queues"]["general"]}}
    shown = compare(actor=SYSTEM, document=wanted, at=now)
    assert shown.changes == ()
    assert shown.untouched["queues"] == ["grave"]
    apply(actor=SYSTEM, document=wanted, at=now)
    assert Queue.objects.count() == 2


def test_every_fault_is_told_with_its_place_and_nothing_is_half_written(house: dict[str, Any], now: datetime) -> None:
    wanted = copy.deepcopy(house)
    wanted["vendors"]["fine"] = {"name": "Fine", "kind": "bpo"}
    wanted["queues"]["general"]["escalates_to"] = "nowhere"
    wanted["queues"]["general/2"] = {"name": "x"}
    wanted["targets"]["general/9"] = {"target_s": "soon", "calendar": "", "at_risk_share": 0.5}
    wanted["sites"]["acme-1"]["vendor"] = "fine"
    wanted["routing"]["rules"][0]["then"]["queue"] = "nowhere"
    wanted["settings"]["wellness.blur"] = 1_000
    with pytest.raises(BadConfiguration) as caught:
        apply(actor=SYSTEM, document=wanted, at=now)
    pointers = [problem.pointer for problem in caught.value.problems]
    assert "/sites/acme-1/vendor" in pointers
    assert "/queues/general" in pointers
    assert "/queues/general~12/purpose" in pointers
    assert "/targets/general~19/target_s" in pointers
    assert "/routing/rules/0/then/queue" in pointers
    assert "/settings/wellness.blur/wellness.blur" in pointers
    assert document() == house
    assert [one.pointer for one in compare(actor=SYSTEM, document=wanted, at=now).problems] == pointers


def test_a_difference_that_was_shown_is_applied_only_while_it_is_still_true(
    house: dict[str, Any], now: datetime
) -> None:
    wanted = copy.deepcopy(house)
    wanted["queues"]["general"]["lease_s"] = 600
    shown = compare(actor=SYSTEM, document=wanted, at=now)
    choose(actor=SYSTEM, at=now, values={"wellness.blur": 13})
    with pytest.raises(ConfigurationMoved):
        apply(actor=SYSTEM, document=wanted, at=now, seen=shown.digest)
    assert Queue.objects.get(code="general").lease_s == 300


@pytest.mark.parametrize(
    "text",
    ["[1, 2]", "queues: {", "a: &x [1]\nb: *x", "a: 1\na: 2", "!!python/object/apply:os.system ['true']", "\x00"],
)
def test_what_is_no_configuration_is_refused(text: str) -> None:
    with pytest.raises(NotAConfiguration):
        from_text(text)


@pytest.mark.parametrize(
    ("part", "key", "path", "value"),
    [
        ("roles", "moderator", ("permissions",), [True, "case:view"]),
        ("roles", "moderator", ("name",), b"raw"),
        ("receivers", "shop", ("topics",), [["decision.issued"]]),
        ("routing", "rules", (0, "then", "queue"), ["listings"]),
        ("routing", "rules", (0, "then", "policy"), {"C-1": 1}),
        ("routing", "rules", (0, "name"), "a\x00b"),
        ("statement_templates", "en", ("phrases",), {"x": float("nan")}),
        ("letter_templates", "report.received/en/message", ("phrases",), {"outcome": {"noted": 1}}),
        ("queues", "listings", ("vendors",), [["house"]]),
        ("policies", "C-1", ("versions", 0, "markets"), [{"DE": 1}]),
        ("policies", "C-1", ("versions", 0, "texts", "en", "examples_bad"), [1.5]),
        ("calendars", "office", ("weekly",), {1: []}),
    ],
)
def test_a_value_of_the_wrong_kind_is_told_and_breaks_nothing(
    house: dict[str, Any], now: datetime, part: str, key: str, path: tuple[Any, ...], value: Any
) -> None:
    document = copy.deepcopy(house)
    key = key if key in document[part] else next(iter(document[part]))
    place = document[part][key]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(BadConfiguration) as refused:
        apply(actor=SYSTEM, document={"piepowder": 1, **document}, at=now)
    assert refused.value.problems[0].pointer.startswith(f"/{part}/" + key.replace("/", "~1"))


def test_unknown_parts_and_another_format_are_named(house: dict[str, Any], now: datetime) -> None:
    with pytest.raises(BadConfiguration) as caught:
        compare(actor=SYSTEM, document={"piepowder": 2, "people": {}, "queues": []}, at=now)
    assert [one.pointer for one in caught.value.problems] == ["/piepowder", "/people", "/queues"]


def test_moving_the_configuration_needs_its_permission(house: dict[str, Any], now: datetime) -> None:
    stranger = Actor(ActorKind.PERSON, "1", ())
    with pytest.raises(NotPermitted):
        compare(actor=stranger, document=house, at=now)
    with pytest.raises(NotPermitted):
        apply(actor=stranger, document=house, at=now)
    with pytest.raises(NotPermitted):
        configuration(stranger)
    assert Role.objects.exists()


def test_the_difference_points_at_the_innermost_values() -> None:
    now = {"queues": {"a": {"x": 1, "y": {"z": [1]}}}}
    wanted = {"queues": {"a": {"x": 1, "y": {"z": [2]}}, "b": {"x": 1}}}
    first, second = changes(now, wanted)
    assert [(field.path, field.before, field.after) for field in first.fields] == [("y.z", [1], [2])]
    assert (second.is_new, [field.path for field in second.fields]) == (True, ["x"])


def test_what_ships_can_be_written_down_and_applied_again(now: datetime) -> None:
    wiring.load_shipped(at=now)
    assert compare(actor=SYSTEM, document=document(), at=now).changes == ()
    everything = {"piepowder": 1, "policies": copy.deepcopy(document()["policies"])}
    everything["policies"]["C-2.1"]["versions"][0]["severity"] = 0
    assert len(apply(actor=SYSTEM, document=everything, at=now)) == 1
