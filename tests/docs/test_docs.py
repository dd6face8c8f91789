"""The documentation is true where a program can tell."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import click
import pytest

from piepowder.cli.main import cli

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = sorted(
    path
    for path in [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("benchmarks/*.md"),
        *ROOT.glob("studies/**/*.md"),
    ]
    if path.name != "LICENSE.md"
)
README = (ROOT / "README.md").read_text(encoding="utf-8")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_COMMAND = re.compile(r"(?:^|&& |\$\(|/bin/|exec web |ExecStart=)(?:[A-Z_]+=\S* )*piepowder ([^|)&]+)")
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def fences(path: Path, language: str) -> Iterator[str]:
    for indent, found, text in _FENCE.findall(path.read_text(encoding="utf-8")):
        if found == language:
            yield "\n".join(line.removeprefix(indent) for line in text.splitlines())


def prose(path: Path) -> str:
    return _FENCE.sub("", path.read_text(encoding="utf-8"))


def anchors(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower().replace("`", "")).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    for target in _LINK.findall(prose(page)):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        place, _, anchor = unquote(target).partition("#")
        goal = (page.parent / place).resolve() if place else page
        assert goal.exists(), f"{shown(page)} links to {target}"
        if anchor:
            assert anchor in anchors(goal), f"{shown(page)} links to {target}"


def test_every_page_is_reached_from_the_readme() -> None:
    reached = {ROOT / "README.md"}
    waiting = list(reached)
    while waiting:
        page = waiting.pop()
        for target in _LINK.findall(prose(page)):
            goal = (page.parent / target.partition("#")[0]).resolve()
            if goal.suffix == ".md" and goal.is_file() and goal not in reached:
                reached.add(goal)
                waiting.append(goal)

    assert {shown(page) for page in PAGES if page.is_relative_to(ROOT / "docs")} <= {shown(page) for page in reached}


@pytest.mark.parametrize("page", [page for page in PAGES if any(fences(page, "python"))], ids=shown)
def test_python_in_the_documentation_compiles(page: Path) -> None:
    for text in fences(page, "python"):
        ast.parse(text)


@pytest.mark.parametrize("page", [page for page in PAGES if any(fences(page, "python"))], ids=shown)
def test_what_the_documentation_imports_from_piepowder_is_there(page: Path) -> None:
    for text in fences(page, "python"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("piepowder"):
                module = __import__(str(node.module), fromlist=["x"])
                assert all(hasattr(module, name.name) for name in node.names)


@pytest.mark.parametrize("page", [page for page in PAGES if any(fences(page, "json"))], ids=shown)
def test_json_in_the_documentation_can_be_read(page: Path) -> None:
    for text in fences(page, "json"):
        json.loads(text)


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_commands_in_the_documentation_exist(page: Path) -> None:
    lines = [line.split(" #")[0] for text in fences(page, "sh") for line in text.splitlines()]
    given = [words for line in lines for words in _COMMAND.findall(line)]
    given += [words for words in re.findall(r"`piepowder ([^`]+)`", prose(page)) if words.split()[0].islower()]
    for words in given:
        command: click.Command = cli
        for word in words.split():
            if not isinstance(command, click.Group):
                break
            found = command.get_command(click.Context(command), word)
            assert found is not None, f"{shown(page)}: piepowder {words}"
            command = found
        known = {option for parameter in command.params for option in parameter.opts}
        used = {word.partition("=")[0] for word in words.split() if word.startswith("--")}
        assert used <= known, f"{shown(page)}: piepowder {words}"


def test_the_generated_reference_is_fresh() -> None:
    done = subprocess.run(
        [sys.executable, "tools/reference.py", "--check"], cwd=ROOT, capture_output=True, text=True, timeout=120
    )

    assert done.returncode == 0, done.stderr


def test_the_readme_tests_as_the_build_does() -> None:
    build = [line for line in (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines() if line.startswith("make ")]

    assert build == ["make test"]
    assert "```sh\nmake test\n```" in README


def test_every_make_target_in_the_documentation_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for page in PAGES:
        used = set(re.findall(r"^make ([a-z-]+)", "\n".join(fences(page, "sh")), re.MULTILINE))
        used |= set(re.findall(r"`make ([a-z-]+)", prose(page)))
        assert used <= targets, shown(page)


def test_the_readme_names_the_version_of_python_that_is_needed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert f"Python {project['requires-python'].removeprefix('>=')} or newer" in README
    assert f"## [{project['version']}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_setting_in_the_documentation_is_one_that_the_program_reads() -> None:
    known = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")))
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        used = set(re.findall(r"\b(PIEPOWDER_[A-Z0-9_]+|DATABASE_URL|PROMETHEUS_[A-Z_]+)\b", text))
        assert used <= known, shown(page)


def test_no_place_is_invented_for_the_repository() -> None:
    assert "git clone REPOSITORY piepowder" in README


def test_the_pages_say_nothing_about_where_they_were_written() -> None:
    for page in PAGES:
        assert not re.search(r"(?<![\w.~}])/(?:work|root)/", page.read_text(encoding="utf-8")), shown(page)
