"""The boards, the wall, lists with chosen columns, saved views, downloads, and whether something is pending."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from piepowder.access.models import SavedView
from piepowder.access.views import BadView, save_view, views_of
from piepowder.access.visibility import NotPermitted
from piepowder.kernel.table import Table
from piepowder.ledger.models import Fact
from piepowder.review import operations as review
from piepowder.review.models import Case
from piepowder.web.board_page import asked
from piepowder.web.exports import call_off
from piepowder.web.kept import kept
from tests.web.conftest import ActorOf, LogIn


def text(answer: Any) -> str:
    return str(answer.content.decode())


def rows_of(answer: Any) -> list[dict[str, str]]:
    content = b"".join(answer.streaming_content).decode().removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(content)))


@pytest.mark.parametrize("by", ["queue", "market", "language", "vendor", "site", "policy", "severity", "kind"])
def test_the_board_can_be_looked_at_by_every_dimension(by: str, log_in: LogIn) -> None:
    page = log_in("lead").get(reverse("board"), {"by": by})
    assert page.status_code == 200
    assert "Share of the target used" in text(page)


def test_opening_a_line_keeps_the_filters_and_its_numbers_lead_to_exactly_its_rows(log_in: LogIn) -> None:
    client = log_in("lead")
    page = text(client.get(reverse("board"), {"by": "kind", "market": "DE"}))
    assert "?by=queue&amp;market=DE&amp;kind=listing".replace("by=queue&amp;", "") in page
    link = re.search(r'href="(/cases/\?market=DE&amp;kind=listing&amp;state=open)">(\d+)<', page)
    assert link is not None
    listed = client.get(link[1].replace("&amp;", "&"))
    assert len(listed.context["found"].rows) == int(link[2])


def test_an_address_that_asks_for_nonsense_is_the_usual_board() -> None:
    from django.http import QueryDict

    wanted = asked(QueryDict("by=mood&severity=9&queue="))
    assert (wanted.by, wanted.chosen) == ("queue", ())


def test_who_is_there_shows_what_they_have_before_them_and_a_lead_gives_it_to_another(
    log_in: LogIn, actor_of: ActorOf
) -> None:
    worker = actor_of("moderator")
    review.set_availability(actor=worker, state="available", at=datetime.now(UTC))
    claim = review.claim_next(actor=worker, at=datetime.now(UTC))
    assert claim is not None
    client = log_in("lead")
    page = text(client.get(reverse("board_people")))
    assert "Mona Moderator" in page
    address = reverse("board_case", args=[claim.case.pk])
    assert address in page
    assert "Take it back" in text(client.get(address))
    back = reverse("board_people")
    answer = client.post(reverse("case_move", args=[claim.case.pk, "release"]), {"reason": "lunch", "next": back})
    assert (answer.status_code, answer["Location"]) == (302, back)
    assert Case.objects.get(pk=claim.case.pk).state == "open"


def test_another_vendors_people_are_not_there(log_in: LogIn, actor_of: ActorOf) -> None:
    for login in ("bpo", "other"):
        review.set_availability(actor=actor_of(login), state="available", at=datetime.now(UTC))
    page = text(log_in("bpolead").get(reverse("board_people")))
    assert "Bea Bench" in page
    assert "Otto Other" not in page
    asked_for = text(log_in("bpolead").get(reverse("board_people"), {"vendor": "south"}))
    assert "Otto Other" not in asked_for


def test_the_wall_has_no_controls_and_keeps_its_session(log_in: LogIn) -> None:
    client = log_in("lead")
    page = text(client.get(reverse("wall"), {"queues": "reported", "every": "30"}))
    assert 'data-every="30"' in page
    assert not re.search(r"<(a|button|form|input)\b", page)
    answer = client.get(reverse("wall_live"), {"queues": "reported"})
    assert "sessionid" in answer.cookies
    assert "sessionid" not in client.get(reverse("wall_live"), {"queues": "reported"}).cookies


def test_a_board_is_made_once_for_all_who_see_the_same_until_something_happens() -> None:
    made: list[int] = []
    pulse = [1]

    def make() -> bytes:
        made.append(1)
        return b"board"

    def look() -> None:
        kept("key", lambda: pulse[0], make)

    for _ in range(3):
        look()
    assert len(made) == 1
    pulse[0] = 2
    look()
    assert len(made) == 1, "for a moment nobody asks"


def test_a_board_is_made_anew_when_something_has_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("piepowder.web.kept.TRUSTED_S", 0.0)
    made: list[int] = []
    for pulse in (1, 1, 2, 2):
        kept("key", lambda pulse=pulse: pulse, lambda: bytes(made.append(1) or b""))  # type: ignore[misc]
    assert len(made) == 2
    monkeypatch.setattr("piepowder.web.kept.OLDEST_S", 0.0)
    kept("key", lambda: 2, lambda: bytes(made.append(1) or b""))
    assert len(made) == 3, "times move by themselves"


# Lists


def test_columns_are_chosen_and_ordered_by_the_address_and_the_file_is_the_same(log_in: LogIn) -> None:
    client = log_in("lead")
    query = {"cols": "external_id,severity,nonsense,market", "order": "oldest", "state": "open"}
    page = client.get(reverse("cases"), query)
    assert re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', text(page)) == ["Item id", "Severity", "Market"]
    shown = [row.external_id for row in page.context["found"].rows]
    lines = rows_of(client.get(reverse("cases_export"), query))
    assert list(lines[0]) == ["external_id", "severity", "market"]
    assert [line["external_id"] for line in lines] == shown
    assert len(shown) > 2


def test_a_workbook_has_the_same_rows(log_in: LogIn) -> None:
    client = log_in("lead")
    answer = client.get(reverse("cases_export_xlsx"), {"cols": "external_id,reports"})
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)), read_only=True)  # type: ignore[attr-defined]
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert rows[0] == ("external_id", "reports")
    assert len(rows) == 1 + Case.objects.count() == 1 + int(answer["X-Row-Count"])
    assert {type(row[1]) for row in rows[1:]} == {int}


@pytest.mark.parametrize("order", ["newest", "oldest", "urgent"])
def test_every_order_is_read_on_without_a_gap_or_a_repeat(order: str, actor_of: ActorOf) -> None:
    from piepowder.review.queries import CaseFilters, search_cases

    actor, cursor, seen = actor_of("lead"), "", []
    while True:
        found = search_cases(actor, CaseFilters(), cursor=cursor, limit=2, order=order)
        seen += [row.case_id for row in found.rows]
        cursor = found.next
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == Case.objects.count()


def test_a_cursor_of_another_order_is_refused(log_in: LogIn) -> None:
    assert (
        log_in("lead").get(reverse("cases"), {"order": "urgent", "after": "2026-01-01T00:00+00:00~x"}).status_code
        == 422
    )


def table(rows: Any, total: int) -> Table:
    return Table("things", ("a", "b"), total, iter(rows))


def test_a_table_that_breaks_off_says_so_in_its_last_line() -> None:
    from piepowder.http.tables import Cancelled, csv_response

    def told(rows: int) -> None:
        if rows > 250:
            raise Cancelled

    answer = csv_response(table(((number, "=1+1") for number in range(1000)), 1000), told)
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[arg-type]
    assert lines[1] == "0,'=1+1"
    assert lines[-1].startswith("# INCOMPLETE")
    assert "of 1000 rows" in lines[-1]


def test_a_workbook_goes_on_in_further_sheets_and_holds_no_formula() -> None:
    from piepowder.http.tables import write_workbook

    file = io.BytesIO()
    write_workbook(table([(number, "=1+1") for number in range(7)], 7), file, sheet_rows=4)
    sheets = load_workbook(file).worksheets
    assert [[cell.value for cell in sheet["A"]] for sheet in sheets] == [["a", 0, 1, 2], ["a", 3, 4, 5], ["a", 6]]
    assert {cell.data_type for sheet in sheets for cell in sheet["B"]} == {"s"}


def test_a_download_tells_how_far_it_is_and_can_be_called_off(log_in: LogIn, town: datetime, rf: Any) -> None:
    client, word = log_in("lead"), "a-word-of-mine"
    assert client.get(reverse("export_progress", args=[word])).json()["state"] == "waiting"
    answer = client.get(reverse("cases_export"), {"export": word})
    rows_of(answer)
    told = client.get(reverse("export_progress", args=[word])).json()
    assert told == {"state": "done", "rows": Case.objects.count(), "total": Case.objects.count()}
    assert log_in("admin").get(reverse("export_progress", args=[word])).json()["state"] == "waiting"
    client.post(reverse("export_cancel", args=["another-word"]))
    stopped = client.get(reverse("cases_export"), {"export": "another-word"})
    client.post(reverse("export_cancel", args=["another-word"]))
    assert b"INCOMPLETE" in b"".join(stopped.streaming_content)  # type: ignore[attr-defined]
    assert callable(call_off)


# Saved views


def test_a_view_is_kept_found_replaced_and_removed(log_in: LogIn) -> None:
    client = log_in("lead")
    said = {"page": "cases", "name": "Held in Germany", "query": "state=held&market=DE", "next": reverse("cases")}
    client.post(reverse("view_save"), said)
    page = text(client.get(reverse("cases"), {"state": "held", "market": "DE"}))
    assert re.search(r'href="/cases/\?state=held&amp;market=DE" aria-current="page">Held in Germany', page)
    client.post(reverse("view_save"), {**said, "query": "state=held"})
    view = SavedView.objects.get()
    assert view.query == "state=held"
    assert "Held in Germany" not in str(Fact.objects.filter(verb="view.save").values_list("body", flat=True))
    assert log_in("moderator").post(reverse("view_remove", args=[view.pk])).status_code == 404
    client.post(reverse("view_remove", args=[view.pk]))
    assert not SavedView.objects.exists()


def test_a_shared_view_is_seen_by_colleagues_and_by_no_other_vendor(actor_of: ActorOf, town: datetime) -> None:
    lead = actor_of("bpolead")
    save_view(actor=lead, page="cases", name="Ours", query="state=open", shared=True, at=town)
    save_view(actor=lead, page="cases", name="Mine", query="state=held", shared=False, at=town)
    seen = {
        login: [view.name for view in views_of(actor_of(login), "cases")]
        for login in ("bpolead", "bpo", "other", "lead")
    }
    assert seen == {"bpolead": ["Mine", "Ours"], "bpo": ["Ours"], "other": [], "lead": []}


def test_sharing_needs_its_permission_and_a_view_a_name_and_a_page(actor_of: ActorOf, town: datetime) -> None:
    with pytest.raises(NotPermitted):
        save_view(actor=actor_of("moderator"), page="cases", name="x", query="", shared=True, at=town)
    for page, name in (("cases", " "), ("console", "x"), ("cases", "x" * 101)):
        with pytest.raises(BadView):
            save_view(actor=actor_of("lead"), page=page, name=name, query="", shared=False, at=town)


# Pending


def test_an_item_is_pending_in_its_queue_with_its_place_and_not_once_it_is_closed(log_in: LogIn) -> None:
    client = log_in("lead")
    page = text(client.get(reverse("pending"), {"item": "L-1004"}))
    assert "Yes: L-1004 is pending" in page
    case = Case.objects.get(item__external_id="L-1004")
    client.post(reverse("case_move", args=[case.pk, "close"]), {"reason": "opened by mistake"})
    assert "No: L-1004 is not pending" in text(client.get(reverse("pending"), {"item": "L-1004"}))
    assert "there is no case about L-none" in text(client.get(reverse("pending"), {"item": "L-none"}))


def test_zero_pending_under_a_policy_is_unmistakable(log_in: LogIn) -> None:
    client = log_in("lead")
    assert "Not zero: " in text(client.get(reverse("pending"), {"policy": "C-1"}))
    assert "Zero pending under V-9" in text(client.get(reverse("pending"), {"policy": "V-9"}))


def test_pending_is_one_question_to_the_database(actor_of: ActorOf, django_assert_num_queries: Any) -> None:
    from piepowder.decisions.pending import item_pending, policy_pending
    from piepowder.review.reference import reference

    actor, now = actor_of("lead"), datetime.now(UTC)
    reference()
    with django_assert_num_queries(1):
        found = item_pending(actor, "L-1004", now)
    assert (found.pending, found.everything, found.cases[0].ahead is not None) == (True, True, True)
    with django_assert_num_queries(1):
        counted = policy_pending(actor, "C-1", now)
    assert counted.pending == sum(number for _state, number in counted.by_state) > 0


def test_the_api_answers_the_same(log_in: LogIn) -> None:
    client: Client = log_in("lead")
    item = client.get("/api/v1/pending", {"item": "L-1004"}).json()
    assert (item["pending"], item["by_state"]) == (1, {"open": 1})
    assert client.get("/api/v1/pending", {"policy": "V-9"}).json()["pending"] == 0
    assert client.get("/api/v1/pending").status_code == 422
