"""The screens about submissions, as people see and use them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from piepowder.access.models import Grant, Role, User
from piepowder.access.options import choose
from piepowder.interop.models import Line, Submission
from piepowder.interop.options import SUBMITS
from piepowder.kernel.actor import SYSTEM
from piepowder.kernel.permissions import Permission
from tests.interop.conftest import Desk

pytestmark = pytest.mark.django_db
VIEW = [Permission.SUBMISSION_VIEW.value]
BOTH = [*VIEW, Permission.SUBMISSION_EDIT.value]
PAGES = ("/submissions/", "/submissions/all", "/submissions/repair", "/submissions/streams")


@pytest.fixture
def login(desk: Desk) -> Callable[..., Client]:
    def make(permissions: list[str] = BOTH, vendors: tuple[str, ...] = (), user: User | None = None) -> Client:
        if user is None:
            actor = desk.court.person("house")
            user = User.objects.get(pk=actor.ref)
        role = Role.objects.create(code=f"r{user.pk}", name="R", permissions=permissions)
        Grant.objects.create(user=user, role=role, vendors=list(vendors), granted_at=desk.now)
        client = Client()
        client.force_login(user)
        return client

    return make


def blocked(desk: Desk) -> Submission:
    submission = desk.decide(facts="Write to shop@pens.example and see picture 2.")
    desk.turns()
    submission.refresh_from_db()
    return submission


def test_a_person_lets_a_stopped_statement_pass_on_its_page(desk: Desk, login: Callable[..., Client]) -> None:
    submission = blocked(desk)
    client = login()
    page = client.get("/submissions/repair").content.decode()
    assert "looks like an e-mail address" in page
    assert "pens.example" not in page
    page = client.get(f"/submissions/{submission.pk}/").content.decode()
    assert "<mark>shop@pens.example</mark>" in page
    refused = client.post(f"/submissions/{submission.pk}/override", {"reason": "no"})
    assert (refused.status_code, "10 to 500 characters" in refused.content.decode()) == (422, True)
    client.post(f"/submissions/{submission.pk}/override", {"reason": "It is the company's own address."})
    submission.refresh_from_db()
    assert submission.state == "queued"


def test_who_decided_is_told_that_somebody_else_must_look(desk: Desk, login: Callable[..., Client]) -> None:
    submission = blocked(desk)
    client = login(user=submission.statement.decision.decider)
    assert "You had a part in this decision" in client.get(f"/submissions/{submission.pk}/").content.decode()
    answer = client.post(f"/submissions/{submission.pk}/override", {"reason": "It is the company's own address."})
    assert answer.status_code == 403


def test_the_board_shows_what_stands_still_and_takes_a_token(
    desk: Desk, login: Callable[..., Client], settings: Any
) -> None:
    settings.DSA_TOKEN = ""
    client = login()
    assert "There is no token" in client.get("/submissions/").content.decode()
    desk.decide()
    assert client.post("/submissions/token", {"token": "a b"}).status_code == 422
    client.post("/submissions/token", {"token": "wrong-secret"})
    desk.turns()
    page = client.get("/submissions/").content.decode()
    assert "the database refuses the token" in page
    assert "wrong-secret" not in page
    client.post("/submissions/resume")
    assert Line.objects.get().halted_at is None
    client.post("/submissions/token", {"token": "a"})
    desk.turns()
    assert len(desk.stored()) == 1
    choose(actor=SYSTEM, at=desk.now, values={SUBMITS: False})
    assert "switched off" in client.get("/submissions/").content.decode()


def test_past_decisions_are_queued_from_a_day_on(desk: Desk, login: Callable[..., Client]) -> None:
    desk.decide().delete()
    client = login()
    assert client.post("/submissions/past", {"since": "yesterday"}).status_code == 422
    client.post("/submissions/past", {"since": f"{desk.now - timedelta(days=1):%Y-%m-%d}"})
    assert Submission.objects.count() == 1


def test_the_list_is_narrowed_and_paged_with_a_fixed_number_of_queries(
    desk: Desk, login: Callable[..., Client], django_assert_max_num_queries: Any
) -> None:
    rows = desk.many(120, timedelta(days=2), stream="machine:eye")
    client = login(VIEW)
    client.get("/submissions/all")
    for page in ("", "?page=2", "?state=queued&stream=machine:eye&late=1"):
        with django_assert_max_num_queries(14):
            shown = client.get(f"/submissions/all{page}").content.decode()
        assert shown.count("/submissions/019") + shown.count('class="mono" href="/submissions/') >= 50
    one = client.get(f"/submissions/all?text={rows[3].puid}").content.decode()
    assert one.count('class="mono" href="/submissions/') == 1
    assert "No submissions match" in client.get("/submissions/all?state=sent").content.decode()
    Submission.objects.filter(pk__in=[row.pk for row in rows[:60]]).update(state="repair", next_at=None)
    with django_assert_max_num_queries(14):
        client.get("/submissions/repair")


def test_streams_are_drawn_and_told_in_a_table(desk: Desk, login: Callable[..., Client]) -> None:
    now = timezone.now()
    ago = desk.now - now
    desk.many(60, timedelta(days=10) + ago, automated_detection="Yes", stream="machine:eye")
    desk.many(12, timedelta(days=1) + ago, automated_detection="No", stream="machine:eye")
    page = login(VIEW).get("/submissions/streams").content.decode()
    assert "turned round" in page
    assert 'class="line is-flip"' in page
    assert "12/12" in page


def test_only_who_sees_all_vendors_comes_in_and_only_editors_change(desk: Desk, login: Callable[..., Client]) -> None:
    submission = blocked(desk)
    confined = login(BOTH, ("acme",))
    viewer = login(VIEW)
    for page in (*PAGES, f"/submissions/{submission.pk}/"):
        assert confined.get(page).status_code == 403, page
        assert viewer.get(page).status_code == 200, page
        assert '<form method="post" action="/submissions' not in viewer.get(page).content.decode()
    for way in ("override", "retry", "give-up"):
        for client in (confined, viewer):
            answer = client.post(f"/submissions/{submission.pk}/{way}", {"reason": "A good reason, surely."})
            assert answer.status_code == 403
    assert viewer.post("/submissions/token", {"token": "x"}).status_code == 403
    assert login().post(f"/submissions/{submission.pk}/burn").status_code == 404
