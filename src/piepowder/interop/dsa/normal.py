"""What the database keeps of an accepted statement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from piepowder.decisions.transparency import vocabulary as known
from piepowder.decisions.transparency.official import FIELDS, judge
from piepowder.decisions.transparency.preparing import fields_of, filled, members, printed

_LISTS: Final = frozenset(
    {"decision_visibility", "category_addition", "category_specification", "content_type", "territorial_scope"}
)


def kept_of(payload: Any, *, among_others: bool) -> dict[str, Any]:
    """The stored fields, every one there, null when it says nothing: lists without repetitions and sorted, the product's
    code under its flat name, and without what was sent for nothing."""
    fields = fields_of(payload)
    dropped = judge(fields, among_others=among_others).dropped
    kept: dict[str, Any] = {}
    for name in FIELDS:
        value = None if name in dropped else fields.get(name)
        kept[name] = _listed(value) if name in _LISTS else value
    kept["category_addition"] = [one for one in kept["category_addition"] if one != fields.get("category")]
    kept["content_id_ean"] = _ean(fields, among_others=among_others)
    kept["puid"] = printed(fields.get("puid"))
    if fields.get("source_type") == known.VOLUNTARY:
        kept["source_identity"] = None
    if among_others and known.KEYWORD_OTHER not in kept["category_specification"]:
        kept["category_specification_other"] = None
    return kept


def _listed(value: Any) -> list[Any]:
    return sorted(set(members(value) or ()))


def _ean(fields: Mapping[str, Any], *, among_others: bool) -> Any:
    within = fields.get("content_id")
    nested = within.get("EAN-13") if isinstance(within, Mapping) else None
    flat = fields.get("content_id_ean")
    return flat if not among_others and filled(flat) else nested
