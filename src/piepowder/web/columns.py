"""Columns that the reader chooses: which, in which order, kept in the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.http import QueryDict
from django.utils.functional import Promise

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """``cell`` draws it; ``fields`` are what an export has in its place."""

    label: str | Promise
    cell: Callable[[R], str]
    fields: tuple[str, ...]
    css: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A column in the menu, with the addresses that take it in or out and move it; empty where it cannot be."""

    label: str | Promise
    shown: bool
    toggle: str
    sooner: str = ""
    later: str = ""


@dataclass(frozen=True, slots=True)
class Chosen(Generic[R]):
    """The columns of a page as its address asks for them."""

    known: Mapping[str, Column[R]]
    keys: tuple[str, ...]
    usual: tuple[str, ...]

    @property
    def columns(self) -> tuple[Column[R], ...]:
        return tuple(self.known[key] for key in self.keys)

    @property
    def fields(self) -> tuple[str, ...]:
        """What an export of exactly these columns has, each once."""
        return tuple(dict.fromkeys(field for column in self.columns for field in column.fields))

    @property
    def are_usual(self) -> bool:
        return self.keys == self.usual

    def lines(self, rows: Sequence[R]) -> list[list[tuple[str, str]]]:
        """Each row as its cells, with the class of each."""
        columns = self.columns
        return [[(column.cell(row), column.css) for column in columns] for row in rows]

    def choices(self, query: QueryDict) -> list[Choice]:
        """The menu: what is shown in its order, then the rest."""
        found = [
            Choice(
                self.known[key].label,
                True,
                _with(query, [other for other in self.keys if other != key]) if len(self.keys) > 1 else "",
                _with(query, _swapped(self.keys, place - 1)) if place else "",
                _with(query, _swapped(self.keys, place)) if place + 1 < len(self.keys) else "",
            )
            for place, key in enumerate(self.keys)
        ]
        rest = [key for key in self.known if key not in self.keys]
        return found + [Choice(self.known[key].label, False, _with(query, [*self.keys, key])) for key in rest]

    def without_choice(self, query: QueryDict) -> str:
        """The address with the usual columns."""
        return _with(query, ())


def chosen_columns(query: QueryDict, known: Mapping[str, Column[R]], usual: tuple[str, ...]) -> Chosen[R]:
    """What ``?cols=a,b,c`` asks for, without what there is not; the usual ones when it asks for none."""
    asked = dict.fromkeys(query.get("cols", "").split(","))
    return Chosen(known, tuple(key for key in asked if key in known) or usual, usual)


def _swapped(keys: Sequence[str], place: int) -> list[str]:
    moved = list(keys)
    moved[place], moved[place + 1] = moved[place + 1], moved[place]
    return moved


def _with(query: QueryDict, keys: Sequence[str]) -> str:
    changed = query.copy()
    changed.pop("cols", None)
    if keys:
        changed["cols"] = ",".join(keys)
    return changed.urlencode(safe=",")
