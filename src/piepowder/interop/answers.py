"""What an answer means for each statement of a batch; values in, values out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from piepowder.interop.client import Answer

_KEY: Final = re.compile(r"statement_(\d+)")
_LONGEST_TOLD: Final = 300


class Turn(StrEnum):
    """What becomes of one statement after an attempt."""

    STORED = "stored"
    KNOWN = "known"
    REFUSED = "refused"
    AGAIN = "again"
    DOUBT = "doubt"


@dataclass(frozen=True, slots=True)
class Fate:
    turn: Turn
    uuid: str = ""
    permalink: str = ""
    made_at: datetime | None = None
    response: Mapping[str, Any] = field(default_factory=dict)
    errors: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """The fate of each puid, and what the answer says about the line itself."""

    fates: Mapping[str, Fate]
    refuses_token: bool = False
    failed: bool = False
    """Nothing was settled: the line rests before the next attempt."""
    problem: str = ""


def read(answer: Answer, puids: Sequence[str]) -> Reading:
    """What an answer to ``post_many`` means for the statements that were sent, in their order."""
    if answer.status == 201:
        return _created(answer, puids)
    if answer.status == 422:
        return _refused(answer, puids)
    if answer.status in {401, 403}:
        return _all(puids, Turn.AGAIN, f"answered {answer.status}: the token is refused", refuses_token=True)
    if answer.status is None:
        return _all(puids, Turn.DOUBT if answer.reached else Turn.AGAIN, answer.problem)
    if answer.status >= 500:
        return _all(puids, Turn.DOUBT, f"answered {answer.status}: {_message(answer.body)}")
    return _all(puids, Turn.AGAIN, f"answered {answer.status}: {_message(answer.body)}")


def _all(puids: Sequence[str], turn: Turn, problem: str, *, refuses_token: bool = False) -> Reading:
    fates = {puid: Fate(turn) for puid in puids}
    return Reading(fates, refuses_token, not refuses_token, problem.rstrip(": ")[:_LONGEST_TOLD])


def _created(answer: Answer, puids: Sequence[str]) -> Reading:
    """Each statement that the answer names is stored; one that it leaves out is asked after."""
    listed = answer.body.get("statements") if isinstance(answer.body, Mapping) else None
    told = {str(one.get("puid")): one for one in listed or () if isinstance(one, Mapping)}
    fates = {puid: _stored(told[puid]) if puid in told else Fate(Turn.DOUBT) for puid in puids}
    missing = sum(puid not in told for puid in puids)
    return Reading(fates, problem=f"the answer leaves out {missing}" if missing else "")


def _stored(told: Mapping[str, Any]) -> Fate:
    kept = {name: told[name] for name in ("id", "uuid", "puid", "self", "permalink", "created_at") if name in told}
    return Fate(
        Turn.STORED,
        uuid=str(told.get("uuid") or "")[:64],
        permalink=str(told.get("permalink") or "")[:500],
        made_at=moment(told.get("created_at")),
        response=kept,
    )


def moment(text: Any) -> datetime | None:
    """A moment as the database writes it (UTC, with a blank or a T); ``None`` for anything else."""
    try:
        found = datetime.fromisoformat(str(text).strip().replace(" ", "T").replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else datetime.fromisoformat(f"{found.isoformat()}+00:00")


def _refused(answer: Answer, puids: Sequence[str]) -> Reading:
    """All or nothing: what is named is taken out, the rest goes again at once."""
    errors = answer.body.get("errors") if isinstance(answer.body, Mapping) else None
    if not isinstance(errors, Mapping):
        return _all(puids, Turn.AGAIN, f"answered 422: {_message(answer.body)}")
    known = errors.get("existing_puids")
    if isinstance(known, Sequence) and not isinstance(known, str):
        named = {str(one) for one in known}
        fates = {puid: Fate(Turn.KNOWN if puid in named else Turn.AGAIN) for puid in puids}
        return Reading(fates, failed=not named & set(puids), problem="" if named & set(puids) else "answered 422")
    fates = {puid: Fate(Turn.AGAIN) for puid in puids}
    for key, told in errors.items():
        position = _KEY.fullmatch(str(key))
        if position is not None and int(position[1]) < len(puids):
            fates[puids[int(position[1])]] = Fate(Turn.REFUSED, response={"errors": told}, errors=tuple(_told(told)))
    nothing = all(fate.turn is Turn.AGAIN for fate in fates.values())
    return Reading(fates, failed=nothing, problem=f"answered 422: {_message(answer.body)}" if nothing else "")


def _told(errors: Any) -> list[Mapping[str, str]]:
    if not isinstance(errors, Mapping):
        return [{"field": "", "said": str(errors)[:_LONGEST_TOLD]}]
    return [
        {"field": str(name), "said": str(one)[:_LONGEST_TOLD]}
        for name, texts in errors.items()
        for one in (texts if isinstance(texts, list) else [texts])
    ]


def _message(body: Any) -> str:
    return str(body.get("message", "")) if isinstance(body, Mapping) else ""
