"""Errors that a caller can act on: few, named for the reason, each with a stable code.

Operations declare their own beside them by subclassing one of the families here; the family fixes the HTTP status, the
code names the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field; ``pointer`` is a JSON pointer (RFC 6901) into what was sent."""

    pointer: str
    code: str
    detail: str


class PiepowderError(Exception):
    """Base of all errors that are the caller's to answer."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"

    def __init__(self, detail: str, *, problems: Sequence[FieldProblem] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problems = tuple(problems)


class Malformed(PiepowderError):
    """The payload cannot be read as what it should be; ``problems`` points at each bad field."""

    status = 422
    code = "malformed"


class Unauthenticated(PiepowderError):
    status = 401
    code = "unauthenticated"


class Forbidden(PiepowderError):
    status = 403
    code = "forbidden"


class NotFound(PiepowderError):
    status = 404
    code = "not_found"


class Conflict(PiepowderError):
    """The state of the thing does not allow it, or somebody was faster."""

    status = 409
    code = "conflict"


class Refused(PiepowderError):
    """Well-formed, but a rule of the house says no."""

    status = 400
    code = "refused"


class TooMany(PiepowderError):
    status = 429
    code = "rate_limited"

    def __init__(self, detail: str, *, retry_after_s: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s
