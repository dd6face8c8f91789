"""Keep the translations complete: ``python tools/messages.py`` updates, ``--check`` refuses what is missing.

The update extracts every marked string, merges the entries of the PO files named on the command line (each for the
language in its header), and compiles. The check extracts into a copy and compares: in a language of ``COMPLETE`` a string
without translation fails; in every language a fuzzy one, a lost placeholder and a stale compiled file do.
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
PLURALS = {
    "zh_Hans": "nplurals=1; plural=0;",
    "de": "nplurals=2; plural=(n != 1);",
    "fr": "nplurals=2; plural=(n > 1);",
    "es": "nplurals=2; plural=(n != 1);",
    "it": "nplurals=2; plural=(n != 1);",
    "pl": "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);",
}
"""The languages of the interface beside English, and how each counts."""
COMPLETE = tuple(PLURALS)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}|%[sd]")


def po(language: str) -> Path:
    """A catalogue's place within the package."""
    return Path("locale") / language / "LC_MESSAGES" / "django.po"


def extract(package: Path) -> None:
    command = [sys.executable, "-m", "django", "makemessages", "--no-obsolete", "--no-wrap", "--no-location"]
    command += [part for language in PLURALS for part in ("-l", language)]
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    subprocess.run(command, cwd=package, env=environment, check=True, stdout=subprocess.DEVNULL)


def update(sources: list[str]) -> int:
    for language in PLURALS:
        (PACKAGE / po(language)).parent.mkdir(parents=True, exist_ok=True)
    extract(PACKAGE)
    return max(_merge(language, sources) for language in PLURALS)


def _merge(language: str, sources: list[str]) -> int:
    catalogue = polib.pofile(str(PACKAGE / po(language)))
    given = [polib.pofile(source) for source in sources]
    mine = [one for one in given if one.metadata.get("Language", "zh_Hans").replace("-", "_") == language]
    found = {(entry.msgctxt or "", entry.msgid): entry for one in mine for entry in one if entry.translated()}
    for entry in catalogue:
        known = found.get((entry.msgctxt or "", entry.msgid)) or found.get(("", entry.msgid))
        if known is None or (entry.translated() and not entry.fuzzy):
            continue
        _take(entry, known, int(PLURALS[language][9]))
    for entry in catalogue.fuzzy_entries():
        # A guess from a similar string is none.
        entry.msgstr, entry.msgstr_plural = "", dict.fromkeys(entry.msgstr_plural, "")
        entry.flags = [flag for flag in entry.flags if flag != "fuzzy"]
        entry.previous_msgid = entry.previous_msgid_plural = entry.previous_msgctxt = None
    catalogue.metadata = {
        "Project-Id-Version": "piepowder",
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURALS[language],
    }
    catalogue.save(str(PACKAGE / po(language)))
    catalogue.save_as_mofile(str(PACKAGE / po(language).with_suffix(".mo")))
    return report(language, catalogue)


def _take(entry: polib.POEntry, known: polib.POEntry, forms: int) -> None:
    entry.flags = [flag for flag in entry.flags if flag != "fuzzy"]
    if not entry.msgid_plural:
        entry.msgstr = known.msgstr or known.msgstr_plural.get(0, "")
        return
    said = {int(form): text for form, text in known.msgstr_plural.items()} or {0: known.msgstr}
    last = said[max(said)]
    entry.msgstr, entry.msgstr_plural = "", {form: said.get(form) or last for form in range(forms)}


def report(language: str, catalogue: polib.POFile) -> int:
    problems = [f"fuzzy: {entry.msgid!r}" for entry in catalogue if entry.fuzzy]
    missing = [entry for entry in catalogue if not entry.translated() and not entry.fuzzy]
    if language in COMPLETE:
        problems += [f"untranslated: {entry.msgid!r}" for entry in missing]
    for entry in catalogue.translated_entries():
        wanted = set(PLACEHOLDER.findall(entry.msgid)) | set(PLACEHOLDER.findall(entry.msgid_plural or ""))
        for said in entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]:
            told = set(PLACEHOLDER.findall(said))
            # "One person" may do without its number, every other form may not.
            if not told <= wanted or (not entry.msgid_plural and told != wanted):
                problems.append(f"placeholders differ: {entry.msgid!r} → {said!r}")
        if entry.msgid_plural and wanted != set(PLACEHOLDER.findall(entry.msgstr_plural[max(entry.msgstr_plural)])):
            problems.append(f"placeholders differ: {entry.msgid_plural!r}")
    for problem in problems:
        print(f"{language}: {problem}", file=sys.stderr)
    print(f"{language}: {len(catalogue)} strings, {len(missing)} untranslated, {len(problems)} problems")
    return 1 if problems else 0


def check() -> int:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "piepowder"
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("vendor", "__pycache__", "shipped", "words"))
        extract(copy)
        failed = max(report(language, polib.pofile(str(copy / po(language)))) for language in PLURALS)
    for language in PLURALS:
        committed = polib.pofile(str(PACKAGE / po(language)))
        compiled = polib.mofile(str(PACKAGE / po(language).with_suffix(".mo")))
        if _said(compiled) != _said(committed.translated_entries()):
            print(f"{language}: the compiled catalogue is stale: run `make messages`", file=sys.stderr)
            failed = 1
    return failed


def _said(entries: list[polib.POEntry]) -> set[tuple[str, str, str]]:
    return {(entry.msgid, entry.msgstr, str(entry.msgstr_plural)) for entry in entries}


if __name__ == "__main__":
    sys.exit(check() if sys.argv[1:] == ["--check"] else update(sys.argv[1:]))
