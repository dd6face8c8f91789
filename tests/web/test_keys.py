"""Keys that people set for themselves, how media come before their eyes, and the palette."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import piepowder.web
from piepowder.access.models import User
from piepowder.access.preferences import preferences_of
from piepowder.review.models import Case
from piepowder.review.operations import claim_case, set_availability
from piepowder.web.keyboard import ACTIONS, conflicts, keys_for
from tests.web.conftest import ActorOf, LogIn

CONSOLE = Path(piepowder.web.__file__).parent / "static" / "piepowder" / "console"


@pytest.fixture
def moderator(log_in: LogIn) -> Client:
    return log_in("moderator")


def own() -> Any:
    return preferences_of(User.objects.get(email="moderator@market.example"))


def keys_on(page: str) -> dict[str, str]:
    found = re.search(r'<script id="keys-known" type="application/json">(.*?)</script>', page, re.S)
    assert found is not None
    return {one["name"]: one["key"] for one in json.loads(found[1])}


def test_the_usual_keys_do_not_meet() -> None:
    assert conflicts({}) == []


def test_two_actions_may_share_a_key_only_where_they_cannot_be_meant_at_once() -> None:
    assert [{one.name, other.name} for one, other in conflicts({"media.zoom": "h"})] == [{"media.zoom", "leave.hold"}]
    assert [{one.name, other.name} for one, other in conflicts({"media.zoom": "Ctrl+k"})] == [
        {"media.zoom", "palette.open"}
    ]
    assert conflicts({"next.lost": "h"}) == []
    assert conflicts({"media.zoom": "", "media.rotate": ""}) == []


def test_a_fixed_key_stays_whatever_is_stored() -> None:
    keys = {one["name"]: one["key"] for one in keys_for({"case.focus": "x", "media.zoom": "Z"})}
    assert (keys["case.focus"], keys["media.zoom"]) == ("Escape", "Z")


def test_a_key_that_somebody_sets_is_the_one_the_console_knows(moderator: Client) -> None:
    answer = moderator.post(reverse("keys_and_eyes"), {"section": "keys", "key-media.zoom": "Z", "key-leave.skip": ""})
    assert answer.status_code == 302
    assert own().keys == {"media.zoom": "Z", "leave.skip": ""}
    keys = keys_on(moderator.get(reverse("console")).content.decode())
    assert (keys["media.zoom"], keys["leave.skip"], keys["leave.hold"]) == ("Z", "", "h")
    moderator.post(reverse("keys_and_eyes"), {"section": "keys", "reset": "1"})
    assert own().keys == {}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"key-media.zoom": "h"}, "Also: hold"),
        ({"key-media.zoom": "no key at all"}, "This is no key."),
        ({"key-media.zoom": "7"}, "This key is needed"),
        ({"key-media.zoom": "Tab"}, "This key is needed"),
    ],
)
def test_a_key_that_cannot_be_is_told_beside_its_action_and_nothing_is_stored(
    moderator: Client, typed: dict[str, str], said: str
) -> None:
    answer = moderator.post(reverse("keys_and_eyes"), {"section": "keys", **typed})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert f'value="{typed["key-media.zoom"]}"' in page
    assert own().keys == {}


def test_every_page_carries_how_media_are_shown_to_its_reader(moderator: Client) -> None:
    before = moderator.get(reverse("console")).content.decode()
    typed = {"section": "wellness", "blur": "40", "grayscale": "on", "reveal": "always"}
    moderator.post(reverse("keys_and_eyes"), typed)
    after = moderator.get(reverse("console")).content.decode()
    assert 'data-blur="24" data-reveal="on_demand" data-mute' in before
    assert 'data-blur="40" data-reveal="always" data-gray' in after
    assert own().wellness.mute is False
    refused = moderator.post(reverse("keys_and_eyes"), {**typed, "blur": "0"})
    assert (refused.status_code, own().wellness.blur) == (422, 40)
    moderator.post(reverse("keys_and_eyes"), {"section": "wellness", "reset": "1"})
    assert own().wellness.blur == 24


def test_the_palette_finds_pages_queues_policies_and_a_case_by_its_id(moderator: Client) -> None:
    case = Case.objects.get(item__external_id="L-1002")
    first = {one["label"] for one in moderator.get(reverse("palette")).json()["found"]}
    assert {"Bench: Console", "Keys and eyes", "Listings"} <= first
    policies = moderator.get(reverse("palette"), {"text": "C-1.1"}).json()["found"]
    assert (policies[0]["group"], policies[0]["url"]) == ("Policies", reverse("policy", args=["C-1.1"]))
    for text in (str(case.pk), "L-1002", "scarf"):
        found = moderator.get(reverse("palette"), {"text": text}).json()["found"]
        assert reverse("case", args=[case.pk]) in [one["url"] for one in found]


def test_the_palette_shows_nobody_a_case_of_another_vendor(log_in: LogIn, actor_of: ActorOf) -> None:
    actor = actor_of("moderator")
    case = Case.objects.get(item__external_id="L-1002")
    set_availability(actor=actor, state="available", at=timezone.now())
    claim_case(actor=actor, case_id=case.pk, at=timezone.now())
    stranger = log_in("bpolead")
    for text in (str(case.pk), "L-1002", "scarf"):
        found = stranger.get(reverse("palette"), {"text": text}).json()["found"]
        assert reverse("case", args=[case.pk]) not in [one["url"] for one in found]


def test_every_action_is_bound_by_a_module_and_every_binding_is_a_known_action() -> None:
    source = "\n".join(path.read_text() for path in CONSOLE.glob("*.js"))
    bound = set(re.findall(r'action\(\s*"([a-z_.]+)"', source))
    bound |= {f"leave.{way}" for way in ("hold", "transfer", "escalate", "skip", "release")}
    bound |= {f"live.{way}" for way in ("warn", "interrupt", "end")}
    assert bound == {action.name for action in ACTIONS}
