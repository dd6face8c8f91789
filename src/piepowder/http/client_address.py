"""The network address that a request comes from, behind as many proxies as the installation trusts."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "0.0.0.0"  # noqa: S104  # never bound to: it stands for an address that nobody told


def client_address(request: HttpRequest) -> str:
    """By ``PIEPOWDER_CLIENT_IP_HEADER``, else by the entry of ``X-Forwarded-For`` that the outermost of
    ``PIEPOWDER_TRUSTED_PROXIES`` proxies wrote, else by the connection. What a client itself puts there counts nothing.
    """
    if settings.CLIENT_IP_HEADER:
        told = _address(request.headers.get(settings.CLIENT_IP_HEADER, ""))
        if told:
            return told
    passed = [part for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    proxies = settings.TRUSTED_PROXIES
    if proxies and len(passed) >= proxies:
        told = _address(passed[-proxies])
        if told:
            return told
    return _address(request.META.get("REMOTE_ADDR", "")) or UNKNOWN


def _address(told: str) -> str:
    """``told`` as an address without brackets or port; empty when it is none."""
    text = told.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""
