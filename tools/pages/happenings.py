"""Domain events: who tells, who listens."""

from __future__ import annotations

import ast
import dataclasses
import inspect

from pages.markdown import code, codes, document, plain, table
from pages.source import calls, functions, modules, sources

FILE = "events.md"
TITLE = "Domain events"
TOLD = """\
How a lower package tells an upper one, inside the same transaction. A listener runs at once; when it raises, everything is
rolled back. `wiring.py` is the only place that subscribes."""


def page() -> str:
    published, heard = _published(), _heard()
    parts = []
    for module in modules():
        if not module.__name__.endswith(".events") or module.__name__ == "piepowder.kernel.events":
            continue
        for name, event in inspect.getmembers(module, dataclasses.is_dataclass):
            if event.__module__ != module.__name__ or name not in published:
                continue
            rows = [(code(one.name), code(_type(one))) for one in dataclasses.fields(event)]
            parts += [
                f"## {module.__name__.split('.')[1]}: {name}",
                plain(event.__doc__) if not str(event.__doc__).startswith(f"{name}(") else "",
                f"Published by {codes(sorted(published[name]))}; heard by {codes(heard.get(name, ())) or 'nobody'}.",
                table(("field", "type"), rows),
            ]
    return document(TITLE, TOLD, "happenings", *parts)


def _type(one: dataclasses.Field[object]) -> str:
    return one.type if isinstance(one.type, str) else one.type.__name__


def _published() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for source in sources():
        for name, function in functions(source):
            for called, call in calls(function):
                if called == "publish" and call.args and isinstance(call.args[0], ast.Call):
                    made = call.args[0].func
                    found.setdefault(getattr(made, "id", ""), set()).add(f"{source.name}.{name}")
    return found


def _heard() -> dict[str, list[str]]:
    """From the calls of ``subscribe`` in wiring, in their order."""
    wiring = next(source for source in sources() if source.name == "wiring")
    found: dict[str, list[str]] = {}
    for called, call in calls(wiring.tree):
        if called == "subscribe":
            event, listener = call.args
            found.setdefault(ast.unparse(event).rpartition(".")[2], []).append(ast.unparse(listener))
    return found
