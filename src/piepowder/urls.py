"""Which door leads where."""

from __future__ import annotations

from django.urls import include, path

from piepowder.api.urls import doors
from piepowder.http.health import healthz, readyz
from piepowder.http.metrics import metrics

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("api/", doors()),
    path("portal/", include("piepowder.portal.urls")),
    path("", include("piepowder.web.urls")),
]
