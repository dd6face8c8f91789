"""The statements by which the best case is found, and on PostgreSQL claimed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection

from piepowder.kernel.actor import Actor
from piepowder.kernel.canonical import canonical_json
from piepowder.ledger.operations import Entry, content_around_subject
from piepowder.review.models import Case
from piepowder.review.standing import Reach

LOOKS = (64, 2_000)
"""How many cases are looked at, spread over the lanes; the second look comes only when all of the first were taken."""

_COLUMNS = tuple(field.column for field in Case._meta.concrete_fields)
_FIELDS = tuple(field.attname for field in Case._meta.concrete_fields)

_IN_EVERY_MARKET = """
    SELECT top.id, top.rank FROM unnest(%(lanes)s::bigint[]) AS wanted (lane_id)
    CROSS JOIN LATERAL (
      SELECT c.id, c.rank FROM review_case c
      WHERE c.state = 'open' AND c.lane_id = wanted.lane_id AND c.id <> ALL (ARRAY(SELECT case_id FROM passed_on))
      ORDER BY c.rank, c.id LIMIT {depth}
    ) AS top"""
_IN_SOME_MARKETS = """
    SELECT top.id, top.rank FROM unnest(%(market_lanes)s::bigint[], %(markets)s::text[]) AS wanted (lane_id, market)
    CROSS JOIN LATERAL (
      SELECT c.id, c.rank FROM review_case c
      WHERE c.state = 'open' AND c.lane_id = wanted.lane_id AND c.market = wanted.market
        AND c.id <> ALL (ARRAY(SELECT case_id FROM passed_on))
      ORDER BY c.rank, c.id LIMIT {depth}
    ) AS top"""

# "state || ''" keeps the planner away from the partial indexes on state, which its statistics may believe to be empty:
# the candidates are looked up by primary key. The condition is there because a candidate may be gone by the time its
# row is locked; PostgreSQL then checks it against the newest version.
_FIND = """
WITH passed_on AS (SELECT case_id FROM review_skip WHERE user_id = %(user)s AND until > %(at)s),
candidate AS (
  SELECT id FROM ({candidates}
  ) AS of_all_lanes
  WHERE EXISTS (SELECT 1 FROM review_presence WHERE user_id = %(user)s AND state = 'available')
    AND (SELECT coalesce(sum(id), 0) FROM review_setupchange) = %(changes)s
  ORDER BY rank, id LIMIT {merged}
),
best AS (
  SELECT c.id FROM review_case c
  WHERE c.id = ANY (ARRAY(SELECT id FROM candidate)) AND c.state || '' = 'open'
  ORDER BY c.rank, c.id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
),
claimed AS (
  UPDATE review_case c
  SET state = 'claimed', holder_id = %(user)s, vendor = %(vendor)s, claimed_at = %(at)s,
      first_claimed_at = coalesce(c.first_claimed_at, %(at)s), first_offered_at = coalesce(c.first_offered_at, %(at)s)
  FROM best WHERE c.id = best.id
  RETURNING {columns}
)"""
_KEEP = """,
lease AS (
  INSERT INTO review_lease (id, case_id, user_id, taken_at, beaten_at, length_s, expires_at)
  SELECT %(lease)s, claimed.id, %(user)s, %(at)s, %(at)s, queue.lease_s, %(at)s + make_interval(secs => queue.lease_s)
  FROM claimed JOIN review_queue queue ON queue.id = claimed.queue_id
  RETURNING expires_at
),
step AS (
  INSERT INTO review_caseevent (case_id, kind, at, actor_kind, actor_ref, vendor, lease, body)
  SELECT claimed.id, step_kind, %(at)s, %(actor_kind)s, %(actor_ref)s, %(vendor)s, %(lease)s, '{}'
  FROM claimed, unnest(ARRAY['offered', 'claimed']) AS step_kind
),
fact AS (
  INSERT INTO ledger_fact (at, verb, actor_kind, actor_ref, subject_kind, subject_id, vendor, body, digest)
  SELECT %(at)s, 'case.claim', %(actor_kind)s, %(actor_ref)s, 'case', claimed.id::text, %(vendor)s, %(told)s::jsonb,
         encode(sha256(convert_to(%(before_id)s || claimed.id::text || %(after_id)s, 'UTF8')), 'hex')
  FROM claimed
)
SELECT lease.expires_at, claimed.* FROM claimed, lease
"""


_ITS_ID = "@the id of the claimed case@"


def claim(within: Reach, look: int) -> str:
    """The statement for somebody with this reach, looking at some ``look`` cases."""
    return _find(within, look) + _KEEP


def mark(within: Reach, look: int) -> str:
    """The claim without lease, events and fact, for measuring what these cost."""
    return f"{_find(within, look)} SELECT id FROM claimed"  # noqa: S608


def _find(within: Reach, look: int) -> str:
    # Few different texts, so that each is put together once.
    depth = 4
    while depth * (len(within.lanes) + len(within.in_markets)) < look:
        depth *= 2
    return _found(bool(within.lanes), bool(within.in_markets), depth, look // 2)


@lru_cache(maxsize=256)
def _found(every: bool, some: bool, depth: int, merged: int) -> str:
    parts = [_IN_EVERY_MARKET] * every + [_IN_SOME_MARKETS] * some
    return _FIND.format(
        candidates="\n    UNION ALL".join(part.format(depth=depth) for part in parts),
        merged=merged,
        columns=", ".join(f"c.{column}" for column in _COLUMNS),
    )


_FIRST_OF_EACH = """
  SELECT c.rank, c.id FROM wanted JOIN review_case c ON c.id = (
    SELECT w.id FROM review_case w
    WHERE w.state = 'open' AND w.lane_id = wanted.lane_id {market}
      AND w.id NOT IN (SELECT case_id FROM review_skip WHERE user_id = %s AND until > %s)
    ORDER BY w.rank, w.id LIMIT 1)"""


def best_waiting(within: Reach, user: int, at: datetime) -> UUID | None:
    """The id of the case that would be claimed next, without locking it, on either database.

    The state stands in the text: SQLite uses a partial index only when it can read the condition there.
    """
    firsts = []
    if within.lanes:
        firsts.append(_first([(lane,) for lane in within.lanes], ("lane_id",), "", user, at))
    if within.in_markets:
        firsts.append(_first(within.in_markets, ("lane_id", "market"), "AND w.market = wanted.market", user, at))
    best = min((first for first in firsts if first is not None), default=None)
    return best[1] if best else None


def _first(
    wanted: Sequence[tuple[Any, ...]], columns: Sequence[str], market: str, user: int, at: datetime
) -> tuple[int, UUID] | None:
    marks = ", ".join(["(" + ", ".join(["%s"] * len(columns)) + ")"] * len(wanted))
    sql = (
        f"WITH wanted ({', '.join(columns)}) AS (VALUES {marks})"
        f"{_FIRST_OF_EACH.format(market=market)} ORDER BY c.rank, c.id LIMIT 1"
    )
    moment = connection.ops.adapt_datetimefield_value(at)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*(value for row in wanted for value in row), user, moment])
        row = cursor.fetchone()
    if row is None:
        return None
    return row[0], row[1] if isinstance(row[1], UUID) else UUID(row[1])


def values(*, actor: Actor, user: int, within: Reach, lease_id: UUID, changes: int, at: datetime) -> dict[str, Any]:
    """The parameters of ``claim`` and of ``mark``."""
    told = {"lease": str(lease_id)}
    before_id, after_id = content_around_subject(actor=actor, at=at, entry=Entry("case.claim", "case", _ITS_ID, told))
    return {
        "user": user,
        "at": at,
        "vendor": actor.vendor,
        "actor_kind": actor.kind.value,
        "actor_ref": actor.ref,
        "lease": lease_id,
        "changes": changes,
        "told": canonical_json(told).decode(),
        "before_id": before_id,
        "after_id": after_id,
        "lanes": list(within.lanes),
        "market_lanes": [lane for lane, _ in within.in_markets],
        "markets": [market for _, market in within.in_markets],
    }


def read(row: tuple[Any, ...]) -> tuple[Case, datetime]:
    """The case and the end of its lease, from what the statement returned."""
    expires_at, *values = row
    fields = Case._meta.concrete_fields
    loaded = [
        field.from_db_value(value, None, None) if hasattr(field, "from_db_value") else value
        for field, value in zip(fields, values, strict=True)
    ]
    return Case.from_db("default", _FIELDS, loaded), expires_at
