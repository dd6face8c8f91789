"""What lies on the bench: one case with everything that is needed to judge it, put together from the packages below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from piepowder.decisions.facts_templates import Beginning, beginnings
from piepowder.decisions.logic import Proposal, propose_enforcement
from piepowder.decisions.models import Decision
from piepowder.decisions.ruling import EnforcementOrder
from piepowder.decisions.states import MEASURES, Outcome
from piepowder.intake.queries import (
    DetectionLine,
    ItemCard,
    MediaLine,
    ReportLine,
    item_card,
    reports_about,
)
from piepowder.intake.states import ItemState, Kind, MediaState
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.permissions import Permission
from piepowder.policy.dsa import FOR_GOOD
from piepowder.policy.models import PolicyText, PolicyVersion
from piepowder.policy.queries import NoSuchPolicy, readings_in, versions_in_force
from piepowder.review.marks import MarkLine, marks_in
from piepowder.review.notebook import Notebook, notes_around
from piepowder.review.opening import violations_of
from piepowder.review.queries import ConsoleCase, console_case
from piepowder.web.around import difference_of, places_of
from piepowder.web.beside_right import papers_beside
from piepowder.web.differences import Difference
from piepowder.web.item_words import ItemWords, item_words, own_labels
from piepowder.web.marking import spans_of
from piepowder.web.papers import Papers
from piepowder.web.pictures import Comparable, comparable_with
from piepowder.web.watching import Live, live_for
from piepowder.web.words import why_words

MOST_SUGGESTIONS = 4
# A heartbeat goes out this often within the length of a lease, so that one lost on the way costs nothing.
_BEATS_PER_LEASE = 4


@dataclass(frozen=True, slots=True)
class Order:
    """A measure that can be ordered; ``key`` names it in the form."""

    key: str
    measure: str
    proposed: bool
    days: int | None
    may_end: bool


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A policy that may be broken: why it is suggested, its words, and what its violation would lead to."""

    code: str
    title: str
    why: str
    severity: int
    ground: str
    version: PolicyVersion
    reading: PolicyText
    proposal: Proposal
    orders: tuple[Order, ...]
    beginnings: tuple[Beginning, ...] = ()


@dataclass(frozen=True, slots=True)
class MediaShown:
    """``shown`` is ``image``, ``video``, ``live``, ``pdf``, ``file``, or empty when there is nothing to show yet; then words
    say why."""

    digest: str
    shown: str
    content_type: str
    state_words: str
    problem: str


@dataclass(frozen=True, slots=True)
class May:
    hold: bool
    transfer: bool
    escalate: bool
    skip: bool


@dataclass(frozen=True, slots=True)
class Bench:
    lease_id: UUID
    beat_s: int
    case: ConsoleCase
    why_here: str
    item: ItemCard
    words: ItemWords
    gone: str
    live: Live | None
    marks: Sequence[MarkLine]
    papers: Papers | None
    comparable: tuple[Comparable, ...]
    media: tuple[MediaShown, ...]
    reports: Sequence[ReportLine]
    detections: Sequence[DetectionLine]
    violations: int
    """Of the seller, in 90 days."""
    notes: Notebook
    suggestions: tuple[Suggestion, ...]
    difference: Difference | None
    draft: dict[str, Any]
    may: May
    then: str
    """A lease that was put aside by an undo and comes next, or nothing."""
    stamp: str


def bench_for(actor: Actor, lease_id: UUID, *, language: str, now: datetime, then: str = "") -> Bench:
    """The case of ``actor``'s lease, ready to be judged; raises ``LeaseLost`` when it is no longer theirs."""
    case = console_case(actor, lease_id, now=now)
    item = item_card(actor, case.item_id)
    reports = reports_about(actor, case.item_id)
    place = Place(vendor=actor.vendor, queue=case.queue_code, market=case.market, language=case.language)
    return Bench(
        lease_id=lease_id,
        beat_s=max(5, case.lease_s // _BEATS_PER_LEASE),
        case=case,
        why_here=why_words(case.why_here),
        item=item,
        words=item_words(item.content, spans_of(item.detections), own_labels(item.kind)),
        gone=_gone(item),
        live=live_for(actor, item) if item.kind == Kind.LIVESTREAM else None,
        marks=marks_in(actor, item.id) if _has_film(item) else (),
        papers=papers_beside(actor, item, reports, today=now.date()),
        comparable=comparable_with(actor, item),
        media=tuple(media_shown(one) for one in item.media),
        reports=reports,
        detections=item.detections,
        violations=violations_of([item.seller_ref], now).get(item.seller_ref, 0),
        notes=notes_around(actor, now=now, item_id=item.id, seller_ref=item.seller_ref),
        suggestions=suggestions_for(actor, case, item, reports, language=language, now=now),
        difference=difference_of(actor, item),
        draft=case.draft,
        may=May(
            hold=actor.may(Permission.CASE_HOLD, place),
            transfer=actor.may(Permission.CASE_TRANSFER, place),
            escalate=actor.may(Permission.CASE_ESCALATE, place),
            skip=actor.may(Permission.CASE_SKIP, place),
        ),
        then=then,
        stamp=stamp_of(case, now),
    )


def stamp_of(case: ConsoleCase, now: datetime) -> str:
    """What the case shows that may change while it waits to be shown: the same stamp, the same screen. One query."""
    violations = violations_of([case.seller_ref], now).get(case.seller_ref, 0)
    told = (case.snapshot_id, case.queue_code, case.severity, case.reports, violations, len(case.draft))
    return ".".join(str(one) for one in told)


def _has_film(item: ItemCard) -> bool:
    return item.kind == Kind.LIVESTREAM or any(one.content_type.startswith("video/") for one in item.media)


def _gone(item: ItemCard) -> str:
    if item.state == ItemState.WITHDRAWN:
        return _("The seller has withdrawn this item. It is still to be judged.")
    if item.state == ItemState.DELETED:
        return _("The seller has deleted this item. It is still to be judged, on what was kept.")
    return ""


def media_shown(one: MediaLine) -> MediaShown:
    """How one medium can be shown, or why it cannot."""
    shown = ""
    if one.role == "stream" and (one.digest or one.url):
        shown = "live"
    elif one.content_type == "application/pdf":
        shown = "pdf"
    elif one.digest:
        kind = one.content_type.split("/")[0]
        shown = kind if kind in ("image", "video") else "file"
    return MediaShown(one.digest, shown, one.content_type, str(MediaState(one.state).label), one.problem)


def suggestions_for(
    actor: Actor, case: ConsoleCase, item: ItemCard, reports: Iterable[ReportLine], *, language: str, now: datetime
) -> tuple[Suggestion, ...]:
    """The policies suspected by models, reports and routing, each once, the surest first."""
    reasons: dict[str, list[str]] = {}
    for found in item.detections:
        if found.policy_code:
            said = _("%(model)s found “%(label)s” (%(score)d %%)")
            values = {"model": found.model, "label": found.label, "score": round(found.score * 100)}
            reasons.setdefault(found.policy_code, []).append(said % values)
    for report in reports:
        if report.policy_code:
            reasons.setdefault(report.policy_code, []).append(_("reported"))
    if case.policy_code:
        reasons.setdefault(case.policy_code, []).append(_("suspected by routing"))
    wanted = {code: "; ".join(dict.fromkeys(why)) for code, why in list(reasons.items())[:MOST_SUGGESTIONS]}
    return _suggestions(actor, case, item, wanted, language=language, now=now)


def suggestion_for(actor: Actor, case: ConsoleCase, code: str, *, language: str, now: datetime) -> Suggestion:
    """One policy that was searched for; raises ``NoSuchPolicy``."""
    found = _suggestions(actor, case, item_card(actor, case.item_id), {code: ""}, language=language, now=now)
    if not found:
        raise NoSuchPolicy(_("no policy with the code %(code)s is in force here") % {"code": code})
    return found[0]


def _suggestions(
    actor: Actor, case: ConsoleCase, item: ItemCard, wanted: dict[str, str], *, language: str, now: datetime
) -> tuple[Suggestion, ...]:
    if not wanted or not actor.may(Permission.POLICY_VIEW, Place(market=case.market)):
        return ()
    versions = {
        code: version
        for code, version in versions_in_force(wanted, case.market, now).items()
        if version.policy.is_leaf and (not version.policy.kinds or case.kind in version.policy.kinds)
    }
    texts = readings_in(versions.values(), language)
    violations = violations_of([case.seller_ref], now).get(case.seller_ref, 0)
    begun = beginnings(versions, case.language, places_of(item)) if versions else {}
    return tuple(
        _suggestion(versions[code], texts[versions[code].pk], why, violations, case.kind, begun.get(code, ()))
        for code, why in wanted.items()
        if code in versions
    )


def _suggestion(
    version: PolicyVersion, text: PolicyText, why: str, violations: int, kind: str, begun: tuple[Beginning, ...]
) -> Suggestion:
    proposal = propose_enforcement(version, violations, kind)
    return Suggestion(
        code=version.policy.code,
        title=text.title,
        why=why,
        severity=version.severity,
        ground=version.ground,
        version=version,
        reading=text,
        proposal=proposal,
        orders=_orders(proposal),
        beginnings=begun,
    )


def _orders(proposal: Proposal) -> tuple[Order, ...]:
    """Every measure there is, the proposed ones first; “other” needs words of its own and is left to the API."""
    proposed = {(str(one.family), one.measure): one for one in proposal.enforcements}
    every = [(str(family), measure) for family, measures in MEASURES.items() for measure in measures]
    rest = [pair for pair in every if pair not in proposed and pair[1] != "other"]
    return tuple(_order(*pair, proposed.get(pair)) for pair in [*proposed, *rest])


def _order(family: str, measure: str, proposed: EnforcementOrder | None) -> Order:
    return Order(
        key=f"{family}:{measure}",
        measure=measure,
        proposed=proposed is not None,
        days=proposed.days if proposed else None,
        may_end=measure not in FOR_GOOD,
    )


@dataclass(frozen=True, slots=True)
class JustDecided:
    """A decision for the message in the corner; ``undoable`` while its grace period runs."""

    id: UUID
    outcome: str
    title: str
    final_at: datetime
    undoable: bool


def just_decided(decision: Decision) -> JustDecided:
    return JustDecided(
        id=decision.pk,
        outcome=decision.outcome,
        title=decision.item.title or decision.item.external_id,
        final_at=decision.final_at,
        undoable=decision.final_at > decision.decided_at,
    )


def draft_of(decision: Decision) -> dict[str, Any]:
    """What had been typed into the console for ``decision``, so that taking it back loses nothing."""
    enforcements = list(decision.enforcements.all())
    citations = decision.citations.select_related("version__policy").order_by("-primary", "id")
    return {
        "outcome": decision.outcome,
        "policies": [citation.version.policy.code for citation in citations],
        "ground": decision.ground,
        "facts": decision.facts if decision.outcome == Outcome.VIOLATION else "",
        "note": decision.note,
        "where": next((one.territories[0] for one in enforcements if one.territories), ""),
        "orders": {
            f"{one.family}:{one.measure}": str((one.ends_at - one.starts_at).days) if one.ends_at else ""
            for one in enforcements
        },
    }
