"""Small words of the portal's pages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import template
from django.conf import settings
from django.template.context import RequestContext
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import get_language_info

register = template.Library()


@register.simple_tag
def marketplace() -> str:
    """What the marketplace calls itself."""
    return str(settings.MARKETPLACE_NAME)


@register.simple_tag
def sign(name: str) -> SafeString:
    """A small picture beside a word; decoration only, so the word always stands there."""
    return format_html('<svg class="sign" aria-hidden="true" focusable="false"><use href="#s-{}"/></svg>', name)


@register.filter
def day(value: date | datetime | None) -> SafeString | str:
    """A day as the reader's language writes it."""
    if value is None:
        return "–"
    shown = localtime(value).date() if isinstance(value, datetime) else value
    return format_html('<time datetime="{}">{}</time>', shown.isoformat(), date_format(shown, "DATE_FORMAT"))


@register.filter
def instant(value: datetime | None) -> SafeString | str:
    """A day and a time of day, in UTC, which is said."""
    if value is None:
        return "–"
    local = localtime(value)
    shown = date_format(local, "DATETIME_FORMAT")
    return format_html(
        '<time datetime="{}">{} {}</time>', value.isoformat(timespec="seconds"), shown, local.strftime("%Z")
    )


@register.simple_tag(takes_context=True)
def languages(context: RequestContext) -> list[dict[str, Any]]:
    """The languages of the portal, each in its own words."""
    return [dict(get_language_info(code)) for code, _name in settings.LANGUAGES]
