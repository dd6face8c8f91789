"""How work is laid out: queues with their promises, and the rules that send items to them."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.access.preferences import preferences_of
from piepowder.access.visibility import require, scope_q, visible
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.errors import NotFound, PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.review.models import Queue, RoutingVersion
from piepowder.review.operations import save_queue, set_target
from piepowder.web.queue_form import SEVERITIES, QueueForm, queue_initial
from piepowder.web.views.me import person_of


def queues_visible_to(actor: Actor) -> QuerySet[Queue]:
    """The queues ``actor`` may look at, with their promises."""
    scope = scope_q(actor, Permission.QUEUE_VIEW, queue="code")
    return visible(Queue.objects.select_related("escalates_to", "adjudicates_to"), scope).prefetch_related(
        "targets__calendar"
    )


@screen()
def queues(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    require(actor, Permission.QUEUE_VIEW)
    routing = RoutingVersion.objects.first()
    found = list(queues_visible_to(actor))
    codes = {queue.code for queue in found}
    rules = [
        (number, rule)
        for number, rule in enumerate(routing.rules if routing else [], start=1)
        if rule["then"].get("queue") is None or rule["then"]["queue"] in codes
    ]
    # Which other vendors work on a queue is theirs and ours to know.
    everyone = any(not scope.vendors for scope in actor.scopes(Permission.QUEUE_VIEW))
    shown = {
        "queues": found,
        "routing": routing,
        "rules": rules,
        "show_vendors": everyone,
        "own_vendor": actor.vendor,
        "may_edit": actor.may(Permission.QUEUE_EDIT),
        "starred": preferences_of(person_of(request)).starred,
        "may_claim": actor.may(Permission.CASE_CLAIM),
    }
    return render(request, "web/queues/list.html", shown)


@screen("GET", "HEAD", "POST")
def queue_edit(request: HttpRequest, code: str = "") -> HttpResponse:
    actor = actor_of(request)
    require(actor, Permission.QUEUE_EDIT, Place(queue=code))
    queue = queues_visible_to(actor).filter(code=code).first() if code else None
    if code and queue is None:
        raise NotFound(_("there is no queue with this code"))
    form = QueueForm(
        request.POST or None, queues=queues_visible_to(actor).exclude(code=code), initial=queue_initial(queue)
    )
    if queue is not None:
        form.fields["code"].disabled = True
    if form.is_valid():
        try:
            _save(actor, form)
        except PiepowderError as error:
            form.complain(error)
        else:
            messages.success(request, _("The queue is saved."))
            return redirect("queues")
    return render(request, "web/queues/edit.html", {"form": form, "queue": queue}, status=422 if form.errors else 200)


@transaction.atomic
def _save(actor: Actor, form: QueueForm) -> None:
    now, typed = timezone.now(), dict(form.cleaned_data)
    targets = {severity: typed.pop(f"hours_{severity}") for severity in SEVERITIES}
    queue = save_queue(actor=actor, at=now, **typed)
    known = {target.severity: target for target in queue.targets.select_related("calendar")}
    for severity, hours in targets.items():
        if hours is None:
            continue
        before = known.get(severity)
        seconds = round(hours * 3600)
        if before is not None and before.target_s == seconds:
            continue
        set_target(
            actor=actor,
            at=now,
            queue_code=queue.code,
            severity=severity,
            target_s=seconds,
            calendar_code=before.calendar.code if before and before.calendar else "",
            at_risk_share=before.at_risk_share if before else 0.75,
        )
