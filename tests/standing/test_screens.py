"""The screens and the API about standings: who may open them, what they say and do, and what they cost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from piepowder.access import options
from piepowder.access.models import Grant, Role, User, Vendor
from piepowder.access.operations import create_key
from piepowder.decisions.models import Decision
from piepowder.http.keys import forget_keys
from piepowder.kernel.actor import SYSTEM, Scope
from piepowder.kernel.permissions import Permission
from piepowder.policy.models import Ladder
from piepowder.standing import catalogue, models
from piepowder.standing.operations import load_shipped_ladders
from piepowder.standing.shipping import to_text
from tests.standing.conftest import CONTENT, DAY, Market

pytestmark = pytest.mark.django_db
ALL = (
    Permission.STANDING_VIEW,
    Permission.LADDER_EDIT,
    Permission.POINTS_ADJUST,
    Permission.SANCTION_CONFIRM,
    Permission.DECISION_ISSUE_DIRECT,
    Permission.ITEM_VIEW,
    Permission.DECISION_VIEW,
    Permission.POLICY_VIEW,
)
LogIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def _kept_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine must not read anew between two questions what each process keeps for two seconds."""
    for kept in (catalogue._kept, catalogue._used, options._choices):
        monkeypatch.setattr(kept, "_seconds", 3_600)


@pytest.fixture
def log_in(market: Market) -> Iterator[LogIn]:
    numbers = iter(range(100))

    def walk_in(*permissions: Permission, markets: tuple[str, ...] = ()) -> Client:
        number = next(numbers)
        role = Role.objects.create(code=f"r{number}", name=f"R{number}", permissions=[one.value for one in permissions])
        user = User.objects.create(
            email=f"v{number}@house.example", name=f"Visitor {number}", vendor=Vendor.objects.get(code="house")
        )
        Grant.objects.create(user=user, role=role, markets=list(markets), granted_at=market.now)
        client = Client()
        client.force_login(user)
        return client

    yield walk_in
    forget_keys()


@pytest.fixture
def lived(market: Market) -> Market:
    """Somebody with four violations, the last a day ago; screens read the clock themselves."""
    market.now = datetime.now(UTC) - 6 * DAY
    market.court.now = market.now
    market.switch()
    for _ in range(4):
        market.violation()
        market.later(1)
    return market


def words(client: Client, name: str, *args: Any, query: str = "") -> str:
    answer = client.get(reverse(name, args=args) + query)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


class TestReading:
    def test_the_score_is_explained_entry_by_entry(self, lived: Market, log_in: LogIn) -> None:
        page = words(log_in(*ALL), "seller_standing", "S-1")
        assert "Test points" in page
        assert page.count("10 for severity 2") == 4
        assert "Next milestone" not in page
        assert "suspend the account, for 28 days" in page
        assert "if nothing new happens" in page

    def test_the_score_stands_where_the_seller_is_judged(self, lived: Market, log_in: LogIn) -> None:
        page = words(log_in(*ALL), "seller", "S-1")
        assert reverse("seller_standing", args=["S-1"]) in page
        assert "<b>40</b>" in page
        narrow = words(log_in(Permission.ITEM_VIEW), "seller", "S-1")
        assert "<b>40</b>" in narrow
        assert reverse("seller_standing", args=["S-1"]) not in narrow

    def test_sellers_are_listed_and_somebody_without_a_right_sees_nothing(self, lived: Market, log_in: LogIn) -> None:
        lived.violation(seller="S-2")
        lived.later(0.1)
        page = words(log_in(Permission.STANDING_VIEW), "ladder_sellers", "test")
        assert page.index("S-1") < page.index("S-2")
        assert "S-2" not in words(log_in(Permission.STANDING_VIEW), "ladder_sellers", "test", query="?q=S-1")
        stranger = log_in(Permission.ITEM_VIEW)
        for name, args in (("ladders", ()), ("ladder", ("test",)), ("seller_standing", ("S-1",)), ("sanctions", ())):
            assert stranger.get(reverse(name, args=args)).status_code == 403

    def test_a_market_limits_what_is_seen(self, lived: Market, log_in: LogIn) -> None:
        elsewhere = log_in(Permission.STANDING_VIEW, markets=("FR",))
        assert "S-1" not in words(elsewhere, "ladder_sellers", "test")
        assert elsewhere.get(reverse("seller_standing", args=["S-1"])).status_code == 404
        assert "S-1" not in words(elsewhere, "sanctions", query="?state=all")

    def test_a_ladder_is_drawn_with_its_table_beside(self, market: Market, log_in: LogIn) -> None:
        load_shipped_ladders(actor=SYSTEM, at=market.now)
        reader = log_in(Permission.STANDING_VIEW)
        assert "Account score, falling from 200" in words(reader, "ladders")
        page = words(reader, "ladder", "falling-200")
        assert page.count('class="stair ') == 5
        assert "close the account, for good, if a person decides so" in page
        assert "Points wait 3 days" not in page
        assert "Points wait 3 days" in words(reader, "ladder", "falling-200", query="?market=DE")

    @pytest.mark.parametrize(
        ("name", "args", "most"),
        [("ladders", (), 3), ("ladder", ("test",), 6), ("ladder_sellers", ("test",), 3), ("sanctions", (), 2)],
    )
    def test_a_screen_costs_the_same_few_queries(
        self, name: str, args: tuple[str, ...], most: int, lived: Market, log_in: LogIn
    ) -> None:
        for number in range(3):
            lived.violation(seller=f"S-{number + 5}")
        lived.later(0.1)
        client = log_in(*ALL)

        def asked(where: str) -> int:
            client.get(where)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(where).status_code == 200
            return len(queries)

        assert asked(reverse(name, args=args)) - asked(reverse("my_settings")) <= most

    def test_a_seller_costs_the_same_however_much_happened(self, lived: Market, log_in: LogIn) -> None:
        client = log_in(*ALL)
        where = reverse("seller_standing", args=["S-1"])

        def asked() -> int:
            client.get(where)
            with CaptureQueriesContext(connection) as queries:
                client.get(where)
            return len(queries)

        before = asked()
        for _ in range(3):
            lived.violation()
        lived.later(0.1)
        assert asked() <= before


class TestWriting:
    def test_a_ladder_is_checked_line_by_line_compared_and_published(self, lived: Market, log_in: LogIn) -> None:
        editor = log_in(*ALL)
        where = reverse("ladder_edit", args=["test"])
        text = to_text(CONTENT)
        wrong = editor.post(where, {"text": text.replace("at: 20", "at: -2"), "do": "publish", "after": "1"})
        assert wrong.status_code == 422
        line = next(n for n, one in enumerate(text.splitlines(), 1) if "at: 20" in one)
        assert f"line {line}" in wrong.content.decode()
        checked = editor.post(where, {"text": text.replace("at: 20", "at: 25"), "do": "check", "after": "1"})
        assert "It can be published" in checked.content.decode()
        assert Ladder.objects.get(code="test").versions.count() == 1
        done = editor.post(where, {"text": text.replace("at: 20", "at: 25"), "do": "publish", "after": "1"})
        assert done.status_code == 302
        again = editor.post(where, {"text": text, "do": "publish", "after": "1"})
        assert again.status_code == 409
        assert "at: 25" in words(editor, "ladder", "test")

    def test_a_new_ladder_begins_like_another_and_is_off(self, market: Market, log_in: LogIn) -> None:
        editor = log_in(*ALL)
        assert "direction: falling" in words(editor, "ladder_add", query="?like=rating-1000")
        editor.post(reverse("ladder_add"), {"code": "mine", "text": to_text(CONTENT), "do": "publish", "after": "0"})
        assert Ladder.objects.get(code="mine").mode == "off"
        editor.post(reverse("ladder_switch", args=["mine"]), {"mode": "shadow", "days": "30"})
        assert Ladder.objects.get(code="mine").mode == "shadow"
        assert log_in(Permission.STANDING_VIEW).get(reverse("ladder_add")).status_code == 403

    def test_a_trial_tells_who_would_have_reached_what_and_writes_nothing(self, lived: Market, log_in: LogIn) -> None:
        editor = log_in(*ALL)
        before = (models.Entry.objects.count(), models.Sanction.objects.count(), Decision.objects.count())
        page = words(editor, "ladder_trial", "test", query="?run=1")
        assert "Forty" in page
        assert "S-1" in page
        lines = [json.loads(line) for line in _streamed(editor, reverse("ladder_trial_run", args=["test"]))]
        assert "Forty" in lines[-1]["html"]
        assert before == (models.Entry.objects.count(), models.Sanction.objects.count(), Decision.objects.count())

    def test_a_person_decides_what_waits(self, lived: Market, log_in: LogIn) -> None:
        judge = log_in(*ALL)
        waiting = models.Sanction.objects.get(state="waiting")
        assert "Decide so" in words(judge, "sanctions")
        where = reverse("sanction_settle", args=[waiting.pk])
        assert "Decide so" not in words(log_in(Permission.STANDING_VIEW), "sanctions")
        log_in(Permission.STANDING_VIEW).post(where, {"do": "confirm"})
        waiting.refresh_from_db()
        assert waiting.state == "waiting"
        judge.post(where, {"do": "confirm"})
        waiting.refresh_from_db()
        assert waiting.state == "in_force"

    @pytest.mark.parametrize("points", ["²", "+-5", "--", "٣", "9" * 9, "1e3", ""])
    def test_points_that_are_no_number_are_refused_in_words(self, points: str, lived: Market, log_in: LogIn) -> None:
        told = {"ladder": "test", "points": points, "reason": "We were slow ourselves."}
        answer = log_in(*ALL).post(reverse("seller_standing", args=["S-1"]), told, follow=True)
        assert "a whole number other than 0 is expected" in answer.content.decode()
        assert not models.PointsAdjustment.objects.exists()

    def test_a_ladder_nested_without_end_is_no_ladder(self, market: Market, log_in: LogIn) -> None:
        answer = log_in(*ALL).post(reverse("ladder_add"), {"code": "deep", "text": "[" * 20_000})
        assert answer.status_code == 422
        assert "this is no YAML" in answer.content.decode()

    def test_points_are_given_with_a_reason_that_stays_with_the_organisation(
        self, lived: Market, log_in: LogIn
    ) -> None:
        judge = log_in(*ALL)
        told = {"ladder": "test", "points": "-5", "reason": "We were slow ourselves."}
        judge.post(reverse("seller_standing", args=["S-1"]), told)
        assert models.PointsAdjustment.objects.get().points == -5
        told["points"] = "7"
        judge.post(reverse("seller_standing", args=["S-1"]), told)
        page = words(judge, "seller_standing", "S-1")
        assert "Given by a person" in page
        assert "We were slow ourselves." in page
        narrow = log_in(Permission.STANDING_VIEW, markets=("DE",))
        assert "We were slow ourselves." not in words(narrow, "seller_standing", "S-1")


def _streamed(client: Client, where: str) -> list[str]:
    answer = client.get(where)
    return b"".join(answer.streaming_content).decode().splitlines()


class TestApi:
    def ask(self, method: str, where: str, *permissions: Permission, body: Any = None, **scope: Any) -> Any:
        at = datetime.now(UTC)
        key = create_key(
            actor=SYSTEM,
            name="shop",
            permissions=[one.value for one in permissions],
            at=at,
            scope=Scope(**scope),
            expires_at=at + timedelta(days=1),
        )
        forget_keys()
        headers = {"Authorization": f"Bearer {key.secret}"}
        return getattr(Client(), method)(
            where, data=json.dumps(body) if body else None, content_type="application/json", headers=headers
        )

    def test_the_marketplace_asks_where_a_seller_stands(self, lived: Market) -> None:
        answer = self.ask("get", "/api/v1/standing/S-1?language=zh-Hans", Permission.STANDING_VIEW)
        assert answer.status_code == 200, answer.content
        (ladder,) = answer.json()["ladders"]
        assert ladder["title"] == "测试积分"
        assert (ladder["counts"][0]["score"], ladder["counts"][0]["next_threshold"]) == (40, None)
        assert [entry["points"] for entry in ladder["entries"]] == [10] * 4
        parts = {(row["threshold"], row["part"], row["state"]) for row in ladder["sanctions"]}
        assert ("t40", "measures", "in_force") in parts
        assert not any(state == "waiting" for _, _, state in parts), (
            "what a person has not decided is nobody's business"
        )
        assert ladder["ahead"][0]["score"] == 30

    def test_nobody_known_stands_at_the_start_and_other_markets_are_hidden(self, lived: Market) -> None:
        answer = self.ask("get", "/api/v1/standing/nobody%2Fhere", Permission.STANDING_VIEW)
        assert answer.json()["ladders"][0]["counts"][0]["score"] == 0
        markets = frozenset({"FR"})
        assert self.ask("get", "/api/v1/standing/S-1", Permission.STANDING_VIEW, markets=markets).status_code == 404
        assert self.ask("get", "/api/v1/standing/S-1", Permission.ITEM_VIEW).status_code == 403

    def test_a_credit_is_told_once(self, lived: Market) -> None:
        body = {"seller": "S-1", "kind": "training", "reference": "quiz-1"}
        told = [
            self.ask("post", "/api/v1/standing/credits", Permission.POINTS_ADJUST, body=sent)
            for sent in (body, body, {**body, "kind": "orders"}, {**body, "quantity": 0})
        ]
        assert [one.status_code for one in told] == [201, 200, 409, 422]
        assert [one.json().get("result") for one in told[:2]] == ["created", "unchanged"]
        assert self.ask("post", "/api/v1/standing/credits", Permission.STANDING_VIEW, body=body).status_code == 403
