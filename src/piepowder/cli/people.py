"""``piepowder user``, ``apikey`` and ``roster``."""

from __future__ import annotations

import csv
import sys
from datetime import timedelta
from pathlib import Path

import click
import xlsxwriter
from django.utils import timezone

from piepowder.access import roster as table
from piepowder.access.models import ApiKey, Role, Site, User, Vendor
from piepowder.access.operations import (
    PersonFields,
    add_person,
    create_key,
    give,
    load_shipped_roles,
    revoke_key,
    set_password,
    set_person_active,
)
from piepowder.cli.progress import progress_bar
from piepowder.kernel.actor import EVERYWHERE, SYSTEM, Scope


def _person(email: str) -> User:
    user = User.objects.filter(email__iexact=email).select_related("vendor").first()
    if user is None:
        raise click.UsageError(f"nobody logs in as '{email}'")
    return user


@click.group()
def user() -> None:
    """Add people, set passwords, let them in and out."""


@user.command("add")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--vendor", "vendor_code", default="house", show_default=True)
@click.option("--site", "site_code")
@click.option("--role", "roles", multiple=True, help="May be given several times.")
@click.option("--language", "languages", multiple=True)
@click.password_option(help="Asked for when not given.")
def user_add(
    email: str,
    name: str,
    vendor_code: str,
    site_code: str | None,
    roles: tuple[str, ...],
    languages: tuple[str, ...],
    password: str,
) -> None:
    """Add a person, with roles that hold everywhere (a BPO person's: at their vendor)."""
    now = timezone.now()
    load_shipped_roles(actor=SYSTEM, at=now)
    vendor = Vendor.objects.filter(code=vendor_code).first()
    if vendor is None and vendor_code == "house":
        vendor = Vendor.objects.create(code="house", name="In-house", kind="in_house")
    if vendor is None:
        raise click.UsageError(f"there is no vendor '{vendor_code}'")
    site = Site.objects.filter(code=site_code).first() if site_code else None
    if site_code and site is None:
        raise click.UsageError(f"there is no site '{site_code}'")
    chosen = {role.code: role for role in Role.objects.filter(code__in=roles)}
    missing = set(roles) - set(chosen)
    if missing:
        known = ", ".join(Role.objects.values_list("code", flat=True))
        raise click.UsageError(f"there is no role '{sorted(missing)[0]}'; known: {known}")
    fields = PersonFields(email=email, name=name, vendor=vendor, site=site, languages=languages)
    person = add_person(actor=SYSTEM, fields=fields, password=password, at=now)
    for role in chosen.values():
        give(actor=SYSTEM, user=person, role=role, scope=EVERYWHERE, at=now)
    click.echo(f"{email} can log in now")


@user.command("password")
@click.argument("email")
@click.password_option()
def user_password(email: str, password: str) -> None:
    """Set a person's password."""
    set_password(actor=SYSTEM, user=_person(email), password=password, at=timezone.now())
    click.echo("done")


@user.command("deactivate")
@click.argument("email")
def user_deactivate(email: str) -> None:
    """Keep a person from logging in."""
    set_person_active(actor=SYSTEM, user=_person(email), active=False, at=timezone.now())
    click.echo("done")


@user.command("activate")
@click.argument("email")
def user_activate(email: str) -> None:
    """Let a person log in again."""
    set_person_active(actor=SYSTEM, user=_person(email), active=True, at=timezone.now())
    click.echo("done")


@user.command("list")
def user_list() -> None:
    """Everybody, with vendor, site and roles."""
    for person in User.objects.select_related("vendor", "site").prefetch_related("grants__role"):
        roles = ",".join(sorted({grant.role.code for grant in person.grants.all()}))
        state = "" if person.is_active else " (out)"
        click.echo(f"{person.email}\t{person.name}{state}\t{person.vendor.code}\t{roles}")


@click.group()
def apikey() -> None:
    """Create, list and revoke API keys."""


@apikey.command("create")
@click.argument("name")
@click.option("--permission", "permissions", multiple=True, required=True, help="e.g. item:submit; may be repeated.")
@click.option("--days", default=365, show_default=True, help="Days until it expires.")
@click.option("--market", "markets", multiple=True, help="Only these markets; may be repeated.")
@click.option("--rate", default=60_000, show_default=True, help="Requests a minute.")
def apikey_create(name: str, permissions: tuple[str, ...], days: int, markets: tuple[str, ...], rate: int) -> None:
    """Make a key and print it; it is shown this once."""
    now = timezone.now()
    made = create_key(
        actor=SYSTEM,
        name=name,
        permissions=permissions,
        at=now,
        expires_at=now + timedelta(days=days),
        scope=Scope(markets=frozenset(markets)),
        rate_per_minute=rate,
    )
    click.echo(made.secret)


@apikey.command("list")
def apikey_list() -> None:
    """All keys, newest first."""
    for key in ApiKey.objects.all():
        state = "revoked" if key.revoked_at else f"until {key.expires_at:%Y-%m-%d}"
        click.echo(f"{key.prefix}\t{key.name}\t{state}\t{','.join(key.permissions)}")


@apikey.command("revoke")
@click.argument("prefix")
def apikey_revoke(prefix: str) -> None:
    """Stop a key; web processes notice within five seconds."""
    key = ApiKey.objects.filter(prefix=prefix).first()
    if key is None:
        raise click.UsageError(f"there is no key '{prefix}'")
    revoke_key(actor=SYSTEM, key=key, at=timezone.now())
    click.echo("done")


@click.group()
def roster() -> None:
    """People in and out by CSV or XLSX, with preview."""


@roster.command("export")
@click.argument("file", type=click.Path(dir_okay=False))
def roster_export(file: str) -> None:
    """Write everybody to FILE (.csv, .xlsx, or - for CSV on standard output)."""
    rows = list(table.write_table(SYSTEM))
    if file.endswith(".xlsx"):
        with xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
            sheet = book.add_worksheet("people")
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
            sheet.freeze_panes(1, 0)
    elif file == "-":
        csv.writer(sys.stdout).writerows(rows)
    else:
        with open(file, "w", encoding="utf-8-sig", newline="") as out:
            csv.writer(out).writerows(rows)
    click.echo(f"{len(rows) - 1} people", err=True)


@roster.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--yes", is_flag=True, help="Do it; without this only the preview is shown.")
def roster_import(file: str, yes: bool) -> None:
    """Show what FILE would change; with --yes, change it: all rows or none."""
    rows = table.read_table(Path(file).read_bytes(), file)
    shown = table.preview(actor=SYSTEM, rows=rows)
    for change in shown.changes:
        if change.kind != "keep":
            what = "; ".join(f"{name}: {old or '–'} → {new or '–'}" for name, (old, new) in change.fields.items())
            click.echo(f"{change.kind:<10} {change.email}  {what}")
    for problem in shown.problems:
        click.echo(f"problem    {problem.detail}", err=True)
    counts = {kind: shown.count(kind) for kind in ("add", "change", "activate", "deactivate", "keep")}
    click.echo(", ".join(f"{count} to {kind}" for kind, count in counts.items()) + f", {len(shown.problems)} problems")
    if shown.problems:
        raise click.exceptions.Exit(1)
    if not yes:
        click.echo("nothing was changed: repeat with --yes to do it")
        return
    with progress_bar() as bar:
        task = bar.add_task("people", total=len(rows))
        table.apply(actor=SYSTEM, rows=rows, at=timezone.now(), progress=lambda done: bar.update(task, completed=done))
    click.echo("done")
