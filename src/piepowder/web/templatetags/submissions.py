"""Words of the screens about the Transparency Database."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

register = template.Library()
_PREFIXES = ("STATEMENT_CATEGORY_", "AUTOMATED_DECISION_", "SOURCE_TYPE_", "SOURCE_")


@register.filter
def payload_value(value: Any) -> str:
    """A value of a payload as it is read: a list in one line, an object by its keys."""
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {one}" for key, one in value.items())
    return str(value)


@register.filter
def measure_word(measure: str) -> str:
    """A field that the monitor counts."""
    return {
        "automated_detection": _("found by a machine"),
        "automated_decision": _("decided by a machine"),
        "source_type": _("what made us look"),
        "category": _("category"),
    }.get(measure, measure)


@register.filter
def value_word(value: str) -> str:
    """One of the database's values without its prefix."""
    for prefix in _PREFIXES:
        if value.startswith(prefix):
            return value.removeprefix(prefix).replace("_", " ").lower()
    return {"Yes": _("yes"), "No": _("no")}.get(value, value or "–")


@register.filter
def points(value: float) -> str:
    """A difference of shares in percentage points, with its sign."""
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return f"{sign}{number_format(abs(round(value * 100, 1)), 1)}"
