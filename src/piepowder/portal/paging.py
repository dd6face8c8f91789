"""One page of a list of the portal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

T = TypeVar("T")
M = TypeVar("M", bound=Model)
SIZE: Final = 25
_MOST_PAGES: Final = 4_000


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """``rows`` of page ``number`` (from 1). Whether there is another is known without counting them all."""

    rows: Sequence[T]
    number: int
    has_next: bool

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def previous(self) -> int:
        return self.number - 1

    @property
    def next(self) -> int:
        return self.number + 1


def paged(request: HttpRequest, rows: QuerySet[M], size: int = SIZE) -> Page[M]:
    """The page that the address names; one row more is read to know whether another follows."""
    asked = request.GET.get("page", "")
    number = min(max(int(asked), 1), _MOST_PAGES) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
    found = list(rows[(number - 1) * size : number * size + 1])
    return Page(found[:size], number, len(found) > size)
