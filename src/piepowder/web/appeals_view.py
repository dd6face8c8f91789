"""What the appeal page shows beside the appeal: how the item has changed since it was judged."""

from __future__ import annotations

from piepowder.intake.models import Snapshot
from piepowder.intake.queries import ItemCard, media_of
from piepowder.web.differences import Difference, changes, media_changes


def difference_to_now(judged: ItemCard) -> Difference | None:
    """What the newest version says otherwise than the one that was judged; ``None`` when that is the newest.

    The caller has seen to it that the reader may see the item. Two queries.
    """
    if judged.number == judged.newest_number:
        return None
    newest = Snapshot.objects.get(item_id=judged.id, number=judged.newest_number)
    gone, new = media_changes([one.digest for one in judged.media], [one.digest for one in media_of(newest.pk)])
    return Difference(judged.number, True, tuple(changes(judged.content, newest.content)), gone, new)
