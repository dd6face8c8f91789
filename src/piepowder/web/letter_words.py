"""How the screens call the kinds of letter, what a letter is about, and how far it got."""

from __future__ import annotations

from uuid import UUID

from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from piepowder.correspondence.events import letter_kind
from piepowder.correspondence.models import Letter
from piepowder.correspondence.states import Progress
from piepowder.web.templatetags.piepowder import icon, short_id

_ICONS = {
    Progress.WAITING: "clock",
    Progress.DELIVERED: "check",
    Progress.KEPT: "inbox",
    Progress.FAILED: "alert-triangle",
    Progress.CANCELLED: "x",
}


def event_name(code: str) -> str:
    """What a kind of letter is called; its code when nothing declares it any more."""
    kind = letter_kind(code)
    return str(kind.label) if kind is not None else code


def progress_name(letter: Letter) -> SafeString:
    progress = Progress(letter.progress)  # type: ignore[attr-defined]
    return format_html("{} {}", icon(_ICONS[progress]), progress.label)


def ref_words(ref: str) -> str:
    """An id as people read it: ours short, the marketplace's whole, a dash where there is none."""
    try:
        return short_id(UUID(ref))
    except ValueError:
        return ref or "–"


def about_link(letter: Letter) -> str:
    """The thing that the letter is about, as a link where it has a page; with it the item."""
    if letter.item is not None:
        url = reverse("item", args=[letter.item.pk])
        return format_html('<a href="{}">{}</a>', url, letter.item.title or letter.item.external_id)
    return about_words(letter)


def about_words(letter: Letter) -> str:
    """The kind of thing and its id, as a link where a page of that kind is known."""
    names = {"decision": _("decision"), "report": _("report"), "appeal": _("appeal"), "seller": _("seller")}
    name = names.get(letter.about_kind, letter.about_kind.replace("_", " "))
    ref, said = letter.about_ref, ref_words(letter.about_ref)
    if letter.about_kind in ("decision", "appeal", "seller"):
        try:
            return format_html('<a href="{}">{} {}</a>', reverse(letter.about_kind, args=[ref]), name, said)
        except NoReverseMatch:
            return format_html("{} {}", name, said)
    return format_html("{} {}", name, said)
