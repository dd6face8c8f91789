"""Setting up where enforcements and statements go."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.errors import PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.outbox.endpoints import Issued
from piepowder.outbox.models import Endpoint
from piepowder.outbox.operations import rotate_secret, save_endpoint
from piepowder.outbox.reach import require_everywhere
from piepowder.outbox.states import Channel
from piepowder.web.receiver_form import ReceiverForm, SecretForm, receiver_initial


@screen("GET", "HEAD", "POST")
def receiver_edit(request: HttpRequest, code: str = "") -> HttpResponse:
    """Add a webhook, or change one; a new one's secret is on the page that answers, and nowhere else ever again."""
    actor = actor_of(request)
    require_everywhere(actor, Permission.ENDPOINT_EDIT)
    receiver = get_object_or_404(Endpoint, code=code, channel__in=[Channel.WEBHOOK, Channel.EMAIL]) if code else None
    form = ReceiverForm(request.POST or None, initial=receiver_initial(receiver) if receiver else {})
    if receiver is not None:
        form.fields["code"].disabled = True
        form.fields["url"].required = receiver.channel == Channel.WEBHOOK
    if form.is_valid():
        channel = receiver.channel if receiver else Channel.WEBHOOK
        try:
            issued = save_endpoint(actor=actor, at=timezone.now(), channel=channel, **form.cleaned_data)
        except PiepowderError as error:
            form.complain(error)
        else:
            if issued.secret:
                return _shown_once(request, issued)
            messages.success(request, _("The receiver is saved."))
            return redirect("outbox")
    shown = {"form": form, "receiver": receiver, "secret_form": SecretForm()}
    return render(request, "web/outbox/receiver.html", shown, status=422 if form.errors else 200)


@screen("POST")
def receiver_secret(request: HttpRequest, code: str) -> HttpResponse:
    """Give a webhook a new secret; the old one signs beside it for as long as was chosen."""
    form = SecretForm(request.POST)
    overlap = timedelta(hours=form.cleaned_data["overlap_h"]) if form.is_valid() else timedelta(hours=-1)
    issued = rotate_secret(actor=actor_of(request), endpoint_code=code, overlap=overlap, at=timezone.now())
    return _shown_once(request, issued)


def _shown_once(request: HttpRequest, issued: Issued) -> HttpResponse:
    response = render(request, "web/outbox/secret.html", {"receiver": issued.endpoint, "secret": issued.secret})
    response["Cache-Control"] = "no-store"
    return response
