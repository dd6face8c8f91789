"""What the API answers when it says no (RFC 9457)."""

from __future__ import annotations

from dataclasses import dataclass

import httpx


@dataclass(frozen=True, slots=True)
class ProblemField:
    """One bad field; ``pointer`` is a JSON pointer (RFC 6901) into what was sent."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):
    """The answer was not a success; ``code`` is stable and names the reason."""

    def __init__(self, status: int, code: str, detail: str, problems: tuple[ProblemField, ...] = ()) -> None:
        told = "".join(f"\n  {problem.pointer}: {problem.detail}" for problem in problems)
        super().__init__(f"{status} {code}: {detail}{told}")
        self.status = status
        self.code = code
        self.detail = detail
        self.problems = problems


def problem_in(response: httpx.Response) -> Problem:
    """The problem in ``response``; one that is no problem document (a proxy's page) is told by its status alone."""
    try:
        body = response.json()
        fields = tuple(ProblemField(f["pointer"], f["code"], f["detail"]) for f in body.get("problems", ()))
        return Problem(response.status_code, body["code"], body["detail"], fields)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Problem(response.status_code, f"http_{response.status_code}", response.reason_phrase)
