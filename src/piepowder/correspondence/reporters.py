"""Letters to those who report: that the notice was received, and what became of it (DSA Art. 16(4), (5)).

They are written while the pack ``eu_dsa`` is in force, to everybody who can be reached; otherwise nothing is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from piepowder.correspondence.kinds import REPORT_DECIDED, REPORT_RECEIVED
from piepowder.correspondence.models import Letter
from piepowder.correspondence.queries import with_progress
from piepowder.correspondence.sending import Draft, Recipient, send_many
from piepowder.correspondence.states import Progress, RecipientKind
from piepowder.decisions.events import DecisionIssued, DecisionOverturned
from piepowder.decisions.filling import short_title
from piepowder.decisions.models import Decision
from piepowder.decisions.redress import complaint_deadline, complaint_window
from piepowder.decisions.states import Outcome
from piepowder.intake.events import ReportsReceived
from piepowder.intake.models import Item, Report, Reporter
from piepowder.kernel.ids import short
from piepowder.policy.logic import day_of
from piepowder.policy.packs import in_force

PACK: Final = "eu_dsa"

_ITEMS_NAMED: Final = 50
# References that intake made up: they name nobody to the marketplace.
_OURS: Final = ("unnamed:", "mail:", "forgotten:")


def confirm_receipt(event: ReportsReceived) -> None:
    """Confirm each notice to whoever sent it: one letter, however many items it names."""
    if not in_force(PACK, day_of(event.at)):
        return
    drafts = []
    for reports in _by_notice([one.report_id for one in event.reports]).values():
        first = reports[0]
        to = _reachable(first.reporter, first.language or first.item.language)
        if to is None:
            continue
        values = {
            "reference": reference(first),
            "received_at": _moment(first.received_at),
            "items": _named([report.item for report in reports]),
            "reason": first.reason,
        }
        about = ("report", str(first.pk))
        drafts.append(Draft(REPORT_RECEIVED.code, to, about, values, item_id=first.item_id))
    send_many(actor=event.actor, drafts=drafts, at=event.at)


def tell_outcome(event: DecisionIssued) -> None:
    """Tell those whose reports the decision judged, once it is final; taken back with it, the letters never leave."""
    if not in_force(PACK, day_of(event.at)):
        return
    judged = Report.objects.filter(item=event.item_id, judged_at=event.at)
    reports = list(judged.select_related("reporter", "item").order_by("received_at", "id"))
    if not reports:
        return
    decision = Decision.objects.get(pk=event.decision_id)
    outcome = Outcome.NO_VIOLATION.value
    if event.outcome == Outcome.VIOLATION:
        outcome = "restricted" if decision.enforcements.exists() else "noted"
    automation = "decided" if decision.machine else "found" if decision.automated_detection else "none"
    drafts = _outcomes(
        reports, outcome, automation, decided_at=event.at, final_at=event.final_at, group=str(decision.pk)
    )
    send_many(actor=event.actor, drafts=drafts, at=event.at)


def tell_undone(event: DecisionOverturned) -> None:
    """Tell those who were told of a decision that it was undone; a decision in its place tells them itself."""
    if event.replacement_id is not None or event.outcome != Outcome.VIOLATION or not in_force(PACK, day_of(event.at)):
        return
    told = Letter.objects.filter(event=REPORT_DECIDED.code, message__group_ref=str(event.decision_id))
    refs = [UUID(ref) for ref in told.values_list("about_ref", flat=True)]
    rows = Report.objects.filter(pk__in=refs).select_related("reporter", "item")
    reports = list(rows.order_by("received_at", "id"))
    drafts = _outcomes(reports, "undone", "none", decided_at=event.at, final_at=event.at, group="")
    send_many(actor=event.actor, drafts=drafts, at=event.at)


def reference(report: Report) -> str:
    """What we call a notice towards its sender: the sender's own reference unless that is a digest, else ours, short."""
    return report.reference if report.reference != report.digest and len(report.reference) <= 60 else short(report.pk)


def _outcomes(
    reports: Sequence[Report], outcome: str, automation: str, *, decided_at: datetime, final_at: datetime, group: str
) -> list[Draft]:
    """A letter for each report whose sender can be reached and was not told exactly this last."""
    before = _told_before(reports)
    drafts = []
    for report in reports:
        to = _reachable(report.reporter, report.language or report.item.language)
        if to is None or before.get(str(report.pk)) == outcome:
            continue
        values = {
            "reference": reference(report),
            "received_at": _moment(report.received_at),
            "items": _named([report.item]),
            "outcome": outcome,
            "before": "changed" if str(report.pk) in before else "first",
            "automation": automation,
            "decided_on": day_of(decided_at).isoformat(),
            "complaint_until": complaint_deadline(
                final_at, report.item.market, complaint_window(final_at)
            ).on.isoformat(),
        }
        about = ("report", str(report.pk))
        drafts.append(Draft(REPORT_DECIDED.code, to, about, values, final_at, group, report.item_id))
    return drafts


def _told_before(reports: Sequence[Report]) -> dict[str, str]:
    """The outcome that each sender was told last, by report; what was taken back was not told."""
    refs = [str(report.pk) for report in reports]
    letters = Letter.objects.filter(event=REPORT_DECIDED.code, about_kind="report", about_ref__in=refs)
    told = with_progress(letters, but=Progress.CANCELLED.value).order_by("created_at", "id")
    return {ref: places.get("outcome", "") for ref, places in told.values_list("about_ref", "places")}


def _by_notice(report_ids: Iterable[UUID]) -> Mapping[tuple[UUID, str], list[Report]]:
    rows = (
        Report.objects.filter(pk__in=list(report_ids)).select_related("reporter", "item").order_by("received_at", "id")
    )
    notices: dict[tuple[UUID, str], list[Report]] = {}
    for row in rows:
        notices.setdefault((row.reporter_id, row.reference), []).append(row)
    return notices


def _reachable(reporter: Reporter, language: str) -> Recipient | None:
    """The reporter with an e-mail address, or with an account through which the marketplace can write to them."""
    known_as = "" if reporter.external_ref.startswith(_OURS) else reporter.external_ref
    if not reporter.email and not known_as:
        return None
    return Recipient(
        RecipientKind.REPORTER, str(reporter.pk), reporter.email, reporter.name, language, known_as=known_as
    )


def _named(items: Sequence[Item]) -> str:
    lines = [
        f"- {short_title(item.title)} ({item.external_id})" if item.title else f"- {item.external_id}" for item in items
    ]
    more = len(lines) - _ITEMS_NAMED
    return "\n".join([*lines[:_ITEMS_NAMED], f"… +{more}"] if more > 0 else lines)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).replace(second=0, microsecond=0).isoformat()
