"""The tables as a set of migrations left them, which need not be those that this version's models describe."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps.registry import Apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from piepowder.kernel.errors import Refused

Step = tuple[str, str]


class OtherVersion(Refused):
    """The rows were written by a version whose tables cannot be had here."""

    code = "other_version"


def applied_steps() -> list[Step]:
    """App and name of every migration that the database has and this version knows, in a stable order."""
    loader = MigrationExecutor(connection).loader
    return sorted(set(loader.applied_migrations or ()) & set(loader.graph.nodes))


def registry_at(steps: Iterable[Step]) -> Apps:
    """The models as they are after ``steps``, whatever later migrations make of them."""
    loader = MigrationExecutor(connection).loader
    apps: Apps = loader.project_state(_last_of_each(loader.graph.node_map, steps)).apps
    return apps


def migrate_to(steps: Iterable[Step]) -> None:
    """Give the database the tables of ``steps``, forwards only; raises ``OtherVersion`` when that is not possible."""
    executor = MigrationExecutor(connection)
    wanted = set(steps)
    if unknown := wanted - set(executor.loader.graph.nodes):
        raise OtherVersion(
            f"a newer version of Piepowder wrote this ({'.'.join(min(unknown))} is unknown here); install that first"
        )
    if set(executor.loader.applied_migrations or ()) - wanted:
        raise OtherVersion("the database already has newer tables than these rows: take one that was never set up")
    executor.migrate(_last_of_each(executor.loader.graph.node_map, wanted))


def migrate_to_this_version() -> None:
    call_command("migrate", verbosity=0, interactive=False)


def _last_of_each(nodes: dict[Step, Any], steps: Iterable[Step]) -> list[Step]:
    """Those of ``steps`` that no other step of the same app follows."""
    among = set(steps)
    return sorted(
        step
        for step in among
        if not any(child.key in among and child.key[0] == step[0] for child in nodes[step].children)
    )
