"""Deciding many cases at once: chosen in the list of cases, looked at, ruled on, done in small steps, and told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from piepowder.decisions.batches import MOST_CASES, Progress, lines_of, own_batch, progress_of
from piepowder.decisions.filling import filled
from piepowder.decisions.models import Batch, BatchLine
from piepowder.decisions.operations import open_batch, plan_batch, run_batch
from piepowder.decisions.preview import preview
from piepowder.decisions.ruling import Ruling, from_json
from piepowder.decisions.states import MEASURES, LineState, Outcome
from piepowder.http.identity import actor_of
from piepowder.http.pages import problem_of, screen
from piepowder.http.tables import csv_response
from piepowder.intake.queries import item_card
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Malformed, PiepowderError
from piepowder.kernel.table import Table
from piepowder.policy.dsa import FOR_GOOD
from piepowder.policy.models import Policy
from piepowder.policy.queries import readings_in, versions_in_force
from piepowder.review.queries import search_cases
from piepowder.web.around import places_of
from piepowder.web.languages import policy_language
from piepowder.web.rulings import ruling_from
from piepowder.web.views.cases import filters_in

AT_ONCE = 50
"""Cases of one request without JavaScript; with it the page asks for few at a time and shows how far it is."""
_A_FEW = 5


@screen("POST")
def bulk_open(request: HttpRequest) -> HttpResponse:
    """Gather the ticked cases, or with ``all`` everything that the list's filters find."""
    actor, said = actor_of(request), request.POST
    if said.get("all") == "1":
        found = search_cases(actor, filters_in(QueryDict(said.get("query", "")), actor), limit=MOST_CASES + 1)
        wanted = [row.case_id for row in found.rows]
    else:
        wanted = [case_id for raw in said.getlist("case") if (case_id := _uuid(raw))]
    return redirect("bulk", open_batch(actor=actor, case_ids=wanted, at=timezone.now()).pk)


@screen()
def bulk(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    return _page(request, actor_of(request), batch_id)


def _page(request: HttpRequest, actor: Actor, batch_id: UUID, status: int = 200, **more: Any) -> HttpResponse:
    batch, now = own_batch(actor, batch_id), timezone.now()
    progress = progress_of(batch)
    ruling = from_json(batch.ruling) if batch.ruling else None
    lines = preview(actor, batch, at=now)
    shown = {
        "batch": batch,
        "ruling": ruling,
        "progress": progress,
        "begun": progress.done > 0,
        "lines": lines,
        "would": sum(1 for line in lines if line.comes_to in _DOES),
        "policies": _policies(lines[0].case.market, now) if lines and not progress.done else (),
        "measures": _measures(ruling),
        "at_once": AT_ONCE,
        **more,
    }
    return render(request, "web/decisions/bulk.html", shown, status=status)


_DOES = (LineState.DECIDED, LineState.OPINED, LineState.PROPOSED)


@screen("POST")
def bulk_plan(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Keep the ruling and the facts; with ``run`` go on to decide."""
    actor, said, now = actor_of(request), request.POST, timezone.now()
    batch = own_batch(actor, batch_id)
    try:
        ruling = _ruling(said, batch)
        plan_batch(
            actor=actor,
            batch_id=batch.pk,
            ruling=ruling,
            facts=said.get("facts", ""),
            facts_of=_facts_of(actor, batch, said),
            left_out=[case_id for raw in said.getlist("out") if (case_id := _uuid(raw))],
            at=now,
        )
    except PiepowderError as error:
        if error.status in (403, 404):
            raise
        return _page(request, actor, batch_id, error.status, problem=problem_of(error))
    if said.get("run") == "1":
        run_batch(actor=actor, batch_id=batch.pk, at=timezone.now(), limit=AT_ONCE)
    return redirect("bulk", batch.pk)


@screen("POST")
def bulk_run(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Decide some more; asked for JSON, a few, and how far it is."""
    actor, now = actor_of(request), timezone.now()
    if request.headers.get("Accept") == "application/json":
        return JsonResponse(_told(run_batch(actor=actor, batch_id=batch_id, at=now, limit=_A_FEW)))
    run_batch(actor=actor, batch_id=batch_id, at=now, limit=AT_ONCE)
    return redirect("bulk", batch_id)


@screen()
def bulk_csv(request: HttpRequest, batch_id: UUID) -> HttpResponseBase:
    return csv_response(_table(own_batch(actor_of(request), batch_id)))


def _told(progress: Progress) -> dict[str, int]:
    return {
        "total": progress.total,
        "done": progress.done,
        **{state: getattr(progress, state) for state in LineState.values},
    }


def _table(batch: Batch) -> Table:
    header = ("case", "kind", "item", "title", "market", "seller", "outcome", "problem", "detail", "decision", "at")
    return Table("decided-together", header, batch.lines.count(), _rows(batch))


def _rows(batch: Batch) -> Iterator[tuple[object, ...]]:
    for line in lines_of(batch).iterator(chunk_size=500):
        item = line.case.item
        said = (line.state, line.problem, line.detail, line.decision_id, line.done_at)
        yield (line.case_id, item.kind, item.external_id, item.title, item.market, item.seller_ref, *said)


def _ruling(said: QueryDict, batch: Batch) -> Ruling:
    """The shared ruling; ``snapshot`` is only there because a ruling names one, each case brings its own."""
    first = batch.lines.order_by("position").first()
    assert first is not None
    typed = said.copy()
    typed["snapshot"] = str(first.snapshot_id)
    typed.setlist("policy", said.get("policies", "").replace(",", " ").split())
    return ruling_from(typed)


def _facts_of(actor: Actor, batch: Batch, said: QueryDict) -> dict[UUID, str]:
    """What is said of each case: as it was edited, or the shared text with its places filled anew when that has changed."""
    if said.get("outcome") != Outcome.VIOLATION:
        return {}
    text = said.get("facts", "").strip()
    anew = text != batch.facts
    found: dict[UUID, str] = {}
    for line in lines_of(batch):
        edited = said.get(f"facts-{line.case_id}")
        found[line.case_id] = _filled(actor, line, text) if anew or edited is None else edited.strip()
    return found


def _filled(actor: Actor, line: BatchLine, text: str) -> str:
    return filled(text, places_of(item_card(actor, line.case.item_id))) if "{" in text else text


def _measures(ruling: Ruling | None) -> list[dict[str, Any]]:
    ordered = {order.key: order for order in ruling.enforcements} if ruling else {}
    return [
        {
            "key": f"{family}:{measure}",
            "measure": measure,
            "chosen": f"{family}:{measure}" in ordered,
            "days": ordered[f"{family}:{measure}"].days if f"{family}:{measure}" in ordered else None,
            "may_end": measure not in FOR_GOOD,
        }
        for family, measures in MEASURES.items()
        for measure in measures
        if measure != "other"
    ]


def _policies(market: str, now: Any) -> list[tuple[str, str]]:
    codes = Policy.objects.filter(is_leaf=True).values_list("code", flat=True)
    versions = versions_in_force(codes, market, now)
    readings = readings_in(versions.values(), policy_language(get_language()))
    return sorted((code, readings[version.pk].title) for code, version in versions.items())


def _uuid(raw: str) -> UUID | None:
    try:
        return UUID(raw)
    except ValueError:
        raise Malformed(_("that is no case")) from None
