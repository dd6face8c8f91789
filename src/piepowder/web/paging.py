"""One page of a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from piepowder.web.filters import number

T = TypeVar("T")
M = TypeVar("M", bound=Model)
SIZE = 50


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


def page_number(request: HttpRequest) -> int:
    """The page that the address names, 1 when it names none that can be."""
    return min(number(request.GET.get("page", "")) or 1, 10_000)


def paged(request: HttpRequest, rows: QuerySet[M], size: int = SIZE) -> Page[M]:
    """The page of ``rows`` that the address names; one row more is read to know whether another follows."""
    number = page_number(request)
    found = list(rows[(number - 1) * size : number * size + 1])
    return Page(found[:size], number, len(found) > size)
