"""The content security policy, not worked out anew for answers that bring their own."""

from __future__ import annotations

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase

NOTHING = "default-src 'none'; frame-ancestors 'none'"
"""For answers that are no page: a browser shown one as a page runs, loads and frames nothing."""


class Csp(CSPMiddleware):
    """django-csp's middleware; a twentieth of a single item's time went into building a policy for JSON."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if HEADER in response:
            return response
        answered: HttpResponseBase = super().process_response(request, response)
        return answered
