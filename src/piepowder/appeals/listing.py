"""The appeal desk as a list: what waits, what is in whose hands, what is late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from piepowder.access.models import User
from piepowder.access.options import chosen
from piepowder.access.visibility import require, scope_q, visible
from piepowder.appeals.models import Appeal, Bar
from piepowder.appeals.options import BLIND
from piepowder.appeals.states import OPEN_STATES, AppealState
from piepowder.appeals.telling import reference_of
from piepowder.decisions.models import Citation
from piepowder.kernel.actor import Actor, ActorKind, Place
from piepowder.kernel.permissions import Permission

CLOCKS = ("late", "at_risk", "running", "resting")
ORDERS = {"due": ("due_at", "id"), "newest": ("-filed_at", "-id"), "oldest": ("filed_at", "id")}


@dataclass(frozen=True, slots=True)
class DeskFilters:
    """What to list; an empty field does not narrow. ``state`` may be ``open``; ``policy`` is a code."""

    state: str = ""
    clock: str = ""
    complainant: str = ""
    stage: str = ""
    outcome: str = ""
    market: str = ""
    language: str = ""
    kind: str = ""
    policy: str = ""
    vendor: str = ""
    mine: bool = False
    text: str = ""
    decision: UUID | None = None
    ended_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class AppealRow:
    """An appeal in a list. ``decided_by`` is empty for a machine, and while it is hidden from who hears."""

    id: UUID
    reference: str
    state: str
    state_label: str
    clock: str
    stage: int
    complainant_kind: str
    complainant_label: str
    basis_label: str
    outcome: str
    outcome_label: str
    kind: str
    external_id: str
    title: str
    market: str
    language: str
    policies: tuple[str, ...]
    filed_at: datetime
    due_at: datetime | None
    at_risk_at: datetime | None
    ended_at: datetime | None
    hearer_id: int | None
    hearer: str
    mine: bool
    barred: bool
    vendor: str
    decision_id: UUID


def desk_list(actor: Actor, filters: DeskFilters, *, now: datetime, order: str = "due") -> QuerySet[Appeal]:
    """The appeals that ``actor`` may see, narrowed and in ``order``; ``appeal_row`` makes a line of each."""
    require(actor, Permission.APPEAL_VIEW)
    rows = visible(Appeal.objects.all(), appeal_scope(actor))
    rows = rows.filter(_wanted(filters, actor, now))
    if filters.policy:
        cited = Citation.objects.filter(decision=OuterRef("decision_id"), version__policy__code=filters.policy)
        rows = rows.filter(Exists(cited))
    if actor.kind is ActorKind.PERSON:
        own = Bar.objects.filter(appeal=OuterRef("pk"), user_id=int(actor.ref))
        rows = rows.annotate(is_barred=Exists(own))
    related = rows.select_related("decision__item", "hearer__vendor").prefetch_related(
        "decision__citations__version__policy"
    )
    return related.order_by(*ORDERS.get(order, ORDERS["due"]))


def appeals_after(
    actor: Actor, filters: DeskFilters, *, now: datetime, after: str, limit: int
) -> tuple[list[Appeal], str]:
    """The appeals that ``actor`` may see, newest first, from the cursor ``after`` on, and the cursor of the next page."""
    rows = desk_list(actor, filters, now=now, order="newest")
    if after:
        moment, _tilde, last = after.partition("~")
        at = datetime.fromisoformat(moment)
        # The bound says nothing new; without it SQLite goes through all that comes before and sorts it.
        rows = rows.filter(filed_at__lte=at).filter(Q(filed_at__lt=at) | Q(filed_at=at, id__lt=last))
    found = list(rows[: limit + 1])
    more = f"{found[limit - 1].filed_at.isoformat()}~{found[limit - 1].pk}" if len(found) > limit else ""
    return found[:limit], more


def appeal_row(appeal: Appeal, actor: Actor, now: datetime) -> AppealRow:
    decision, item = appeal.decision, appeal.decision.item
    cited = sorted(decision.citations.all(), key=lambda one: (not one.primary, one.version.policy.code))
    return AppealRow(
        id=appeal.pk,
        reference=reference_of(appeal.pk),
        state=appeal.state,
        state_label=appeal.get_state_display(),
        clock=clock_word(appeal, now),
        stage=appeal.stage,
        complainant_kind=appeal.complainant_kind,
        complainant_label=appeal.get_complainant_kind_display(),
        basis_label=appeal.get_basis_display(),
        outcome=appeal.outcome,
        outcome_label=appeal.get_outcome_display() if appeal.outcome else "",
        kind=item.kind,
        external_id=item.external_id,
        title=item.title,
        market=decision.market,
        language=appeal.language,
        policies=tuple(one.version.policy.code for one in cited),
        filed_at=appeal.filed_at,
        due_at=appeal.due_at,
        at_risk_at=appeal.at_risk_at,
        ended_at=appeal.ended_at,
        hearer_id=appeal.hearer_id,
        hearer=name_for(actor, appeal.hearer),
        mine=actor.kind is ActorKind.PERSON and str(appeal.hearer_id) == actor.ref,
        barred=bool(getattr(appeal, "is_barred", False)),
        vendor="" if is_blind(appeal) else decision.vendor,
        decision_id=decision.pk,
    )


def clock_word(appeal: Appeal, now: datetime) -> str:
    """How the promise stands: ``kept`` or ``broken`` once it ended, else one of ``CLOCKS``; empty for one taken back."""
    if appeal.state == AppealState.WITHDRAWN:
        return ""
    if appeal.ended_at is not None:
        return "kept" if appeal.kept else "broken"
    if appeal.due_at is None:
        return "resting"
    if now >= appeal.due_at:
        return "late"
    return "at_risk" if appeal.at_risk_at is not None and now >= appeal.at_risk_at else "running"


def name_for(actor: Actor, user: User | None) -> str:
    """Somebody's name, for those whose part of the desk takes in that person's vendor."""
    if user is None or not actor.may(Permission.APPEAL_VIEW, Place(vendor=user.vendor.code)):
        return ""
    return user.name


def is_blind(appeal: Appeal) -> bool:
    """Whether who decided is hidden: by choice of the organisation, until the appeal has ended."""
    return appeal.state in OPEN_STATES and bool(chosen(BLIND))


def appeal_scope(actor: Actor, permission: Permission = Permission.APPEAL_VIEW, prefix: str = "decision__") -> Q:
    """The appeals (or what hangs on a decision in the same way) that ``actor`` may see."""
    return scope_q(
        actor,
        permission,
        vendor=f"{prefix}vendor",
        queue=f"{prefix}queue",
        market=f"{prefix}market",
        language=f"{prefix}language",
    )


def _wanted(filters: DeskFilters, actor: Actor, now: datetime) -> Q:
    plain: dict[str, Any] = {
        "outcome": filters.outcome,
        "complainant_kind": filters.complainant,
        "language": filters.language,
        "decision__market": filters.market,
        "decision__vendor": filters.vendor,
        "decision__item__kind": filters.kind,
    }
    wanted = Q(**{column: value for column, value in plain.items() if value})
    if filters.stage in ("1", "2"):
        wanted &= Q(stage=int(filters.stage))
    if filters.state:
        states = list(OPEN_STATES) if filters.state == "open" else [filters.state]
        wanted &= Q(state__in=states)
    if filters.decision is not None:
        wanted &= Q(decision_id=filters.decision)
    if filters.ended_since is not None:
        wanted &= Q(ended_at__gte=filters.ended_since)
    if filters.mine and actor.kind is ActorKind.PERSON:
        wanted &= Q(hearer_id=int(actor.ref))
    if filters.text:
        wanted &= Q(decision__item__title__icontains=filters.text) | Q(decision__item__external_id=filters.text)
    return wanted & _clock(filters.clock, now)


def _clock(clock: str, now: datetime) -> Q:
    if clock not in CLOCKS:
        return Q()
    still = Q(state__in=list(OPEN_STATES))
    if clock == "resting":
        return still & Q(due_at__isnull=True)
    if clock == "late":
        return still & Q(due_at__lte=now)
    risky = Q(at_risk_at__lte=now)
    return still & Q(due_at__gt=now) & (risky if clock == "at_risk" else ~risky)
