"""Reading a policy tree from YAML files, strictly: every mistake is named with its file, code and field.

Each file is a list of nodes. A family or group has ``code``, ``parent`` and ``texts``; a leaf has ``code``, ``parent``,
``kinds`` and ``versions``. Nothing else is accepted, so that a misspelt field is found and not lost.

Beside the tree, ``words`` has a file for each further language in which recipients are told what a policy says.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from piepowder.policy.drafts import Draft, Measure, Wording, code_problems, draft_problems
from piepowder.policy.dsa import CATEGORY_PREFIX, KEYWORD_PREFIX
from piepowder.policy.logic import expand_markets

SHIPPED: Final = Path(__file__).parent / "shipped"
SHIPPED_LANGUAGES: Final = ("en", "zh-Hans")
"""The languages in which the shipped policies can be read in full."""
RECIPIENT_LANGUAGES: Final = ("de", "es", "fr", "it")
"""The languages in which they have only a title and the words for recipients."""
TREE_BEGINS: Final = date(2026, 1, 1)
"""From when the titles of families and groups hold."""

_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CODE = re.compile(r"[A-Z]{1,3}(-[1-9][0-9]*(\.[1-9][0-9]*)*)?")
_GROUP_FIELDS = {"code", "parent", "texts"}
_LEAF_FIELDS = {"code", "parent", "kinds", "versions"}
_VERSION_FIELDS = {
    "number", "effective_from", "markets", "severity", "ground", "legal_reference", "terms_clause", "category",
    "keywords", "sensitive_media", "default_enforcement", "texts",
}  # fmt: skip
_TEXT_FIELDS = {"title", "rule", "examples_good", "examples_bad", "reviewer_note", "recipient_text"}
_WORDS_FIELDS = {"title", "recipient_text"}
_MEASURE_FIELDS = {"family", "measure", "duration_days"}


class BrokenLibrary(ValueError):
    """The files do not hold a valid tree; ``problems`` has one line per mistake."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Node:
    """One node as the files have it; a group has a single version that carries its title."""

    code: str
    parent: str
    is_leaf: bool
    kinds: tuple[str, ...]
    versions: tuple[Draft, ...]
    recipient_words: tuple[Mapping[str, Wording], ...] = ()
    """For each version of a leaf, by language: a title and the words for recipients, nothing more."""


class _Bad(Exception):
    """An entry that cannot even be read; ``BrokenLibrary`` collects them."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")


@cache
def shipped_tree() -> tuple[Node, ...]:
    """The tree that comes with Piepowder, parents before children."""
    return with_recipient_words(read_tree(SHIPPED), SHIPPED / "words")


def read_tree(folder: Path) -> tuple[Node, ...]:
    """The nodes of all ``*.yaml`` files in ``folder``, in the order of file names; raises ``BrokenLibrary``."""
    nodes: list[Node] = []
    problems: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        entries = yaml.load(path.read_text(encoding="utf-8"), Loader=_SafeLoader)  # noqa: S506 - the C twin of SafeLoader
        if not isinstance(entries, list):
            problems.append(f"{path.name}: a list of nodes is expected")
            continue
        for entry in entries:
            code = entry.get("code", "?") if isinstance(entry, dict) else "?"
            try:
                node = _node(entry)
            except _Bad as bad:
                problems.append(f"{path.name}: {code}: {bad}")
                continue
            problems += [f"{path.name}: {code}: {problem}" for problem in _node_problems(node)]
            nodes.append(node)
    problems += _tree_problems(nodes)
    if problems:
        raise BrokenLibrary(problems)
    return tuple(nodes)


def with_recipient_words(nodes: Sequence[Node], folder: Path) -> tuple[Node, ...]:
    """``nodes`` with what ``folder`` says to recipients, one file per language; raises ``BrokenLibrary``.

    A file maps the code of each leaf (``CODE/2`` for its second version) to ``title`` and ``recipient_text``, all of them.
    """
    problems: list[str] = []
    words: dict[str, dict[str, Wording]] = {language: {} for language in RECIPIENT_LANGUAGES}
    for language, said in words.items():
        path = folder / f"{language}.yaml"
        entries = yaml.load(path.read_text(encoding="utf-8"), Loader=_SafeLoader) if path.exists() else {}  # noqa: S506
        for key, entry in entries.items() if isinstance(entries, dict) else ():
            try:
                said[key] = _recipient_wording(entry)
            except _Bad as bad:
                problems.append(f"{path.name}: {key}: {bad}")
        wanted = {key for node in nodes for key in _version_keys(node)}
        given = set(entries) if isinstance(entries, dict) else set()
        problems += [f"{path.name}: {key}: missing" for key in sorted(wanted - given)]
        problems += [f"{path.name}: {key}: no version of a policy" for key in sorted(map(str, given - wanted))]
    if problems:
        raise BrokenLibrary(problems)
    return tuple(
        replace(
            node,
            recipient_words=tuple(
                {language: said[key] for language, said in words.items()} for key in _version_keys(node)
            ),
        )
        for node in nodes
    )


def _version_keys(node: Node) -> tuple[str, ...]:
    if not node.is_leaf:
        return ()
    return (node.code, *(f"{node.code}/{number}" for number in range(2, len(node.versions) + 1)))


def _recipient_wording(entry: Any) -> Wording:
    fields = _mapping(entry, "words")
    _only(fields, _WORDS_FIELDS, "words")
    wording = Wording(title=_text(fields, "title", "words"), recipient_text=_text(fields, "recipient_text", "words"))
    for name in sorted(_WORDS_FIELDS):
        if not getattr(wording, name):
            raise _Bad(f"words/{name}", "must not be empty")
    if len(wording.title) > 200:
        raise _Bad("words/title", "at most 200 characters")
    return wording


def _node(entry: Any) -> Node:
    fields = _mapping(entry, "node")
    is_leaf = "versions" in fields
    _only(fields, _LEAF_FIELDS if is_leaf else _GROUP_FIELDS, "node", optional={"parent"})
    versions = (
        tuple(_version(index, version) for index, version in enumerate(_list(fields, "versions")))
        if is_leaf
        else (Draft(effective_from=TREE_BEGINS, texts=_titles(fields["texts"], "texts")),)
    )
    return Node(
        code=_text(fields, "code"),
        parent=_text(fields, "parent") if "parent" in fields else "",
        is_leaf=is_leaf,
        kinds=_texts(fields, "kinds") if is_leaf else (),
        versions=versions,
    )


def _version(index: int, entry: Any) -> Draft:
    where = f"versions/{index}"
    fields = _mapping(entry, where)
    _only(fields, _VERSION_FIELDS, where)
    if fields["number"] != index + 1:
        raise _Bad(f"{where}/number", f"{index + 1} is expected: versions are numbered from 1 without gaps")
    if not isinstance(fields["effective_from"], date):
        raise _Bad(f"{where}/effective_from", "a date such as 2026-01-01 is expected")
    if not isinstance(fields["sensitive_media"], bool):
        raise _Bad(f"{where}/sensitive_media", "true or false is expected")
    if type(fields["severity"]) is not int:
        raise _Bad(f"{where}/severity", "a whole number is expected")
    return Draft(
        effective_from=fields["effective_from"],
        markets=tuple(expand_markets(_texts(fields, "markets", where))),
        severity=fields["severity"],
        ground=_text(fields, "ground", where),
        legal_reference=_text(fields, "legal_reference", where),
        terms_clause=_text(fields, "terms_clause", where),
        category=_unprefixed(_text(fields, "category", where), CATEGORY_PREFIX, f"{where}/category"),
        keywords=tuple(
            _unprefixed(keyword, KEYWORD_PREFIX, f"{where}/keywords") for keyword in _texts(fields, "keywords", where)
        ),
        default_enforcement=tuple(
            _measure(measure, f"{where}/default_enforcement/{position}")
            for position, measure in enumerate(_list(fields, "default_enforcement", where))
        ),
        sensitive_media=fields["sensitive_media"],
        texts=_wordings(fields["texts"], f"{where}/texts"),
    )


def _measure(entry: Any, where: str) -> Measure:
    fields = _mapping(entry, where)
    _only(fields, _MEASURE_FIELDS, where)
    days = fields["duration_days"]
    if days is not None and type(days) is not int:
        raise _Bad(f"{where}/duration_days", "a whole number or null is expected")
    return Measure(_text(fields, "family", where), _text(fields, "measure", where), days)


def _titles(entry: Any, where: str) -> dict[str, Wording]:
    return {
        language: Wording(title=_text(fields, "title", at))
        for language, fields, at in _by_language(entry, where, {"title"})
    }


def _wordings(entry: Any, where: str) -> dict[str, Wording]:
    return {
        language: Wording(
            title=_text(fields, "title", at),
            rule=_text(fields, "rule", at),
            examples_good=_texts(fields, "examples_good", at),
            examples_bad=_texts(fields, "examples_bad", at),
            reviewer_note=_text(fields, "reviewer_note", at),
            recipient_text=_text(fields, "recipient_text", at),
        )
        for language, fields, at in _by_language(entry, where, _TEXT_FIELDS)
    }


def _by_language(entry: Any, where: str, names: Set[str]) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    for language, words in _mapping(entry, where).items():
        at = f"{where}/{language}"
        fields = _mapping(words, at)
        _only(fields, names, at)
        yield language, fields, at


def _node_problems(node: Node) -> Iterator[str]:
    """What the shared rules of drafts say, and the stricter ones of a tree that is shipped."""
    if not _CODE.fullmatch(node.code):
        yield f"code: '{node.code}' is not of the form P, P-1 or P-1.2"
    if node.parent and not re.fullmatch(re.escape(node.parent) + r"[-.][0-9]+", node.code):
        yield f"parent: '{node.parent}' is not the beginning of the code"
    if not node.parent and "-" in node.code:
        yield "parent: missing"
    if node.is_leaf and not node.kinds:
        yield "kinds: at least one kind of item"
    for problem in code_problems(node.code, node.kinds):
        yield f"{problem.pointer[1:]}: {problem.detail}"
    for number, draft in enumerate(node.versions):
        where = f"versions/{number}" if node.is_leaf else "group"
        for problem in draft_problems(draft, is_leaf=node.is_leaf):
            yield f"{where}{problem.pointer}: {problem.detail}"
        for language in SHIPPED_LANGUAGES:
            if language not in draft.texts:
                yield f"{where}/texts/{language}: missing"
        if node.is_leaf:
            yield from _thin_texts(where, draft)


def _thin_texts(where: str, draft: Draft) -> Iterator[str]:
    if not draft.terms_clause:
        yield f"{where}/terms_clause: missing: outside the reach of the law cited, the terms are the ground"
    for language, wording in draft.texts.items():
        if not wording.reviewer_note.strip():
            yield f"{where}/texts/{language}/reviewer_note: must not be empty"
        for name in ("examples_good", "examples_bad"):
            if len(getattr(wording, name)) < 2:
                yield f"{where}/texts/{language}/{name}: at least two examples"


def _tree_problems(nodes: Sequence[Node]) -> Iterator[str]:
    for code, count in Counter(node.code for node in nodes).items():
        if count > 1:
            yield f"{code}: code: used {count} times"
    groups: set[str] = set()
    for node in nodes:
        if node.parent and node.parent not in groups:
            yield f"{node.code}: parent: '{node.parent}' is no family or group that comes before it"
        if not node.is_leaf:
            groups.add(node.code)
    for code in sorted(groups - {node.parent for node in nodes}):
        yield f"{code}: code: a group without leaves"


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise _Bad(where, "named fields are expected")
    return value


def _only(fields: Mapping[str, Any], names: Set[str], where: str, optional: Set[str] = frozenset()) -> None:
    if unknown := sorted(set(fields) - names):
        raise _Bad(f"{where}/{unknown[0]}", "unknown field")
    if missing := sorted(names - optional - set(fields)):
        raise _Bad(f"{where}/{missing[0]}", "missing")


def _text(fields: Mapping[str, Any], name: str, where: str = "node") -> str:
    value = fields[name]
    if not isinstance(value, str):
        raise _Bad(f"{where}/{name}", "a text is expected; put it in quotes")
    return value.strip()


def _list(fields: Mapping[str, Any], name: str, where: str = "node") -> list[Any]:
    value = fields[name]
    if not isinstance(value, list):
        raise _Bad(f"{where}/{name}", "a list is expected")
    return value


def _texts(fields: Mapping[str, Any], name: str, where: str = "node") -> tuple[str, ...]:
    values = _list(fields, name, where)
    for index, value in enumerate(values):
        if not isinstance(value, str):
            raise _Bad(f"{where}/{name}/{index}", "a text is expected; put it in quotes")
    return tuple(value.strip() for value in values)


def _unprefixed(value: str, prefix: str, where: str) -> str:
    if not value.startswith(prefix):
        raise _Bad(where, f"'{value}' does not begin with {prefix}")
    return value.removeprefix(prefix)
