"""One file with everything: rows as NDJSON per table, media as they are, and a manifest to check them by."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
from django.core.files.base import File
from django.core.files.storage import Storage, default_storage
from django.db import connection, transaction

from piepowder.database.dump import dump_table, load_table, require_empty, reset_sequences, tables
from piepowder.database.versions import applied_steps, migrate_to, migrate_to_this_version, registry_at
from piepowder.kernel.errors import Refused
from piepowder.ledger.operations import unmark_sealed
from piepowder.ledger.queries import head

FORMAT = 1
Progress = Callable[[str, int, int], None]


class NotABackup(Refused):
    code = "not_a_backup"


def write_archive(path: Path, *, at: datetime, progress: Progress) -> dict[str, Any]:
    """Write the backup to ``path``, readable by its owner alone; the file appears only when it is whole.

    Returns the manifest. Rows are read at one moment without keeping anybody from writing, as the migrations that the
    database has left them: a backup before an upgrade knows nothing of the tables to come. Media are read after them;
    they are only ever added, so whatever a row names is there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    sums: dict[str, str] = {}
    counts: dict[str, int] = {}
    with tarfile.open(partial, "w:gz", compresslevel=3) as archive:
        with _one_moment():
            end, steps = head(), applied_steps()
            found = tables(registry_at(steps))
            for number, model in enumerate(found):
                name = f"rows/{model._meta.db_table}.ndjson"
                counts[model._meta.db_table], sums[name] = _add_lines(archive, name, dump_table(model))
                progress("rows", number + 1, len(found))
        paths = list(_walk(default_storage))
        for number, stored in enumerate(paths):
            sums[f"media/{stored}"] = _add_media(archive, stored)
            progress("media", number + 1, len(paths))
        manifest = {
            "format": FORMAT,
            "version": version("piepowder"),
            "at": at,
            "database": connection.vendor,
            "migrations": steps,
            "rows": counts,
            "ledger_head": [end.block, end.hash],
            "sums": sums,
        }
        _add_bytes(archive, "manifest.json", orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
    os.replace(partial, path)
    return manifest


def read_archive(path: Path, *, progress: Progress) -> dict[str, Any]:
    """Restore ``path`` into an empty database and the media storage; rows come back all or not at all.

    The database first gets the tables that the rows were written from, and then those of this version.
    """
    manifest = check_archive(path)
    steps = [(app, name) for app, name in manifest["migrations"]]
    migrate_to(steps)
    found = tables(registry_at(steps))
    require_empty(found)
    models = {model._meta.db_table: model for model in found}
    with tarfile.open(path) as archive, transaction.atomic():
        if connection.vendor == "sqlite":
            connection.cursor().execute("PRAGMA defer_foreign_keys = ON")
        names = list(manifest["sums"])
        for number, name in enumerate(names):
            file = archive.extractfile(name)
            assert file is not None
            folder, _, rest = name.partition("/")
            if folder == "rows":
                model = models[rest.removesuffix(".ndjson")]
                done = load_table(model, iter(file))
                if done != manifest["rows"][model._meta.db_table]:
                    raise NotABackup(f"{name} holds {done} rows, not {manifest['rows'][model._meta.db_table]}")
            elif folder == "media" and not default_storage.exists(rest):
                default_storage.save(rest, File(file))
            progress("restored", number + 1, len(names))
        reset_sequences(found)
        unmark_sealed()
    migrate_to_this_version()
    return manifest


def check_archive(path: Path) -> dict[str, Any]:
    """The manifest of ``path``, after checking every member against its sum; raises ``NotABackup``."""
    try:
        with tarfile.open(path) as archive:
            member = archive.extractfile("manifest.json")
            assert member is not None
            manifest: dict[str, Any] = orjson.loads(member.read())
            if manifest.get("format") != FORMAT:
                raise NotABackup(f"this backup has format {manifest.get('format')}; this version reads {FORMAT}")
            for name, expected in manifest["sums"].items():
                file = archive.extractfile(name)
                assert file is not None
                if hashlib.file_digest(file, "sha256").hexdigest() != expected:  # type: ignore[arg-type]
                    raise NotABackup(f"{name} in the backup is damaged")
    except (tarfile.TarError, KeyError, OSError, EOFError, orjson.JSONDecodeError) as error:
        raise NotABackup(f"{path} is not a whole backup of Piepowder: {error}") from None
    return manifest


@contextmanager
def _one_moment() -> Iterator[None]:
    """A transaction that reads and sees one moment: REPEATABLE READ on PostgreSQL, a deferred one on SQLite."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    # Every other transaction here begins by locking out writers, which would stop the house until the backup is done.
    connection.ensure_connection()
    usual, connection.transaction_mode = connection.transaction_mode, "DEFERRED"  # type: ignore[attr-defined]
    try:
        with transaction.atomic():
            connection.transaction_mode = usual  # type: ignore[attr-defined]
            yield
    finally:
        connection.transaction_mode = usual  # type: ignore[attr-defined]


def _walk(storage: Storage, folder: str = "") -> Iterator[str]:
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in sorted(files):
        yield f"{folder}/{name}".lstrip("/")
    for name in sorted(folders):
        yield from _walk(storage, f"{folder}/{name}".lstrip("/"))


def _add_lines(archive: tarfile.TarFile, name: str, lines: Iterator[bytes]) -> tuple[int, str]:
    """Spool the lines first: a tar member's size must be known before it is written."""
    hasher, count = hashlib.sha256(), -1
    with tempfile.TemporaryFile() as spool:
        for line in lines:
            spool.write(line + b"\n")
            hasher.update(line + b"\n")
            count += 1
        member = tarfile.TarInfo(name)
        member.size = spool.tell()
        spool.seek(0)
        archive.addfile(member, spool)
    return count, hasher.hexdigest()


def _add_media(archive: tarfile.TarFile, stored: str) -> str:
    with default_storage.open(stored) as file:
        content = file.read()
    _add_bytes(archive, f"media/{stored}", content)
    return hashlib.sha256(content).hexdigest()


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
