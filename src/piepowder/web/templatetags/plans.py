"""Words of the screens about routing, promises and reporters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from piepowder.review.explain import Condition
from piepowder.web.rule_words import asked_words, condition_sentence, value_words
from piepowder.web.words import spoken_duration

register = template.Library()


@register.filter
def share(value: float | None) -> str:
    """A share in 0…1 as ``87.4 %``."""
    return "–" if value is None else f"{number_format(round(value * 100, 1), 1)} %"


@register.filter
def asked(condition: Condition) -> str:
    return asked_words(condition.name, condition.asked)


@register.filter
def had(condition: Condition) -> str:
    return value_words(condition)


@register.filter
def lead(value: timedelta) -> str:
    """A lead as what it takes off the due time."""
    return _("none") if not value else f"−{spoken_duration(value)}"


@register.filter
def delay(value: timedelta) -> str:
    return _("none") if not value else f"+{spoken_duration(value)}"


@register.filter
def clock_time(seconds: int) -> str:
    """Seconds of a day as ``09:30``."""
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"


@register.filter
def rule_condition(rule: Mapping[str, Any]) -> str:
    """When a routing rule matches, as a sentence."""
    return condition_sentence(rule)
