"""``piepowder backup``, ``restore``, ``upgrade`` and ``doctor``."""

from __future__ import annotations

from pathlib import Path

import click
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from piepowder.cli.archive import read_archive, write_archive
from piepowder.cli.checkup import Finding, checkup
from piepowder.cli.progress import Phases, progress_bar
from piepowder.wiring import load_shipped


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path | None) -> None:
    """Write database and media into one FILE (default: in PIEPOWDER_HOME/backups).

    The backup can be restored into either database: this is also the way from SQLite to PostgreSQL.
    """
    target = file or _default_backup()
    with progress_bar() as bar:
        manifest = write_archive(target, at=timezone.now(), progress=Phases(bar))
    click.echo(f"{sum(manifest['rows'].values())} rows and {_media(manifest)} media files in {target}")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Read a backup into an empty installation; the file is checked first, and nothing is half restored."""
    with progress_bar() as bar:
        manifest = read_archive(file, progress=Phases(bar))
    click.echo(f"{sum(manifest['rows'].values())} rows and {_media(manifest)} media files restored")
    block, value = manifest["ledger_head"]
    click.echo(f"check the record with: piepowder ledger verify --head {block}:{value}")


@click.command()
@click.option("--no-backup", is_flag=True, help="Skip the backup before migrating.")
def upgrade(no_backup: bool) -> None:
    """Bring the database to this version: back it up, migrate, add shipped roles, policies and templates.

    Running it twice changes nothing the second time. Stop web and worker first when a release note says so.
    """
    pending = pending_migrations()
    if pending and not no_backup and "ledger_fact" in connection.introspection.table_names():
        target = _default_backup()
        with progress_bar() as bar:
            write_archive(target, at=timezone.now(), progress=Phases(bar))
        click.echo(f"backup in {target}")
    with progress_bar() as bar:
        task = bar.add_task("migrations", total=len(pending))
        call_command("migrate", verbosity=0, interactive=False)
        bar.update(task, completed=len(pending))
    roles = load_shipped(at=timezone.now())
    click.echo(f"{len(pending)} migrations applied; the database is at this version")
    for code, permissions in roles.widened.items():
        click.echo(f"the role {code} now also allows {', '.join(permissions)}")
    for code, permissions in roles.left.items():
        click.echo(f"the role {code} was edited here and stays without {', '.join(permissions)}: see the page Roles")


@click.command()
def doctor() -> None:
    """Check the set-up and say how to mend it; exit 1 when something does not work."""
    worst = Finding.OK
    for finding in checkup(now=timezone.now()):
        colour = {"ok": "green", "warn": "yellow", "fail": "red"}[finding.level]
        click.echo(click.style(f"{finding.level:<5}", fg=colour) + finding.told)
        if finding.mend:
            click.echo(f"     → {finding.mend}")
        worst = max(worst, finding.level, key=Finding.LEVELS.index)
    if worst == Finding.FAIL:
        raise click.exceptions.Exit(1)


def pending_migrations() -> list[str]:
    """Names of the migrations of this version that the database does not have."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def _default_backup() -> Path:
    return Path(settings.HOME) / "backups" / f"piepowder-{timezone.now():%Y%m%d-%H%M%S}.tar.gz"


def _media(manifest: dict[str, dict[str, str]]) -> int:
    return sum(name.startswith("media/") for name in manifest["sums"])
