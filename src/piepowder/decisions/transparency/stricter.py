"""What a careful sender demands beyond the database's rules.

The database loses or tolerates things that the transparency report or the law later needs: an unknown product id is dropped
in silence, an end before the beginning is accepted. What is wrong is found before anything is sent, because a statement can
never be corrected there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from stdnum import ean

from piepowder.decisions.transparency import vocabulary as known
from piepowder.decisions.transparency.days import Day, strict_day
from piepowder.decisions.transparency.official import EAN_FIELD, FieldError
from piepowder.decisions.transparency.preparing import filled, members, trimmed
from piepowder.decisions.transparency.rules import Fields

_TEXTS: Final = (
    "decision_visibility_other",
    "decision_monetary_other",
    "illegal_content_legal_ground",
    "illegal_content_explanation",
    "incompatible_content_ground",
    "incompatible_content_explanation",
    "category_specification_other",
    "content_type_other",
    "decision_facts",
    "source_identity",
)
_LISTS: Final = (
    "decision_visibility",
    "category_addition",
    "category_specification",
    "content_type",
    "territorial_scope",
)
_NULL_WORDS: Final = (
    "decision_monetary",
    "decision_provision",
    "decision_account",
    "account_type",
    "decision_visibility",
    "category_specification",
)
_END_OF: Final = {
    "end_date_visibility_restriction": "decision_visibility",
    "end_date_monetary_restriction": "decision_monetary",
    "end_date_service_restriction": "decision_provision",
    "end_date_account_restriction": "decision_account",
}


def demands(
    sent: Mapping[str, Any], fields: Fields, dropped: frozenset[str], *, among_others: bool, today: date
) -> Iterator[FieldError]:
    """What is wrong with a statement besides the official rules; ``sent`` is as it came, ``fields`` prepared.

    Fields that the database drops unread are not looked at: nothing is lost with them that anybody relied on.
    """
    yield from _puid(sent.get("puid"))
    yield from _kinds(fields, dropped)
    yield from _product(fields, among_others=among_others)
    yield from _dates(fields, today)
    yield from _keywords(fields)
    if not filled(fields.get("territorial_scope")):
        yield FieldError("territorial_scope", "required")
    url = fields.get("decision_ground_reference_url")
    if isinstance(url, str) and not url.lower().startswith(("http://", "https://")):
        yield FieldError("decision_ground_reference_url", "url")


def _puid(puid: Any) -> Iterator[FieldError]:
    """Only the canonical form is found again when the database is asked whether it has it."""
    if puid is not None and not isinstance(puid, str):
        yield FieldError("puid", "string")
    elif isinstance(puid, str) and puid != trimmed(puid):
        yield FieldError("puid", "trimmed")


def _kinds(fields: Fields, dropped: frozenset[str]) -> Iterator[FieldError]:
    for field in _TEXTS:
        if field not in dropped and fields.get(field) is not None and not isinstance(fields[field], str):
            yield FieldError(field, "string")
    for field in _LISTS:
        if isinstance(fields.get(field), Mapping):
            yield FieldError(field, "list")
    for field in _NULL_WORDS:
        value = fields.get(field)
        if "null" in (members(value) or [value]):
            yield FieldError(field, "in")


def _product(fields: Fields, *, among_others: bool) -> Iterator[FieldError]:
    within, flat = fields.get("content_id"), fields.get("content_id_ean")
    if isinstance(within, list) and within:
        yield FieldError("content_id", "unknown_key")
    if isinstance(within, Mapping):
        if set(within) - {"EAN-13"}:
            yield FieldError("content_id", "unknown_key")
        if "EAN-13" in within and not _is_ean(within["EAN-13"]):
            yield FieldError(EAN_FIELD, "check_digit")
        if not among_others and filled(flat) and filled(within.get("EAN-13")) and flat != within["EAN-13"]:
            yield FieldError("content_id_ean", f"same:{EAN_FIELD}")
    if among_others and filled(flat):
        yield FieldError("content_id_ean", "not_kept")
    elif filled(flat) and not _is_ean(flat):
        yield FieldError("content_id_ean", "check_digit")


def _is_ean(code: Any) -> bool:
    return isinstance(code, str) and len(code) == 13 and bool(ean.is_valid(code))


def _dates(fields: Fields, today: date) -> Iterator[FieldError]:
    begins, made = _day(fields.get("application_date")), _day(fields.get("content_date"))
    this_day = (today.year, today.month, today.day)
    for field, day in (("content_date", made), ("application_date", begins)):
        if day is not None and day > this_day:
            yield FieldError(field, "before_or_equal:today")
    if begins is not None and made is not None and made > begins:
        yield FieldError("content_date", "before_or_equal:application_date")
    for field, decision in _END_OF.items():
        end = fields.get(field)
        if filled(end) and not filled(fields.get(decision)):
            yield FieldError(field, f"required_with:{decision}")
        ends = _day(end)
        if begins is not None and ends is not None and ends < begins:
            yield FieldError(field, "after_or_equal:application_date")


def _day(value: Any) -> Day | None:
    return strict_day(value) if isinstance(value, str) else None


def _keywords(fields: Fields) -> Iterator[FieldError]:
    """The report needs words for every "other", and counts a keyword only under its own category."""
    keywords = _words(fields.get("category_specification"))
    described = filled(fields.get("category_specification_other"))
    if known.KEYWORD_OTHER in keywords and not described:
        yield FieldError("category_specification_other", "required")
    if known.KEYWORD_OTHER not in keywords and described:
        yield FieldError("category_specification_other", f"required_with:{known.KEYWORD_OTHER}")
    category = fields.get("category")
    named = {category} if isinstance(category, str) else set()
    own = frozenset[str]().union(
        *(known.KEYWORDS_OF.get(one, frozenset()) for one in named | _words(fields.get("category_addition")))
    )
    if keywords & known.KEYWORDS - own:
        yield FieldError("category_specification", "category_keyword", "warning")
    if category == known.NOTICE_ONLY:
        yield FieldError("category", "notice_only", "warning")


def _words(value: Any) -> set[str]:
    return {one for one in members(value) or () if isinstance(one, str)}
