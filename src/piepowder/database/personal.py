"""What is known of people, said by each package for its own tables: which columns hold it and how they are emptied.

A package has a module ``erasure.py`` that calls ``declare`` once. The upper package that erases finds all of them here, so
that a table of a new package cannot be forgotten: a test asks for a word about every text column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from itertools import islice
from typing import Any

from django.db import models
from django.db.models import F, Func
from django.utils.functional import Promise
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from piepowder.database.triggers import ERASED

__all__ = [
    "ERASED",
    "Age",
    "Emptying",
    "Kept",
    "Nature",
    "Part",
    "Subject",
    "SubjectKind",
    "Without",
    "declare",
    "in_lots",
    "kept_now",
    "parts",
    "said",
]


class Nature(StrEnum):
    """What a text column holds of people."""

    PERSONAL = "personal"
    """Says something of a person, or may: erasure empties it."""
    REFERENCE = "reference"
    """An id under which the marketplace knows somebody; says nothing without its records, so it stays."""
    PLAIN = "plain"
    """Says nothing of outsiders: codes, digests, words of the organisation."""


class SubjectKind(models.TextChoices):
    SELLER = "seller", _("seller")
    REPORTER = "reporter", _("reporter")
    BUYER = "buyer", _("buyer")
    RIGHTS_OWNER = "rights_owner", _("rights owner")
    STAFF = "staff", _("person who worked here")


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose data: ``ref`` is the marketplace's id of a seller, buyer or rights owner, our id of a reporter or user."""

    kind: str
    ref: str
    addresses: tuple[str, ...] = ()
    """E-mail addresses known of the person, in lower case."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Things of one kind that must not be erased yet; ``refs`` is a list or a query of one column.

    ``why`` is a code: ``held``, ``complaint_open`` …; ``until`` the first day on which it may be asked again, if known.
    """

    kind: str
    refs: Any
    why: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Emptying:
    """Rows and what becomes of them: ``becomes`` gives each column its new value, none deletes the rows.

    ``guarded`` says by which column a row belongs to a thing that somebody may hold: ``{"item": "snapshot__item_id"}``.
    ``stays`` is set for rows that are only shown, never emptied, with the code of why.
    """

    what: str | Promise
    rows: models.QuerySet[Any]
    becomes: Mapping[str, Any] = field(default_factory=dict)
    guarded: Mapping[str, str] = field(default_factory=dict)
    stays: str = ""
    until: date | None = None
    watch: Callable[[list[Any]], Callable[[], None]] | None = None
    """Called with the ids of each batch before it is emptied; what it returns is called after, in the same transaction."""

    @property
    def place(self) -> str:
        """Table and columns, as the record of an erasure names them."""
        table = self.rows.model._meta.db_table
        return f"{table}.{'+'.join(sorted(self.becomes))}" if self.becomes else table

    def left(self) -> models.QuerySet[Any]:
        """The rows that still say something. Where a value is worked out in the database, ``rows`` leave out the emptied."""
        worked_out = (
            hasattr(one, "resolve_expression") and not isinstance(one, Without) for one in self.becomes.values()
        )
        if not self.becomes or self.stays or any(worked_out):
            return self.rows
        emptied = models.Q()
        for name, value in self.becomes.items():
            emptied &= ~value.present(name) if isinstance(value, Without) else models.Q(**{name: value})
        return self.rows.exclude(emptied)


class Without(Func):
    """A JSON column without some of its keys."""

    output_field = models.JSONField()

    def __init__(self, column: str, *keys: str) -> None:
        super().__init__(F(column))
        self.column, self.keys = column, keys

    def present(self, column: str) -> models.Q:
        """Whether any of the keys is there."""
        return models.Q(**{f"{column}__has_any_keys": list(self.keys)})

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        sql, params = compiler.compile(self.source_expressions[0])
        paths = ", ".join(["%s"] * len(self.keys))
        return f"json_remove({sql}, {paths})", [*params, *(f"$.{key}" for key in self.keys)]

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        sql, params = compiler.compile(self.source_expressions[0])
        return f"({sql} - %s::text[])", [*params, list(self.keys)]


@dataclass(frozen=True, slots=True)
class Age:
    """One kind of data that can be kept for a time only; ``rows(before, at)`` gives what is older than ``before``."""

    code: str
    title: str | Promise
    rows: Callable[[datetime, datetime], Iterable[Emptying]]
    months: int | None = None
    """The usual time; none keeps it until somebody chooses."""
    pack: str = ""
    counted_from: str | Promise = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What one package knows of people. ``columns`` names every text and JSON column of its tables."""

    package: str
    columns: Mapping[str, Nature]
    of: Callable[[Subject, datetime], Iterable[Emptying]] = lambda subject, at: ()
    addresses: Callable[[Subject], Iterable[str]] = lambda subject: ()
    """E-mail addresses by which the person is known in this package."""
    kept: Callable[[Subject | None, datetime], Iterable[Kept]] = lambda subject, at: ()
    """What must stay at that moment; without a subject, of anybody."""
    ages: tuple[Age, ...] = ()


_parts: dict[str, Part] = {}


def declare(part: Part) -> None:
    """Make a package's part known; said again it replaces."""
    _parts[part.package] = part


def parts() -> tuple[Part, ...]:
    """Every part, by package."""
    autodiscover_modules("erasure")
    return tuple(_parts[name] for name in sorted(_parts))


def kept_now(subject: Subject | None, at: datetime) -> list[Kept]:
    """Everything that must stay at the moment, as all packages say; without a subject, of anybody."""
    return [kept for part in parts() for kept in part.kept(subject, at)]


def said(
    *,
    personal: Mapping[str, str] | None = None,
    reference: Mapping[str, str] | None = None,
    plain: Mapping[str, str] | None = None,
) -> dict[str, Nature]:
    """Columns by their nature, each table with its columns in one line of words."""
    named = ((Nature.PERSONAL, personal), (Nature.REFERENCE, reference), (Nature.PLAIN, plain))
    return {
        f"{table}.{column}": nature
        for nature, tables in named
        for table, columns in (tables or {}).items()
        for column in columns.split()
    }


def in_lots(refs: Iterable[Any], size: int = 500) -> Iterator[list[Any]]:
    """Ids in lots that fit into one statement on either database."""
    rest = iter(refs)
    while lot := list(islice(rest, size)):
        yield lot
