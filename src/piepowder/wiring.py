"""The only list of who hears which domain event and which job runs when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from allauth.account.signals import password_reset
from allauth.mfa import signals as factor
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_save

from piepowder.access import jobs as access_jobs
from piepowder.access import operations as access
from piepowder.appeals.events import AppealConcluded, AppealFiled, AppealWithdrawn
from piepowder.correspondence import operations as correspondence
from piepowder.decisions import operations as decisions
from piepowder.decisions.events import DecisionIssued, DecisionOverturned, DecisionWithdrawn
from piepowder.decisions.facts_templates import load_shipped_facts
from piepowder.duties import law_jobs, law_listeners, people_jobs, people_listeners
from piepowder.http import accounts, second_factor
from piepowder.intake import jobs as intake
from piepowder.intake.events import ItemsReceived, ReportersWeighed, ReportsReceived
from piepowder.interop import jobs as interop
from piepowder.interop import operations as submissions
from piepowder.kernel.actor import SYSTEM
from piepowder.kernel.events import subscribe
from piepowder.ledger import jobs as ledger
from piepowder.ledger.events import HeadPublished
from piepowder.outbox import jobs as outbox
from piepowder.outbox.events import DeliveryTaken
from piepowder.outbox.heads import on_head_published
from piepowder.policy import operations as policy
from piepowder.portal import jobs as portal
from piepowder.review import intake_listeners, trust
from piepowder.review import jobs as review
from piepowder.rights import jobs as rights_jobs
from piepowder.rights import operations as rights
from piepowder.standing import jobs as standing_jobs
from piepowder.standing import operations as standing


@dataclass(frozen=True, slots=True)
class Job:
    """A sweep over rows that say themselves what is due. ``run(now=…)`` returns how much it did."""

    name: str
    every_s: float
    run: Callable[..., int]


JOBS: tuple[Job, ...] = (
    Job("ledger.seal", 0.5, ledger.seal_facts),
    Job("ledger.publish_head", 60, ledger.publish_head),
    Job("outbox.dispatch", 0.25, outbox.dispatch),
    Job("outbox.reclaim", 5, outbox.reclaim),
    Job("intake.fetch_media", 1, intake.fetch_media),
    Job("intake.weigh_reporters", 5, intake.weigh_reporters),
    Job("intake.tidy", 3600, intake.tidy),
    Job("duties.look_at_new_offers", 60, law_jobs.look_at_new_offers),
    Job("duties.search_new_orders", 60, law_jobs.search_new_orders),
    Job("duties.compare_recalls", 60, law_jobs.compare_recalls),
    Job("duties.check_at_random", 3600, law_jobs.check_at_random),
    Job("duties.end_suspensions", 60, law_jobs.end_suspensions),
    Job("access.tidy", 3600, access_jobs.tidy),
    Job("review.expire_leases", 1, review.expire_leases),
    Job("review.resume_held", 1, review.resume_held),
    Job("review.free_reserved", 1, review.free_reserved_cases),
    Job("review.mark_breaches", 1, review.mark_breaches),
    Job("review.fade_presence", 10, review.fade_presence),
    Job("review.tidy_changes", 3600, review.tidy_changes),
    Job("portal.tidy", 3600, portal.tidy),
    Job("duties.keep_traders", 60, people_jobs.keep_traders),
    Job("duties.end_services", 60, people_jobs.end_services),
    Job("duties.tell_buyers", 2, people_jobs.tell_buyers),
    Job("duties.erase", 5, people_jobs.erase),
    Job("duties.retain", 600, people_jobs.retain),
    Job("interop.submit", 2, interop.submit),
    Job("interop.watch_lateness", 300, interop.watch_lateness),
    Job("interop.watch_streams", 3600, interop.watch_streams),
    Job("standing.sweep", 1, standing_jobs.sweep),
    Job("rights.file_claims", 1, rights_jobs.file_claims),
)


FINISH: tuple[Callable[..., object], ...] = (outbox.finish,)
"""What a stopping worker still does, so that attempts in flight are recorded and not repeated."""


def load_shipped(*, at: datetime) -> access.ShippedRoles:
    """Add what ships with this version and is not there yet: roles, policies, the words of statements and letters."""
    roles = access.load_shipped_roles(actor=SYSTEM, at=at)
    policy.load_shipped(actor=SYSTEM, at=at)
    decisions.load_shipped_templates(actor=SYSTEM, at=at)
    load_shipped_facts(actor=SYSTEM, at=at)
    standing.load_shipped_ladders(actor=SYSTEM, at=at)
    correspondence.load_shipped_letters(actor=SYSTEM, at=at)
    return roles


def connect() -> None:
    """Subscribe every listener; called once when Django starts."""
    subscribe(ItemsReceived, intake_listeners.on_items_received)
    subscribe(ReportsReceived, intake_listeners.on_reports_received)
    subscribe(ReportsReceived, correspondence.confirm_receipt)
    subscribe(ReportersWeighed, trust.on_reporters_weighed)
    subscribe(DeliveryTaken, decisions.on_delivery_taken)
    subscribe(DecisionOverturned, rights.on_decision_overturned)
    subscribe(DecisionIssued, correspondence.tell_outcome)
    subscribe(DecisionOverturned, correspondence.tell_undone)
    subscribe(DecisionIssued, standing.on_decision_issued)
    subscribe(DecisionWithdrawn, standing.on_decision_withdrawn)
    subscribe(DecisionOverturned, standing.on_decision_overturned)
    subscribe(AppealFiled, standing.on_appeal_filed)
    subscribe(AppealConcluded, standing.on_appeal_ended)
    subscribe(AppealWithdrawn, standing.on_appeal_ended)
    subscribe(HeadPublished, on_head_published)
    subscribe(DecisionIssued, submissions.on_decision_issued)
    subscribe(DecisionWithdrawn, submissions.on_decision_withdrawn)
    subscribe(DecisionOverturned, submissions.on_decision_overturned)
    subscribe(ReportsReceived, law_listeners.on_reports_received)
    subscribe(DecisionIssued, law_listeners.on_decision_issued)
    subscribe(DecisionWithdrawn, law_listeners.on_decision_withdrawn)
    subscribe(DecisionOverturned, law_listeners.on_decision_overturned)
    subscribe(AppealConcluded, law_listeners.on_appeal_concluded)
    subscribe(DecisionOverturned, people_listeners.on_decision_overturned)
    # Django's own signals about accounts are the one kind of signal used, and only here.
    user_logged_in.connect(accounts.on_login, dispatch_uid="piepowder")
    user_logged_out.connect(accounts.on_logout, dispatch_uid="piepowder")
    password_reset.connect(accounts.on_reset_password, dispatch_uid="piepowder")
    user_login_failed.connect(accounts.on_failed_login, dispatch_uid="piepowder")
    post_save.connect(second_factor.on_factor_added, sender="mfa.Authenticator", dispatch_uid="piepowder")
    factor.authenticator_removed.connect(second_factor.on_factor_removed, dispatch_uid="piepowder")
    factor.authenticator_reset.connect(second_factor.on_factor_renewed, dispatch_uid="piepowder")
    factor.authentication_failed.connect(second_factor.on_factor_failed, dispatch_uid="piepowder")
