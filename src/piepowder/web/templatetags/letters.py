"""How lists of letters name what they show."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from piepowder.correspondence.models import Letter
from piepowder.correspondence.states import RecipientKind
from piepowder.web.letter_words import progress_name

register = template.Library()


@register.filter
def recipient_name(value: str) -> str:
    return str(RecipientKind(value).label)


@register.simple_tag
def letter_progress(letter: Letter) -> SafeString:
    return progress_name(letter)
