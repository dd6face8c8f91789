"""Letters as they were sent: the list, one in full, the text of one to take along, and taking one back."""

from __future__ import annotations

import contextlib
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from piepowder.correspondence.events import letter_kinds
from piepowder.correspondence.models import Letter
from piepowder.correspondence.operations import cancel_letter
from piepowder.correspondence.queries import LetterFilters, letter_page, letters, may_be_cancelled
from piepowder.correspondence.states import LetterChannel, Progress, RecipientKind
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.permissions import Permission
from piepowder.web.columns import chosen_columns
from piepowder.web.filters import end_of, number, start_of, typed
from piepowder.web.letter_columns import LETTER_COLUMNS, USUAL_LETTER_COLUMNS
from piepowder.web.letter_words import about_words, event_name, progress_name
from piepowder.web.list_tools import tools
from piepowder.web.paging import paged

_PLAIN = ("who", "kind", "about", "event", "channel", "language", "progress")
_ORDERS = {"newest": gettext_lazy("newest first")}


@screen()
def letter_list(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    chosen = chosen_columns(request.GET, LETTER_COLUMNS, USUAL_LETTER_COLUMNS)
    page = paged(request, letters(actor, _filters(request.GET)))
    shown = {
        "page": page,
        "columns": chosen.columns,
        "lines": chosen.lines(page.rows),
        "tools": tools(request, chosen, _ORDERS, {}),
        "filters": request.GET,
        "kinds": RecipientKind.choices,
        "events": [(kind.code, kind.label) for kind in letter_kinds()],
        "channels": LetterChannel.choices,
        "states": Progress.choices,
    }
    return render(request, "web/letters/list.html", shown)


def _filters(query: QueryDict) -> LetterFilters:
    return LetterFilters(
        **typed(query, *_PLAIN),
        words=number(query.get("words", "")),
        since=start_of(query.get("since", "")),
        until=end_of(query.get("until", "")),
    )


@screen()
def letter(request: HttpRequest, letter_id: UUID) -> HttpResponse:
    """The letter exactly as it went out, and where it stands."""
    actor = actor_of(request)
    found = letter_page(actor, letter_id)
    shown = {
        "letter": found,
        "event": event_name(found.event),
        "about": about_words(found),
        "progress": progress_name(found),
        "recipient": RecipientKind(found.recipient_kind).label,
        "recipient_url": _page_of(found),
        "may_cancel": may_be_cancelled(actor, found),
        "may_edit": actor.may(Permission.LETTER_EDIT),
        "may_see_deliveries": actor.may(Permission.OUTBOX_VIEW),
    }
    return render(request, "web/letters/letter.html", shown)


def _page_of(letter: Letter) -> str:
    """The page of whoever it went to; empty where there is none."""
    if letter.recipient_kind == RecipientKind.SELLER and letter.recipient_ref:
        return reverse("seller", args=[letter.recipient_ref])
    if letter.recipient_kind == RecipientKind.REPORTER:
        with contextlib.suppress(ValueError):
            return reverse("reporter", args=[UUID(letter.recipient_ref)])
    return ""


@screen()
def letter_text(request: HttpRequest, letter_id: UUID) -> HttpResponse:
    """The letter as a text file: who, when, and the words as they were sent."""
    found = letter_page(actor_of(request), letter_id)
    head = [
        (_("Letter"), str(found.pk)),
        (_("Written"), found.created_at.isoformat(timespec="seconds")),
        (_("To"), " ".join(filter(None, (found.name, f"<{found.address}>" if found.address else "")))),
        (_("About"), f"{found.about_kind} {found.about_ref}"),
        (_("State"), str(Progress(found.progress).label)),  # type: ignore[attr-defined]
        (_("Subject"), found.subject),
    ]
    lines = [f"{name}: {value}" for name, value in head if value]
    response = HttpResponse("\n".join([*lines, "", found.text, ""]), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="letter-{found.pk}.txt"'
    return response


@screen("POST")
def letter_cancel(request: HttpRequest, letter_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    letter_page(actor, letter_id)
    cancel_letter(actor=actor, letter_id=letter_id, at=timezone.now())
    messages.success(request, _("Taken back: this letter will not be sent."))
    return redirect("letter", letter_id)
