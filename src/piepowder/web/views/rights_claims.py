"""Claims on rights: filed many at once, followed line by line, looked at, taken away with their evidence, and answered."""

from __future__ import annotations

import mimetypes
import tempfile
from collections.abc import Iterator
from typing import IO
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.http.identity import actor_of
from piepowder.http.pages import is_fragment, screen
from piepowder.http.tables import csv_response
from piepowder.intake.media import open_media
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.kernel.table import Table
from piepowder.rights.evidence import write_pack
from piepowder.rights.models import ClaimBatch, Right
from piepowder.rights.operations import Sender, answer_counter, file_claims
from piepowder.rights.papers import paper_seen_by
from piepowder.rights.pasted import locations_in
from piepowder.rights.queries import (
    ClaimFilters,
    claim_batch,
    claim_page,
    claims_page,
    counter_page,
    counters_page,
    lines_of,
    progress_of,
    right_page,
    standing_decision,
)
from piepowder.rights.reading import ClaimOutcome
from piepowder.rights.states import CounterState, LineState, RightState
from piepowder.web.filters import typed
from piepowder.web.paging import SIZE, Page, page_number
from piepowder.web.rights_forms import AnswerForm, ClaimsForm

_SPOOL_BYTES = 8 * 1024 * 1024
_LARGEST_LIST = 5 * 1024 * 1024


@screen("GET", "HEAD", "POST")
def right_claim(request: HttpRequest, right_id: UUID) -> HttpResponse:
    """File a notice on one right for its owner or agent: pasted, or as a file."""
    actor = actor_of(request)
    require(actor, Permission.RIGHT_EDIT)
    found = right_page(actor, right_id)
    form = ClaimsForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        batch = _filed(request, actor, found, form)
        if batch is not None:
            return redirect("claim_notice", batch.pk)
    shown = {"form": form, "right": found, "retired": found.state == RightState.RETIRED}
    return render(request, "web/rights/claim.html", shown, status=422 if request.method == "POST" else 200)


def _filed(request: HttpRequest, actor: Actor, right: Right, form: ClaimsForm) -> ClaimBatch | None:
    said, listed = form.cleaned_data, form.cleaned_data["list"]
    if listed is not None and listed.size > _LARGEST_LIST:
        form.add_error("list", _("the list is too large"))
        return None
    pasted = said["locations"].splitlines()
    as_agent = said["sender"] == "agent"
    sender = (
        Sender(right.agent_ref, right.agent_name, right.agent_email)
        if as_agent
        else Sender(right.owner_ref, right.owner_name, right.owner_email)
    )
    try:
        filed = file_claims(
            actor=actor,
            right_id=right.pk,
            sender=sender,
            locations=[*pasted, *(locations_in(listed.read()) if listed is not None else ())],
            reason=said["reason"],
            good_faith=said["good_faith"],
            reference=said["reference"],
            language=right.language,
            at=timezone.now(),
        )
    except PiepowderError as error:
        if error.status in (403, 404):
            raise
        form.complain(error)
        return None
    if filed.repeated:
        messages.info(request, _("This notice had come before; here is what became of it."))
    return filed.batch


@screen()
def claim_notice(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    """One notice with its lines; while lines wait, the page asks again by itself."""
    actor, number = actor_of(request), page_number(request)
    batch, state = claim_batch(actor, notice_id), request.GET.get("state", "")
    rows = lines_of(actor, batch, state=state, offset=(number - 1) * SIZE, limit=SIZE + 1)
    shown = {
        "batch": batch,
        "progress": progress_of(batch),
        "page": Page(rows[:SIZE], number, len(rows) > SIZE),
        "states": LineState.choices,
        "state": state,
    }
    return render(request, "web/rights/_notice.html" if is_fragment(request) else "web/rights/notice.html", shown)


@screen()
def claim_notice_csv(request: HttpRequest, notice_id: UUID) -> HttpResponseBase:
    """Every line with what became of it."""
    actor = actor_of(request)
    batch = claim_batch(actor, notice_id)
    columns = ("line", "location", "state", "problem", "item", "claim", "warnings")
    return csv_response(Table(f"notice-{batch.pk}", columns, batch.total, _lines(actor, batch)))


def _lines(actor: Actor, batch: ClaimBatch) -> Iterator[tuple[object, ...]]:
    at_once, offset = 500, 0
    while rows := lines_of(actor, batch, offset=offset, limit=at_once):
        for line in rows:
            item = line.item.external_id if line.item else ""
            warnings = " ".join(line.claim.warnings) if line.claim else ""
            yield (line.position, line.location, line.state, line.problem, item, line.claim_id or "", warnings)
        offset += at_once


@screen()
def claims_list(request: HttpRequest) -> HttpResponse:
    """Claims, the last first; one query of its own."""
    actor, asked, number = actor_of(request), typed(request.GET, "outcome", "owner", "seller"), page_number(request)
    require(actor, Permission.RIGHT_VIEW)
    filters = ClaimFilters(
        asked["outcome"], None, asked["owner"], asked["seller"], warned=request.GET.get("warned") == "1"
    )
    rows = claims_page(actor, filters, offset=(number - 1) * SIZE, limit=SIZE + 1)
    shown = {
        "page": Page(rows[:SIZE], number, len(rows) > SIZE),
        "filters": request.GET,
        "outcomes": ClaimOutcome.choices,
    }
    return render(request, "web/rights/claims.html", shown)


@screen()
def claim(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    found = claim_page(actor_of(request), claim_id)
    shown = {"claim": found, "decision": standing_decision(found), "counters": list(found.counters.all())}
    return render(request, "web/rights/one_claim.html", shown)


@screen()
def claim_evidence(request: HttpRequest, claim_id: UUID) -> HttpResponseBase:
    """The evidence of one claim as a zip; what it holds is told by its manifest."""
    found = claim_page(actor_of(request), claim_id)
    spool: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES)  # noqa: SIM115  # closed with the response
    write_pack(found, spool)
    size = spool.tell()
    spool.seek(0)
    response = StreamingHttpResponse(_pieces(spool), content_type="application/zip")
    response["Content-Length"] = str(size)
    response["Content-Disposition"] = f'attachment; filename="claim-{found.pk}.zip"'
    response["Cache-Control"] = "no-store"
    return response


def _pieces(spool: IO[bytes]) -> Iterator[bytes]:
    with spool:
        while piece := spool.read(256 * 1024):
            yield piece


@screen()
def rights_paper(request: HttpRequest, digest: str) -> HttpResponseBase:
    """A paper of the registry or of a counter-notice, only ever saved, never shown by the browser."""
    stored = paper_seen_by(actor_of(request), digest)
    response = StreamingHttpResponse(_pieces(open_media(stored.digest)), content_type="application/octet-stream")
    response["Content-Length"] = str(stored.size)
    ending = mimetypes.guess_extension(stored.content_type) or ".bin"
    response["Content-Disposition"] = f'attachment; filename="{stored.digest[:12]}{ending}"'
    response["Cache-Control"] = "no-store"
    return response


@screen()
def counters_list(request: HttpRequest) -> HttpResponse:
    """Counter-notices; those to be answered unless another state is asked for. One query of its own."""
    actor, number = actor_of(request), page_number(request)
    require(actor, Permission.RIGHT_VIEW)
    state = request.GET.get("state", CounterState.FILED.value)
    state = state if state in CounterState.values else ""
    rows = counters_page(actor, state=state, offset=(number - 1) * SIZE, limit=SIZE + 1)
    shown = {"page": Page(rows[:SIZE], number, len(rows) > SIZE), "states": CounterState.choices, "state": state}
    return render(request, "web/rights/counters.html", shown)


@screen("GET", "HEAD", "POST")
def counter(request: HttpRequest, counter_id: UUID) -> HttpResponse:
    """One counter-notice; posting answers it."""
    actor = actor_of(request)
    found = counter_page(actor, counter_id)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        accepted = request.POST.get("way") == "accept"
        try:
            answer_counter(
                actor=actor,
                counter_id=found.pk,
                accepted=accepted,
                answer=form.cleaned_data["answer"],
                at=timezone.now(),
            )
        except PiepowderError as error:
            if error.status == 404:
                raise
            form.complain(error)
        else:
            messages.success(request, _("Both sides are told."))
            return redirect("counter", found.pk)
    decision = standing_decision(found.claim)
    may_answer = actor.may(Permission.RIGHT_EDIT) or actor.may(Permission.DECISION_OVERTURN)
    shown = {
        "counter": found,
        "claim": found.claim,
        "decision": decision,
        "form": form,
        "may_answer": found.state == CounterState.FILED and may_answer,
        "may_undo": actor.may(Permission.DECISION_OVERTURN),
    }
    return render(request, "web/rights/counter.html", shown, status=422 if form.errors else 200)
