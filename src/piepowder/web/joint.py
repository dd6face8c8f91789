"""Judging in company, as the console shows it: opinions, approvals, related cases, and what became of a judgement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.http import HttpRequest, QueryDict
from django.template.loader import render_to_string

from piepowder.database.prepared import Prepared
from piepowder.decisions.operations import Judged, judge, judge_together
from piepowder.decisions.opinions import PanelView, panel_told
from piepowder.decisions.proposals import SentBack, sent_back, waits_for_approval
from piepowder.decisions.together import Joined, Told
from piepowder.http.pages import Problem, problem_of
from piepowder.kernel.actor import Actor
from piepowder.review.models import Case
from piepowder.web.bench import JustDecided, just_decided
from piepowder.web.rulings import ruling_from


@dataclass(frozen=True, slots=True)
class Company:
    """Who else has a say in the case in hand: ``several`` when its queue has people judge independently."""

    several: int
    agreeing: int
    adjudicates: bool
    panel: PanelView | None
    sent_back: SentBack | None
    measures: str
    """The measures that wait for approval, separated by blanks."""

    @property
    def may_ask(self) -> bool:
        """Whether a second opinion can be asked for: not where several are asked anyway, nor by who adjudicates."""
        return self.several < 2 and not self.adjudicates


def company_of(actor: Actor, case_id: UUID) -> Company:
    """Five queries."""
    case = _case(case_id)[0]
    queue, split = case.queue, case.split_at is not None
    return Company(
        several=queue.opinions if queue.opinions > 1 and queue.agreeing > 1 and not split else 1,
        agreeing=queue.agreeing,
        adjudicates=split,
        panel=panel_told(actor, case_id),
        sent_back=sent_back(actor, case_id),
        measures=" ".join(sorted(waits_for_approval(actor))),
    )


_case = Prepared(lambda case_id: Case.objects.select_related("queue").filter(pk=case_id), Case.id)
_case_and_item = Prepared(lambda case_id: Case.objects.select_related("item", "queue").filter(pk=case_id), Case.id)


@dataclass(frozen=True, slots=True)
class Came:
    """What became of one case, for the message in the corner."""

    title: str
    decision: JustDecided | None
    judged: Judged | None
    until: datetime | None
    """Until when an opinion can be taken back."""
    problem: Problem | None


def judge_typed(request: HttpRequest, actor: Actor, lease_id: UUID, *, now: datetime) -> str:
    """Judge what the console's form says, and with it the cases that were joined; returns the messages to show."""
    ruling, second = ruling_from(request.POST), request.POST.get("second") == "1"
    others = joined_in(request.POST)
    if others:
        told = judge_together(actor=actor, lease_id=lease_id, ruling=ruling, others=others, at=now, second=second)
    else:
        judged = judge(actor=actor, lease_id=lease_id, ruling=ruling, at=now, second=second)
        told = [Told(_case_of(judged), judged)]
    first, *rest = came(told)
    return render_to_string("web/console/_judged.html", {"first": first, "others": rest}, request)


def joined_in(typed: QueryDict) -> list[Joined]:
    """The related cases that were ticked, with what was looked at and what was said of each."""
    found = []
    for raw in typed.getlist("join"):
        try:
            case_id, snapshot_id = UUID(raw), UUID(typed.get(f"join-snapshot-{raw}", ""))
        except ValueError:
            continue
        found.append(Joined(case_id, snapshot_id, typed.get(f"join-facts-{raw}", "").strip()))
    return found


def came(told: Sequence[Told]) -> list[Came]:
    return [_came(one, _case_and_item(one.case_id)[0]) for one in told]


def _came(one: Told, case: Case) -> Came:
    judged, title = one.judged, case.item.title or case.item.external_id
    if judged is None:
        assert one.error is not None
        return Came(title, None, None, None, problem_of(one.error))
    until = None
    if judged.opinion is not None and judged.decision is None and not judged.split:
        until = judged.opinion.at + timedelta(seconds=case.queue.grace_s)
    return Came(title, just_decided(judged.decision) if judged.decision else None, judged, until, None)


def _case_of(judged: Judged) -> UUID:
    for part in (judged.decision, judged.opinion, judged.proposal):
        if part is not None and part.case_id is not None:
            return part.case_id
    raise AssertionError("a judgement is about a case")
