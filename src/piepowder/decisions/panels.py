"""Several people judge one case, each without knowing what the others say: opinions, agreement, and what follows.

A panel sits from the first opinion on and keeps the rule it began under. As soon as enough people say the same
(``agreement.py``) the decision is issued in the name of the last of them; as soon as that is impossible the case is
adjudicated by one more person, who sees every opinion.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from piepowder.database.prepared import Prepared
from piepowder.decisions.agreement import Sense, Verdict, sense_of, verdict
from piepowder.decisions.deciding import decide, handling_ms, locked_item
from piepowder.decisions.models import Decision, Opinion, Panel
from piepowder.decisions.ruling import Ruling, as_draft, as_json, from_json
from piepowder.decisions.states import PANEL_FLOW, PanelState
from piepowder.kernel.actor import Actor, ActorKind
from piepowder.kernel.errors import Conflict, NotFound
from piepowder.ledger.operations import record
from piepowder.outbox.operations import TooLate
from piepowder.review.joint import adjudicate, put_back_judged, take_up_again
from piepowder.review.models import Case, Lease, Queue
from piepowder.review.operations import save_draft
from piepowder.review.states import CaseState

SITTING = (PanelState.OPEN, PanelState.SPLIT)


class OpinionGiven(Conflict):
    """The person has judged this case already; somebody else must."""

    code = "opinion_given"


class NoSuchOpinion(NotFound):
    code = "no_such_opinion"


@dataclass(frozen=True, slots=True)
class Counted:
    """An opinion that was kept, and the decision if it was the one that was missing."""

    opinion: Opinion
    decision: Decision | None
    split: bool


def sitting(case_id: UUID) -> Panel | None:
    """The panel that judges the case at the moment, locked with it by the caller."""
    return _sitting.first(case_id)


_sitting = Prepared(lambda case: Panel.objects.filter(case_id=case, state__in=list(SITTING))[:1], Panel.case)


def panel_for(case: Case, *, second: bool, at: datetime) -> Panel | None:
    """The sitting panel, or the one that begins now because the queue, or with ``second`` the person, asks for it."""
    panel = sitting(case.pk)
    queue: Queue = case.queue
    by_queue = queue.opinions > 1 and queue.agreeing > 1
    if panel is not None or not (by_queue or second):
        return panel
    return Panel.objects.create(
        case=case,
        round=1 + Panel.objects.filter(case=case).count(),
        opinions=queue.opinions if by_queue else 2,
        agreeing=queue.agreeing if by_queue else 2,
        asked=not by_queue,
        opened_at=at,
    )


def require_not_heard(panel: Panel, actor: Actor) -> None:
    """Raise ``OpinionGiven`` for somebody who sits on the panel already."""
    if _standing(panel).filter(user_id=int(actor.ref)).exists():
        raise OpinionGiven(_("you have given your opinion on this case; somebody else goes on"))


def opine(
    *,
    actor: Actor,
    panel: Panel,
    lease: Lease,
    case: Case,
    ruling: Ruling,
    at: datetime,
    batch: UUID | None,
    timed: bool,
) -> Counted:
    """Keep an examined ruling as the holder's opinion, and do what follows from it. The caller holds the item's lock."""
    require_not_heard(panel, actor)
    opinion = Opinion.objects.create(
        panel=panel,
        case=case,
        user_id=int(actor.ref),
        vendor=actor.vendor,
        ruling=as_json(ruling),
        outcome=ruling.outcome,
        policy_code=ruling.policy_codes[0] if ruling.policy_codes else "",
        handling_ms=handling_ms(lease, at),
        at=at,
    )
    # What was said stays out of the ledger until everybody has spoken.
    told: dict[str, Any] = {"case": str(case.pk), "panel": str(panel.pk), "handling_ms": opinion.handling_ms}
    record(actor=actor, at=at, verb="opinion.give", subject_kind="opinion", subject_id=opinion.pk, **told)
    given = list(_standing(panel))
    found = verdict(senses(given), opinions=panel.opinions, agreeing=panel.agreeing)
    if found is Verdict.AGREED:
        others = tuple(one.user_id for one in given)
        decision = decide(actor=actor, lease_id=lease.pk, ruling=ruling, at=at, batch=batch, timed=timed, others=others)
        _settle(panel, "agree", actor=actor, at=at, decision=decision)
        return Counted(opinion, decision, split=False)
    put_back_judged(actor=actor, lease_id=lease.pk, at=at)
    if found is Verdict.SPLIT:
        adjudicate(actor=actor, case_id=case.pk, at=at)
        _settle(panel, "split", actor=actor, at=at)
    return Counted(opinion, None, split=found is Verdict.SPLIT)


def adjudicated(panel: Panel, *, decision: Decision, actor: Actor, at: datetime) -> None:
    """One person has decided what the panel could not."""
    _settle(panel, "adjudicate", actor=actor, at=at, decision=decision)


def dismiss(panel: Panel, *, actor: Actor, at: datetime) -> None:
    """The panel is no longer needed: the matter was settled in another way, or nobody of it is left."""
    _settle(panel, "void", actor=actor, at=at)


def take_back(*, actor: Actor, opinion_id: UUID, at: datetime) -> UUID:
    """Take one's own opinion back and have the case in hand again, with what was typed; returns the lease.

    Within the queue's time to undo, and while nobody has gone on from it: raises ``TooLate`` when somebody else has the
    case, or the opinion has settled something.
    """
    with transaction.atomic():
        mine = Opinion.objects.filter(pk=opinion_id, withdrawn_at__isnull=True)
        opinion = mine.filter(user_id=int(actor.ref)).first() if actor.kind is ActorKind.PERSON else None
        if opinion is None:
            raise NoSuchOpinion(_("there is no such opinion"))
        case = Case.objects.select_related("queue").get(pk=opinion.case_id)
        locked_item(case.item_id)
        case.refresh_from_db(fields=["state"])
        panel = Panel.objects.get(pk=opinion.panel_id)
        last = _standing(panel).last()
        gone_on = (
            panel.state != PanelState.OPEN or case.state != CaseState.OPEN or last is None or last.pk != opinion.pk
        )
        if gone_on or at >= opinion.at + timedelta(seconds=case.queue.grace_s):
            raise TooLate(_("the case has gone on; your opinion stays"))
        Opinion.objects.filter(pk=opinion.pk).update(withdrawn_at=at)
        lease_id = take_up_again(actor=actor, case_id=case.pk, at=at)
        save_draft(actor=actor, lease_id=lease_id, content=as_draft(from_json(opinion.ruling)), at=at)
        told = {"case": str(case.pk), "panel": str(panel.pk)}
        record(actor=actor, at=at, verb="opinion.withdraw", subject_kind="opinion", subject_id=opinion.pk, **told)
        if panel.asked and not _standing(panel).exists():
            dismiss(panel, actor=actor, at=at)
    return lease_id


def on_withdrawn(decision: Decision, *, actor: Actor, at: datetime) -> None:
    """The decision that a panel led to was taken back: by who issued it, so that the panel sits on; else it is over.

    The last agreeing person's opinion goes with the decision; an adjudicator has the differing opinions again.
    """
    panel = Panel.objects.filter(decision=decision).first()
    if panel is None:
        return
    if not (actor.kind is ActorKind.PERSON and str(decision.decider_id) == actor.ref):
        _settle(panel, "void", actor=actor, at=at, decision=decision)
        return
    own = _standing(panel).filter(user_id=int(actor.ref))
    verb = "sit_again" if own.update(withdrawn_at=at) else "split_again"
    _settle(panel, verb, actor=actor, at=at)


def standing(panel: Panel) -> list[Opinion]:
    """The opinions that count, in the order in which they were given."""
    return list(_standing(panel))


def senses(given: Iterable[Opinion]) -> list[Sense]:
    return [sense_of(from_json(opinion.ruling)) for opinion in given]


def _standing(panel: Panel) -> QuerySet[Opinion]:
    return Opinion.objects.filter(panel=panel, withdrawn_at__isnull=True).order_by("at", "id")


def _settle(panel: Panel, verb: str, *, actor: Actor, at: datetime, decision: Decision | None = None) -> None:
    panel.state = PANEL_FLOW.step(verb, PanelState(panel.state))
    over = panel.state in (PanelState.AGREED, PanelState.VOID)
    panel.decision, panel.settled_at = decision, at if over else None
    panel.save(update_fields=["state", "decision", "settled_at"])
    told: dict[str, Any] = {"case": str(panel.case_id), "decision": str(decision.pk) if decision else None}
    if over:
        told["opinions"] = [[str(one.pk), one.outcome, one.policy_code] for one in _standing(panel)]
    record(actor=actor, at=at, verb=f"panel.{verb}", subject_kind="panel", subject_id=panel.pk, **told)
