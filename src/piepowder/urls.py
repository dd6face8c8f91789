"""Which door leads where."""

from __future__ import annotations

from django.urls import include, path

from piepowder.api.urls import api

urlpatterns = [
    path("api/v1/", api.urls),
    path("", include("piepowder.web.urls")),
]
