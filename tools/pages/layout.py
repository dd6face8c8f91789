"""Which package may import which, and what stands in each."""

from __future__ import annotations

import ast
import tomllib

from pages.markdown import code, codes, document, fenced, plain, table
from pages.source import PACKAGE, sources

FILE = "packages.md"
TITLE = "Packages and modules"
TOLD = """\
A package imports only from rows below its own; packages in one row do not know each other. `lint-imports` refuses anything
else, in every build."""


def page() -> str:
    settings = tomllib.loads((PACKAGE.parent.parent / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    rows = [[name.strip().removeprefix("piepowder.") for name in layer.split("|")] for layer in layers]
    shown = "\n".join(
        f"{number:>2}  {'   '.join(row)}" for number, row in zip(range(len(rows), 0, -1), rows, strict=True)
    )
    forbidden = [
        (contract["name"], codes(contract["source_modules"]), codes(contract["forbidden_modules"]))
        for contract in contracts
        if contract["type"] == "forbidden"
    ]
    parts = ["## Rows, from the top", fenced("text", shown)]
    parts += ["## What else is forbidden", table(("contract", "in", "must not import"), forbidden), "## Modules"]
    packages = [name for row in reversed(rows) for name in row]
    for package in packages:
        listed = [(code(source.name), plain(ast.get_docstring(source.tree))) for source in sources()
                  if source.package == package and ast.get_docstring(source.tree)]  # fmt: skip
        if listed:
            parts += [f"### {package}", table(("module", "what stands there"), listed)]
    return document(TITLE, TOLD, "layout", *parts)
