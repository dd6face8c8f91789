"""E-mail leaves as durably as webhooks do."""

from __future__ import annotations

import email
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import policy
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives, send_mail
from django.db import transaction
from django.utils import timezone

from piepowder.ledger.models import Fact
from piepowder.outbox.dispatcher import Dispatcher
from piepowder.outbox.models import Delivery, Message
from piepowder.outbox.operations import LetterGone, forget_recipient, replay
from piepowder.outbox.post import BadSmtpUrl, Relay, relay
from tests.outbox.conftest import ADMINISTRATOR

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _through_the_outbox(settings: Any) -> None:
    # Django's test runner puts a backend of its own in the place.
    settings.EMAIL_BACKEND = "piepowder.outbox.mail.OutboxBackend"


def written(home: Path) -> list[Any]:
    files = sorted((home / "mail").glob("*"))
    assert all(file.suffix == ".eml" for file in files)
    return [email.message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


def test_a_statement_is_mailed_to_its_recipient_as_well(
    post: Callable[..., Any], dispatcher: Dispatcher, now: datetime, tmp_path: Path
) -> None:
    body = {"subject": "Warum wir Ihr Angebot\nentfernt haben", "text": "Guten Tag,\n\nes verstößt gegen 规则."}
    message = post(topic="statement.issued", body=body, recipient="seller@example.org")
    dispatcher.settle(now=now)
    (letter,) = written(tmp_path)
    assert letter["To"] == "seller@example.org"
    assert letter["Subject"] == "Warum wir Ihr Angebot entfernt haben"
    assert letter["Message-ID"] == f"<{message.id}@localhost>"
    assert letter["Date"].datetime == now
    assert letter.get_content().splitlines() == body["text"].splitlines()


def test_mail_that_django_sends_waits_in_the_outbox_until_it_is_sent(dispatcher: Dispatcher, tmp_path: Path) -> None:
    mail = EmailMultiAlternatives("Reset", "plain", to=["a@example.org"], cc=["b@example.org"], bcc=["c@example.org"])
    mail.attach_alternative("<p>rich</p>", "text/html")
    assert mail.send() == 1
    assert Message.objects.count() == 3
    assert not (tmp_path / "mail").exists()
    dispatcher.settle(now=timezone.now())
    letters = written(tmp_path)
    assert {letter["Message-ID"] for letter in letters} == {
        f"<{ref}@localhost>" for ref in Message.objects.values_list("pk", flat=True)
    }
    assert all("Bcc" not in letter and "c@example.org" not in str(letter) for letter in letters)
    assert all(letter.get_body(("html",)).get_content().strip() == "<p>rich</p>" for letter in letters)


def test_a_letter_that_may_sign_somebody_in_is_erased_once_it_was_delivered(
    dispatcher: Dispatcher, tmp_path: Path
) -> None:
    send_mail("Reset", "https://example.org/reset/abc", None, ["a@example.org"])
    now = timezone.now()
    dispatcher.settle(now=now)
    assert "reset/abc" in written(tmp_path)[0].get_content()
    assert Message.objects.get().letter == ""
    with pytest.raises(LetterGone):
        replay(actor=ADMINISTRATOR, delivery_id=Delivery.objects.get().pk, at=now)


def test_a_letter_that_is_sent_twice_is_one_file(
    post: Callable[..., Any], dispatcher: Dispatcher, now: datetime, tmp_path: Path
) -> None:
    post(topic="statement.issued", body={"subject": "S", "text": "T"}, recipient="a@example.org")
    dispatcher.settle(now=now)
    replay(actor=ADMINISTRATOR, delivery_id=Delivery.objects.get().pk, at=now)
    dispatcher.settle(now=now)
    assert len(written(tmp_path)) == 1
    assert Delivery.objects.get().attempts == 2


def test_no_address_reaches_the_ledger(post: Callable[..., Any], dispatcher: Dispatcher, now: datetime) -> None:
    post(topic="statement.issued", body={"subject": "S", "text": "T"}, recipient="a@example.org", group_ref="d")
    dispatcher.settle(now=now)
    forget_recipient(actor=ADMINISTRATOR, addresses=["a@example.org"], at=now)
    verbs = list(Fact.objects.order_by("id").values_list("verb", flat=True))
    assert verbs == ["message.enqueue", "delivery.deliver", "message.forget_recipient"]
    assert not any("example.org" in str(fact) for fact in Fact.objects.values())


def test_an_address_can_be_forgotten_and_what_waited_for_it_never_leaves(
    post: Callable[..., Any], dispatcher: Dispatcher, now: datetime, tmp_path: Path
) -> None:
    letter = {"topic": "statement.issued", "body": {"subject": "S", "text": "T"}}
    post(**letter, recipient="Anna@Example.org")
    post(**letter, recipient="bert@example.org")
    post(topic="enforcement.applied")
    assert forget_recipient(actor=ADMINISTRATOR, addresses=["anna@example.org", ""], at=now) == 1
    dispatcher.settle(now=now)
    assert [found["To"] for found in written(tmp_path)] == ["bert@example.org"]
    assert not Message.objects.filter(letter__contains="Anna").exists()
    assert Delivery.objects.filter(state="cancelled").count() == 1


def test_nothing_is_mailed_without_words(post: Callable[..., Any]) -> None:
    with pytest.raises(KeyError):
        post(topic="statement.issued", body={"text": "T"}, recipient="a@example.org")
    assert Message.objects.count() == 0


def test_mail_of_a_transaction_that_rolls_back_is_never_sent() -> None:
    with pytest.raises(ValueError, match="no"), transaction.atomic():
        send_mail("S", "T", None, ["a@example.org"])
        raise ValueError("no")
    assert Message.objects.count() == 0


class Smtp(socketserver.StreamRequestHandler):
    """Just enough of RFC 5321 to take a letter or refuse its recipient."""

    def handle(self) -> None:
        self.say("220 test")
        server: Any = self.server
        while line := self.rfile.readline().decode().strip():
            verb = line.split(" ")[0].upper().split(":")[0]
            if verb == "DATA":
                self.say("354 go on")
                lines = []
                while (content := self.rfile.readline()) != b".\r\n":
                    lines.append(content)
                server.letters.append(b"".join(lines))
                self.say("250 taken")
            elif verb == "RCPT" and server.refusals:
                self.say(server.refusals.pop(0))
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def mail_server(*refusals: str) -> Iterator[Any]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Smtp) as server:
        server.daemon_threads = True
        server.letters, server.refusals = [], list(refusals)  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


def test_letters_go_to_the_mail_server_that_is_set(
    post: Callable[..., Any], dispatcher: Dispatcher, now: datetime, settings: Any
) -> None:
    body = {"subject": "S", "text": "First line\n.second begins with a dot"}
    post(topic="statement.issued", body=body, recipient="a@example.org")
    with mail_server() as server:
        settings.SMTP_URL = f"smtp://127.0.0.1:{server.server_address[1]}"
        dispatcher.settle(now=now)
    (letter,) = server.letters
    assert b"\r\n..second begins with a dot" in letter
    assert Delivery.objects.values_list("state", "last_status").get() == ("delivered", 250)


def test_a_mail_server_that_is_busy_is_asked_again_and_a_refused_address_is_a_dead_letter(
    post: Callable[..., Any], dispatcher: Dispatcher, now: datetime, settings: Any
) -> None:
    post(topic="statement.issued", body={"subject": "S", "text": "T"}, recipient="a@example.org")
    with mail_server("451 later", "550 unknown") as server:
        settings.SMTP_URL = f"smtp://127.0.0.1:{server.server_address[1]}"
        dispatcher.settle(now=now)
        assert Delivery.objects.values_list("state", "last_status").get() == ("pending", 451)
        dispatcher.settle(now=now + timedelta(minutes=1))
    assert server.letters == []
    assert Delivery.objects.values_list("state", "last_status").get() == ("dead", 550)


def test_a_mail_server_that_is_down_is_asked_again(
    post: Callable[..., Any], dispatcher: Dispatcher, now: datetime, settings: Any
) -> None:
    post(topic="statement.issued", body={"subject": "S", "text": "T"}, recipient="a@example.org")
    with mail_server() as server:
        port = server.server_address[1]
    settings.SMTP_URL = f"smtp://127.0.0.1:{port}"
    dispatcher.settle(now=now)
    assert Delivery.objects.get().state == "pending"
    assert "refused" in Delivery.objects.get().last_problem


def test_the_address_of_the_mail_server_is_read_in_its_usual_forms() -> None:
    assert relay("smtp://mail.example.org") == Relay("mail.example.org", 25)
    assert relay("smtp://us%40er:pa%3Ass@mail.example.org:587?tls=1") == Relay(
        "mail.example.org", 587, "us@er", "pa:ss", starttls=True
    )
    assert relay("smtps://mail.example.org?tls=1") == Relay("mail.example.org", 465, tls=True)
    with pytest.raises(BadSmtpUrl):
        relay("mail.example.org:25")
