"""``piepowder``: the one command.

Exit codes: 0 done; 1 a check failed or some lines were refused; 2 wrong usage or bad input; 3 the installation is not
ready (``piepowder doctor`` says how to mend it).
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click
import django
from django.core.exceptions import ImproperlyConfigured

from piepowder.kernel.errors import PiepowderError

# Each command lives in a module that is imported only when called: `piepowder --help` need not load the whole system.
_COMMANDS = {
    "serve": ("serving", "Start the web server (and, with --with-worker, the worker)."),
    "worker": ("serving", "Start the worker: sealing, deliveries, media, timers."),
    "demo": ("demonstration", "Fill an empty installation with a synthetic marketplace and start it."),
    "simulate": ("demonstration", "Fill the database with a synthetic marketplace, or let one live."),
    "ingest": ("feeding", "Take in items from NDJSON, CSV or Parquet."),
    "user": ("people", "Add people, set passwords, let them in and out."),
    "apikey": ("people", "Create, list and revoke API keys."),
    "portal-link": ("portal", "Make or take back links to the portal, for the people who are judged."),
    "roster": ("people", "People in and out by CSV or XLSX, with preview."),
    "configuration": ("configuring", "Write the whole set-up into one file, or apply such a file."),
    "ledger": ("record", "Verify and show the tamper-evident record."),
    "backup": ("care", "Write database and media into one file."),
    "restore": ("care", "Read such a file into an empty installation."),
    "upgrade": ("care", "Bring the database to this version, with a backup first."),
    "dsa-simulator": ("simulating", "Serve a stand-in for the DSA Transparency Database, for trial runs and tests."),
    "doctor": ("care", "Check the set-up and say how to mend it."),
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        if "--help" in sys.argv[1:2]:
            return click.Command(cmd_name, help=_COMMANDS[cmd_name][1])
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "piepowder.settings")
        if cmd_name == "serve":
            os.environ.setdefault("PIEPOWDER_SERVES", "1")
        django.setup()
        module = import_module(f"piepowder.cli.{_COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="piepowder")
def cli() -> None:
    """Piepowder: the system that a marketplace's moderation organisation runs on.

    Settings come from the environment: PIEPOWDER_HOME (where things are kept, default ./var), DATABASE_URL
    (default SQLite in that home), PIEPOWDER_PUBLIC_URL and others told in the documentation.
    """


def main() -> None:
    try:
        # Without standalone mode click returns the code of an Exit instead of raising it.
        code = cli(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except PiepowderError as error:
        click.echo(f"piepowder: {error.detail}", err=True)
        for problem in error.problems:
            click.echo(f"  {problem.pointer}: {problem.detail}", err=True)
        sys.exit(2)
    except ImproperlyConfigured as error:
        click.echo(f"piepowder: {error}", err=True)
        sys.exit(3)
    except Exception as error:
        if os.environ.get("PIEPOWDER_DEBUG") == "1" or not _is_missing_table(error):
            raise
        click.echo(
            f"piepowder: the database is not set up for this version ({error}). Run: piepowder upgrade", err=True
        )
        sys.exit(3)


def _is_missing_table(error: Exception) -> bool:
    from django.db import OperationalError, ProgrammingError

    text = str(error).lower()
    return isinstance(error, OperationalError | ProgrammingError) and (
        "no such table" in text or "does not exist" in text or "no such column" in text
    )
