"""Claims of owners against a seller's items, and the seller's answer to one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.access.options import chosen
from piepowder.decisions.models import Decision
from piepowder.kernel.errors import PiepowderError
from piepowder.portal.limits import spend
from piepowder.portal.links import Subject, SubjectKind
from piepowder.portal.pages import page
from piepowder.portal.paging import paged
from piepowder.portal.reporters.forms import CounterForm
from piepowder.portal.reporters.uploads import Files, take_files
from piepowder.portal.uploads import refuse_too_much
from piepowder.portal.visits import Guest, NoSuchThing
from piepowder.rights.models import Claim, CounterNotice
from piepowder.rights.operations import file_counter, withdraw_counter
from piepowder.rights.options import NAME_OWNER
from piepowder.rights.reading import ClaimOutcome, with_outcome
from piepowder.rights.states import CounterState


@dataclass(frozen=True, slots=True)
class ClaimShown:
    """A claim as the seller sees it: whose right, never who sent it nor in which words."""

    claim: Claim
    owner: str
    counter: CounterNotice | None

    @property
    def may_answer(self) -> bool:
        return self.counter is None and self.claim.outcome == ClaimOutcome.FOUNDED  # type: ignore[attr-defined]


def claims_against(subject: Subject, at: datetime) -> QuerySet[Any]:
    """Claims on the seller's items that were found right by a decision that is final, or were answered by them."""
    if subject.kind != SubjectKind.SELLER or not subject.ref:
        return Claim.objects.none()
    rows = with_outcome(Claim.objects.filter(seller_ref=subject.ref), final_at=at)
    told = (ClaimOutcome.FOUNDED, ClaimOutcome.COUNTERED, ClaimOutcome.OVERTURNED)
    rows = rows.filter(outcome__in=told)
    if subject.only:
        one = Decision.objects.filter(pk=subject.only).values_list("item_id", "decided_at").first()
        rows = rows.filter(item_id=one[0], report__judged_at=one[1]) if one else rows.none()
    return rows.select_related("right", "item", "report").prefetch_related("counters").order_by("-filed_at", "-pk")


@page()
def claims_list(request: HttpRequest, guest: Guest) -> HttpResponseBase:
    """Every claim against the seller's items, the last first. Three queries whatever their number."""
    found = paged(request, claims_against(guest.subject, timezone.now()))
    shown = {"page": found, "claims": [_shown(one) for one in found.rows], "here": "items"}
    return render(request, "portal/reporters/claims_against.html", shown)


@page("GET", "HEAD", "POST", within_one=True)
def counter(request: HttpRequest, guest: Guest, claim_id: UUID) -> HttpResponseBase:
    """One claim, and the form to answer it; what was typed stays until it was taken in."""
    refuse_too_much(request)
    now = timezone.now()
    claim = claims_against(guest.subject, now).filter(pk=claim_id).first()
    if claim is None:
        raise NoSuchThing(_("there is no such claim"))
    form, files = CounterForm(request.POST or None), Files()
    if request.method == "POST" and request.POST.get("way") == "withdraw":
        return _withdraw(guest, claim, now)
    if request.method == "POST":
        spend("send", str(guest.visit))
        files = take_files(request, guest.actor, now)
        for problem in files.problems:
            form.add_error(None, problem)
        if form.is_valid() and _filed(guest, claim, form, files, now):
            return redirect("portal:counter", claim.pk)
    shown = {"shown": _shown(claim), "form": form, "files": files.carried, "here": "items"}
    status = 422 if request.method == "POST" and form.errors else 200
    return render(request, "portal/reporters/counter.html", shown, status=status)


def _filed(guest: Guest, claim: Claim, form: CounterForm, files: Files, now: datetime) -> bool:
    typed = form.cleaned_data
    try:
        file_counter(
            actor=guest.actor,
            claim_id=claim.pk,
            seller_ref=guest.subject.ref,
            ground=typed["ground"],
            text=typed["text"],
            evidence=files.digests,
            language=guest.subject.language,
            at=now,
        )
    except PiepowderError as error:
        form.complain(error)
        return False
    return True


def _withdraw(guest: Guest, claim: Claim, now: datetime) -> HttpResponseBase:
    waiting = claim.counters.filter(state=CounterState.FILED).first()
    if waiting is None:
        raise NoSuchThing(_("there is no answer of yours that waits"))
    withdraw_counter(actor=guest.actor, counter_id=waiting.pk, seller_ref=guest.subject.ref, at=now)
    return redirect("portal:counter", claim.pk)


def _shown(claim: Claim) -> ClaimShown:
    counters = [one for one in claim.counters.all() if one.state != CounterState.WITHDRAWN]
    return ClaimShown(claim, claim.right.owner_name if chosen(NAME_OWNER) else "", counters[0] if counters else None)
