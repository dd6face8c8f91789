"""Request → actor."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from piepowder.access.models import User
from piepowder.access.queries import actor_for
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Unauthenticated


class Identity:
    """Gives each request ``request.actor``, worked out when first asked for; anonymous requests have none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: _actor(request))  # type: ignore[attr-defined]
        return self.get_response(request)


def _actor(request: HttpRequest) -> Actor:
    if not isinstance(request.user, User):
        raise Unauthenticated("log in first")
    return actor_for(request.user, now=timezone.now())


def actor_of(request: HttpRequest) -> Actor:
    """The actor behind ``request``; raises ``Unauthenticated`` when nobody is logged in."""
    return _actor(request) if not hasattr(request, "actor") else request.actor
