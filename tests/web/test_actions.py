"""What measures are called by the marketplace's systems, and trying it on a receiver."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.test import Client

from piepowder.decisions.mapping import BadAction, actions_in_force, remove_action, save_action
from piepowder.kernel.actor import SYSTEM
from piepowder.ledger.models import Fact
from piepowder.outbox.models import Delivery
from piepowder.outbox.operations import save_endpoint
from piepowder.outbox.sending import close_connections
from tests.outbox.receiver import Receiver
from tests.web.conftest import LogIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver().start()
    yield one
    one.stop()
    close_connections()


def test_a_kind_s_own_action_goes_before_the_one_for_all(now: datetime) -> None:
    save_action(actor=SYSTEM, at=now, family="account", measure="suspended", action="STOP", parameters={"code": 7})
    save_action(actor=SYSTEM, at=now, family="account", measure="suspended", kind="text", action="MUTE")
    known = actions_in_force()
    assert known.of("account", "suspended", "listing") == {"name": "STOP", "parameters": {"code": 7}}
    assert known.of("account", "suspended", "text") == {"name": "MUTE", "parameters": {}}
    assert known.of("account", "terminated", "text") is None
    assert remove_action(actor=SYSTEM, at=now, family="account", measure="suspended", kind="text")
    assert not remove_action(actor=SYSTEM, at=now, family="account", measure="suspended", kind="text")


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"family": "colour"}, "/family"),
        ({"measure": "painted"}, "/measure"),
        ({"kind": "song"}, "/kind"),
        ({"action": " "}, "/action"),
        ({"action": "x" * 101}, "/action"),
    ],
)
def test_a_mapping_of_what_is_not_there_is_refused(now: datetime, given: dict[str, str], pointer: str) -> None:
    whole = {"family": "account", "measure": "suspended", "kind": "", "action": "STOP"} | given
    with pytest.raises(BadAction) as caught:
        save_action(actor=SYSTEM, at=now, **whole)
    assert [problem.pointer for problem in caught.value.problems] == [pointer]


def test_the_page_saves_a_mapping_and_says_what_is_wrong_with_parameters(log_in: LogIn) -> None:
    page = log_in("admin")
    form = {"measure": "account:suspended", "kind": "", "action": "STOP", "parameters": '{"code": 7}'}
    assert page.post("/outbox/actions/save", form).status_code == 302
    assert "&quot;code&quot;:7" in page.get("/outbox/actions/").content.decode()
    bad = page.post("/outbox/actions/save", form | {"parameters": "{code"})
    assert bad.status_code == 422
    assert "/parameters" in bad.content.decode()
    assert page.post("/outbox/actions/save", form | {"action": ""}).status_code == 302
    assert actions_in_force().known == {}


def test_a_try_is_one_signed_request_with_the_mapped_action_and_its_answer_is_shown(
    log_in: LogIn, receiver: Receiver
) -> None:
    now = datetime.now(UTC)
    issued = save_endpoint(actor=SYSTEM, at=now, code="hook", name="Hook", url=receiver.url, allow_private=True)
    receiver.secrets.append(issued.secret)
    save_action(actor=SYSTEM, at=now, family="account", measure="suspended", action="STOP")
    before = Delivery.objects.count()
    page = log_in("admin")
    form = {"receiver": "hook", "measure": "account:suspended", "kind": "listing"}
    shown = page.post("/outbox/actions/try", form)
    assert shown.status_code == 200
    assert shown.context["tried"].outcome.status == 200
    (request,) = receiver.received
    assert (request.topic, request.sequence, request.signed_by) == ("enforcement.applied", 0, [0])
    assert request.body["body"]["action"] == {"name": "STOP", "parameters": {}}
    assert request.body["body"]["test"] is True
    assert Delivery.objects.count() == before
    assert Fact.objects.filter(verb="endpoint.try").get().body["delivered"] is True


def test_nobody_without_the_right_can_have_requests_sent(log_in: LogIn) -> None:
    page: Client = log_in("lead")
    assert page.get("/outbox/actions/").status_code == 403
    assert page.post("/outbox/actions/try", {"receiver": "hook", "measure": "account:suspended"}).status_code == 403
