"""The screens of the duties about content: overview, laws, orders, threats to life, product safety, flaggers, misuse."""

from __future__ import annotations

from django.urls import URLPattern, path

from piepowder.web.views import (
    duties_flaggers,
    duties_misuse,
    duties_orders,
    duties_overview,
    duties_safety,
    duties_threats,
)

urlpatterns: list[URLPattern] = [
    path("duties/", duties_overview.duties, name="duties"),
    path("duties/laws/<slug:code>/", duties_overview.duties_pack, name="duties_pack"),
    path("duties/orders/", duties_orders.duties_orders, name="duties_orders"),
    path("duties/orders/add", duties_orders.duties_order_add, name="duties_order_add"),
    path("duties/orders/<uuid:order_id>/", duties_orders.duties_order, name="duties_order"),
    path("duties/orders/<uuid:order_id>/edit", duties_orders.duties_order_edit, name="duties_order_edit"),
    path("duties/orders/<uuid:order_id>/<str:way>", duties_orders.duties_order_do, name="duties_order_do"),
    path("duties/threats/", duties_threats.duties_threats, name="duties_threats"),
    path("duties/threats/raise", duties_threats.duties_threat_raise, name="duties_threat_raise"),
    path("duties/threats/authorities/", duties_threats.duties_life_authorities, name="duties_life_authorities"),
    path(
        "duties/threats/authorities/<uuid:authority_id>/",
        duties_threats.duties_life_authorities,
        name="duties_life_authority",
    ),
    path("duties/threats/<uuid:threat_id>/", duties_threats.duties_threat, name="duties_threat"),
    path(
        "duties/threats/<uuid:threat_id>/reports/<uuid:report_id>.zip",
        duties_threats.duties_threat_file,
        name="duties_threat_file",
    ),
    path("duties/threats/<uuid:threat_id>/<str:way>", duties_threats.duties_threat_do, name="duties_threat_do"),
    path("duties/safety/", duties_safety.duties_safety, name="duties_safety"),
    path("duties/safety/matches/", duties_safety.duties_recall_matches, name="duties_recall_matches"),
    path("duties/safety/lists", duties_safety.duties_recall_import, name="duties_recall_import"),
    path("duties/safety/check", duties_safety.duties_random_check, name="duties_random_check"),
    path(
        "duties/safety/matches/<uuid:match_id>/<str:way>",
        duties_safety.duties_recall_settle,
        name="duties_recall_settle",
    ),
    path("duties/flaggers/", duties_flaggers.duties_flaggers, name="duties_flaggers"),
    path("duties/flaggers/add", duties_flaggers.duties_flagger, name="duties_flagger_add"),
    path("duties/flaggers/<uuid:reporter_id>/", duties_flaggers.duties_flagger, name="duties_flagger"),
    path(
        "duties/flaggers/<uuid:reporter_id>/suspend",
        duties_flaggers.duties_flagger_suspend,
        name="duties_flagger_suspend",
    ),
    path(
        "duties/flaggers/<uuid:reporter_id>/evidence.zip",
        duties_flaggers.duties_flagger_evidence,
        name="duties_flagger_evidence",
    ),
    path("duties/misuse/", duties_misuse.duties_misuse, name="duties_misuse"),
    path("duties/misuse/warn", duties_misuse.duties_misuse_warn, name="duties_misuse_warn"),
    path("duties/misuse/flags", duties_misuse.duties_flag_propose, name="duties_flag_propose"),
    path("duties/misuse/flags/<uuid:flag_id>/<str:way>", duties_misuse.duties_flag_settle, name="duties_flag_settle"),
    path("duties/misuse/<uuid:misuse_id>/", duties_misuse.duties_misuse_one, name="duties_misuse_one"),
]
