"""What was written to whom, and in which words."""

from __future__ import annotations

from django.db.models import QuerySet

from piepowder.correspondence.models import Letter


def letters_to(kind: str, ref: str) -> QuerySet[Letter]:
    """The letters to one recipient, newest first. Not narrowed to what somebody may see: the caller knows who asks."""
    return _whole().filter(recipient_kind=kind, recipient_ref=ref)


def letters_about(kind: str, ref: str) -> QuerySet[Letter]:
    """The letters about one thing, newest first; see ``letters_to``."""
    return _whole().filter(about_kind=kind, about_ref=ref)


def _whole() -> QuerySet[Letter]:
    return Letter.objects.select_related("item").order_by("-created_at", "-id")
