"""allauth's list of sessions, which writes a row only for what comes in by the network."""

from __future__ import annotations

from allauth.usersessions.apps import UserSessionsConfig


class SessionList(UserSessionsConfig):  # type: ignore[misc]  # allauth ships no types
    def ready(self) -> None:
        """Nothing: ``piepowder.http.sessions`` keeps the list, for every way in, and writes once a minute at most."""
