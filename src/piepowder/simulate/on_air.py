"""Livestreams that are on when somebody comes to look: each with a film that goes on and on, and what has been said so far."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from piepowder.intake import operations as intake
from piepowder.intake.schemas import MomentGiven, Submitted, parse_moments, parse_submission
from piepowder.kernel.actor import Actor
from piepowder.simulate.chance import Chance
from piepowder.simulate.founding import founded
from piepowder.simulate.gallery import Gallery
from piepowder.simulate.marketplace import Arriving, Marketplace
from piepowder.simulate.models import Truth
from piepowder.simulate.outside import MODEL, MODEL_VERSION
from piepowder.simulate.plan import people

STREAMS = (("DE", "L-1"), ("FR", ""), ("IT", "L-2"), ("ES", ""), ("DE", "O-2"), ("GB", "L-1"))
"""Market of each, and the policy that it breaks, if any."""
_LINE_MS = 7_000
_SENTENCE = re.compile(r"[^.!?。！？]+[.!?。！？]*")


@transaction.atomic
def put_on_air(*, seed: int, now: datetime) -> int:
    """Let a few streams begin minutes before ``now``, through the operations; returns how many. Once per database."""
    who = founded(people(Chance(seed, "people")), at=now).marketplace
    market = Marketplace(Chance(seed, "on air"), Gallery(), series="AIR")
    for place, (code, breaks) in enumerate(STREAMS):
        began = now - timedelta(minutes=4 + 3 * place)
        seller, stream = market.on_air(began, code, breaks)
        for file in market.gallery.take_new():
            intake.store_upload(actor=who, content=file.content, at=began)
        for made in (seller, stream):
            given = parse_submission(made.raw)
            assert isinstance(given, Submitted), given
            intake.receive(actor=who, submissions=[given], at=began)
            Truth.objects.create(kind=made.key[0], external_id=made.key[1], policy_code=made.code, wave=made.wave)
        _tell(who, stream, at=now - timedelta(seconds=20 + place))
    return len(STREAMS)


def _tell(who: Actor, stream: Arriving, *, at: datetime) -> None:
    given = parse_moments({"moments": list(_moments(stream))})
    moments = [one for one in given if isinstance(one, MomentGiven)]
    assert moments == given, given
    intake.receive_moments(actor=who, kind="livestream", external_id=stream.key[1], moments=moments, at=at)


def _moments(stream: Arriving) -> Iterator[dict[str, Any]]:
    """What was said, sentence by sentence, with what the model found in it, and a picture."""
    content = stream.raw["content"]
    said = [one.strip() for one in _SENTENCE.findall(content["attributes"]["transcript"]) if one.strip()]
    for place, text in enumerate(said):
        moment = {"kind": "transcript", "reference": f"t-{place}", "at_ms": (place + 1) * _LINE_MS, "text": text}
        if stream.code and text.strip(".!。！") in stream.facts:
            found = {"model": MODEL, "version": MODEL_VERSION, "label": "spoken", "score": 0.88, "policy": stream.code}
            moment["detections"] = [found | {"spans": [{"start": 0, "end": len(text)}]}]
        yield moment
    yield {"kind": "snapshot", "reference": "s-0", "at_ms": 2 * _LINE_MS, "picture": content["thumbnails"][0]}
