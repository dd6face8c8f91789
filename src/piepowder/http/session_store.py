"""The sessions' engine, as Django's settings name it."""

from piepowder.http.sign_in import SessionStore

__all__ = ["SessionStore"]
