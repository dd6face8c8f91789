"""Every address there is, read from the URL patterns as they stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True, slots=True)
class Route:
    """``name`` is what ``reverse`` takes; ``parameters`` what it needs; ``told`` the pattern, for people."""

    name: str
    parameters: frozenset[str]
    told: str


def routes() -> list[Route]:
    """All routes; one without a name stands here under its pattern, which no table will know."""
    return list(_below(get_resolver(None), (), ""))


def _below(resolver: URLResolver, spaces: tuple[str, ...], before: str) -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        told = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _below(pattern, (*spaces, pattern.namespace) if pattern.namespace else spaces, told)
        elif isinstance(pattern, URLPattern):
            name = ":".join((*spaces, pattern.name)) if pattern.name else told
            yield Route(name, frozenset(pattern.pattern.regex.groupindex), told)
