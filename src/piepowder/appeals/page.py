"""One appeal in full: what both sides say, the decision as it was made, who may hear it, what happened since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from piepowder.access.models import User
from piepowder.access.queries import actor_for
from piepowder.access.visibility import require, visible
from piepowder.appeals.appealing import second_until
from piepowder.appeals.bars import missing_bars
from piepowder.appeals.desk import NoSuchAppeal, is_hearer, place_of
from piepowder.appeals.listing import AppealRow, appeal_row, appeal_scope, is_blind, name_for
from piepowder.appeals.models import Appeal, AuditRequest, Bar, OutOfCourtCase, Restitution
from piepowder.appeals.states import APPEAL_FLOW, OPEN_STATES, AppealState, BarReason, Side
from piepowder.correspondence.models import Letter
from piepowder.correspondence.queries import letters_about
from piepowder.decisions.models import Citation, Decision
from piepowder.decisions.queries import DecisionView, decision_page
from piepowder.intake.queries import ReportLine, reports_about
from piepowder.kernel.actor import Actor, ActorKind
from piepowder.kernel.permissions import Permission
from piepowder.policy.models import PolicyText, PolicyVersion
from piepowder.policy.queries import readings_in, versions_in_force


@dataclass(frozen=True, slots=True)
class CitedThen:
    """A policy as it stood when the decision cited it; ``newer`` is the version in force now, if it is another."""

    code: str
    version: PolicyVersion
    reading: PolicyText
    newer: int | None


@dataclass(frozen=True, slots=True)
class Can:
    """What the reader may do on the page at this moment."""

    take: bool
    give_back: bool
    assign: bool
    admit: bool
    refuse: bool
    hear: bool
    """They are the hearer: ask, add, conclude."""
    bars: tuple[str, ...]
    """Why the reader may not hear it, in words; empty when they may."""


@dataclass(frozen=True, slots=True)
class Brought:
    """One piece that a side brought forward. ``by`` is empty for somebody whose name the reader does not see."""

    id: UUID
    side: str
    side_label: str
    text: str
    url: str
    content_type: str
    size: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    text: str
    asked_at: datetime
    by: str
    answer: str
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Happened:
    label: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AppealView:
    """``decision`` has no names while who decided is hidden. ``reports`` are the other side's, or the complainant's own."""

    row: AppealRow
    appeal: Appeal
    decision: DecisionView
    blind: bool
    cited: tuple[CitedThen, ...]
    reports: Sequence[ReportLine]
    evidence: Sequence[Brought]
    questions: Sequence[Asked]
    steps: Sequence[Happened]
    letters: Sequence[Letter]
    others: Sequence[AppealRow]
    restitutions: Sequence[Restitution]
    audit: AuditRequest | None
    cases: Sequence[OutOfCourtCase]
    again_until: date | None
    can: Can


def seen_appeal(actor: Actor, appeal_id: UUID) -> Appeal:
    """One appeal; raises ``NoSuchAppeal`` also for one that ``actor`` may not see."""
    rows = visible(Appeal.objects.all(), appeal_scope(actor)).select_related(
        "decision__item", "report__reporter", "hearer__vendor", "replacement"
    )
    cited = Prefetch("decision__citations", Citation.objects.select_related("version__policy"))
    found = rows.prefetch_related(cited).filter(pk=appeal_id).first()
    if found is None:
        raise NoSuchAppeal(_("there is no such appeal"))
    return found


def appeal_page(actor: Actor, appeal_id: UUID, *, now: datetime, language: str = "en") -> AppealView:
    """Everything about one appeal; raises ``NoSuchAppeal``. The queries do not grow with what was brought forward."""
    require(actor, Permission.APPEAL_VIEW)
    appeal = seen_appeal(actor, appeal_id)
    decision, blind = appeal.decision, is_blind(appeal)
    view = decision_page(actor, decision.pk, language=language)
    others = (
        Appeal.objects.filter(decision=decision)
        .exclude(pk=appeal.pk)
        .select_related("decision__item", "hearer__vendor")
    )
    return AppealView(
        row=appeal_row(appeal, actor, now),
        appeal=appeal,
        decision=_without_names(view) if blind else view,
        blind=blind,
        cited=_cited(decision, language, now),
        reports=reports_about(actor, decision.item_id),
        evidence=_evidence(actor, appeal),
        questions=_questions(actor, appeal),
        steps=_steps(actor, appeal),
        letters=list(letters_about("appeal", str(appeal.pk))),
        others=[
            appeal_row(other, actor, now)
            for other in others.prefetch_related("decision__citations__version__policy").order_by("filed_at", "id")
        ],
        restitutions=list(appeal.restitutions.all()),
        audit=AuditRequest.objects.filter(appeal=appeal).first(),
        cases=list(OutOfCourtCase.objects.filter(decision=decision).select_related("body")),
        again_until=second_until(appeal),
        can=_can(actor, appeal),
    )


def may_be_given_to(actor: Actor, appeal: Appeal, *, now: datetime) -> list[User]:
    """The active people who may hear the appeal and whom nothing bars, by name."""
    require(actor, Permission.APPEAL_ASSIGN, place_of(appeal))
    barred = set(Bar.objects.filter(appeal=appeal).values_list("user_id", flat=True))
    barred |= {user for user, _why in missing_bars(appeal)}
    wanted = User.objects.filter(is_active=True, grants__role__permissions__icontains=Permission.APPEAL_HEAR.value)
    people = wanted.select_related("vendor", "site", "team").distinct().order_by("name", "id")
    place = place_of(appeal)
    free = [one for one in people if one.pk not in barred and one.pk != appeal.hearer_id]
    return [one for one in free if name_for(actor, one) and actor_for(one, now=now).may(Permission.APPEAL_HEAR, place)]


def _evidence(actor: Actor, appeal: Appeal) -> list[Brought]:
    rows = appeal.evidence.select_related("stored", "user__vendor")
    # What another vendor's people wrote for themselves is theirs.
    return [
        Brought(
            id=one.pk,
            side=one.side,
            side_label=one.get_side_display(),
            text=one.text,
            url=one.url,
            content_type=one.stored.content_type if one.stored else "",
            size=one.stored.size if one.stored else 0,
            by=name_for(actor, one.user) if one.side == Side.HOUSE else "",
            at=one.added_at,
        )
        for one in rows
        if one.side != Side.HOUSE or one.user is None or name_for(actor, one.user)
    ]


def _questions(actor: Actor, appeal: Appeal) -> list[Asked]:
    rows = appeal.questions.select_related("user__vendor")
    return [Asked(one.text, one.asked_at, name_for(actor, one.user), one.answer, one.answered_at) for one in rows]


def _steps(actor: Actor, appeal: Appeal) -> list[Happened]:
    rows = appeal.steps.select_related("user__vendor")
    return [Happened(one.get_kind_display(), name_for(actor, one.user), one.at) for one in rows]


def _can(actor: Actor, appeal: Appeal) -> Can:
    place = place_of(appeal)
    verbs = APPEAL_FLOW.allowed(AppealState(appeal.state))
    own = is_hearer(appeal, actor) and appeal.state == AppealState.IN_HAND
    bars = _bars(actor, appeal) if appeal.state in OPEN_STATES else ()
    hears = actor.may(Permission.APPEAL_HEAR, place) and actor.kind is ActorKind.PERSON and not bars
    assigns = actor.may(Permission.APPEAL_ASSIGN, place)
    return Can(
        take=hears and "take" in verbs,
        give_back="give_back" in verbs and (own or assigns),
        assign=assigns and appeal.state in (AppealState.ADMITTED, AppealState.IN_HAND),
        admit=hears and "admit" in verbs,
        refuse=hears and appeal.state in (AppealState.FILED, AppealState.ADMITTED),
        hear=own,
        bars=bars,
    )


def _bars(actor: Actor, appeal: Appeal) -> tuple[str, ...]:
    if actor.kind is not ActorKind.PERSON:
        return ()
    kept = Bar.objects.filter(appeal=appeal, user_id=int(actor.ref)).values_list("why", flat=True)
    now = [why.value for user, why in missing_bars(appeal) if str(user) == actor.ref]
    return tuple(str(BarReason(why).label) for why in dict.fromkeys([*kept, *now]))


def _without_names(view: DecisionView) -> DecisionView:
    row = replace(view.row, decider="", decider_id=None, vendor="", site="", team="", queue="", note="")
    return replace(view, row=row)


def _cited(decision: Decision, language: str, now: datetime) -> tuple[CitedThen, ...]:
    versions = [one.version for one in sorted(decision.citations.all(), key=lambda one: (not one.primary, one.pk))]
    readings = readings_in(versions, language)
    current = versions_in_force([one.policy.code for one in versions], decision.market, now)
    return tuple(
        CitedThen(
            one.policy.code,
            one,
            readings[one.pk],
            current[one.policy.code].number
            if one.policy.code in current and current[one.policy.code].pk != one.pk
            else None,
        )
        for one in versions
    )
