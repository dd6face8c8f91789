"""The rows of one call of ``receive``: read together, changed in memory in the order of arrival, written together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from piepowder.database.bulk import insert_rows
from piepowder.intake.likeness import title_key
from piepowder.intake.models import Detection, Item, ItemMedia, Relation, Snapshot, StoredMedia, Trait
from piepowder.intake.schemas import MediaGiven, RelationGiven, Submitted
from piepowder.intake.states import Kind, MediaState
from piepowder.intake.traits import traits_of
from piepowder.kernel.ids import new_id

Key = tuple[str, str]
"""Kind and external id."""


@dataclass(slots=True)
class Standing:
    """Where an item stands while the submissions of one call are applied to it."""

    id: UUID
    kind: str
    external_id: str
    market: str
    language: str
    state: str
    seller_ref: str
    title: str
    snapshot_id: UUID
    number: int = 0
    digest: str = ""
    content: dict[str, Any] | None = None
    """Of the newest snapshot, once it has been read or given in this call."""
    schema_version: int = 1
    is_new: bool = False
    changed: bool = False
    """Whether a snapshot was added in this call."""
    relations: tuple[RelationGiven, ...] | None = None
    submission: str = ""
    found: list[tuple[str, str, float]] = field(default_factory=list)


@dataclass(slots=True)
class Batch:
    """Rows that wait to be inserted, as tuples in the order of the columns below."""

    snapshots: list[tuple[Any, ...]] = field(default_factory=list)
    media: list[tuple[Any, ...]] = field(default_factory=list)
    detections: list[tuple[Any, ...]] = field(default_factory=list)
    found: set[tuple[UUID, str, str, str, float]] = field(default_factory=set)
    """Detections that are there: snapshot, model, version, label, score."""
    repeats: dict[UUID, UUID] = field(default_factory=dict)

    def add_snapshot(self, one: Standing, given: Submitted, at: datetime, source: str) -> None:
        self.snapshots.append(
            (
                one.snapshot_id, one.id, one.number, given.submission, one.schema_version, one.content, one.digest,
                given.occurred_at, at, source,
            )
        )  # fmt: skip

    def add_media(self, snapshot_id: UUID, media: Sequence[MediaGiven], at: datetime) -> None:
        for position, one in enumerate(media):
            state: str = MediaState.STORED if one.digest else MediaState.PENDING
            if one.role == "stream" and not one.digest:
                state = MediaState.LINKED
            due_at = at if state == MediaState.PENDING else None
            self.media.append(
                (new_id(), snapshot_id, position, one.role, one.url, one.digest or None, state, "", 0, due_at)
            )

    def repeat_media(self, from_snapshot: UUID, to_snapshot: UUID) -> None:
        """Have the media of a snapshot stand again under one that repeats its content."""
        self.repeats[to_snapshot] = self.repeats.get(from_snapshot, from_snapshot)

    def add_detections(self, one: Standing, given: Submitted, at: datetime) -> int:
        """Add what this snapshot is not known for yet, and return how many that were."""
        before = len(self.detections)
        for found in given.detections:
            mark = (one.snapshot_id, found.model, found.version, found.label, found.score)
            if mark in self.found:
                continue
            self.found.add(mark)
            one.found.append((found.label, found.policy_code, found.score))
            self.detections.append(
                (
                    one.id, one.snapshot_id, found.model, found.version, found.label, found.policy_code, found.score,
                    list(found.spans), at,
                )
            )  # fmt: skip
        return len(self.detections) - before

    def write(self, standings: Iterable[Standing], at: datetime) -> None:
        touched = [one for one in standings if one.is_new or one.changed]
        # One order for everybody, so that two calls that bring the same new items wait for each other and never in a ring.
        new = sorted((one for one in touched if one.is_new), key=lambda one: (one.kind, one.external_id))
        self._write_snapshots(new, at)
        insert_rows(ItemMedia, _MEDIA, [*self.media, *self._media_again()])
        insert_rows(Detection, _DETECTION, self.detections)
        _move([one for one in touched if not one.is_new], at)
        _relate(touched)
        _keep_traits([one for one in touched if one.kind == Kind.SELLER and one.relations is not None])

    def _media_again(self) -> list[tuple[Any, ...]]:
        """The media of the snapshots that are repeated; what is stored stays stored, what is due stays due."""
        if not self.repeats:
            return []
        sources = set(self.repeats.values())
        there: dict[UUID, list[tuple[Any, ...]]] = {}
        for _, snapshot_id, *row in [
            *(row for row in self.media if row[1] in sources),
            *ItemMedia.objects.filter(snapshot_id__in=sources).values_list(*_MEDIA),
        ]:
            there.setdefault(snapshot_id, []).append(tuple(row))
        return [(new_id(), to, *row) for to, source in self.repeats.items() for row in there.get(source, ())]

    def _write_snapshots(self, new: Sequence[Standing], at: datetime) -> None:
        """New items and all snapshots, which point at each other."""
        if connection.vendor == "postgresql":
            insert_rows(Item, _ITEM, [_item_row(one, at, one.snapshot_id) for one in new])
            insert_rows(Snapshot, _SNAPSHOT, self.snapshots)
            return
        # While any reference is open SQLite searches the children of every row that comes, table by table. So none is left
        # open: the items come first without their newest snapshots, which are named when they are there.
        insert_rows(Item, _ITEM, [_item_row(one, at, None) for one in new])
        insert_rows(Snapshot, _SNAPSHOT, self.snapshots)
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE intake_item SET snapshot_id = %s WHERE id = %s", [(o.snapshot_id.hex, o.id.hex) for o in new]
            )


_ITEM = (
    "id", "kind", "external_id", "market", "language", "state", "seller_ref", "title", "title_key", "snapshot_id",
    "received_at", "updated_at",
)  # fmt: skip
_SNAPSHOT = (
    "id", "item_id", "number", "submission", "schema_version", "content", "digest", "occurred_at", "received_at", "source",
)  # fmt: skip
_MEDIA = ("id", "snapshot_id", "position", "role", "url", "stored_id", "state", "problem", "attempts", "due_at")
_DETECTION = (
    "item_id", "snapshot_id", "model", "version", "label", "policy_code", "score", "spans", "found_at",
)  # fmt: skip
_RELATION = ("item_id", "role", "to_kind", "to_external_id")
_TRAIT = ("item_id", "kind", "digest", "shown")


def _item_row(one: Standing, at: datetime, snapshot_id: UUID | None) -> tuple[Any, ...]:
    return (
        one.id, one.kind, one.external_id, one.market, one.language, one.state, one.seller_ref, one.title, title_key(one.title),
        snapshot_id, at, at,
    )  # fmt: skip


def known_items(keys: Iterable[Key]) -> dict[Key, Standing]:
    """The items that are there, locked against another submission until the end of the transaction."""
    known: dict[Key, Standing] = {}
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN[connection.vendor], _columns(sorted(keys)))
        for id_, kind, external_id, market, language, state, seller_ref, title, snapshot_id in cursor.fetchall():
            known[kind, external_id] = Standing(
                _uuid(id_), kind, external_id, market, language, state, seller_ref, title, _uuid(snapshot_id)
            )
    if known:
        _read_newest(list(known.values()))
    return known


def _read_newest(items: Sequence[Standing]) -> None:
    """Fill in number and digest. Read after the lock: a join would see the snapshots of before it waited for the lock."""
    newest = {one.snapshot_id: one for one in items}
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST[connection.vendor], _columns([(snapshot_id,) for snapshot_id in newest]))
        for id_, number, digest in cursor.fetchall():
            one = newest[_uuid(id_)]
            one.number, one.digest = number, digest


# Look-ups by a list. "= ANY" would leave the choice to PostgreSQL, which reads whole tables while it has no statistics on
# them; this way each entry is one step through the unique index, in the order of the list. Foreign keys that point at an
# item may still be checked while it is locked like this.
_ITEM_COLUMNS = "i.id, i.kind, i.external_id, i.market, i.language, i.state, i.seller_ref, i.title, i.snapshot_id"
_KNOWN = {
    "postgresql": f"SELECT i.* FROM unnest(%s::text[], %s::text[]) AS asked (kind, ref) "  # noqa: S608
    f"CROSS JOIN LATERAL (SELECT {_ITEM_COLUMNS} FROM intake_item i "
    "WHERE i.external_id = asked.ref AND i.kind = asked.kind LIMIT 1 FOR NO KEY UPDATE) AS i",
    "sqlite": f"SELECT {_ITEM_COLUMNS} FROM json_each(%s) AS asked CROSS JOIN intake_item i "  # noqa: S608
    "ON i.external_id = json_extract(asked.value, '$[1]') AND i.kind = json_extract(asked.value, '$[0]')",
}
_NEWEST = {
    "postgresql": "SELECT s.* FROM unnest(%s::uuid[]) AS asked (id) CROSS JOIN LATERAL "
    "(SELECT s.id, s.number, s.digest FROM intake_snapshot s WHERE s.id = asked.id LIMIT 1) AS s",
    "sqlite": "SELECT s.id, s.number, s.digest FROM json_each(%s) AS asked CROSS JOIN intake_snapshot s "
    "ON s.id = json_extract(asked.value, '$[0]')",
}


def _columns(rows: Sequence[Sequence[Any]]) -> list[Any]:
    """A list of rows as parameters: one array for each column on PostgreSQL, one JSON text on SQLite."""
    if connection.vendor == "postgresql":
        return [list(column) for column in zip(*rows, strict=True)]
    return [orjson.dumps([[one.hex if isinstance(one, UUID) else one for one in row] for row in rows]).decode()]


def last_contents(snapshot_ids: Iterable[UUID]) -> dict[UUID, tuple[dict[str, Any], int]]:
    """Content and schema version of the snapshots named."""
    rows = Snapshot.objects.filter(id__in=list(snapshot_ids)).values_list("id", "content", "schema_version")
    return {id_: (content, version) for id_, content, version in rows}


def stored_digests(digests: Iterable[str]) -> frozenset[str]:
    return frozenset(StoredMedia.objects.filter(digest__in=list(digests)).values_list("digest", flat=True))


def known_detections(snapshot_ids: Iterable[UUID]) -> set[tuple[UUID, str, str, str, float]]:
    """What was found in these snapshots before: snapshot, model, version, label, score."""
    rows = Detection.objects.filter(snapshot_id__in=list(snapshot_ids))
    return set(rows.values_list("snapshot_id", "model", "version", "label", "score"))


def _move(known: Sequence[Standing], at: datetime) -> None:
    """Point known items at their newest snapshots, in one statement."""
    if not known:
        return
    sets = "snapshot_id, market, language, state, seller_ref, title, title_key"
    rows = [
        (one.snapshot_id, one.market, one.language, one.state, one.seller_ref, one.title, title_key(one.title), one.id)
        for one in known
    ]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"UPDATE intake_item i SET ({sets}, updated_at) = "  # noqa: S608
                "(v.snapshot_id, v.market, v.language, v.state, v.seller_ref, v.title, v.title_key, %s) FROM "
                "unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::uuid[]) "
                f"AS v({sets}, id) WHERE i.id = v.id",
                [at, *(list(column) for column in zip(*rows, strict=True))],
            )
        else:
            now = connection.ops.adapt_datetimefield_value(at)
            assignments = ", ".join(f"{name} = %s" for name in sets.split(", "))
            cursor.executemany(
                f"UPDATE intake_item SET {assignments}, updated_at = %s WHERE id = %s",  # noqa: S608
                [(row[0].hex, *row[1:7], now, row[7].hex) for row in rows],
            )


def _relate(touched: Sequence[Standing]) -> None:
    """Make the relations of the items be those of their newest submissions."""
    known = [one.id for one in touched if not one.is_new and one.relations is not None]
    if known:
        Relation.objects.filter(item_id__in=known).delete()
    insert_rows(
        Relation,
        _RELATION,
        [(one.id, r.role, r.kind, r.external_id) for one in touched for r in one.relations or ()],
    )


def _keep_traits(sellers: Sequence[Standing]) -> None:
    """Make the traits of these sellers be those of their newest content; nothing is asked of the database without any."""
    if known := [one.id for one in sellers if not one.is_new]:
        Trait.objects.filter(item_id__in=known).delete()
    rows = [(one.id, t.kind, t.digest, t.shown) for one in sellers for t in traits_of(one.content or {})]
    insert_rows(Trait, _TRAIT, rows)


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)
