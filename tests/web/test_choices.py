"""Settings and the configuration file, on their pages."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from piepowder.access.options import chosen, declared
from piepowder.review.models import Queue
from tests.web.conftest import LogIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin_page(log_in: LogIn) -> Client:
    return log_in("admin")


def test_every_declared_option_is_on_the_page_and_can_be_chosen(admin_page: Client) -> None:
    page = admin_page.get("/settings/").content.decode()
    assert all(f'name="has-{option.key}"' in page for option in declared())
    form = {"has-wellness.blur": "1", "wellness.blur": "40", "has-wellness.mute": "1", "wellness.mute": "no"}
    assert admin_page.post("/settings/", form).status_code == 302
    assert (chosen("wellness.blur"), chosen("wellness.mute")) == (40, False)
    assert chosen("wellness.grayscale") is False


def test_a_value_that_cannot_be_kept_is_marked_and_what_was_typed_stays(admin_page: Client) -> None:
    answer = admin_page.post("/settings/", {"has-wellness.blur": "1", "wellness.blur": "4000"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="4000"' in page
    assert "at most 60" in page
    assert chosen("wellness.blur") == 24


def test_numbers_by_severity_and_lists_come_through_the_form(admin_page: Client) -> None:
    key = "wellness.exposure_minutes"
    form = {f"has-{key}": "1", f"{key}-0": "20", f"{key}-1": "", f"{key}-2": "90", f"{key}-3": ""}
    form |= {"has-decisions.four_eyes": "1", "decisions.four_eyes": ["account:terminated", "account:suspended"]}
    assert admin_page.post("/settings/", form).status_code == 302
    assert chosen(key) == {"0": 20, "1": None, "2": 90, "3": None}
    assert chosen("decisions.four_eyes") == ["account:terminated", "account:suspended"]


def test_a_file_is_taken_away_compared_and_applied(admin_page: Client) -> None:
    written = admin_page.get("/configuration/file")
    assert "attachment" in written["Content-Disposition"]
    text = written.content.decode()
    queue = Queue.objects.order_by("code").first()
    assert queue is not None
    changed = text.replace(f"name: {queue.name}\n", "name: Another name\n", 1)
    assert changed != text
    page = admin_page.post("/configuration/difference", {"file": SimpleUploadedFile("x.yaml", changed.encode())})
    shown = page.content.decode()
    assert (page.status_code, "Another name" in shown) == (200, True)
    assert Queue.objects.get(pk=queue.pk).name == queue.name
    form = {"text": changed, "seen": page.context["compared"].digest}
    assert admin_page.post("/configuration/apply", form).status_code == 302
    assert Queue.objects.get(pk=queue.pk).name == "Another name"
    assert admin_page.post("/configuration/apply", form).status_code == 409


@pytest.mark.parametrize("content", [b"\xff\xfe", b"queues: {", b"", b"piepowder: 1\npeople: {}"])
def test_what_is_no_configuration_is_told_on_the_page(admin_page: Client, content: bytes) -> None:
    page = admin_page.post("/configuration/difference", {"file": SimpleUploadedFile("x.yaml", content)})
    assert page.status_code == 422
    assert 'role="alert"' in page.content.decode()
