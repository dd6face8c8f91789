"""``piepowder ledger``."""

from __future__ import annotations

import click
from django.conf import settings
from django.utils import timezone

from piepowder.cli.progress import progress_bar
from piepowder.ledger import jobs, queries
from piepowder.ledger.models import Seal


@click.group()
def ledger() -> None:
    """Verify and show the tamper-evident record."""


@ledger.command("verify")
@click.option("--heads", type=click.Path(exists=True, dir_okay=False), help="File of published heads kept elsewhere.")
@click.option("--head", "known", multiple=True, help="A published head as BLOCK:HASH; may be repeated.")
def verify(heads: str | None, known: tuple[str, ...]) -> None:
    """Recompute every digest and block; exit 1 when anything was edited, removed, moved or cut off."""
    from pathlib import Path

    published = jobs.published_heads(Path(heads) if heads else settings.LEDGER_HEAD_FILE)
    for text in known:
        number, _, value = text.partition(":")
        if not number.isdigit() or len(value) != 64:
            raise click.BadParameter(f"'{text}' is not BLOCK:HASH", param_hint="--head")
        published.append(queries.Head(int(number), 0, value))
    with progress_bar() as bar:
        task = bar.add_task("facts", total=Seal.objects.count())
        verdict = queries.verify(
            now=timezone.now(), published=published, progress=lambda done: bar.update(task, completed=done)
        )
    click.echo(f"{verdict.facts} facts in {verdict.blocks} blocks, {verdict.unsealed} waiting to be sealed")
    click.echo(f"head: block {verdict.head.block}, position {verdict.head.position}, {verdict.head.hash}")
    click.echo(f"compared with {len(published)} published heads")
    for problem in verdict.problems:
        click.echo(f"PROBLEM: {problem}", err=True)
    if verdict.problems:
        raise click.exceptions.Exit(1)
    click.echo("the record is whole")


@ledger.command("head")
def head() -> None:
    """Print the end of the chain: keep it where the database's owner cannot reach it."""
    current = queries.head()
    click.echo(f"{current.block}:{current.hash}")


@ledger.command("seal")
def seal() -> None:
    """Seal what waits, as the worker does each half second, and publish the head."""
    click.echo(f"{jobs.seal_facts(now=timezone.now())} facts sealed")
    jobs.publish_head(now=timezone.now())
