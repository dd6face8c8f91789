"""Reading the package's own source, for what no object tells at run time."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import ModuleType

PACKAGE = Path(__file__).resolve().parent.parent.parent / "src" / "piepowder"


@dataclass(frozen=True, slots=True)
class Source:
    """One module: its dotted name without ``piepowder.``, and its tree."""

    name: str
    tree: ast.Module

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]


@cache
def sources() -> tuple[Source, ...]:
    """Every module but migrations, by name."""
    found = []
    for path in PACKAGE.rglob("*.py"):
        steps = path.relative_to(PACKAGE).with_suffix("").parts
        if "migrations" not in steps:
            name = ".".join(step for step in steps if step != "__init__")
            found.append(Source(name, ast.parse(path.read_text(encoding="utf-8"))))
    return tuple(sorted(found, key=lambda source: source.name))


@cache
def modules() -> tuple[ModuleType, ...]:
    """All of them imported, so that every class is known; entry points that run when imported are left out."""
    names = [source.name for source in sources() if source.name.rpartition(".")[2] not in {"", "__main__", "wsgi"}]
    return tuple(importlib.import_module(f"piepowder.{name}") for name in names)


def functions(source: Source) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Functions and methods with their qualified names; a function inside another belongs to the outer one."""

    def within(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.FunctionDef]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef):
                yield prefix + child.name, child
            elif isinstance(child, ast.ClassDef):
                yield from within(child, f"{prefix}{child.name}.")

    yield from within(source.tree, "")


def calls(node: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call under ``node`` with the bare name of what is called."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            called = inner.func
            yield called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", ""), inner


def text(node: ast.AST | None) -> str | None:
    """A string in the source, also one marked for translation; what is filled in later reads ``…``."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"_", "gettext"} and node.args:
        return text(node.args[0])
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
    if isinstance(node, ast.BinOp):
        left = text(node.left)
        right = text(node.right) if isinstance(node.op, ast.Add) else ""
        return None if left is None else left + (right or "")
    return None


def readings(node: ast.AST | None, chosen: dict[str, list[str]]) -> list[str]:
    """Every string that ``node`` can stand for, given what each local name may hold."""
    if isinstance(node, ast.IfExp):
        return [*readings(node.body, chosen), *readings(node.orelse, chosen)]
    if isinstance(node, ast.Name):
        return chosen.get(node.id, [])
    if isinstance(node, ast.JoinedStr):
        found = [""]
        for part in node.values:
            options = readings(part.value if isinstance(part, ast.FormattedValue) else part, chosen) or ["…"]
            found = [left + right for left in found for right in options]
        return found
    said = text(node)
    return [said] if said else []


def assigned(function: ast.AST, before: int = 10**9) -> dict[str, list[str]]:
    """The strings that each local name is given in ``function`` up to a line, the last one last."""
    found: dict[str, list[str]] = {}
    given = (node for node in ast.walk(function) if isinstance(node, ast.Assign) and node.lineno < before)
    for node in sorted(given, key=lambda node: node.lineno):
        for target in node.targets:
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=True))
            for name, value in pairs:
                if isinstance(name, ast.Name):
                    found.setdefault(name.id, []).extend(readings(value, {}))
    return found


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((given.value for given in call.keywords if given.arg == name), None)


def attribute_notes(source: Source, class_name: str) -> dict[str, str]:
    """The string that follows each attribute in a class body: what our code uses to describe a field."""
    body = next(
        node.body for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef) and node.name == class_name
    )
    notes = {}
    for before, after in pairwise(body):
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str):
            target = before.targets[0] if isinstance(before, ast.Assign) else getattr(before, "target", None)
            if isinstance(target, ast.Name):
                notes[target.id] = after.value.value
    return notes
