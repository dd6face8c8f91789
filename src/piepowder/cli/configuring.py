"""``piepowder configuration``: the whole set-up as one file."""

from __future__ import annotations

from pathlib import Path

import click
from django.utils import timezone

from piepowder.configuration import operations
from piepowder.configuration.queries import configuration as in_force
from piepowder.configuration.written import from_text, to_text
from piepowder.kernel.actor import SYSTEM

_SHORT = 60


@click.group()
def configuration() -> None:
    """The whole set-up as one readable file: vendors, roles, queues, routing, policies, templates, receivers, settings.

    People, keys and secrets are no part of it. A file never removes what it does not mention.
    """


@configuration.command("export")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
def export(file: Path | None) -> None:
    """Write the set-up in force into FILE, or print it."""
    text = to_text(in_force(SYSTEM))
    if file is None:
        click.echo(text, nl=False)
        return
    file.write_text(text, encoding="utf-8")
    click.echo(f"the set-up is in {file}")


@configuration.command("apply")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would change, and what would go wrong; change nothing.")
def apply(file: Path, dry_run: bool) -> None:
    """Make the set-up what FILE says: all of it, or nothing when a single entry cannot be."""
    document, now = from_text(file.read_bytes()), timezone.now()
    if not dry_run:
        done = operations.apply(actor=SYSTEM, document=document, at=now)
        click.echo(f"{len(done)} entries changed")
        return
    compared = operations.compare(actor=SYSTEM, document=document, at=now)
    for change in compared.changes:
        click.echo(f"{'+' if change.is_new else '~'} {change.part}/{change.key}")
        for field in () if change.is_new else change.fields:
            click.echo(f"    {field.path or 'value'}: {_short(field.before)} → {_short(field.after)}")
    for problem in compared.problems:
        click.echo(click.style(f"! {problem.pointer}: {problem.detail}", fg="red"), err=True)
    click.echo(f"{len(compared.changes)} entries would change, {len(compared.problems)} problems")
    if compared.problems:
        raise click.exceptions.Exit(1)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"
