"""Words and small pictures of what lies around a case: links, nearness, months, matched words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from piepowder.intake.queries import DetectionLine
from piepowder.intake.states import TraitKind
from piepowder.web.marking import excerpts
from piepowder.web.words import ROLE_NAMES

register = template.Library()

NEAR_NAMES = {
    "same_words": gettext_lazy("the same words"),
    "same_media": gettext_lazy("the same media"),
    "same_seller": gettext_lazy("the same seller"),
}
_BAR_WIDTH, _BAR_HEIGHT = 10, 18


@register.filter
def near_name(value: str) -> str:
    """Why an item is near another one."""
    return str(NEAR_NAMES.get(value) or ROLE_NAMES.get(value) or value.replace("_", " "))


@register.filter
def trait_name(value: str) -> str:
    return str(TraitKind(value).label)


@register.filter
def words_found(detection: DetectionLine, content: Mapping[str, Any]) -> list[str]:
    """The stretches of the item that a detection points at."""
    return excerpts(content, detection.spans)


@register.filter
def age(since: datetime) -> str:
    """How long ago in days, months or years, whichever says it best."""
    days = max(0, (timezone.now() - since).days)
    if days >= 730:
        return ngettext("%(n)d year", "%(n)d years", days // 365) % {"n": days // 365}
    if days >= 60:
        return ngettext("%(n)d month", "%(n)d months", days // 30) % {"n": days // 30}
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


@register.simple_tag
def month_bars(months: Sequence[int]) -> SafeString:
    """Twelve small bars from zero, the current month last; the numbers stand in its name."""
    highest = max([*months, 1])
    bars = format_html_join(
        "",
        '<rect class="month" x="{}" y="{}" width="{}" height="{}"/>',
        (
            (
                place * _BAR_WIDTH,
                _BAR_HEIGHT - max(1, round(_BAR_HEIGHT * count / highest)) if count else _BAR_HEIGHT - 1,
                _BAR_WIDTH - 2,
                max(1, round(_BAR_HEIGHT * count / highest)) if count else 1,
            )
            for place, count in enumerate(months)
        ),
    )
    return format_html(
        '<svg class="month-bars" viewBox="0 0 {} {}" role="img" aria-label="{}"><title>{}</title>{}</svg>',
        _BAR_WIDTH * len(months),
        _BAR_HEIGHT,
        _month_words(months),
        _month_words(months),
        bars,
    )


def _month_words(months: Sequence[int]) -> str:
    now = localtime()
    told = []
    for back, count in enumerate(reversed(months)):
        year, month = divmod(now.year * 12 + now.month - 1 - back, 12)
        if count:
            told.append(f"{year}-{month + 1:02d}: {count}")
    return ", ".join(reversed(told)) or _("none")
