"""The addresses of those who report and of owners of rights."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from piepowder.portal.reporters import counter, follow, owner, report

urlpatterns: list[URLPattern | URLResolver] = [
    path("report/", report.report_topics, name="report_topics"),
    path("report/sent/<str:token>", report.report_sent, name="report_sent"),
    path("report/<slug:topic>", report.report_form, name="report_form"),
    path("reports/", follow.reports, name="reports"),
    path("reports/<uuid:report_id>/", follow.report, name="report"),
    path("reports/<uuid:report_id>/complain", follow.complain, name="complain"),
    path("rights/", owner.rights, name="rights"),
    path("rights/add", owner.right_add, name="right_add"),
    path("rights/<uuid:right_id>/claim", owner.right_claims, name="right_claims"),
    path("rights/notices/<uuid:batch_id>/", owner.claim_batch, name="claim_batch"),
    path("claims/", owner.claims, name="claims"),
    path("claims-against/", counter.claims_list, name="claims_against"),
    path("claims-against/<uuid:claim_id>/", counter.counter, name="counter"),
]
