"""How far an export has come, and calling it off."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from piepowder.http.pages import screen
from piepowder.web.exports import call_off, progress


@screen()
def export_progress(request: HttpRequest, word: str) -> HttpResponse:
    return JsonResponse(progress(request, word))


@screen("POST")
def export_cancel(request: HttpRequest, word: str) -> HttpResponse:
    call_off(request, word)
    return HttpResponse(status=204)
