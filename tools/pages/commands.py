"""The help of every command."""

from __future__ import annotations

from collections.abc import Iterator

import click

from pages.markdown import document, fenced, plain
from piepowder.cli import main

FILE = "commands.md"
TITLE = "Commands"
TOLD = """\
`piepowder` is the one command. `piepowder COMMAND --help` prints what stands here."""

_WIDTH = 100


def page() -> str:
    codes = (main.__doc__ or "").split("\n\n", 1)[1]
    root = click.Context(main.cli, info_name="piepowder", terminal_width=_WIDTH, max_content_width=_WIDTH)
    parts = [f"## Exit codes\n\n{plain(codes.split('Exit codes: ')[1])}"]
    parts += [f"## {path}\n\n" + fenced("text", text) for path, text in _helps(root)]
    return document(TITLE, TOLD, "commands", *parts)


def _helps(context: click.Context) -> Iterator[tuple[str, str]]:
    group = context.command
    if not isinstance(group, click.Group):
        return
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=context, terminal_width=_WIDTH, max_content_width=_WIDTH)
        yield inner.command_path, command.get_help(inner)
        yield from _helps(inner)
