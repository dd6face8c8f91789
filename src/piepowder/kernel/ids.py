"""Identifiers made by us: UUID version 7 (RFC 9562), so that rows made one after another lie one after another."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    return uuid7()


def short(ref: UUID) -> str:
    """The last eight hex digits: what people read out to each other."""
    return ref.hex[-8:].upper()
