"""The screens about routing, promises, calendars and reporters: who may open them, what they do and what they cost."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from piepowder.intake.models import Reporter
from piepowder.kernel.actor import SYSTEM
from piepowder.review import operations as review
from piepowder.review.calendar_preview import Day
from piepowder.review.models import CalendarVersion, Case, RoutingDraft, RoutingVersion, SlaTarget
from piepowder.web.calendar_form import windows_of, windows_text, year_picture
from piepowder.web.durations import duration_text, seconds_of
from piepowder.web.rule_words import rule_sentence
from tests.web.conftest import LogIn

OWN_QUERIES = {"routing": 9, "targets": 5, "calendars": 3, "reporters": 2, "routing_trial": 1}
"""What each screen may ask the database beyond what its frame does."""


def asked(client: Client, name: str) -> int:
    client.get(reverse(name))
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse(name)).status_code == 200
    return len(queries)


@pytest.mark.parametrize("name", sorted(OWN_QUERIES))
def test_a_screen_costs_the_same_few_queries(name: str, log_in: LogIn) -> None:
    client = log_in("admin")
    assert asked(client, name) - asked(client, "my_settings") <= OWN_QUERIES[name]


@pytest.mark.parametrize("name", ["routing", "routing_trial", "routing_trial_csv", "calendars", "reporters"])
def test_what_concerns_all_vendors_is_closed_to_a_vendors_lead(name: str, log_in: LogIn) -> None:
    assert log_in("bpolead").get(reverse(name)).status_code == 403


def test_a_moderator_reads_the_rules_as_sentences_and_changes_nothing(log_in: LogIn) -> None:
    client = log_in("moderator")
    page = client.get(reverse("routing")).content.decode()
    assert "If somebody reported it" in page
    assert "queue Reported" in page
    assert "Move up" not in page
    assert client.post(reverse("routing_move", args=[1, "remove"])).status_code == 403


def typed(name: str, **values: Any) -> dict[str, Any]:
    return {"name": name, "queue": "specialists", "reported": "", "severity": "", "policy": "", **values}


def test_a_rule_is_made_by_hand_moved_and_published_without_javascript(log_in: LogIn) -> None:
    client = log_in("admin")
    answer = client.post(
        reverse("routing_rule_add"), typed("Knives", kinds=["listing"], markets="DE at", label="knife")
    )
    assert answer.status_code == 302
    assert RoutingVersion.objects.count() == 1, "a draft is not in force"
    for number in (3, 2):
        client.post(reverse("routing_move", args=[number, "up"]))
    page = client.get(reverse("routing")).content.decode()
    assert "If the kind is listing and the market is DE or at and “knife” was detected" in page
    assert "added" in page
    assert client.post(reverse("routing_draft", args=["publish"])).status_code == 302
    version = RoutingVersion.objects.get(number=2)
    assert version.rules[0] == {
        "name": "Knives",
        "when": {"kind": ["listing"], "market": ["DE", "at"], "label": "knife"},
        "then": {"queue": "specialists"},
    }
    assert [rule["name"] for rule in version.rules[1:]] == ["Whatever was reported", "Everything else"]


def test_what_is_wrong_is_told_beside_its_field_and_keeps_what_was_typed(log_in: LogIn) -> None:
    client = log_in("admin")
    answer = client.post(reverse("routing_rule_add"), typed("Odd", policies="NO-SUCH", policy="NOT-THERE"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "no policy is or lies under &#x27;NO-SUCH&#x27;" in page
    assert "there is no policy &#x27;NOT-THERE&#x27;" in page
    assert 'value="NO-SUCH"' in page
    told = client.post(reverse("routing_check"), typed("Odd", policies="NO-SUCH")).content.decode()
    assert "Suspected policy: no policy is or lies under" in told
    assert not RoutingDraft.objects.exists()


def test_a_page_from_before_another_change_hits_no_other_rule(log_in: LogIn) -> None:
    client = log_in("admin")
    for expected in (302, 409):
        # Both tabs were loaded when there was no draft yet.
        answer = client.post(reverse("routing_move", args=[1, "remove"]), {"stamp": ""})
        assert answer.status_code == expected
    assert len(RoutingDraft.objects.get().rules) == 1


def test_a_draft_that_was_overtaken_shows_the_difference_and_goes_on_top(log_in: LogIn) -> None:
    client = log_in("admin")
    client.post(reverse("routing_move", args=[1, "copy"]))
    review.publish_routing(
        actor=SYSTEM,
        at=RoutingDraft.objects.get().saved_at,
        rules=[{"name": "All", "when": {}, "then": {"queue": "listings"}}],
    )
    client.post(reverse("routing_draft", args=["publish"]))
    page = client.get(reverse("routing")).content.decode()
    assert RoutingVersion.objects.count() == 2
    assert "Version 2 was published after you had started." in page
    assert "removed" in page
    client.post(reverse("routing_draft", args=["rebase"]))
    client.post(reverse("routing_draft", args=["publish"]))
    assert RoutingVersion.objects.get(number=3).rules[1]["name"] == "Whatever was reported (copy)"


def test_an_older_version_can_be_looked_at_and_taken_up_again(log_in: LogIn) -> None:
    client = log_in("admin")
    rules = [{"name": "All", "when": {}, "then": {"queue": "listings"}}]
    review.publish_routing(actor=SYSTEM, at=RoutingVersion.objects.get().published_at, rules=rules)
    assert "Whatever was reported" in client.get(reverse("routing_version", args=[1])).content.decode()
    client.post(reverse("routing_version", args=[1]))
    draft = RoutingDraft.objects.get()
    assert (draft.base, draft.rules[0]["name"]) == (2, "Whatever was reported")


def test_the_dry_run_tells_its_progress_and_then_its_result(log_in: LogIn) -> None:
    client = log_in("admin")
    client.post(reverse("routing_rule_add"), typed("Everything to specialists"))
    client.post(reverse("routing_move", args=[3, "first"]))
    answer = client.get(reverse("routing_trial_run"))
    lines = [json.loads(line) for line in b"".join(answer.streaming_content).decode().splitlines()]  # type: ignore[attr-defined]
    assert lines[0]["done"] == 0
    assert lines[-2]["done"] == lines[-2]["of"] == Case.objects.count()
    assert "From queue to queue" in lines[-1]["html"]
    whole = client.get(reverse("routing_trial"), {"run": "1"}).content.decode()
    assert "How this is worked out" in whole
    rows = b"".join(client.get(reverse("routing_trial_csv")).streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert rows[0].startswith("\ufeffarrived_at,item,title")
    assert len(rows) > 1


def test_promises_are_tried_before_they_are_set(log_in: LogIn) -> None:
    client = log_in("admin")
    cell = {"listings-3": "30 m", "listings-3-percent": "80", "listings-3-calendar": ""}
    page = client.post(reverse("targets"), {**cell, "do": "try"}).content.decode()
    assert 'value="30 m"' in page
    assert "late of" in page
    assert SlaTarget.objects.get(queue__code="listings", severity=3).target_s == 24 * 3600
    client.post(reverse("targets"), {**cell, "do": "save"})
    target = SlaTarget.objects.get(queue__code="listings", severity=3)
    assert (target.target_s, target.at_risk_share) == (1800, 0.8)
    assert "30 m" in client.get(reverse("targets")).content.decode()


def test_a_promise_that_cannot_be_read_sets_nothing(log_in: LogIn) -> None:
    answer = log_in("admin").post(
        reverse("targets"),
        {
            "listings-3": "soon",
            "listings-3-percent": "75",
            "listings-2": "1 h",
            "listings-2-percent": "75",
            "do": "save",
        },
    )
    assert answer.status_code == 422
    assert "a length such as 4 h" in answer.content.decode()
    assert SlaTarget.objects.get(queue__code="listings", severity=2).target_s == 12 * 3600


CALENDAR = {
    "code": "office", "name": "Office", "timezone": "Europe/Dublin", "place": "DE-BY",
    "overrides": "2026-12-24 09:00-12:00\n2026-12-31 closed", "effective_from": "", "mon": "09:00-12:00, 13:00 – 17:00",
}  # fmt: skip


def test_a_calendar_is_previewed_and_then_published(log_in: LogIn) -> None:
    client = log_in("admin")
    page = client.post(reverse("calendar_add"), {**CALENDAR, "do": "preview"}).content.decode()
    assert "What publishing would change" in page
    assert not CalendarVersion.objects.filter(calendar__code="office").exists()
    client.post(reverse("calendar_add"), {**CALENDAR, "do": "publish"})
    version = CalendarVersion.objects.get(calendar__code="office")
    assert (version.country, version.region) == ("DE", "BY")
    assert version.weekly == {"mon": [["09:00", "12:00"], ["13:00", "17:00"]]}
    assert version.overrides == {"2026-12-24": [["09:00", "12:00"]], "2026-12-31": []}
    page = client.get(reverse("calendar", args=["office"]) + "?year=2026").content.decode()
    assert "2026-01-06: 0 h · " in page
    assert "2026-12-24 09:00-12:00" in page


@pytest.mark.parametrize("wrong", [{"mon": "nine"}, {"mon": "17:00-09:00"}, {"mon": ""}, {"overrides": "soon closed"}])
def test_a_calendar_that_cannot_be_is_refused_with_the_reason(wrong: dict[str, str], log_in: LogIn) -> None:
    answer = log_in("admin").post(reverse("calendar_add"), {**CALENDAR, **wrong, "do": "publish"})
    assert answer.status_code == 422
    assert not CalendarVersion.objects.filter(calendar__code="office").exists()


def test_reporters_are_listed_with_how_often_they_were_right(log_in: LogIn) -> None:
    client = log_in("admin")
    reporter = Reporter.objects.order_by("pk")[0]
    assert "none judged" in client.get(reverse("reporters")).content.decode()
    assert reporter.external_ref in client.get(reverse("reporter", args=[reporter.pk])).content.decode()


def test_a_reporters_name_is_for_those_who_look_after_people(log_in: LogIn) -> None:
    reporter = Reporter.objects.order_by("pk")[0]
    Reporter.objects.filter(pk=reporter.pk).update(name="Ann Onym", email="ann@mail.example")
    address = reverse("reporter", args=[reporter.pk])
    assert "ann@mail.example" in log_in("admin").get(address).content.decode()
    page = log_in("moderator").get(address).content.decode()
    assert "Ann Onym" not in page
    assert "ann@mail.example" not in page


def test_a_flagger_is_suspended_from_their_page(log_in: LogIn) -> None:
    flagger = Reporter.objects.create(kind="trusted_flagger", external_ref="TF-1", trust=90)
    client, address = log_in("admin"), reverse("reporter", args=[flagger.pk])
    client.post(address, {"suspended": "1"})
    flagger.refresh_from_db()
    assert flagger.suspended_at is not None
    assert "Give the priority back" in client.get(address).content.decode()


def test_a_case_tells_why_it_is_where_it_is(log_in: LogIn) -> None:
    client, case = log_in("moderator"), Case.objects.filter(state="open")[0]
    assert reverse("case_why", args=[case.pk]) in client.get(reverse("case", args=[case.pk])).content.decode()
    piece = client.get(reverse("case_why", args=[case.pk]), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in piece
    assert "Rule" in piece
    assert "Ordered as if due" in piece
    assert "<html" in client.get(reverse("case_why", args=[case.pk])).content.decode()


def test_without_a_login_there_is_nothing(db: None) -> None:
    assert Client().get("/routing/").status_code == 302


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("4 h", 14_400), ("30m", 1_800), ("1 d 12 h", 129_600), ("1.5", 5_400), ("90 min", 5_400), ("soon", None), ("", None),
     ("4 x", None)],
)  # fmt: skip
def test_lengths_of_time_are_read_as_people_type_them(text: str, seconds: int | None) -> None:
    assert seconds_of(text) == seconds
    if seconds:
        assert seconds_of(duration_text(seconds)) == seconds


def test_a_rule_reads_as_a_sentence() -> None:
    rule = {
        "name": "x",
        "when": {"policy": ["P", "C"], "severity_at_most": 1, "min_score": 0.5, "reporter": ["user"], "reported": True,
                 "language": ["en"], "seller_violations_at_least": 1},
        "then": {"queue": "q", "severity": 1, "policy": "P-1"},
    }  # fmt: skip
    assert rule_sentence(rule, {"q": "Guns"}) == (
        "If the language is en and a policy under P or C is suspected and somebody reported it and it was reported by: user"
        " and the suspected policy is SEV1 or graver and the seller had at least 1 violation in 90 days"
        " and something was detected with at least 0.5 → queue Guns, at least SEV1, as a case of P-1"
    )
    assert rule_sentence({"name": "x", "then": {"queue": None}}, {}) == "Always → no review"


def test_windows_survive_being_written_and_read() -> None:
    windows = [["09:00", "12:00"], ["13:00", "24:00"]]
    assert windows_of(windows_text(windows)) == windows
    assert windows_of("closed") == []


def test_the_year_is_a_picture_and_the_same_table() -> None:
    picture = year_picture(
        [Day(date(2026, 1, 1), 0, (), "New Year", False), Day(date(2026, 1, 2), 8 * 3600, (), "", True)]
    )
    assert [(square.band, square.mark) for square in picture.squares] == [(0, "is-holiday"), (2, "is-special")]
    assert (picture.hours, picture.months[0].open_days, len(picture.months[0].exceptions)) == (8, 1, 2)
