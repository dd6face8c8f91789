"""``piepowder ingest``: items from files, or from a pipe."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import click
from django.utils import timezone

from piepowder.cli.progress import progress_bar
from piepowder.intake.operations import receive_stream
from piepowder.intake.outcomes import Result
from piepowder.intake.readers import FORMATS, read_lines
from piepowder.kernel.actor import SYSTEM


@click.command()
@click.argument("file")
@click.option("--format", "form", type=click.Choice(sorted(FORMATS)), help="Default: by the file's name; NDJSON for -.")
@click.option("--batch", default=1000, show_default=True, help="Lines stored in one transaction.")
@click.option(
    "--errors", type=click.Path(dir_okay=False), help="Write refused lines with their problems here (NDJSON)."
)
def ingest(file: str, form: str | None, batch: int, errors: str | None) -> None:
    """Take in items from FILE (or standard input with -): NDJSON, CSV or Parquet.

    A line that is refused loses no other line; the exit code is 1 when some were refused.
    """
    if file != "-" and not Path(file).is_file():
        raise click.BadParameter(f"there is no file '{file}'", param_hint="FILE")
    kind = form or ("ndjson" if file == "-" else Path(file).suffix.lstrip(".").lower().replace("jsonl", "ndjson"))
    if kind not in FORMATS:
        raise click.UsageError(f"'{file}': name its format with --format ({', '.join(sorted(FORMATS))})")
    counts: dict[Result, int] = {}
    with ExitStack() as stack:
        bar = stack.enter_context(progress_bar())
        source: BinaryIO = sys.stdin.buffer if file == "-" else stack.enter_context(open(file, "rb"))
        refused_to = stack.enter_context(open(errors, "w", encoding="utf-8")) if errors else None
        task = bar.add_task("items", total=None)
        for result in receive_stream(actor=SYSTEM, lines=read_lines(source, kind), at_clock=timezone.now, batch=batch):
            counts[result.outcome.result] = counts.get(result.outcome.result, 0) + 1
            bar.update(task, advance=1)
            if result.outcome.problems:
                row = {
                    "line": result.line,
                    "problems": [
                        {"pointer": p.pointer, "code": p.code, "detail": p.detail} for p in result.outcome.problems
                    ],
                }
                text = json.dumps(row, ensure_ascii=False)
                click.echo(text, file=refused_to or sys.stderr)
    click.echo(", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "nothing to take in")
    if counts.get(Result.REFUSED):
        raise click.exceptions.Exit(1)
