"""Livestreams from behind: the player's frame, the timeline, stepping in, the wall."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from piepowder.access.models import Grant, User
from piepowder.decisions.models import Decision, Enforcement
from piepowder.intake.models import Item
from piepowder.intake.operations import receive, receive_moments
from piepowder.intake.schemas import MomentGiven
from piepowder.kernel.actor import SYSTEM
from piepowder.ledger.models import Fact
from piepowder.review.models import Case, Lease, Mark, Skip
from tests.web.conftest import LogIn
from tests.web.test_console import FACTS, PART, take
from tests.web.test_people import somebody
from tests.web.town import parsed

URL = "https://live.market.example:8443/sale/index.m3u8"


def on_air(ref: str = "V-1", url: str = URL, **changes: Any) -> Item:
    """A stream that came in a minute ago."""
    now = timezone.now()
    content = {"title": f"Live sale {ref}", "stream": url, "started_at": (now - timedelta(minutes=3)).isoformat()}
    raw = {"kind": "livestream", "id": ref, "market": "DE", "language": "en", "seller": "S-7", "content": content}
    receive(actor=SYSTEM, submissions=[parsed(raw | changes)], at=now)
    return Item.objects.get(external_id=ref)


def hear(ref: str, *said: str, kind: str = "transcript") -> None:
    moments = [MomentGiven(kind, f"{kind}-{text}", 1_000 * (place + 1), text) for place, text in enumerate(said)]
    receive_moments(actor=SYSTEM, kind="livestream", external_id=ref, moments=moments, at=timezone.now())


@pytest.fixture
def moderator(log_in: LogIn) -> Client:
    return log_in("moderator")


def test_only_the_players_own_page_may_load_from_where_the_stream_lies(moderator: Client, settings: Any) -> None:
    settings.STREAM_ORIGINS = ["https://cdn.example"]
    item = on_air()
    answer = moderator.get(reverse("live_frame", args=[item.pk]))
    rules = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))
    assert rules["connect-src"] == "'self' https://live.market.example:8443 https://cdn.example"
    assert rules["media-src"] == "'self' blob: https://live.market.example:8443 https://cdn.example"
    assert (rules["script-src"], rules["worker-src"], rules["frame-ancestors"]) == ("'self'", "'self'", "'self'")
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    page = moderator.get(reverse("console_case", args=[take(moderator, "V-1")]))
    assert "live.market.example" not in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    "url", ["https://live.example;script-src *", "https://live.example'x/a", "ftp://live.example/a"]
)
def test_no_address_can_say_more_in_the_policy_than_an_origin(url: str) -> None:
    from piepowder.web.watching import origins_of

    assert origins_of(url) == []


def test_nobody_plays_a_stream_of_a_market_that_is_not_theirs(moderator: Client) -> None:
    item = on_air()
    Grant.objects.filter(user=User.objects.get(email="moderator@market.example")).update(markets=["FR"])
    assert moderator.get(reverse("live_frame", args=[item.pk])).status_code == 404


def test_the_timeline_shows_what_was_said_marked_and_done_and_is_sent_again_only_when_it_is_new(
    moderator: Client,
) -> None:
    on_air()
    hear("V-1", "it heals at once")
    lease = take(moderator, "V-1")
    moderator.post(reverse("mark_add", args=[lease]), {"at_ms": "1500", "text": "the claim"})
    url = reverse("live_timeline", args=[lease])
    first = moderator.get(url, headers=PART)
    assert b"it heals at once" in first.content
    again = moderator.get(url, headers=PART | {"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    hear("V-1", "who says so?", kind="chat")
    assert moderator.get(url, headers=PART | {"If-None-Match": first["ETag"]}).status_code == 200


def step_in(client: Client, lease: UUID, way: str, **more: Any) -> Any:
    typed = {
        "snapshot": Lease.objects.get(pk=lease).case.snapshot_id,
        "outcome": "violation",
        "policy": ["L-1"],
        "ground": "terms",
        "facts": FACTS,
        "order": ["visibility:content_removed"],
    }
    return client.post(reverse("live_intervene", args=[lease, way]), typed | more, headers=PART)


def test_an_interruption_leads_to_the_next_case_of_the_same_stream(moderator: Client) -> None:
    on_air()
    lease = take(moderator, "V-1")
    answer = step_in(moderator, lease, "interrupt", minutes="15")
    assert answer.status_code == 200, answer.content
    after = Lease.objects.get()
    assert after.pk != lease
    assert answer["HX-Push-Url"] == reverse("console_case", args=[after.pk])
    assert b"The stream is interrupted" in answer.content
    assert b"interrupted for 15 min" in answer.content
    row = Enforcement.objects.get()
    assert row.ends_at is not None
    assert row.ends_at - row.starts_at == timedelta(minutes=15)
    assert moderator.get(reverse("live_timeline", args=[lease]), headers=PART).status_code == 204


def test_what_is_missing_is_said_and_nothing_is_done(moderator: Client) -> None:
    on_air()
    lease = take(moderator, "V-1")
    assert step_in(moderator, lease, "interrupt").status_code == 422
    assert step_in(moderator, lease, "warn", facts="").status_code == 422
    assert (Decision.objects.count(), Lease.objects.get().pk) == (0, lease)


def test_the_wall_shows_the_streams_one_may_claim_and_opening_one_claims_it(moderator: Client, log_in: LogIn) -> None:
    on_air("V-1")
    on_air("V-2", language="fr")
    on_air("V-3")
    hear("V-1", "three lamps tonight", "nine left")
    hear("V-3", "goodbye", kind="transcript")
    receive_moments(
        actor=SYSTEM,
        kind="livestream",
        external_id="V-3",
        moments=[MomentGiven("ended", "end", 9_000)],
        at=timezone.now(),
    )
    page = moderator.get(reverse("live_wall"), {"places": "9"})
    shown = page.content.decode()
    assert ("Live sale V-1" in shown, "Live sale V-2" in shown, "Live sale V-3" in shown) == (True, False, False)
    assert "nine left" in shown
    case = Case.objects.get(item__external_id="V-1")
    moderator.post(reverse("console_claim", args=[case.pk]))
    assert (
        reverse("console_case", args=[Lease.objects.get().pk]) in moderator.get(reverse("live_wall")).content.decode()
    )
    assert "Live sale V-1" not in log_in("bpo").get(reverse("live_wall")).content.decode()


def test_the_wall_leaves_out_what_one_passed_on_or_is_kept_for_another_and_nothing_else(moderator: Client) -> None:
    on_air()
    now, me, other = timezone.now(), somebody("moderator"), somebody("lead")
    case = Case.objects.get(item__external_id="V-1")
    long_ago = now - timedelta(days=2)
    Skip.objects.create(case=case, user=me, at=long_ago, until=long_ago + timedelta(days=1))
    Skip.objects.create(case=case, user=other, at=now, until=now + timedelta(days=1))
    assert "Live sale V-1" in moderator.get(reverse("live_wall")).content.decode()
    Case.objects.update(reserved_for=other, reserved_until=now + timedelta(hours=1))
    assert "Live sale V-1" not in moderator.get(reverse("live_wall")).content.decode()
    Case.objects.update(reserved_for=me)
    assert "Live sale V-1" in moderator.get(reverse("live_wall")).content.decode()
    Skip.objects.filter(user=me).update(until=now + timedelta(days=1))
    assert "Live sale V-1" not in moderator.get(reverse("live_wall")).content.decode()


def test_the_wall_is_sent_again_only_when_something_on_it_changed(
    moderator: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(3):
        on_air(f"V-{number}")
        hear(f"V-{number}", "hello", "and welcome")
    url = reverse("live_wall_state")
    first = moderator.get(url, headers=PART)
    with django_assert_max_num_queries(16):
        assert moderator.get(url, headers=PART | {"If-None-Match": first["ETag"]}).status_code == 304
    hear("V-1", "something else", kind="chat")
    assert moderator.get(url, headers=PART | {"If-None-Match": first["ETag"]}).status_code == 200


def test_uncovering_a_stream_that_is_not_kept_is_recorded_like_any_other(moderator: Client) -> None:
    item = on_air()
    lease = take(moderator, "V-1")
    assert moderator.post(reverse("console_reveal", args=[lease]), {"digest": ""}).status_code == 204
    assert Fact.objects.get(verb="media.reveal").subject_id == str(item.pk)


def test_a_mark_is_stored_shown_and_taken_away_by_its_author(moderator: Client) -> None:
    on_air()
    lease = take(moderator, "V-1")
    added = moderator.post(reverse("mark_add", args=[lease]), {"at_ms": "83400", "text": "shows the label"})
    assert b"1:23.4" in added.content
    assert b"shows the label" in added.content
    mark = Mark.objects.get()
    shown = moderator.get(reverse("case", args=[mark.case_id])).content
    assert b"shows the label" in shown
    gone = moderator.post(reverse("mark_remove", args=[lease, mark.pk]))
    assert b"shows the label" not in gone.content
    assert not Mark.objects.exists()
    assert moderator.post(reverse("mark_add", args=[lease]), {"at_ms": "soon"}).status_code == 422
