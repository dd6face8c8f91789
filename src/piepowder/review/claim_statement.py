"""The statements by which the best case is found, and on PostgreSQL claimed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection

from piepowder.kernel.actor import Actor
from piepowder.kernel.canonical import canonical_json
from piepowder.ledger.operations import Entry, content_around_subject
from piepowder.review.exposure import SEVERITIES, runs
from piepowder.review.models import Case
from piepowder.review.standing import Reach, Wish

LOOKS = (64, 2_000)
"""How many cases are looked at, spread over the lanes; the second look comes only when all of the first were taken."""

_COLUMNS = tuple(field.column for field in Case._meta.concrete_fields)
_FIELDS = tuple(field.attname for field in Case._meta.concrete_fields)

URGENT, OWN, STARRED = 3 * 10**15, 2 * 10**15, 10**15
"""Leads by which the gravest cases of preempting queues, one's own and those of starred queues go before all others; no
two ranks, which are milliseconds, ever lie that far apart."""

_FREE = """
    SELECT top.id, top.rank - {lead} AS rank FROM unnest({arrays}) AS wanted ({columns}){runs}
    CROSS JOIN LATERAL (
      SELECT c.id, c.rank FROM review_case c
      WHERE c.state = 'open' AND c.reserved_for_id IS NULL AND c.lane_id = wanted.lane_id{market}{severity}
        AND c.id <> ALL (ARRAY(SELECT case_id FROM passed_on))
      ORDER BY c.rank, c.id LIMIT {depth}
    ) AS top"""
_OWN = f"""
    SELECT c.id, c.rank - {OWN} AS rank FROM review_case c
    WHERE c.state = 'open' AND c.reserved_for_id = %(user)s AND c.lane_id = ANY (%(reached)s::bigint[])
      AND c.severity = ANY (%(severities)s::smallint[])"""  # noqa: S608 - a number of our own
_LANES = {"arrays": "%({0}lanes)s::bigint[]", "columns": "lane_id", "market": ""}
_LANES_IN_MARKETS = {
    "arrays": "%({0}market_lanes)s::bigint[], %({0}markets)s::text[]",
    "columns": "lane_id, market",
    "market": " AND c.market = wanted.market",
}
_RUNS = " CROSS JOIN unnest(%(lows)s::smallint[], %(highs)s::smallint[]) AS run (low, high)"
_PREFERRED = f"CASE WHEN wanted.lane_id = ANY (%(starred)s::bigint[]) THEN {STARRED} ELSE 0 END"

# "state || ''" keeps the planner away from the partial indexes on state, which its statistics may believe to be empty:
# the candidates are looked up by primary key. The condition is there because a candidate may be gone by the time its
# row is locked; PostgreSQL then checks it against the newest version.
_FIND = """
WITH passed_on AS (SELECT case_id FROM review_skip WHERE user_id = %(user)s AND until > %(at)s),
hands AS (
  SELECT count(*) AS held, coalesce(max(number), 0) + 1 AS next FROM review_lease WHERE user_id = %(user)s
),
candidate AS (
  SELECT id FROM ({candidates}
  ) AS of_all_lanes
  WHERE EXISTS (SELECT 1 FROM review_presence WHERE user_id = %(user)s AND state = 'available')
    AND (SELECT held FROM hands) < %(in_hand)s
    AND (SELECT coalesce(sum(id), 0) FROM review_setupchange) = %(changes)s
  ORDER BY rank, id LIMIT {merged}
),
best AS (
  SELECT c.id FROM review_case c
  WHERE c.id = ANY (ARRAY(SELECT id FROM candidate)) AND c.state || '' = 'open'
    AND (c.reserved_for_id IS NULL OR c.reserved_for_id = %(user)s)
  ORDER BY {order}c.rank, c.id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
),
claimed AS (
  UPDATE review_case c
  SET state = 'claimed', holder_id = %(user)s, vendor = %(vendor)s, claimed_at = %(at)s,
      first_claimed_at = coalesce(c.first_claimed_at, %(at)s), first_offered_at = coalesce(c.first_offered_at, %(at)s),
      reserved_for_id = NULL, reserved_until = NULL
  FROM best WHERE c.id = best.id
  RETURNING {columns}
)"""
_KEEP = """,
lease AS (
  INSERT INTO review_lease (id, case_id, user_id, number, taken_at, beaten_at, length_s, expires_at, shown_s)
  SELECT %(lease)s, claimed.id, %(user)s, (SELECT next FROM hands), %(at)s, %(at)s, queue.lease_s,
         %(at)s + make_interval(secs => queue.lease_s), 0
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


def claim(wish: Wish, look: int) -> str:
    """The statement for somebody with this wish, looking at some ``look`` cases."""
    return _find(wish, look) + _KEEP


def mark(wish: Wish, look: int) -> str:
    """The claim without lease, events and fact, for measuring what these cost."""
    return f"{_find(wish, look)} SELECT id FROM claimed"  # noqa: S608


def _find(wish: Wish, look: int) -> str:
    # Few different texts, so that each is put together once.
    depth, within, urgent = 4, wish.within, wish.urgent
    while depth * (len(within.lanes) + len(within.in_markets)) < look:
        depth *= 2
    parts = (bool(within.lanes), bool(within.in_markets), bool(urgent.lanes), bool(urgent.in_markets))
    return _found(parts, bool(wish.starred), wish.is_restricted, depth, look // 2)


@lru_cache(maxsize=512)
def _found(parts: tuple[bool, bool, bool, bool], starred: bool, restricted: bool, depth: int, merged: int) -> str:
    shapes = (_LANES, _LANES_IN_MARKETS)
    ordinary = {
        "lead": _PREFERRED if starred else "0",
        "runs": _RUNS if restricted else "",
        "severity": " AND c.severity BETWEEN run.low AND run.high" if restricted else "",
    }
    urgent = {"lead": str(URGENT), "runs": "", "severity": " AND c.severity = 0"}
    candidates = [_free(shape, "", ordinary, depth) for shape, wanted in zip(shapes, parts[:2], strict=True) if wanted]
    candidates += [
        _free(shape, "urgent_", urgent, 4) for shape, wanted in zip(shapes, parts[2:], strict=True) if wanted
    ]
    firsts = [f"WHEN c.reserved_for_id = %(user)s THEN {OWN}"]
    if any(parts[2:]):
        firsts.insert(0, f"WHEN c.severity = 0 AND c.lane_id = ANY (%(urgent_reached)s::bigint[]) THEN {URGENT}")
    if starred:
        firsts.append(f"WHEN c.lane_id = ANY (%(starred)s::bigint[]) THEN {STARRED}")
    return _FIND.format(
        candidates="\n    UNION ALL".join([*candidates, _OWN]),
        merged=merged,
        order=f"CASE {' '.join(firsts)} ELSE 0 END DESC, ",
        columns=", ".join(f"c.{column}" for column in _COLUMNS),
    )


def _free(shape: Mapping[str, str], prefix: str, how: Mapping[str, str], depth: int) -> str:
    """The first few of each lane that nobody has reserved."""
    arrays = shape["arrays"].format(prefix)
    return _FREE.format(arrays=arrays, columns=shape["columns"], market=shape["market"], depth=depth, **how)


_FIRST_OF_EACH = """
  SELECT c.rank, c.id FROM wanted JOIN review_case c ON c.id = (
    SELECT w.id FROM review_case w
    WHERE w.state = 'open' AND w.reserved_for_id IS NULL AND w.lane_id = wanted.lane_id {market} {severity}
      AND w.id NOT IN (SELECT case_id FROM review_skip WHERE user_id = %s AND until > %s)
    ORDER BY w.rank, w.id LIMIT 1)"""


def best_waiting(wish: Wish, user: int, at: datetime) -> UUID | None:
    """The id of the case that would be claimed next, without locking it, on either database.

    The state stands in the text: SQLite uses a partial index only when it can read the condition there.
    """
    if urgent := urgent_waiting(wish, user, at):
        return urgent
    if own := _reserved(wish, user):
        return own
    starred = frozenset(wish.starred)
    if starred:
        within = wish.within
        lanes = tuple(lane for lane in within.lanes if lane in starred)
        in_markets = tuple(pair for pair in within.in_markets if pair[0] in starred)
        if found := _best_of(Reach(lanes, in_markets), wish.severities, user, at):
            return found
    return _best_of(wish.within, wish.severities, user, at)


def urgent_waiting(wish: Wish, user: int, at: datetime) -> UUID | None:
    """The first of the gravest cases in preempting queues, without locking it."""
    return _best_of(wish.urgent, (0,), user, at) if 0 in wish.severities else None


def _reserved(wish: Wish, user: int) -> UUID | None:
    lanes, severities = ", ".join(map(str, wish.within.all_lanes)), ", ".join(map(str, wish.severities))
    if not lanes or not severities:
        return None
    sql = (
        "SELECT id FROM review_case WHERE state = 'open' AND reserved_for_id = %s"  # noqa: S608 - numbers of our own
        f" AND lane_id IN ({lanes}) AND severity IN ({severities}) ORDER BY rank, id LIMIT 1"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [user])
        row = cursor.fetchone()
    return _uuid(row[0]) if row else None


def _best_of(within: Reach, severities: Sequence[int], user: int, at: datetime) -> UUID | None:
    firsts = []
    if within.lanes:
        firsts.append(_first([(lane,) for lane in within.lanes], ("lane_id",), "", severities, user, at))
    if within.in_markets:
        market = "AND w.market = wanted.market"
        firsts.append(_first(within.in_markets, ("lane_id", "market"), market, severities, user, at))
    best = min((first for first in firsts if first is not None), default=None)
    return best[1] if best else None


def _first(
    wanted: Sequence[tuple[Any, ...]],
    columns: Sequence[str],
    market: str,
    severities: Sequence[int],
    user: int,
    at: datetime,
) -> tuple[int, UUID] | None:
    marks = ", ".join(["(" + ", ".join(["%s"] * len(columns)) + ")"] * len(wanted))
    graded = (
        "" if tuple(severities) == SEVERITIES else f"AND w.severity IN ({', '.join(map(str, severities)) or 'NULL'})"
    )
    sql = (
        f"WITH wanted ({', '.join(columns)}) AS (VALUES {marks})"
        f"{_FIRST_OF_EACH.format(market=market, severity=graded)} ORDER BY c.rank, c.id LIMIT 1"
    )
    moment = connection.ops.adapt_datetimefield_value(at)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*(value for row in wanted for value in row), user, moment])
        row = cursor.fetchone()
    if row is None:
        return None
    return row[0], _uuid(row[1])


def _uuid(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def values(
    *, actor: Actor, user: int, wish: Wish, in_hand: int, lease_id: UUID, changes: int, at: datetime
) -> dict[str, Any]:
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
        "in_hand": in_hand,
        "reached": list(wish.within.all_lanes),
        "urgent_reached": list(wish.urgent.all_lanes),
        "starred": list(wish.starred),
        "severities": list(wish.severities),
        "lows": [low for low, _ in runs(wish.severities)],
        "highs": [high for _, high in runs(wish.severities)],
        **_places("", wish.within),
        **_places("urgent_", wish.urgent),
    }


def _places(prefix: str, within: Reach) -> dict[str, Any]:
    return {
        f"{prefix}lanes": list(within.lanes),
        f"{prefix}market_lanes": [lane for lane, _ in within.in_markets],
        f"{prefix}markets": [market for _, market in within.in_markets],
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
