"""What every test may ask for."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

os.environ.setdefault("PIEPOWDER_HOME", "/tmp/piepowder-tests")
os.environ.setdefault("PIEPOWDER_SECRET_KEY", "tests")
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def now() -> datetime:
    """A Wednesday morning that every test can reason about."""
    return datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Path) -> None:
    """Each test has a home of its own for media, mail and ledger heads, and cheap passwords."""
    settings.HOME = tmp_path
    settings.LEDGER_HEAD_FILE = tmp_path / "ledger-heads.ndjson"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "media")},
        },
    }


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    """No test sees what a process keeps of the set-up of the test before it."""
    from piepowder.access import options
    from piepowder.intake import custom_schemas
    from piepowder.policy import packs
    from piepowder.review import allowances, reference
    from piepowder.standing import catalogue

    options.forget()
    packs.forget()
    custom_schemas.forget()
    reference.forget()
    allowances.forget()
    catalogue.forget()


@dataclass(frozen=True, slots=True)
class Database:
    """A migrated database of one test's own, for tests with several processes or real commits."""

    url: str
    environment: dict[str, str]

    def run(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run ``python …`` against this database and return what it printed."""
        return subprocess.run(
            [sys.executable, *arguments], env=self.environment, capture_output=True, text=True, timeout=300, **options
        )

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Start ``python …`` against this database; the test stops it."""
        return subprocess.Popen([sys.executable, *arguments], env=self.environment, text=True, **options)


_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """A migrated, empty database that fresh ones are copied from."""
    base = os.environ.get("DATABASE_URL", "")
    if base.startswith("postgres"):
        name = f"template_{worker_id}_{os.getpid()}"
        _admin(base, f"CREATE DATABASE {name}")
        url = urlsplit(base)._replace(path=f"/{name}").geturl()
        _migrate(url, tmp_path_factory.mktemp("home"))
        yield url
        _admin(base, f"DROP DATABASE {name} WITH (FORCE)")
        return
    folder = tmp_path_factory.mktemp("template")
    url = f"sqlite:///{folder / 'template.sqlite3'}"
    _migrate(url, folder)
    yield url


@pytest.fixture
def fresh_database(_template: str, tmp_path: Path, worker_id: str) -> Iterator[Database]:
    """A database of this test's own, outside pytest's transaction; its home is the test's folder."""
    base = os.environ.get("DATABASE_URL", "")
    if base.startswith("postgres"):
        name = f"fresh_{worker_id}_{os.getpid()}_{next(_numbers)}"
        _admin(base, f"CREATE DATABASE {name} TEMPLATE {urlsplit(_template).path[1:]}")
        url = urlsplit(base)._replace(path=f"/{name}").geturl()
        yield Database(url, _environment(url, tmp_path))
        _admin(base, f"DROP DATABASE {name} WITH (FORCE)")
        return
    target = tmp_path / "fresh.sqlite3"
    shutil.copy(_template.removeprefix("sqlite:///"), target)
    url = f"sqlite:///{target}"
    yield Database(url, _environment(url, tmp_path))


def _environment(url: str, home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": url,
        "PIEPOWDER_HOME": str(home),
        "PIEPOWDER_SECRET_KEY": "tests",
        "DJANGO_SETTINGS_MODULE": "piepowder.settings",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
    }


def _migrate(url: str, home: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--verbosity", "0"], env=_environment(url, home), check=True
    )


def _admin(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """Name of the parallel worker, ``main`` without any."""
    return str(getattr(request.config, "workerinput", {}).get("workerid", "main"))


Make = Callable[..., Any]
