"""``piepowder demo`` and ``piepowder simulate``."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import click
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from piepowder.cli.care import pending_migrations
from piepowder.cli.progress import Phases, progress_bar
from piepowder.cli.serving import run_server
from piepowder.intake.models import Item
from piepowder.kernel.actor import SYSTEM
from piepowder.portal.links import Subject
from piepowder.portal.visits import give_link
from piepowder.simulate.operations import DEMO_PASSWORD, demo_logins, put_on_air, seed, work
from piepowder.simulate.redress import play_redress, visitors
from piepowder.wiring import load_shipped

_LINKS_LAST = timedelta(days=7)
_SET_UP_BEFORE = timedelta(minutes=1)
"""What ships is there a moment before the history ends: ladders are switched on then."""
_SIZE = click.option(
    "--size",
    type=click.Choice(["small", "large"]),
    default="small",
    show_default=True,
    help="large is ten times small.",
)
_SEED = click.option("--seed", "number", default=1, show_default=True, help="The same seed makes the same marketplace.")


@click.command()
@_SIZE
@_SEED
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=1, show_default=True, help="Web processes.")
def demo(size: str, number: int, port: int, workers: int) -> None:
    """Fill an empty installation with a synthetic marketplace and start it: web and worker in one process group."""
    if pending_migrations():
        call_command("migrate", verbosity=0, interactive=False)
        load_shipped(at=timezone.now() - _SET_UP_BEFORE)
    if not Item.objects.exists():
        load_shipped(at=timezone.now() - _SET_UP_BEFORE)
        play_redress(seed=number, now=_fill(size, number))
    address = f"http://127.0.0.1:{port}"
    click.echo(f"\nPiepowder is at {address} – log in with one of these (password: {DEMO_PASSWORD}):\n")
    for role, email in demo_logins():
        click.echo(f"  {role:<22} {email}")
    for name, link in _portal_links(address):
        click.echo(f"\nThe portal as {name} sees it, for a week:\n  {link}")
    click.echo("\nStop with Ctrl-C. The next start keeps everything.\n")
    run_server(host="127.0.0.1", port=port, workers=workers, threads=4, with_worker=True)


@click.command()
@_SIZE
@_SEED
@click.option(
    "--live", is_flag=True, help="Let items arrive and synthetic reviewers work, in real time, until stopped."
)
@click.option("--minutes", default=60.0, show_default=True, help="How long --live goes on.")
def simulate(size: str, number: int, live: bool, minutes: float) -> None:
    """Fill the database with a synthetic marketplace, or let one live (--live)."""
    if live:
        click.echo("the marketplace is alive; stop with Ctrl-C", err=True)
        done = work(seed=number, minutes=minutes)
        click.echo(f"{done} decisions")
        return
    load_shipped(at=timezone.now())
    _fill(size, number)


def _portal_links(address: str) -> list[tuple[str, str]]:
    """Whom the portal can be seen as, and by which link; made anew at every start."""
    who = visitors()
    if who is None:
        return []
    subjects = (("a seller", Subject("seller", who.seller_ref)), ("a reporter", Subject("reporter", who.reporter)))
    return [(name, f"{address}{_link_path(subject)}") for name, subject in subjects]


def _link_path(subject: Subject) -> str:
    given = give_link(actor=SYSTEM, subject=subject, lasts=_LINKS_LAST, at=timezone.now())
    return given.removeprefix(settings.PUBLIC_URL)


def _fill(size: str, number: int) -> datetime:
    """Returns the moment at which the history ends."""
    started, ends = time.monotonic(), timezone.now()
    with progress_bar() as bar:
        made = seed(size=size, seed=number, now=ends, progress=Phases(bar))
    put_on_air(seed=number, now=timezone.now())
    click.echo(f"{made.summary()} in {time.monotonic() - started:.0f} s", err=True)
    click.echo(f"API key of the marketplace, shown this once: {made.api_key}", err=True)
    return ends
