"""The columns that a list of letters can have."""

from __future__ import annotations

from collections.abc import Mapping

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from piepowder.correspondence.models import Letter
from piepowder.correspondence.states import LetterChannel, RecipientKind
from piepowder.web.columns import Column
from piepowder.web.languages import language_name
from piepowder.web.letter_words import about_link, event_name, progress_name, ref_words
from piepowder.web.templatetags.piepowder import moment


def _when(row: Letter) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse("letter", args=[row.pk]), moment(row.created_at))


def _who(row: Letter) -> SafeString:
    kind = RecipientKind(row.recipient_kind).label
    return format_html('{}<div class="quiet">{}</div>', row.name or ref_words(row.recipient_ref), kind)


def _what(row: Letter) -> SafeString:
    said = row.subject or _("erased")
    return format_html(
        '<span lang="{}">{}</span><div class="quiet">{}</div>', row.language, said, event_name(row.event)
    )


LETTER_COLUMNS: Mapping[str, Column[Letter]] = {
    "when": Column(_("When"), _when, (), "nowrap"),
    "who": Column(_("To"), _who, (), "clip"),
    "what": Column(_("Letter"), _what, (), "clip"),
    "about": Column(_("About"), about_link, (), "clip"),
    "progress": Column(_("State"), lambda row: progress_name(row), (), "nowrap"),
    "channel": Column(_("Channel"), lambda row: str(LetterChannel(row.channel).label), ()),
    "language": Column(_("Language"), lambda row: language_name(row.language), ()),
    "market": Column(_("Market"), lambda row: row.market or "–", ()),
    "address": Column(_("Address"), lambda row: row.address or "–", ()),
    "leaves": Column(_("Leaves from"), lambda row: moment(row.not_before), (), "nowrap"),
    "ref": Column(_("Id of the recipient"), lambda row: row.recipient_ref or "–", (), "mono"),
}
USUAL_LETTER_COLUMNS = ("when", "who", "what", "about", "progress", "language")
