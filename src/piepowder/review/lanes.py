"""Lanes: queue × language × skill. They come into being when the first case needs them."""

from __future__ import annotations

from collections.abc import Iterable

from piepowder.review.models import Lane
from piepowder.review.reference import LaneEntry, QueueEntry, Reference, note_change


def lanes_for(known: Reference, wanted: Iterable[tuple[QueueEntry, str]]) -> dict[tuple[int, str], LaneEntry]:
    """The lane of each (queue, language), made where it does not exist; two processes at once make one.

    A lane made here is not put into the shared copy before the transaction has committed: if it rolls back, the lane
    is gone.
    """
    found: dict[tuple[int, str], LaneEntry] = {}
    missing: list[Lane] = []
    for queue, language in sorted(set(wanted), key=lambda pair: (pair[0].id, pair[1])):
        lane = known.lanes.get((queue.id, language, queue.skill))
        if lane is not None:
            found[queue.id, language] = lane
        else:
            missing.append(Lane(queue_id=queue.id, language=language, skill=queue.skill))
    if missing:
        Lane.objects.bulk_create(missing, ignore_conflicts=True)
        note_change()
        for wanted_lane in missing:
            row = Lane.objects.get(
                queue_id=wanted_lane.queue_id, language=wanted_lane.language, skill=wanted_lane.skill
            )
            found[row.queue_id, row.language] = LaneEntry(row.pk, row.queue_id, row.language, row.skill)
    return found
