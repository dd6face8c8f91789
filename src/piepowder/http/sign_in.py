"""Who is logged in, read as cheaply as every single request deserves."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session
from django.utils import timezone

from piepowder.access.models import User
from piepowder.database.prepared import Prepared

_session = Prepared(
    lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now),
    Session._meta.get_field("session_key"),
    Session._meta.get_field("expire_date"),
)
_user = Prepared(lambda user: User.objects.select_related("vendor", "site", "team").filter(pk=user), User.id)


class SessionStore(DatabaseSessions):
    """Django's sessions in the database, found by a prepared query."""

    def _get_session_from_db(self) -> Session | None:
        key = self.session_key or ""
        # A cookie can carry the character zero, which PostgreSQL cannot look for.
        found = None if "\0" in key else _session.first(key, timezone.now())
        if found is None:
            self._session_key = None
        return found


class Backend(AuthenticationBackend):  # type: ignore[misc]  # allauth ships no types
    """allauth's log-in; the person comes with vendor, site and team, which every page needs."""

    def get_user(self, user_id: Any) -> User | None:
        user = _user.first(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None
