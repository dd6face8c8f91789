"""``DATABASE_URL`` → Django's settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

# Without recursive triggers INSERT OR REPLACE removes a row behind the back of the triggers that forbid it.
# A commit answers a client, so it has to survive a power cut: WAL with synchronous=FULL.
_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
    "PRAGMA recursive_triggers=ON; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=268435456; PRAGMA cache_size=-65536;"
)


class BadDatabaseUrl(ValueError):
    """``DATABASE_URL`` names no database that Piepowder runs on."""


def database_settings(url: str, home: Path) -> dict[str, Any]:
    """Django's ``DATABASES["default"]`` for ``url``; an empty one means SQLite in ``home``.

    Accepts ``sqlite:///path`` and ``postgresql://user:password@host:port/name?option=value``; raises ``BadDatabaseUrl``.
    """
    if not url:
        return _sqlite(home / "piepowder.sqlite3")
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(Path(unquote(parts.path[1:] if parts.path.startswith("//") else parts.path)))
    if parts.scheme in {"postgres", "postgresql"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 600,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": dict(parse_qsl(parts.query)),
        }
    raise BadDatabaseUrl(
        f"DATABASE_URL starts with '{parts.scheme}:'; Piepowder runs on sqlite:///… and postgresql://… (15 or newer)"
    )


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 30, "init_command": _SQLITE_PRAGMAS},
    }
