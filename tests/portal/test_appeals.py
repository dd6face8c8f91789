"""Appealing in three steps, keeping what was written, following it, and what does not get through."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from piepowder.appeals.models import Appeal
from piepowder.appeals.operations import ask, conclude, take
from piepowder.kernel.permissions import Permission
from piepowder.portal import uploads
from piepowder.portal.models import AppealDraft
from tests.portal.conftest import PNG, Fair

WORDS = "This is a fountain pen, not a vape. <b>Look</b> at picture 2."


def picture(name: str = "invoice.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PNG, "image/png")


def write(browser: Client, base: str, text: str = WORDS) -> None:
    assert browser.post(f"{base}/1", {"text": text, "next": "1"})["Location"] == f"{base}/2"


def test_an_appeal_takes_three_steps_and_can_be_followed(fair: Fair) -> None:
    decision = fair.decided()
    base, browser = f"/portal/decisions/{decision.pk}/appeal", fair.browser()
    assert "What is wrong with the decision?" in browser.get(f"{base}/1").text
    write(browser, base)
    assert browser.post(f"{base}/2", {"files": [picture()]}).status_code == 302
    assert "invoice.png" in browser.get(f"{base}/2").text
    overview = browser.get(f"{base}/3").text
    assert "&lt;b&gt;Look&lt;/b&gt;" in overview
    assert "invoice.png" in overview
    sent = browser.post(f"{base}/3")
    appeal = Appeal.objects.get()
    assert sent["Location"] == f"/portal/appeals/{appeal.pk}/?done=sent"
    assert (appeal.text, appeal.complainant_ref, appeal.evidence.count()) == (WORDS, "S-1", 1)
    assert not AppealDraft.objects.exists()
    page = browser.get(sent["Location"]).text
    assert "Your appeal was sent." in page
    assert "You sent your appeal." in page
    assert "Appeal</a>" not in browser.get(f"/portal/decisions/{decision.pk}/").text


def test_what_was_written_waits_for_the_next_visit(fair: Fair) -> None:
    decision = fair.decided()
    base, browser = f"/portal/decisions/{decision.pk}/appeal", fair.browser()
    assert browser.post(f"{base}/1", {"text": WORDS, "later": "1"})["Location"] == f"{base}/1?kept=1"
    browser.post("/portal/leave")
    fair.now += timedelta(days=3)
    again = fair.browser()
    assert "fountain pen" in again.get(f"{base}/1").text
    assert "You began to write an appeal" in again.get("/portal/overview/").text
    assert "fountain" not in fair.browser("S-2").get("/portal/overview/").text
    again.post(f"{base}/1", {"text": WORDS, "throw_away": "1"})
    assert not AppealDraft.objects.exists()


def test_without_words_the_appeal_does_not_go_on(fair: Fair) -> None:
    decision = fair.decided()
    base, browser = f"/portal/decisions/{decision.pk}/appeal", fair.browser()
    answer = browser.post(f"{base}/1", {"text": "  ", "next": "1"})
    assert answer.status_code == 422
    assert "Write a few words first." in answer.text
    assert browser.get(f"{base}/3")["Location"] == f"{base}/1"
    assert browser.post(f"{base}/3")["Location"] == f"{base}/1"
    assert browser.get(f"{base}/4").status_code == 404
    long = browser.post(f"{base}/1", {"text": "x" * 10_001, "next": "1"})
    assert long.status_code == 400
    assert "x" * 10_001 in long.text


BAD_FILES = (
    ("page.png", b"<html><script>alert(1)</script>", "page.png cannot be kept"),
    ("empty.pdf", b"", "empty.pdf is empty."),
    ("../../etc/passwd", b"root:x:0", "passwd cannot be kept"),
    ('a"><script>.png', b"no picture", "a&quot;&gt;&lt;script&gt;.png cannot be kept"),
)


def test_a_file_that_cannot_be_kept_is_named_and_the_words_stay(fair: Fair) -> None:
    decision = fair.decided()
    base, browser = f"/portal/decisions/{decision.pk}/appeal", fair.browser()
    write(browser, base)
    for name, content, said in BAD_FILES:
        answer = browser.post(f"{base}/2", {"files": [SimpleUploadedFile(name, content)]})
        assert answer.status_code == 422
        assert said in answer.text
        assert "etc/" not in answer.text
        assert "<script>" not in answer.text
    assert AppealDraft.objects.get().text == WORDS


def test_a_file_that_is_too_large_is_named(fair: Fair, monkeypatch: pytest.MonkeyPatch) -> None:
    decision = fair.decided()
    base, browser = f"/portal/decisions/{decision.pk}/appeal", fair.browser()
    write(browser, base)
    monkeypatch.setattr(uploads, "MOST_FILE", 10)
    answer = browser.post(f"{base}/2", {"files": [picture()]})
    assert answer.status_code == 422
    assert "invoice.png is larger than" in answer.text


def test_a_body_that_is_too_large_is_refused_before_it_is_kept(fair: Fair, monkeypatch: pytest.MonkeyPatch) -> None:
    decision = fair.decided()
    base, browser = f"/portal/decisions/{decision.pk}/appeal", fair.browser()
    write(browser, base)
    monkeypatch.setattr("piepowder.portal.uploads.MOST_BYTES", 200)
    answer = browser.post(f"{base}/2", {"files": [SimpleUploadedFile("big.png", PNG + b"x" * 1_000)]})
    assert answer.status_code == 413
    assert "These files are too large" in answer.text
    stranger = Client().post(f"{base}/2", {"files": [SimpleUploadedFile("big.png", PNG + b"x" * 1_000)]})
    assert stranger.status_code == 413


def test_only_so_many_files_go_with_an_appeal(fair: Fair) -> None:
    decision = fair.decided()
    base, browser = f"/portal/decisions/{decision.pk}/appeal", fair.browser()
    write(browser, base)
    assert browser.post(f"{base}/2", {"files": [picture(f"{n}.png") for n in range(11)]}).status_code == 422
    browser.post(f"{base}/2", {"files": [picture("1.png"), picture("2.png")]})
    kept = AppealDraft.objects.get().files.get()
    assert browser.post(f"{base}/2", {"remove": str(kept.pk)}).status_code == 302
    assert not AppealDraft.objects.get().files.exists()


def test_another_seller_s_file_cannot_be_taken_off(fair: Fair) -> None:
    mine, theirs = fair.decided(), fair.decided(fair.court.item(seller_ref="S-2"))
    other = fair.browser("S-2")
    write(other, f"/portal/decisions/{theirs.pk}/appeal")
    other.post(f"/portal/decisions/{theirs.pk}/appeal/2", {"files": [picture()]})
    kept = AppealDraft.objects.get(ref="S-2").files.get()
    browser = fair.browser("S-1")
    write(browser, f"/portal/decisions/{mine.pk}/appeal")
    browser.post(f"/portal/decisions/{mine.pk}/appeal/2", {"remove": str(kept.pk)})
    assert AppealDraft.objects.get(ref="S-2").files.count() == 1


def test_a_form_without_its_token_changes_nothing_and_keeps_what_was_typed(fair: Fair) -> None:
    decision = fair.decided()
    browser = Client(enforce_csrf_checks=True)
    browser.get(fair.link())
    answer = browser.post(f"/portal/decisions/{decision.pk}/appeal/1", {"text": WORDS * 3, "next": "1"})
    assert answer.status_code == 403
    assert "This page was open for too long" in answer.text
    assert "fountain pen" in answer.text
    assert not AppealDraft.objects.exists()
    for place in ("leave", "language"):
        assert browser.post(f"/portal/{place}").status_code == 403


def test_when_the_visit_is_over_what_was_typed_stands_there_to_be_copied(fair: Fair) -> None:
    decision = fair.decided()
    browser = fair.browser()
    fair.now += timedelta(hours=5)
    answer = browser.post(f"/portal/decisions/{decision.pk}/appeal/1", {"text": WORDS * 3, "next": "1"})
    assert answer.status_code == 401
    assert "fountain pen" in answer.text
    assert "<b>Look" not in answer.text


def test_after_the_last_day_an_appeal_is_refused_and_its_words_are_kept(fair: Fair) -> None:
    decision = fair.decided()
    fair.now += timedelta(days=220)
    base, browser = f"/portal/decisions/{decision.pk}/appeal", fair.browser()
    assert "The time for complaining to us is over." in browser.get(f"/portal/decisions/{decision.pk}/").text
    write(browser, base)
    answer = browser.post(f"{base}/3")
    assert answer.status_code == 409
    assert not Appeal.objects.exists()
    assert AppealDraft.objects.get().text == WORDS


def appealed(fair: Fair) -> tuple[Client, Appeal]:
    decision = fair.decided()
    base, browser = f"/portal/decisions/{decision.pk}/appeal", fair.browser()
    write(browser, base)
    browser.post(f"{base}/3")
    return browser, Appeal.objects.get()


def test_a_question_is_answered_and_something_added(fair: Fair) -> None:
    browser, appeal = appealed(fair)
    hearer = fair.court.person("house", Permission.APPEAL_HEAR, Permission.APPEAL_VIEW, everywhere=True)
    take(actor=hearer, appeal_id=appeal.pk, at=fair.now)
    ask(actor=hearer, appeal_id=appeal.pk, text="Do you have the invoice?", at=fair.now)
    page = browser.get(f"/portal/appeals/{appeal.pk}/").text
    assert "Do you have the invoice?" in page
    assert "Person " not in page
    assert "We have a question for you" in browser.get("/portal/overview/").text
    empty = browser.post(f"/portal/appeals/{appeal.pk}/answer", {"text": " "})
    assert empty.status_code == 422
    browser.post(f"/portal/appeals/{appeal.pk}/answer", {"text": "Yes, see below."})
    browser.post(f"/portal/appeals/{appeal.pk}/add", {"text": "Here it is.", "files": [picture()]})
    assert appeal.questions.get().answer == "Yes, see below."
    assert appeal.evidence.count() == 2
    assert "Here it is." in browser.get(f"/portal/appeals/{appeal.pk}/").text


def test_withdrawing_asks_whether_one_is_sure(fair: Fair) -> None:
    browser, appeal = appealed(fair)
    assert browser.post(f"/portal/appeals/{appeal.pk}/withdraw").status_code == 422
    assert browser.post(f"/portal/appeals/{appeal.pk}/withdraw", {"sure": "yes"}).status_code == 302
    appeal.refresh_from_db()
    assert appeal.state == "withdrawn"
    assert browser.post(f"/portal/appeals/{appeal.pk}/add", {"text": "More."}).status_code == 409


def test_the_answer_and_the_second_stage(fair: Fair) -> None:
    browser, appeal = appealed(fair)
    hearer = fair.court.person(
        "house", Permission.APPEAL_HEAR, Permission.APPEAL_VIEW, Permission.DECISION_OVERTURN, everywhere=True
    )
    take(actor=hearer, appeal_id=appeal.pk, at=fair.now)
    conclude(actor=hearer, appeal_id=appeal.pk, outcome="upheld", reasons="Picture 2 shows a vape.", at=fair.now)
    page = browser.get(f"/portal/appeals/{appeal.pk}/").text
    assert "Picture 2 shows a vape." in page
    assert "Appeal once more" in page
    base = f"/portal/decisions/{appeal.decision_id}/appeal"
    write(browser, base, "Look again, please.")
    assert browser.post(f"{base}/3").status_code == 302
    assert Appeal.objects.filter(stage=2).exists()


def test_an_appeal_of_another_seller_can_be_neither_read_nor_changed(fair: Fair) -> None:
    _browser, appeal = appealed(fair)
    other = fair.browser("S-2")
    assert other.get(f"/portal/appeals/{appeal.pk}/").status_code == 404
    for way in ("withdraw", "add", "answer", "nonsense"):
        assert other.post(f"/portal/appeals/{appeal.pk}/{way}", {"text": "x", "sure": "yes"}).status_code == 404
    appeal.refresh_from_db()
    assert appeal.state != "withdrawn"
