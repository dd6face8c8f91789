"""The moments of a livestream that is on: pictures, speech and chat as they come in, kept as evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from piepowder.access.visibility import require
from piepowder.intake.events import Arrival, ItemsReceived
from piepowder.intake.models import Detection, Item, Moment, StoredMedia
from piepowder.intake.reception import leaf_codes
from piepowder.intake.schemas import DetectionGiven, MomentGiven
from piepowder.intake.states import Kind, MediaState, MomentKind
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.errors import FieldProblem, NotFound, Refused
from piepowder.kernel.events import publish
from piepowder.kernel.ids import new_id
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record


class NoSuchStream(NotFound):
    """No livestream of that id has arrived, or the actor may not submit to it."""

    code = "no_such_stream"


class MomentsRefused(Refused):
    """Well-formed, but naming something that is not here; nothing was stored."""

    code = "moments_refused"


@dataclass(frozen=True, slots=True)
class MomentsKept:
    """How many of the moments were new, and how many had come before."""

    new: int
    known: int


@transaction.atomic
def receive_moments(
    *, actor: Actor, kind: str, external_id: str, moments: Sequence[MomentGiven], at: datetime
) -> MomentsKept:
    """Keep what happened in a stream; a reference that came before is passed over, whatever comes with it now.

    Detections are kept with the newest snapshot of the stream, at the moment's place, and told to the packages above like
    those of a submission: a stream that was cleared gets a case again. Everything is stored or nothing: raises
    ``NoSuchStream`` or ``MomentsRefused``.
    """
    require(actor, Permission.ITEM_SUBMIT)
    item = Item.objects.select_for_update(no_key=True).filter(kind=kind, external_id=external_id).first()
    place = Place(market=item.market, language=item.language) if item else None
    if item is None or place is None or item.kind != Kind.LIVESTREAM or not actor.may(Permission.ITEM_SUBMIT, place):
        raise NoSuchStream(f"there is no livestream with the id '{external_id}'")
    if problems := _problems(moments):
        raise MomentsRefused(problems[0].detail, problems=problems)
    references = [one.reference for one in moments]
    known = set(Moment.objects.filter(item=item, reference__in=references).values_list("reference", flat=True))
    new = list({one.reference: one for one in reversed(moments) if one.reference not in known}.values())[::-1]
    source = f"{actor.kind.value}:{actor.ref}"[:80]
    Moment.objects.bulk_create([_row(item, one, at, source) for one in new])
    found = [(one, detection) for one in new for detection in one.detections]
    Detection.objects.bulk_create([_detection(item, one, detection, at) for one, detection in found])
    if new:
        kinds = dict(sorted(Counter(one.kind for one in new).items()))
        last = max(one.at_ms for one in new)
        told: dict[str, Any] = {"moments": kinds, "last_ms": last, "detections": len(found)}
        record(actor=actor, at=at, verb="item.moments", subject_kind="item", subject_id=item.pk, **told)
    if found:
        publish(ItemsReceived((_arrival(item, [detection for _, detection in found]),), at, actor))
    return MomentsKept(len(new), len(moments) - len(new))


def _problems(moments: Sequence[MomentGiven]) -> list[FieldProblem]:
    digests = {one.digest for one in moments if one.digest}
    stored = set(StoredMedia.objects.filter(digest__in=digests).values_list("digest", flat=True)) if digests else set()
    codes = {found.policy_code for one in moments for found in one.detections if found.policy_code}
    policies = leaf_codes(codes) if codes else frozenset[str]()
    problems = []
    for index, one in enumerate(moments):
        if one.digest and one.digest not in stored:
            detail = f"nothing was uploaded with the digest {one.digest}"
            problems.append(FieldProblem(f"/moments/{index}/picture", "unknown_upload", detail))
        for number, found in enumerate(one.detections):
            if found.policy_code and found.policy_code not in policies:
                pointer = f"/moments/{index}/detections/{number}/policy"
                problems.append(FieldProblem(pointer, "unknown_policy", f"{found.policy_code} is no policy"))
    return problems


def _row(item: Item, one: MomentGiven, at: datetime, source: str) -> Moment:
    state = ""
    if one.kind == MomentKind.SNAPSHOT:
        state = MediaState.STORED if one.digest else MediaState.PENDING
    return Moment(
        id=new_id(),
        item=item,
        kind=one.kind,
        reference=one.reference,
        at_ms=one.at_ms,
        text=one.text,
        url=one.url,
        stored_id=one.digest or None,
        state=state,
        due_at=at if state == MediaState.PENDING else None,
        received_at=at,
        source=source,
    )


def _detection(item: Item, one: MomentGiven, found: DetectionGiven, at: datetime) -> Detection:
    place = {"moment": one.reference, "at_s": one.at_ms / 1000}
    spans: list[Mapping[str, Any]] = [{**span, **place} for span in found.spans] or [place]
    assert item.snapshot_id is not None, "an item is stored together with its first snapshot"
    return Detection(
        item=item,
        snapshot_id=item.snapshot_id,
        model=found.model,
        version=found.version,
        label=found.label,
        policy_code=found.policy_code,
        score=found.score,
        spans=spans,
        found_at=at,
    )


def _arrival(item: Item, found: Sequence[DetectionGiven]) -> Arrival:
    assert item.snapshot is not None
    return Arrival(
        item_id=item.pk,
        snapshot_id=item.snapshot.pk,
        snapshot_number=item.snapshot.number,
        kind=item.kind,
        external_id=item.external_id,
        market=item.market,
        language=item.language,
        seller_ref=item.seller_ref,
        submission=item.snapshot.submission,
        is_new_item=False,
        content_changed=False,
        detections=tuple((one.label, one.policy_code, one.score) for one in found),
        title=item.title,
    )
