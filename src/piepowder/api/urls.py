"""The API's operations, gathered under /api/, with their documentation."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, re_path

from piepowder.api import (
    appeals,
    bench,
    cases,
    decisions,
    duties_orders,
    duties_people,
    items,
    media,
    pending,
    people,
    policies,
    portal,
    portal_appeals,
    queues,
    reports,
    rights,
    routing,
    standing,
)
from piepowder.api.openapi import PiepowderAPI
from piepowder.api.refusals import as_problems, install, no_such_operation

api = PiepowderAPI()
install(api)
for _nouns in (
    items,
    media,
    reports,
    rights,
    decisions,
    appeals,
    cases,
    bench,
    policies,
    queues,
    routing,
    pending,
    people,
    portal,
    portal_appeals,
    standing,
    duties_people,
    duties_orders,
):
    api.add_router("/v1", _nouns.router)


def doors() -> tuple[list[URLPattern | URLResolver], str, str]:
    """The URL patterns; whatever they do not know is answered by a problem, never by a page."""
    patterns, app_name, namespace = api.urls
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            pattern.callback = as_problems(pattern.callback)
    return [*patterns, re_path("", as_problems(no_such_operation), name="nothing-here")], app_name, namespace
