"""Links and visits: what opens, what does not, and what ends."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import URLPattern
from hypothesis import given
from hypothesis import strategies as st

from piepowder.access.visibility import NotPermitted
from piepowder.http.logs import WithoutLinks
from piepowder.kernel.actor import SYSTEM, Actor, ActorKind, Mandate, Scope
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from piepowder.portal.jobs import tidy
from piepowder.portal.links import LinkDead, Subject, mint, opened, read
from piepowder.portal.models import Visit
from piepowder.portal.pages import COOKIE
from piepowder.portal.urls import urlpatterns
from piepowder.portal.visits import NoSuchThing, VisitOver, give_link, guest_of, shut_out
from tests.portal.conftest import Fair

HOUR = timedelta(hours=1)


def test_a_link_says_whom_it_is_for_until_it_runs_out(now: datetime) -> None:
    subject = Subject("seller", "S-1/ä?", "zh-hans", "x")
    token = mint(subject, now, HOUR)
    assert read(token, now + HOUR - timedelta(seconds=1)) == subject
    with pytest.raises(LinkDead):
        read(token, now + HOUR)


@given(st.data())
def test_a_link_that_was_changed_anywhere_opens_nothing(data: st.DataObject) -> None:
    now = datetime.fromisoformat("2026-03-04T10:00:00+00:00")
    token = mint(Subject("seller", "S-1"), now, HOUR)
    place = data.draw(st.integers(0, len(token) - 1))
    sign = data.draw(st.sampled_from("AZaz09-_.~\u00e4").filter(lambda one: one != token[place]))
    with pytest.raises(LinkDead):
        read(token[:place] + sign + token[place + 1 :], now)


@pytest.mark.parametrize("token", ["", ".", "a.b", "e30.e30", "..", "x" * 5_000, "ä.ö", "%00.%00"])
def test_what_is_no_link_opens_nothing(token: str, now: datetime) -> None:
    with pytest.raises(LinkDead):
        opened(token, now)


def test_a_link_signed_with_another_key_opens_nothing(now: datetime, settings: object) -> None:
    token = mint(Subject("seller", "S-1"), now, HOUR)
    before = settings.SECRET_KEY  # type: ignore[attr-defined]
    settings.SECRET_KEY = "another"  # type: ignore[attr-defined]
    with pytest.raises(LinkDead):
        read(token, now)
    settings.SECRET_KEY_FALLBACKS = [before]  # type: ignore[attr-defined]
    assert read(token, now).ref == "S-1"


def test_opening_a_link_begins_a_visit_in_a_cookie_of_its_own(fair: Fair) -> None:
    browser = Client()
    answer = browser.get(fair.link())
    assert answer["Location"] == "/portal/overview/"
    cookie = answer.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["path"] == "/portal/"
    assert cookie["samesite"] == "Lax"
    assert "sessionid" not in answer.cookies
    assert answer["Cache-Control"] == "no-store, private"
    assert cookie.value not in [visit.key_hash for visit in Visit.objects.all()]
    assert browser.get("/portal/overview/").status_code == 200


def test_a_dead_link_is_a_page_in_words(fair: Fair) -> None:
    answer = Client().get(fair.link(at=fair.now - timedelta(days=2)))
    assert answer.status_code == 403
    assert "This link does not work" in answer.text
    assert COOKIE not in answer.cookies


def test_without_a_link_no_page_opens(fair: Fair) -> None:
    for address in ("overview", "items", "decisions", "appeals", "account", "letters", "out-of-court"):
        answer = Client().get(f"/portal/{address}/")
        assert answer.status_code == 401, address
        assert "Please open your link again" in answer.text
        assert answer["Cache-Control"] == "no-store, private"
    assert Client().get("/portal/everything.zip").status_code == 401


def test_every_page_asks_for_a_link_unless_it_is_listed_here() -> None:
    views = {one.name: one.callback for one in urlpatterns if isinstance(one, URLPattern)}
    unguarded = {name for name, view in views.items() if not getattr(view, "needs_link", False)}
    assert unguarded == {"open", "leave", "language", "front", "report_topics", "report_form", "report_sent"}


def test_every_page_looks_at_the_form_s_token_itself_after_it_knows_who_sends() -> None:
    """The check that goes before all views would read the whole body of anybody."""
    assert all(getattr(one.callback, "csrf_exempt", False) for one in urlpatterns if isinstance(one, URLPattern))


def test_a_staff_login_opens_no_page_of_the_portal_and_a_link_none_of_the_console(fair: Fair) -> None:
    from piepowder.access.models import User

    fair.court.person()
    staff = Client()
    staff.force_login(User.objects.get(email__startswith="p1"))
    assert staff.get("/portal/overview/").status_code == 401
    seller = fair.browser()
    assert seller.get("/decisions/").status_code == 302
    assert seller.get("/api/v1/decisions").status_code == 401


def test_leaving_ends_the_visit_for_good(fair: Fair) -> None:
    browser = fair.browser()
    key = browser.cookies[COOKIE].value
    browser.post("/portal/leave")
    with pytest.raises(VisitOver):
        guest_of(key, at=fair.now)


def test_a_visit_ends_when_nothing_is_clicked_and_when_its_time_is_over(fair: Fair) -> None:
    key = fair.browser().cookies[COOKIE].value
    assert guest_of(key, at=fair.now + 1.5 * HOUR).subject.ref == "S-1"
    assert guest_of(key, at=fair.now + 3 * HOUR).subject.ref == "S-1"
    with pytest.raises(VisitOver):
        guest_of(key, at=fair.now + 5.1 * HOUR)
    busy = fair.browser().cookies[COOKIE].value
    for hours in range(1, 12):
        guest_of(busy, at=fair.now + hours * HOUR)
    with pytest.raises(VisitOver):
        guest_of(busy, at=fair.now + 12 * HOUR)


def test_shutting_somebody_out_ends_visits_and_links_given_before(fair: Fair) -> None:
    link, browser = fair.link(), fair.browser()
    other = fair.browser("S-2")
    shut_out(actor=SYSTEM, kind="seller", ref="S-1", at=fair.now)
    assert browser.get("/portal/overview/").status_code == 401
    assert Client().get(link).status_code == 403
    assert other.get("/portal/overview/").status_code == 200
    assert fair.browser(at=fair.now + timedelta(seconds=1)).get("/portal/overview/").status_code == 200


def test_another_account_s_link_is_asked_about_before_it_takes_over(fair: Fair) -> None:
    browser = fair.browser("S-1")
    link = fair.link("S-2")
    answer = browser.get(link)
    assert answer.status_code == 200
    assert "Open the pages of S-2" in answer.text
    assert "S-1" in browser.get("/portal/overview/").text
    assert browser.post(link).status_code == 302
    assert "S-2" in browser.get("/portal/overview/").text
    assert Visit.objects.filter(ref="S-1", ended_at__isnull=False).exists()


def test_links_are_not_opened_without_end_from_one_address(fair: Fair) -> None:
    browser = Client()
    answers = [browser.get("/portal/open/no.link").status_code for _ in range(35)]
    assert answers[0] == 403
    assert answers[-1] == 429


def test_the_ledger_knows_the_visit_but_not_the_seller(fair: Fair) -> None:
    give_link(actor=SYSTEM, subject=Subject("seller", "S-secret"), lasts=None, at=fair.now)
    fair.browser("S-secret").post("/portal/leave")
    facts = list(Fact.objects.filter(verb__startswith="portal.").order_by("id"))
    assert [fact.verb for fact in facts] == ["portal.link", "portal.enter", "portal.leave"]
    assert "S-secret" not in repr([(fact.subject_id, fact.actor_ref, fact.body) for fact in facts])
    assert facts[1].actor_kind == "outsider"


def test_a_link_to_everything_needs_the_permission_everywhere(fair: Fair) -> None:
    narrow = Actor(
        ActorKind.KEY, "k", (Mandate(frozenset({Permission.PORTAL_LINK}), Scope(markets=frozenset({"DE"}))),)
    )
    with pytest.raises(NotPermitted):
        give_link(actor=narrow, subject=Subject("seller", "S-1"), lasts=None, at=fair.now)
    decision = fair.decided()
    only = Subject("seller", "S-1", "en", str(decision.pk))
    assert give_link(actor=narrow, subject=only, lasts=None, at=fair.now)
    with pytest.raises(NoSuchThing):
        give_link(actor=narrow, subject=Subject("seller", "S-2", "en", str(decision.pk)), lasts=None, at=fair.now)
    with pytest.raises(NoSuchThing):
        give_link(actor=narrow, subject=Subject("seller", "S-1", "en", "no id"), lasts=None, at=fair.now)


@pytest.mark.parametrize("kind", ["reporter", "buyer", "rights_owner"])
def test_a_link_to_one_report_is_for_an_id_whichever_way_it_is_written(fair: Fair, kind: str) -> None:
    with pytest.raises(NoSuchThing):
        give_link(actor=SYSTEM, subject=Subject(kind, "R-1", "en", "no id"), lasts=None, at=fair.now)
    plain = "0192f0c1-7a2b-7c3d-8e4f-0123456789ab"
    for written in (plain.upper(), plain.replace("-", "")):
        link = give_link(actor=SYSTEM, subject=Subject(kind, "R-1", "en", written), lasts=None, at=fair.now)
        answer = Client().get("/portal/open/" + link.rsplit("/", 1)[-1])
        assert answer["Location"] == f"/portal/reports/{plain}/"


def test_no_token_stands_in_the_log(fair: Fair, caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.addFilter(WithoutLinks())
    link = fair.link()
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(link).status_code == 403
    assert Client().get("/portal/report/sent/" + link.rsplit("/", 1)[-1]).status_code == 403
    assert {record.name for record in caplog.records} >= {"django.security.csrf", "django.request"}
    told = caplog.text + repr([record.__dict__.get("request") for record in caplog.records])
    assert link.rsplit("/", 1)[-1] not in told
    assert "/portal/open/…" in told


def test_old_visits_are_forgotten(fair: Fair) -> None:
    fair.browser()
    assert tidy(now=fair.now + timedelta(days=7)) == 0
    assert tidy(now=fair.now + timedelta(days=9)) == 1


def test_the_language_is_chosen_for_the_visit_and_leads_nowhere_else(fair: Fair) -> None:
    browser = fair.browser()
    answer = browser.post("/portal/language", {"language": "zh-hans", "next": "https://evil.example/portal/"})
    assert answer["Location"] == "/portal/"
    assert browser.get("/portal/overview/")["Content-Language"] == "zh-hans"
    assert (
        browser.post("/portal/language", {"language": "en", "next": "/portal/items/"})["Location"] == "/portal/items/"
    )
