"""Streams that are on when somebody comes to look at the demonstration."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from piepowder.intake.models import Detection, Item, Moment
from piepowder.intake.streams import heard_in
from piepowder.review.models import Case
from piepowder.simulate.chance import Chance
from piepowder.simulate.founding import found
from piepowder.simulate.on_air import STREAMS, put_on_air
from piepowder.simulate.plan import people

pytestmark = pytest.mark.django_db


def test_each_has_a_case_words_a_picture_and_some_of_them_something_that_was_found() -> None:
    now = datetime.now(UTC)
    found(people(Chance(3, "people")), password="made up for the test", at=now - timedelta(days=1))
    assert put_on_air(seed=3, now=now) == len(STREAMS)
    streams = Item.objects.filter(kind="livestream")
    assert streams.count() == Case.objects.filter(kind="livestream", state="open").count() == len(STREAMS)
    heard = heard_in(list(streams.values_list("pk", flat=True)))
    assert all(one.said and one.last_ms for one in heard.values())
    assert any("moment" in span for found in Detection.objects.filter(label="spoken") for span in found.spans)
    assert set(Moment.objects.filter(kind="snapshot").values_list("state", flat=True)) == {"stored"}
