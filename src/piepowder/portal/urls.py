"""The addresses of the portal. All of them answer without a log-in; a link or nothing opens them."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from piepowder.portal.views import door

app_name = "portal"
urlpatterns: list[URLPattern | URLResolver] = [
    path("open/<str:token>", door.open_link, name="open"),
    path("leave", door.leave_portal, name="leave"),
    path("language", door.language, name="language"),
    path("", door.front, name="front"),
]
