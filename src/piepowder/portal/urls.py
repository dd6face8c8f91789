"""The addresses of the portal. All of them answer without a log-in; a link or nothing opens them."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from piepowder.portal.reporters import urls as reporters
from piepowder.portal.views import appeals, correcting, door, papers, seller

app_name = "portal"
urlpatterns: list[URLPattern | URLResolver] = [
    path("open/<str:token>", door.open_link, name="open"),
    path("leave", door.leave_portal, name="leave"),
    path("language", door.language, name="language"),
    path("", door.front, name="front"),
    path("overview/", seller.home, name="home"),
    path("items/", seller.items, name="items"),
    path("items/<uuid:item_id>/", seller.item, name="item"),
    path("items/<uuid:item_id>/correct", correcting.correct, name="correct"),
    path("decisions/", seller.decisions, name="decisions"),
    path("decisions/<uuid:decision_id>/", seller.decision, name="decision"),
    path("decisions/<uuid:decision_id>/decision.<str:form>", papers.decision_file, name="decision_file"),
    path("decisions/<uuid:decision_id>/appeal/<int:step>", appeals.appeal, name="appeal"),
    path("appeals/", appeals.appeals, name="appeals"),
    path("appeals/<uuid:appeal_id>/", appeals.my_appeal, name="my_appeal"),
    path("appeals/<uuid:appeal_id>/<str:way>", appeals.appeal_move, name="appeal_move"),
    path("account/", papers.account, name="account"),
    path("letters/", papers.letters, name="letters"),
    path("letters/<uuid:letter_id>/", papers.letter, name="letter"),
    path("out-of-court/", papers.out_of_court, name="out_of_court"),
    path("everything.zip", papers.everything_file, name="everything"),
    *reporters.urlpatterns,
]
