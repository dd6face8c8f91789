"""Every kind of fact that the ledger can hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pages.markdown import code, codes, document, table
from pages.source import Source, assigned, calls, functions, keyword, readings, sources, text
from piepowder.review.steps import _NOT_FOR_THE_LEDGER

FILE = "ledger-verbs.md"
TITLE = "Ledger verbs"
TOLD = """\
What can stand in the ledger, as `noun.verb`. A fact has its time, its actor (kind and reference), its subject (kind and id),
the vendor, and a body of references, codes and numbers: never a person's name, address or words, so that erasure leaves the
chain valid. The column *body* lists the keys that are plain in the source; a fact may have others."""

_VERB = re.compile(r"[a-z_]+\.[a-z_]+")
_WRITERS = {"record", "Entry", "take_step", "_fact", "_move", "_step"}
_ENVELOPE = {"actor", "at", "verb", "subject_kind", "subject_id", "vendor", "entries", "case", "kind", "lease", "body"}


@dataclass(slots=True)
class Verb:
    subjects: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)


def page() -> str:
    found: dict[str, Verb] = {}
    for source in sources():
        if source.package in {"ledger", "kernel", "cli"}:
            continue
        for name, function in functions(source):
            for verb, call in _written(function):
                _add(found.setdefault(verb, Verb()), source, name, function, call)
    rows = [
        (code(verb), codes(sorted(one.subjects)), codes(sorted(one.keys)), codes(sorted(one.places)))
        for verb, one in sorted(found.items())
    ]
    return document(TITLE, TOLD, "verbs", table(("verb", "subject", "body", "written by"), rows))


def _add(one: Verb, source: Source, name: str, function: ast.FunctionDef, call: ast.Call) -> None:
    one.places.add(f"{source.name}.{name}")
    called = getattr(call.func, "id", getattr(call.func, "attr", ""))
    subject = text(keyword(call, "subject_kind"))
    if called == "Entry":
        subject = text(call.args[1]) if len(call.args) > 1 else subject
        bodies = call.args[3:4]
    else:
        bodies = [body] if (body := keyword(call, "body")) is not None else []
    if called in {"take_step", "_move"} and source.package == "review":
        subject = "case"
    if called == "record":
        one.keys |= {given.arg for given in call.keywords if given.arg and given.arg not in _ENVELOPE}
    keys = {key for body in bodies for key in _keys(body, function)}
    one.keys |= keys - _NOT_FOR_THE_LEDGER if called == "take_step" else keys
    if subject and "…" not in subject:
        one.subjects.add(subject)


def _written(function: ast.FunctionDef) -> Iterator[tuple[str, ast.Call]]:
    """Each verb with the call that writes it, also where it is chosen before or put together."""
    chosen = assigned(function)
    for name, call in calls(function):
        if name not in _WRITERS:
            continue
        given = [keyword(call, "verb"), *call.args]
        for node in given:
            for verb in readings(node, chosen):
                if _VERB.fullmatch(verb):
                    yield verb, call


def _keys(body: ast.AST, function: ast.FunctionDef) -> Iterator[str]:
    """The plain keys of a dictionary, also of one that was named before."""
    if isinstance(body, ast.Name):
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and any(getattr(target, "id", "") == body.id for target in node.targets):
                yield from _keys(node.value, function)
    if isinstance(body, ast.Dict):
        yield from (key for node in body.keys if (key := text(node)))
