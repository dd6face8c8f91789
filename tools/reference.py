"""Write docs/reference/ from the code: ``python tools/reference.py``; ``--check`` fails when a page is stale.

What is generated cannot drift. A page says at its top that it is generated, and by which file of ``tools/pages``.
"""

from __future__ import annotations

import difflib
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"


def written() -> dict[str, str]:
    """Every generated page by its file name. Needs Django to be set up; the same code gives the same text."""
    from pages import (
        api,
        commands,
        environment,
        errors,
        flows,
        happenings,
        index,
        items,
        jobs,
        layout,
        measures,
        policies,
        roles,
        tables,
        verbs,
    )

    makers = (
        api, commands, environment, errors, flows, happenings, items, jobs, layout, measures, policies, roles, tables,
        verbs,
    )  # fmt: skip
    found = {maker.FILE: maker.page() for maker in makers}
    return {**found, index.FILE: index.page(found)}


def stale(fresh: dict[str, str]) -> list[str]:
    """A line for each page that is missing or differs, with its first difference."""
    told = []
    for name, text in sorted(fresh.items()):
        path = FOLDER / name
        there = path.read_text(encoding="utf-8") if path.exists() else ""
        if there != text:
            changes = list(difflib.unified_diff(there.splitlines(), text.splitlines(), lineterm="", n=0))
            told.append(f"docs/reference/{name} is stale: {' | '.join(changes[3:5])}")
    return told


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory() as home:
        for name in [name for name in os.environ if name.startswith("PIEPOWDER_")]:
            del os.environ[name]
        os.environ |= {"PIEPOWDER_HOME": home, "DATABASE_URL": "", "DJANGO_SETTINGS_MODULE": "piepowder.settings"}
        import django

        django.setup()
        fresh = written()
    if arguments == ["--check"]:
        told = stale(fresh)
        for line in told:
            print(line, file=sys.stderr)
        if told:
            print("run: make docs", file=sys.stderr)
        return 1 if told else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in fresh.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"{len(fresh)} pages in {FOLDER.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
