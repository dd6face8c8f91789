"""The clock of each notice about product safety (GPSR Art. 22(8)): it runs from receipt until a decision processed it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import QuerySet

from piepowder.access.options import chosen
from piepowder.access.visibility import holds_whole, require_whole
from piepowder.decisions.events import DecisionIssued, DecisionWithdrawn
from piepowder.duties.due import Due
from piepowder.duties.models import SafetyNotice
from piepowder.duties.safety.options import POLICIES
from piepowder.intake.events import ReportsReceived
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.policy.packs import deadline, in_force


def is_about_safety(policy_code: str, families: Sequence[str]) -> bool:
    """Whether a notice under that policy is one about product safety."""
    return any(policy_code == one or policy_code.startswith((f"{one}-", f"{one}.")) for one in families if one)


def on_reports_received(event: ReportsReceived) -> None:
    """Start the clock of every notice about product safety; nothing while the regulation is not kept."""
    if not in_force("gpsr", event.at.date()):
        return
    families = chosen(POLICIES)
    about = [one for one in event.reports if is_about_safety(one.policy_code, families)]
    if not about:
        return
    due = deadline("gpsr", "safety_notice", event.at)
    SafetyNotice.objects.bulk_create(
        [
            SafetyNotice(
                report_id=one.report_id,
                item_id=one.item_id,
                policy_code=one.policy_code,
                received_at=event.at,
                due_at=due.at,
                due_rule=due.rule,
            )
            for one in about
        ]
    )


def on_decision_issued(event: DecisionIssued) -> None:
    """A decision about the item processes every notice about it that came before."""
    if in_force("gpsr", event.at.date()):
        waiting = SafetyNotice.objects.filter(item_id=event.item_id, processed_at=None, received_at__lte=event.at)
        waiting.update(processed_at=event.at, decision_id=event.decision_id)


def on_decision_withdrawn(event: DecisionWithdrawn) -> None:
    """What only a withdrawn decision had processed waits again."""
    SafetyNotice.objects.filter(item_id=event.item_id, decision_id=event.decision_id).update(
        processed_at=None, decision_id=None
    )


def safety_notices(actor: Actor, *, waiting: bool) -> QuerySet[SafetyNotice]:
    """Those that wait, the most pressing first; or those that were processed, the newest first."""
    require_whole(actor, Permission.DUTY_VIEW)
    rows = SafetyNotice.objects.select_related("item", "report").filter(processed_at__isnull=waiting)
    return rows.order_by("due_at", "report_id") if waiting else rows.order_by("-processed_at", "-report_id")


def notice_dues(actor: Actor, *, until: datetime, limit: int) -> Iterable[Due]:
    """The clocks of notices that wait; one query."""
    if not holds_whole(actor, Permission.DUTY_VIEW):
        return []
    rows = SafetyNotice.objects.filter(processed_at=None, due_at__lt=until).select_related("item")
    return [
        Due(
            pack="gpsr",
            rule="safety_notice",
            kind="safety_notice",
            ref=str(one.pk),
            title=one.item.title or one.item.external_id,
            started_at=one.received_at,
            due_at=one.due_at,
            counted=one.due_rule,
            route="item",
            args=(str(one.item_id),),
        )
        for one in rows.order_by("due_at", "report_id")[:limit]
    ]
