"""Items as a stream of lines: results per line, memory that does not grow, no good line lost to a bad one."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import orjson
from django.db import DataError, IntegrityError, transaction

from piepowder.intake.outcomes import Outcome, refused
from piepowder.intake.reception import receive
from piepowder.intake.schemas import Submitted, parse_submission
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import FieldProblem, Forbidden, PiepowderError

MOST_BYTES_PER_LINE = 1024 * 1024
BATCH = 1_000


@dataclass(frozen=True, slots=True)
class LineResult:
    """What became of one line; lines count from 1, and ``external_id`` is empty when the line could not be read."""

    line: int
    kind: str
    external_id: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class _Read:
    line: int
    given: Submitted | list[FieldProblem]


def receive_stream(
    *,
    actor: Actor,
    lines: Iterable[bytes],
    at_clock: Callable[[], datetime],
    batch: int = BATCH,
) -> Iterator[LineResult]:
    """Store newline-delimited JSON and yield a result for each line that is not blank, in order.

    Every ``batch`` lines are one transaction of their own; a result is yielded only after its transaction has committed,
    so what has been yielded is durable whatever happens next. Must not be called inside a transaction.
    """
    read = (_Read(number, _parsed(line)) for number, line in enumerate(_unmarked(lines), 1) if line.strip())
    return _in_batches(actor, read, at_clock, batch)


def lines_of(chunks: Iterable[bytes], most: int = MOST_BYTES_PER_LINE) -> Iterator[bytes]:
    """The lines of a body that comes in chunks, holding at most one line and one chunk in memory.

    Of a line longer than ``most`` only the first ``most`` + 1 bytes are yielded, which ``receive_stream`` reports.
    """
    rest = b""
    for chunk in chunks:
        first, *others = chunk.split(b"\n")
        rest = rest + first if len(rest) <= most else rest
        for other in others:
            yield rest[: most + 1]
            rest = other
    if rest:
        yield rest[: most + 1]


def _unmarked(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines without the byte-order mark that Windows puts before the first one."""
    source = iter(lines)
    for first in islice(source, 1):
        yield first.removeprefix(BOM_UTF8)
    yield from source


def _parsed(line: bytes) -> Submitted | list[FieldProblem]:
    if len(line) > MOST_BYTES_PER_LINE:
        return [FieldProblem("", "line_too_long", f"the line is longer than {MOST_BYTES_PER_LINE // 1024} KB")]
    try:
        raw = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return [FieldProblem("", "not_json", f"the line is not JSON: {error.msg} at character {error.colno}")]
    return parse_submission(raw)


def _in_batches(
    actor: Actor, read: Iterator[_Read], at_clock: Callable[[], datetime], batch: int
) -> Iterator[LineResult]:
    while lines := list(islice(read, batch)):
        good = [(one.line, one.given) for one in lines if isinstance(one.given, Submitted)]
        outcomes = dict(
            zip((line for line, _ in good), _stored(actor, [one for _, one in good], at_clock), strict=True)
        )
        for one in lines:
            if isinstance(one.given, Submitted):
                yield LineResult(one.line, one.given.kind, one.given.external_id, outcomes[one.line])
            else:
                yield LineResult(one.line, "", "", refused(*one.given))


def _stored(actor: Actor, submissions: Sequence[Submitted], at_clock: Callable[[], datetime]) -> list[Outcome]:
    """Store them in one transaction; when one of them cannot be stored, all others still are."""
    if not submissions:
        return []
    try:
        with transaction.atomic(durable=True):
            return receive(actor=actor, submissions=submissions, at=at_clock())
    except Forbidden:
        raise
    except (DataError, IntegrityError, PiepowderError) as error:
        if len(submissions) == 1:
            code = error.code if isinstance(error, PiepowderError) else "not_stored"
            return [refused(FieldProblem("", code, f"the item could not be stored: {error}"))]
    half = len(submissions) // 2
    return [*_stored(actor, submissions[:half], at_clock), *_stored(actor, submissions[half:], at_clock)]
