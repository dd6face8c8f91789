"""The pages of a rights owner or agent: their rights, their claims with outcomes and answers, new claims on a right."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.kernel.errors import PiepowderError
from piepowder.portal.limits import spend
from piepowder.portal.links import Subject, SubjectKind
from piepowder.portal.pages import page
from piepowder.portal.paging import paged
from piepowder.portal.reporters.forms import ClaimsForm, RightForm, lines_in
from piepowder.portal.reporters.uploads import Files, take_files
from piepowder.portal.uploads import refuse_too_much
from piepowder.portal.visits import Guest, NoSuchThing
from piepowder.rights.models import Claim, ClaimBatch, Right
from piepowder.rights.operations import RightFields, Sender, file_claims, register_right
from piepowder.rights.owners import own_record
from piepowder.rights.pasted import locations_in
from piepowder.rights.queries import progress_of
from piepowder.rights.reading import ClaimOutcome, with_outcome
from piepowder.rights.states import LineState, SenderKind

_OWNERS = (SubjectKind.RIGHTS_OWNER,)
_LARGEST_LIST = 2 * 1024 * 1024


def rights_of(subject: Subject) -> QuerySet[Right]:
    """What the subject owns, or may act on for its owner."""
    if subject.kind != SubjectKind.RIGHTS_OWNER or not subject.ref:
        return Right.objects.none()
    return Right.objects.filter(Q(owner_ref=subject.ref) | Q(agent_ref=subject.ref))


def claims_of(subject: Subject, at: datetime) -> QuerySet[Any]:
    """Claims that the subject sent, or an agent for them, with outcomes that can no longer be taken back."""
    if subject.kind != SubjectKind.RIGHTS_OWNER or not subject.ref:
        return Claim.objects.none()
    for_them = Q(right__owner_ref=subject.ref, batch__sender_kind=SenderKind.AGENT)
    mine = Q(batch__sender_ref=subject.ref) | for_them
    return with_outcome(Claim.objects.filter(mine), final_at=at)


@page(kinds=_OWNERS)
def rights(request: HttpRequest, guest: Guest) -> HttpResponseBase:
    """Where an owner begins. A fixed number of queries."""
    now, subject = timezone.now(), guest.subject
    rows = rights_of(subject).annotate(claim_count=Count("claims")).order_by("state", "title", "pk")
    shown = {
        "page": paged(request, rows),
        "record": own_record(subject.ref),
        "batches": ClaimBatch.objects.filter(sender_ref=subject.ref)
        .select_related("right")
        .order_by("-received_at", "-pk")[:5],
        "today": now.date(),
        "here": "rights",
    }
    return render(request, "portal/reporters/rights.html", shown)


@page("GET", "HEAD", "POST", kinds=_OWNERS)
def right_add(request: HttpRequest, guest: Guest) -> HttpResponseBase:
    """Enter a right; a person then verifies it."""
    refuse_too_much(request)
    form, files, now = RightForm(request.POST or None), Files(), timezone.now()
    if request.method == "POST":
        files = take_files(request, guest.actor, now)
        for problem in files.problems:
            form.add_error(None, problem)
        if form.is_valid():
            typed = form.cleaned_data
            fields = RightFields(
                owner_ref=guest.subject.ref,
                language=guest.subject.language,
                **{**typed, "territories": tuple(typed["territories"])},
            )
            try:
                register_right(actor=guest.actor, fields=fields, evidence=files.digests, at=now)
            except PiepowderError as error:
                form.complain(error)
            else:
                return redirect("portal:rights")
    return _drawn(request, "right_add", form, {"form": form, "files": files.carried, "here": "rights"})


@page("GET", "HEAD", "POST", kinds=_OWNERS)
def right_claims(request: HttpRequest, guest: Guest, right_id: UUID) -> HttpResponseBase:
    """Claim items on one right: pasted, or as a file with one in each line."""
    refuse_too_much(request)
    now, right = timezone.now(), rights_of(guest.subject).filter(pk=right_id).first()
    if right is None:
        raise NoSuchThing(_("there is no such right"))
    as_agent = guest.subject.ref == right.agent_ref
    known = (right.agent_name, right.agent_email) if as_agent else (right.owner_name, right.owner_email)
    form = ClaimsForm(request.POST or None, initial={"name": known[0], "email": known[1]})
    files = Files()
    if request.method == "POST":
        spend("send", str(guest.visit))
        files = take_files(request, guest.actor, now)
        for problem in files.problems:
            form.add_error(None, problem)
        places = _places(request, form)
        if form.is_valid() and (batch := _filed(guest, right, form, places, files, now)) is not None:
            return redirect("portal:claim_batch", batch.pk)
    shown = {"form": form, "files": files.carried, "right": right, "here": "rights"}
    return _drawn(request, "right_claims", form, shown)


def _places(request: HttpRequest, form: ClaimsForm) -> list[str]:
    listed = request.FILES.get("list")
    if listed is None:
        return lines_in(request.POST.get("where", ""))
    if (listed.size or 0) > _LARGEST_LIST:
        form.add_error("where", _("the list is too large"))
        return []
    return [*lines_in(request.POST.get("where", "")), *locations_in(listed.read())]


def _filed(
    guest: Guest, right: Right, form: ClaimsForm, places: list[str], files: Files, now: datetime
) -> ClaimBatch | None:
    typed = form.cleaned_data
    try:
        return file_claims(
            actor=guest.actor,
            right_id=right.pk,
            sender=Sender(guest.subject.ref, typed["name"], typed["email"]),
            locations=places,
            reason=typed["reason"],
            good_faith=typed["good_faith"],
            evidence=files.evidence,
            language=guest.subject.language,
            at=now,
        ).batch
    except PiepowderError as error:
        form.complain(error)
        return None


@page(kinds=_OWNERS)
def claim_batch(request: HttpRequest, guest: Guest, batch_id: UUID) -> HttpResponseBase:
    """What became of each line of a notice."""
    batch = ClaimBatch.objects.select_related("right").filter(pk=batch_id, sender_ref=guest.subject.ref).first()
    if batch is None:
        raise NoSuchThing(_("there is no such notice"))
    lines = batch.lines.select_related("item", "claim").order_by("position")
    if request.GET.get("state") in LineState.values:
        lines = lines.filter(state=request.GET["state"])
    shown = {"batch": batch, "progress": progress_of(batch), "page": paged(request, lines), "here": "rights"}
    return render(request, "portal/reporters/batch.html", shown)


@page(kinds=_OWNERS)
def claims(request: HttpRequest, guest: Guest) -> HttpResponseBase:
    """Claims with their outcomes, the last first."""
    rows = claims_of(guest.subject, timezone.now())
    asked = request.GET.get("outcome", "")
    if asked in ClaimOutcome.values:
        rows = rows.filter(outcome=asked)
    rows = rows.select_related("right", "item").order_by("-filed_at", "-pk")
    shown = {"page": paged(request, rows), "outcomes": ClaimOutcome.choices, "asked": asked, "here": "claims"}
    return render(request, "portal/reporters/claims.html", shown)


def _drawn(request: HttpRequest, name: str, form: RightForm | ClaimsForm, shown: dict[str, Any]) -> HttpResponse:
    status = 422 if request.method == "POST" and form.errors else 200
    return render(request, f"portal/reporters/{name}.html", shown, status=status)
