"""``piepowder portal-link``."""

from __future__ import annotations

from datetime import timedelta

import click
from django.utils import timezone

from piepowder.kernel.actor import SYSTEM
from piepowder.portal.links import LONGEST, Subject, SubjectKind
from piepowder.portal.pages import interface_language
from piepowder.portal.visits import give_link, shut_out


@click.command("portal-link")
@click.argument("ref")
@click.option("--kind", type=click.Choice([kind.value for kind in SubjectKind]), default="seller", show_default=True)
@click.option("--language", default="en", show_default=True, help="In which the pages open, such as zh-Hans.")
@click.option("--only", default="", help="Id of the one decision that may be seen.")
@click.option("--hours", type=click.IntRange(1, LONGEST.days * 24), help="How long the link works.")
@click.option("--revoke", is_flag=True, help="Make all links given to them so far worthless instead.")
def portal_link(ref: str, kind: str, language: str, only: str, hours: int | None, revoke: bool) -> None:
    """Print a link that opens the portal for REF, the marketplace's id of them. Whoever has the link can open it."""
    now = timezone.now()
    if revoke:
        click.echo(f"{shut_out(actor=SYSTEM, kind=kind, ref=ref, at=now)} visits ended; no earlier link works any more")
        return
    subject = Subject(kind, ref, interface_language(language), only)
    click.echo(give_link(actor=SYSTEM, subject=subject, lasts=timedelta(hours=hours) if hours else None, at=now))
