"""Reporting an item without an account: choose what it is about, fill in the form, keep the reference and the link."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from piepowder.http.client_address import client_address
from piepowder.kernel.errors import PiepowderError
from piepowder.kernel.ids import new_id
from piepowder.portal.limits import spend
from piepowder.portal.links import LinkDead, SubjectKind, opened
from piepowder.portal.models import ShutOut
from piepowder.portal.pages import open_page
from piepowder.portal.reporters.following import as_id, notice_of, reports_of
from piepowder.portal.reporters.forms import TRAP, ReportForm
from piepowder.portal.reporters.sending import follow_address, send_report, sender_actor
from piepowder.portal.reporters.topics import TOPICS
from piepowder.portal.reporters.uploads import Files, take_files
from piepowder.portal.uploads import refuse_too_much

_LONGEST_PLACE = 2_000


@open_page("GET", "HEAD")
def report_topics(request: HttpRequest) -> HttpResponseBase:
    """What is it about? ``?item=`` is carried along from the page of the item."""
    place = request.GET.get("item", "")[:_LONGEST_PLACE]
    shown = {"topics": TOPICS.values(), "query": f"?{urlencode({'item': place})}" if place else ""}
    return render(request, "portal/reporters/topics.html", shown)


@open_page("GET", "HEAD", "POST")
def report_form(request: HttpRequest, topic: str) -> HttpResponseBase:
    """The form for one topic. What was typed stays, and files that were kept stay kept, until it is right."""
    about = TOPICS.get(topic)
    if about is None:
        raise Http404
    if request.method != "POST":
        place = request.GET.get("item", "")[:_LONGEST_PLACE]
        form = ReportForm(topic=about, initial={"where": place, "once": new_id().hex, "role": "owner"})
        return _form(request, form, topic, Files())
    refuse_too_much(request)
    now, form = timezone.now(), ReportForm(request.POST, topic=about)
    if request.POST.get(TRAP, "").strip():
        return _trapped(request, form, topic)
    spend("send", client_address(request))
    files = take_files(request, sender_actor(), now)
    for problem in files.problems:
        form.add_error(None, problem)
    if form.is_valid():
        try:
            sent = send_report(form=form, topic=about, files=files, language=_language(), at=now)
        except PiepowderError as error:
            if error.status in (403, 404, 429):
                raise
            form.complain(error)
        else:
            return redirect("portal:report_sent", sent.link(_language(), now))
    return _form(request, form, topic, files, status=422)


def _trapped(request: HttpRequest, form: ReportForm, topic: str) -> HttpResponse:
    """A person whose browser filled in what nobody sees only has to send it once more: nothing they typed is lost."""
    said = request.POST.copy()
    said.pop(TRAP, None)
    again = ReportForm(said, topic=TOPICS[topic])
    again.add_error(None, _("Please send it once more. Something had filled in a field that must stay empty."))
    return _form(request, again, topic, Files(), status=422)


def _form(request: HttpRequest, form: ReportForm, topic: str, files: Files, status: int = 200) -> HttpResponse:
    names = [name for name in form.fields if name not in (TRAP, "once")]
    shown: dict[str, Any] = {
        "form": form,
        "topic": TOPICS[topic],
        "what": [form[name] for name in names if name not in ("name", "email", "good_faith", "role", "right_owner")],
        "rights": [form[name] for name in names if name in ("right_owner", "role")],
        "who": [form[name] for name in names if name in ("name", "email")],
        "files": files.carried,
    }
    return render(request, "portal/reporters/form.html", shown, status=status)


@open_page("GET", "HEAD")
def report_sent(request: HttpRequest, token: str) -> HttpResponseBase:
    """The receipt: reference, what was reported, and the link by which it is followed. Whoever holds the link sees it."""
    now = timezone.now()
    link = opened(token, now)
    subject = link.subject
    wanted = as_id(subject.only)
    mine = reports_of(subject).select_related("reporter")
    report = mine.filter(pk=wanted).first() if wanted is not None else None
    over = ShutOut.objects.filter(kind=subject.kind, ref=subject.ref, until__gte=link.minted_at).exists()
    if subject.kind != SubjectKind.REPORTER or report is None or over:
        raise LinkDead(_("this is not the link of a report"))
    shown = {
        "notice": notice_of(subject, report.pk, now),
        "address": follow_address(token),
        "path": reverse("portal:open", args=[token]),
        "mailed": bool(report.reporter.email),
        "marketplace_name": settings.MARKETPLACE_NAME,
    }
    return render(request, "portal/reporters/sent.html", shown)


def _language() -> str:
    """The reader's language as notices name it: ``zh-Hans``, not ``zh-hans``."""
    family, _sign, script = (get_language() or "en").partition("-")
    return f"{family}-{script.capitalize()}" if len(script) == 4 else family
