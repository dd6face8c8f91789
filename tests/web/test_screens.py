"""Who may open which screen, what it shows them, and what it costs."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from piepowder.access.models import User
from piepowder.intake.models import Item
from piepowder.ledger.models import Fact
from piepowder.review.models import Case
from piepowder.web.urls import urlpatterns
from tests.web.conftest import LogIn

WITHOUT_LOGIN = {
    "account_login", "account_logout", "account_inactive", "account_signup", "account_reset_password",
    "account_reset_password_done", "account_reset_password_from_key_done", "account_reset_password_from_key",
    "set_language", "invitation_accept", "mfa_authenticate", "mfa_login_webauthn", "socialaccount_login_cancelled",
    "openid_connect_login", "openid_connect_callback", "saml_login", "saml_acs", "saml_finish_acs", "saml_metadata",
    "saml_sls",
}  # fmt: skip

LISTS = {
    "home": 18,
    "board": 14,
    "board_people": 9,
    "wall": 9,
    "pending": 6,
    "cases": 9,
    "decisions": 8,
    "queues": 9,
    "policies": 9,
    "people": 15,
    "vendors": 9,
    "roles": 8,
    "keys": 7,
    "outbox": 10,
    "dead_letters": 8,
    "deliveries": 8,
    "ledger": 10,
    "my_settings": 6,
    "console": 14,
    "questions": 7,
    "exposure": 7,
}
"""Each list screen with the queries it may need for a page of any length."""


def named_patterns() -> list[URLPattern]:
    return [pattern for pattern in urlpatterns if isinstance(pattern, URLPattern)]


def test_every_screen_asks_for_a_login_unless_it_is_listed_here() -> None:
    unguarded = {p.name for p in named_patterns() if not getattr(p.callback, "needs_login", False)}
    assert unguarded == WITHOUT_LOGIN


def test_a_stranger_is_sent_to_the_login_and_back_to_where_they_wanted_to_go(db: None) -> None:
    answer = Client().get("/cases/?state=open")
    assert answer.status_code == 302
    assert answer["Location"] == "/login/?next=/cases/%3Fstate%3Dopen"


def test_a_part_of_a_page_asked_for_after_the_session_ended_sends_the_whole_page_to_the_login(db: None) -> None:
    answer = Client().get("/me/day", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/console/"})
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/login/?next=http%3A//testserver/console/")


@pytest.mark.parametrize("name", sorted(LISTS))
def test_a_list_costs_the_same_few_queries_however_long_it_is(
    name: str, log_in: LogIn, django_assert_max_num_queries: Any
) -> None:
    client = log_in("admin")
    client.get(reverse(name))
    with django_assert_max_num_queries(LISTS[name]):
        answer = client.get(reverse(name))
    assert answer.status_code == 200


def test_the_administrator_can_open_everything_about_one_thing(log_in: LogIn) -> None:
    client, case = log_in("admin"), Case.objects.select_related("item").order_by("severity", "opened_at")[0]
    for address in (
        reverse("case", args=[case.pk]),
        reverse("item", args=[case.item_id]),
        reverse("item", args=[case.item_id]) + "?version=1",
        reverse("seller", args=["S-7"]),
        reverse("policy", args=["C-1.1"]),
        reverse("policy", args=["C-1.1"]) + "?language=zh-Hans",
        reverse("person", args=[User.objects.get(email="moderator@market.example").pk]),
        reverse("queue_edit", args=["listings"]),
        reverse("role_edit", args=["moderator"]),
    ):
        assert client.get(address).status_code == 200, address


def rail(client: Client) -> set[str]:
    page = client.get("/").content.decode()
    return set(
        re.findall(r'<a href="[^"]*"[^>]*><svg[^>]*><use href="#i-[a-z-]+"/></svg><span>([^<]+)</span></a>', page)
    )


@pytest.mark.parametrize(
    ("login", "wings"),
    [
        (
            "admin",
            {"Bench", "Queues", "Appeals", "Routing", "Policies", "Standing", "Rights", "Duties", "People", "Admin"},
        ),
        ("moderator", {"Bench", "Queues", "Routing", "Policies"}),
        ("bpolead", {"Bench", "Queues", "Policies", "People"}),
    ],
)
def test_the_rail_shows_only_what_the_person_may_enter(login: str, wings: set[str], log_in: LogIn) -> None:
    assert rail(log_in(login)) == wings


@pytest.mark.parametrize(
    "name", ["people", "roles", "keys", "outbox", "dead_letters", "deliveries", "ledger", "board", "queue_add"]
)
def test_what_is_not_on_the_rail_cannot_be_opened_by_its_address(name: str, log_in: LogIn) -> None:
    answer = log_in("bpo").get(reverse(name))
    assert answer.status_code == 403
    assert "You may not do this" in answer.content.decode()


def test_a_bpo_lead_sees_their_own_people_alone(log_in: LogIn) -> None:
    page = log_in("bpolead").get(reverse("people")).content.decode()
    assert "Bea Bench" in page
    assert "Otto Other" not in page
    assert "Mona Moderator" not in page
    assert "South Review" not in page


def test_somebody_of_another_vendor_is_not_there(log_in: LogIn) -> None:
    stranger = User.objects.get(email="other@market.example")
    assert log_in("bpolead").get(reverse("person", args=[stranger.pk])).status_code == 404


def test_an_unknown_address_and_a_wrong_method_are_answered_as_such(log_in: LogIn) -> None:
    client = log_in("admin")
    assert client.get("/nowhere/").status_code == 404
    assert client.get(reverse("console_next")).status_code == 405


def test_an_error_says_what_happened_why_and_what_to_do(log_in: LogIn) -> None:
    answer = log_in("admin").get("/policies/X-99/")
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "There is nothing here" in page
    assert "X-99" in page
    assert "Search for it instead" in page


def test_no_page_carries_a_style_or_a_script_of_its_own(log_in: LogIn) -> None:
    client, item = log_in("admin"), Item.objects.get(external_id="L-1001")
    for address in [*(reverse(name) for name in LISTS), reverse("item", args=[item.pk]), "/login/"]:
        page = client.get(address).content.decode() if address != "/login/" else Client().get(address).content.decode()
        assert " style=" not in page, address
        assert not re.search(r"\son[a-z]+=", page), address
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", page), address


def test_case_search_narrows_by_what_the_address_says(log_in: LogIn, town: datetime) -> None:
    client = log_in("lead")

    def found(query: str) -> set[str]:
        rows = client.get(reverse("cases") + query).context["found"].rows
        return {row.external_id for row in rows}

    assert found("?text=replica") == {"L-1001"}
    assert found("?seller=S-9") == {"L-1004", "L-1005"}
    assert found("?policy=M") == {"L-1003"}
    assert found("?state=decided") == set()
    assert found("?severity=1&item=L-1001") == {"L-1001"}
    assert found("?person=me") == set()
    assert found("?since=2199-01-01") == set()
    assert found("?since=nonsense&severity=x&page=-4") >= {"L-1001", "L-1002"}


@pytest.mark.parametrize("name", ["cases", "decisions", "ledger"])
@pytest.mark.parametrize("odd", ["9" * 5_000, "99999999999999999999", "9999-12-31", "0001-01-01", "a\0b", "\u0663"])
def test_no_word_in_an_address_makes_a_list_fail(log_in: LogIn, name: str, odd: str) -> None:
    wanted = dict.fromkeys(("by", "person", "severity", "since", "until", "text", "seller", "item", "page"), odd)
    assert log_in("admin").get(reverse(name), wanted).status_code in (200, 422)


def test_a_seller_whose_name_no_database_could_hold_is_refused_as_malformed(log_in: LogIn) -> None:
    assert log_in("moderator").get(reverse("seller", args=["a\0b"])).status_code == 422


@pytest.mark.parametrize(
    ("typed", "meant"), [("L-1002", "item=L-1002"), ("S-9", "seller=S-9"), ("oak chair", "text=oak+chair")]
)
def test_one_line_of_search_finds_an_item_a_seller_or_words(log_in: LogIn, typed: str, meant: str) -> None:
    assert log_in("moderator").get(reverse("cases"), {"q": typed})["Location"] == f"/cases/?{meant}"


def test_the_export_has_every_case_with_a_header_and_is_recorded(log_in: LogIn) -> None:
    answer = log_in("lead").get(reverse("cases_export"))
    body = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    lines = body.lstrip("\ufeff").splitlines()
    assert f"-{Case.objects.count()}-rows.csv" in answer["Content-Disposition"]
    assert lines[0] == (
        "external_id,title,kind,market,language,severity,queue_code,state,due_at,policy_code,seller_ref,reports,person,"
        "vendor,opened_at"
    )
    assert len(lines) == 1 + Case.objects.count()
    assert Fact.objects.filter(verb="cases.export").count() == 1


def test_whoever_may_not_export_gets_no_export(log_in: LogIn) -> None:
    assert log_in("moderator").get(reverse("cases_export")).status_code == 403
    assert log_in("moderator").get(reverse("decisions_export")).status_code == 403


def test_a_board_at_rest_is_sent_once(log_in: LogIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("piepowder.web.kept.TRUSTED_S", 0.0)
    client = log_in("lead")
    first = client.get(reverse("board_live"))
    again = client.get(reverse("board_live"), headers={"If-None-Match": first["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    client.post(reverse("console_next"))
    assert client.get(reverse("board_live"), headers={"If-None-Match": first["ETag"]}).status_code == 200
