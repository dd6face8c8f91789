"""The verdict about a statement, or about a body with several, at two levels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final, Literal

from piepowder.decisions.transparency.official import FieldError, judge
from piepowder.decisions.transparency.preparing import fields_of, members, prepared, printed, size
from piepowder.decisions.transparency.stricter import demands

Level = Literal["official", "strict"]
MOST_TOGETHER: Final = 100


def validate(payload: Any, level: Level, today: date) -> list[FieldError]:
    """What is wrong with a statement sent alone: officially, or also as a careful sender sees it.

    Takes any JSON value and never raises. At the official level the failing fields are exactly those that the database
    would name; the strict level adds errors for what would be lost or refused later, and warnings.
    """
    return _judged(payload, level, today, among_others=False)


def validate_batch(body: Any, level: Level, today: date) -> dict[str, list[FieldError]]:
    """The same for a body ``{"statements": [...]}``, keyed as the endpoint's answer is; empty when nothing is wrong.

    Keys are ``statements`` for the envelope, ``statement_<index>`` for a statement, ``puid`` and ``existing_puids`` for
    ids that occur twice in the body, ``uncaught_exception`` where the database itself breaks.
    """
    statements = fields_of(body).get("statements")
    envelope = list(_envelope(statements))
    if envelope:
        return {"statements": envelope}
    sent = body["statements"]
    entries = list(sent.items()) if isinstance(sent, Mapping) else list(enumerate(sent))
    if not all(isinstance(one, Mapping | list) for one in members(statements) or ()):
        return {"uncaught_exception": [FieldError("uncaught_exception", "exception")]}
    found = {
        f"statement_{index}": errors
        for index, one in entries
        if (errors := _judged(one, level, today, among_others=True))
    }
    if any(judge(fields_of(one), among_others=True).errors for _index, one in entries):
        return found
    return found | _repeated(fields_of(one).get("puid") for _index, one in entries)


def _judged(payload: Any, level: Level, today: date, *, among_others: bool) -> list[FieldError]:
    fields = fields_of(payload)
    run = judge(fields, among_others=among_others)
    if level == "official":
        return list(run.errors)
    failed = {error.field for error in run.errors}
    sent = payload if isinstance(payload, Mapping) else {}
    more = demands(sent, fields, run.dropped, among_others=among_others, today=today)
    return [*run.errors, *(error for error in more if error.field not in failed)]


def _envelope(statements: Any) -> Iterable[FieldError]:
    if statements is None or statements in ([], {}):
        yield FieldError("statements", "required")
        return
    if members(statements) is None:
        yield FieldError("statements", "array")
    if not 1 <= size(prepared(statements)) <= MOST_TOGETHER:
        yield FieldError("statements", f"between:1,{MOST_TOGETHER}")


def _repeated(puids: Iterable[Any]) -> dict[str, list[FieldError]]:
    twice = [puid for puid, count in Counter(printed(puid) for puid in puids).items() if count > 1]
    if not twice:
        return {}
    return {
        "puid": [FieldError("puid", "duplicate_in_call")],
        "existing_puids": [FieldError("existing_puids", f"value:{puid}") for puid in twice],
    }
