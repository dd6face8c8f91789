"""People, roles, keys and one's own settings, through the forms."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from piepowder.access.models import ApiKey, Grant, Role, User
from piepowder.review.models import Presence
from tests.web.conftest import LogIn
from tests.web.town import PASSWORD

NEW = {
    "email": "nina@market.example",
    "name": "Nina New",
    "vendor": "house",
    "site": "house-1",
    "team": "",
    "languages": "de, en",
    "interface_language": "en",
    "timezone": "Europe/Berlin",
}


@pytest.fixture
def admin(log_in: LogIn) -> Client:
    return log_in("admin")


def somebody(login: str) -> User:
    return User.objects.get(email=f"{login}@market.example")


def test_a_person_is_added_given_a_role_and_sent_a_link(admin: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    admin.post(reverse("person_add"), NEW)
    nina = somebody("nina")
    granted = {"role": "moderator", "vendors": "", "queues": "listings", "markets": "DE FR", "languages": ""}
    admin.post(reverse("grant_give", args=[nina.pk]), granted)
    admin.post(reverse("person_link", args=[nina.pk]))
    grant = Grant.objects.get(user=nina)
    assert (nina.languages, nina.timezone, nina.has_usable_password()) == (["de", "en"], "Europe/Berlin", False)
    assert (grant.role.code, grant.queues, grant.markets, grant.vendors) == (
        "moderator",
        ["listings"],
        ["DE", "FR"],
        [],
    )
    assert [message.to for message in mail.outbox] == [["nina@market.example"]]
    assert "/password/reset/" in mail.outbox[0].body


def test_the_link_in_the_mail_sets_a_password_with_which_one_can_log_in(admin: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    admin.post(reverse("person_link", args=[somebody("moderator").pk]))
    link = re.search(r"https?://[^/\s]+(/\S+)", mail.outbox[0].body)
    assert link is not None
    visitor = Client()
    form = visitor.get(link[1], follow=True)
    chosen = "seven scarves on a rack"
    visitor.post(form.request["PATH_INFO"], {"password1": chosen, "password2": chosen})
    answer = visitor.post(reverse("account_login"), {"login": "moderator@market.example", "password": chosen})
    assert answer["Location"] == "/"


def test_what_was_typed_stays_when_it_is_refused(admin: Client) -> None:
    answer = admin.post(reverse("person_add"), NEW | {"email": "moderator@market.example"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "somebody already logs in as moderator@market.example" in page
    assert 'value="Nina New"' in page
    assert 'value="de, en"' in page


def test_a_person_is_switched_off_and_cannot_log_in_any_more(admin: Client) -> None:
    admin.post(reverse("person_active", args=[somebody("bpo").pk]), {"active": "0"})
    answer = Client().post(reverse("account_login"), {"login": "bpo@market.example", "password": PASSWORD})
    assert somebody("bpo").is_active is False
    assert answer["Location"] == reverse("account_inactive")


def test_nobody_switches_themselves_off(admin: Client) -> None:
    answer = admin.post(reverse("person_active", args=[somebody("admin").pk]), {"active": "0"})
    assert answer.status_code == 409
    assert somebody("admin").is_active


def test_a_role_is_taken_back(admin: Client) -> None:
    grant = Grant.objects.get(user=somebody("bpo"))
    admin.post(reverse("grant_take_back", args=[grant.user_id, grant.pk]))
    assert not Grant.objects.filter(pk=grant.pk).exists()


def test_a_person_is_let_into_work_that_asks_for_a_skill_and_out_again(admin: Client) -> None:
    user = somebody("moderator")
    admin.post(reverse("eligibility_give", args=[user.pk]), {"skill": "minors", "ends": ""})
    assert [one.skill for one in user.eligibilities.all()] == ["minors"]
    assert "minors" in admin.get(reverse("person", args=[user.pk])).content.decode()
    assert admin.post(reverse("eligibility_give", args=[user.pk]), {"skill": "two words"}).status_code == 422
    admin.post(reverse("eligibility_take_back", args=[user.pk, "minors"]))
    assert not user.eligibilities.exists()


def test_a_lead_cannot_reach_into_another_vendor(log_in: LogIn) -> None:
    lead = log_in("bpolead")
    stranger = somebody("other")
    for name in ("person_edit", "person_active", "person_link", "grant_give", "eligibility_give"):
        assert lead.post(reverse(name, args=[stranger.pk]), NEW).status_code == 404


def test_a_role_is_edited_and_the_change_reaches_those_who_hold_it(admin: Client, log_in: LogIn) -> None:
    role = Role.objects.get(code="moderator")
    kept = [permission for permission in role.permissions if permission != "case:claim"]
    admin.post(
        reverse("role_edit", args=["moderator"]), {"code": "moderator", "name": "Moderator", "permissions": kept}
    )
    assert log_in("moderator").get(reverse("console")).status_code == 403


def test_a_key_shows_its_secret_once(admin: Client) -> None:
    form = {"name": "listing service", "permissions": ["item:submit"], "days": "30", "rate_per_minute": "600"}
    made = admin.post(reverse("key_add"), form)
    key = ApiKey.objects.get(name="listing service")
    shown = re.search(rf"{key.prefix}\.[\w-]{{20,}}", made.content.decode())
    assert shown is not None
    assert made["Cache-Control"] == "no-store"
    secret = shown[0].split(".")[1]
    assert secret not in admin.get(reverse("keys")).content.decode()


def test_a_key_is_revoked(admin: Client) -> None:
    form = {"name": "old", "permissions": ["item:submit"], "days": "30", "rate_per_minute": "600"}
    admin.post(reverse("key_add"), form)
    key = ApiKey.objects.get(name="old")
    admin.post(reverse("key_revoke", args=[key.prefix]))
    key.refresh_from_db()
    assert key.revoked_at is not None


def test_a_person_chooses_language_theme_and_time_zone(log_in: LogIn) -> None:
    client = log_in("moderator")
    client.post(reverse("my_settings"), {"interface_language": "zh-hans", "theme": "dark", "timezone": "Asia/Shanghai"})
    page = client.get("/").content.decode()
    me = somebody("moderator")
    assert (me.interface_language, me.theme, me.timezone) == ("zh-hans", "dark", "Asia/Shanghai")
    assert '<html lang="zh-hans"' in page
    assert 'data-bs-theme="dark"' in page


def test_the_language_menu_leads_back_to_our_own_pages_only(log_in: LogIn) -> None:
    client = log_in("moderator")
    ours = client.post(reverse("my_language"), {"language": "zh-hans", "next": "/policies/?text=x"})
    theirs = client.post(reverse("my_theme"), {"theme": "light", "next": "https://evil.example/"})
    odd = client.post(reverse("my_theme"), {"theme": "light", "next": "nowhere"})
    assert (ours["Location"], theirs["Location"], odd["Location"]) == ("/policies/?text=x", "/", "/")
    assert (somebody("moderator").interface_language, somebody("moderator").theme) == ("zh-hans", "light")


def test_a_new_password_needs_the_old_one_and_keeps_the_session(log_in: LogIn) -> None:
    client, chosen = log_in("moderator"), "seven scarves on a rack"
    refused = client.post(reverse("my_password"), {"current": "wrong", "password": chosen})
    weak = client.post(reverse("my_password"), {"current": PASSWORD, "password": "short"})
    assert "This is not your current password." in refused.content.decode()
    assert weak.status_code == 422
    assert client.post(reverse("my_password"), {"current": PASSWORD, "password": chosen}).status_code == 302
    assert somebody("moderator").check_password(chosen)
    assert client.get("/").status_code == 200


def test_availability_is_switched_with_and_without_scripts(log_in: LogIn) -> None:
    client = log_in("moderator")
    part = client.post(reverse("availability"), {"state": "break"}, headers={"HX-Request": "true"})
    assert Presence.objects.get(user=somebody("moderator")).state == "break"
    assert '<option value="break" selected>' in part.content.decode()
    assert client.post(reverse("availability"), {"state": "meeting"})["Location"] == "/"
    assert Presence.objects.get(user=somebody("moderator")).state == "meeting"
    assert client.post(reverse("availability"), {"state": "asleep"}).status_code == 400


def test_a_queue_is_changed_with_its_promises(log_in: LogIn) -> None:
    lead = log_in("lead")
    form = {
        "name": "All listings",
        "position": "1",
        "hours_1": "2.5",
        "lease_s": "120",
        "grace_s": "20",
        "opinions": "1",
        "agreeing": "1",
        "reopening": "restart",
        "escalates_to": "specialists",
        "active": "on",
    }
    lead.post(reverse("queue_edit", args=["listings"]), form)
    page = lead.get(reverse("queues")).content.decode()
    assert "All listings" in page
    assert "2 h 30 m" in page
    refused = lead.post(reverse("queue_edit", args=["listings"]), form | {"lease_s": "5"})
    assert refused.status_code == 422
    assert 'value="All listings"' in refused.content.decode()
