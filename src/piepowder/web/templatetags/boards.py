"""Small words of the boards."""

from __future__ import annotations

from datetime import timedelta

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from piepowder.web.board_page import DIMENSION_NAMES, Row, cases_of
from piepowder.web.words import rough_duration

register = template.Library()
_NARROWED = {"late": {"late": "1"}, "at_risk": {"at_risk": "1"}}


@register.simple_tag
def cases_href(row: Row, which: str, may_list: bool) -> SafeString | str:
    """The ``href`` that lists the cases behind a number; none where they cannot be listed."""
    if not may_list or (row.code == "" and not row.is_total):
        return ""
    return format_html('href="{}"', cases_of(row.rows, **_NARROWED.get(which, {"state": which})))


@register.simple_tag
def dimension_name(dimension: str) -> str:
    return str(DIMENSION_NAMES[dimension])


@register.filter
def rough_span(seconds: float) -> str:
    """A time to come in the largest unit alone, for pages that refresh themselves."""
    return rough_duration(timedelta(seconds=seconds))
