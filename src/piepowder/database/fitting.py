"""Texts that one database keeps and the other refuses, found before either is asked."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import models

from piepowder.kernel.errors import FieldProblem, Malformed


def refuse_unfit(row: models.Model) -> None:
    """Raise ``Malformed`` for each text of ``row`` that is longer than its column or holds a NUL.

    PostgreSQL would fail in the middle of the operation, SQLite would keep it and be refused by the next restore.
    """
    problems = list(_problems(row))
    if problems:
        raise Malformed(f"{problems[0].pointer[1:]} {problems[0].detail}", problems=problems)


def _problems(row: models.Model) -> Iterator[FieldProblem]:
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if "\x00" in str(value):
            yield FieldProblem(f"/{field.name}", "bad_text", "must not hold a NUL character")
        elif isinstance(value, str) and field.max_length is not None and len(value) > field.max_length:
            yield FieldProblem(f"/{field.name}", "too_long", f"has at most {field.max_length} characters")
