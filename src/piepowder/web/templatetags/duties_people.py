"""Words of the screens about traders and informed buyers."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from piepowder.correspondence.states import Progress

register = template.Library()

_CHECKS = {
    "ok": gettext_lazy("well-formed"),
    "bad_checksum": gettext_lazy("wrong check digit"),
    "bad_length": gettext_lazy("wrong length"),
    "bad_format": gettext_lazy("wrong form"),
    "unknown_country": gettext_lazy("unknown country"),
    "not_checked": gettext_lazy("says nothing"),
}


@register.filter
def check_words(code: str) -> str:
    """What the form of something given says by itself."""
    return str(_CHECKS.get(code, "–"))


@register.filter
def letter_progress(value: str) -> str:
    """How far a letter got."""
    return str(Progress(value).label) if value in Progress.values else _("on its way")
