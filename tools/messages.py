"""Keep the Simplified Chinese complete: ``python tools/messages.py`` updates, ``--check`` refuses what is missing.

The update extracts every marked string, merges pairs found in the files named on the command line (PO format), and
compiles. The check extracts into a copy and compares: a string without translation, a fuzzy one, a lost placeholder or a
stale compiled file fails.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import polib

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "piepowder"
PO = Path("locale/zh_Hans/LC_MESSAGES/django.po")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}|%[sd]")


def extract(package: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "django",
        "makemessages",
        "-l",
        "zh_Hans",
        "--no-obsolete",
        "--no-wrap",
        "--no-location",
    ]
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    subprocess.run(command, cwd=package, env=environment, check=True, stdout=subprocess.DEVNULL)


def update(sources: list[str]) -> int:
    (PACKAGE / PO).parent.mkdir(parents=True, exist_ok=True)
    extract(PACKAGE)
    catalogue = polib.pofile(str(PACKAGE / PO))
    found = {entry.msgid: entry for source in sources for entry in polib.pofile(source) if entry.translated()}
    for entry in catalogue:
        known = found.get(entry.msgid)
        if known is None or (entry.translated() and not entry.fuzzy):
            continue
        entry.msgstr = known.msgstr or known.msgstr_plural.get(0, "")
        if entry.msgid_plural:
            entry.msgstr, entry.msgstr_plural = "", {0: known.msgstr_plural.get(0) or known.msgstr}
        entry.flags = [flag for flag in entry.flags if flag != "fuzzy"]
    catalogue.metadata = {
        "Project-Id-Version": "piepowder",
        "Language": "zh_Hans",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    catalogue.save(str(PACKAGE / PO))
    catalogue.save_as_mofile(str(PACKAGE / PO.with_suffix(".mo")))
    return report(catalogue)


def report(catalogue: polib.POFile) -> int:
    problems = [f"untranslated: {entry.msgid!r}" for entry in catalogue if not entry.translated() or entry.fuzzy]
    for entry in catalogue.translated_entries():
        said = entry.msgstr or entry.msgstr_plural.get(0, "")
        wanted = set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
        if wanted != set(PLACEHOLDER.findall(said)):
            problems.append(f"placeholders differ: {entry.msgid!r} → {said!r}")
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(catalogue)} strings, {len(problems)} problems")
    return 1 if problems else 0


def check() -> int:
    committed = polib.pofile(str(PACKAGE / PO))
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "piepowder"
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("vendor", "__pycache__", "shipped", "words"))
        extract(copy)
        fresh = polib.pofile(str(copy / PO))
    failed = report(fresh)
    compiled = {(e.msgid, e.msgstr, str(e.msgstr_plural)) for e in polib.mofile(str(PACKAGE / PO.with_suffix(".mo")))}
    if compiled != {(e.msgid, e.msgstr, str(e.msgstr_plural)) for e in committed.translated_entries()}:
        print("the compiled catalogue is stale: run `make messages`", file=sys.stderr)
        failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(check() if sys.argv[1:] == ["--check"] else update(sys.argv[1:]))
