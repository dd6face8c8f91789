"""The configuration as a file that people read, compare and keep under version control: YAML, always in the same order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from piepowder.configuration.logic import FORMAT, Parts
from piepowder.kernel.errors import FieldProblem, Malformed

MOST_BYTES = 8 * 1024 * 1024
_HEAD = """\
# The configuration of a Piepowder installation. Apply it with the page "Configuration" or `piepowder configuration apply`:
# what differs is shown first, nothing that the file leaves out is removed, and no secret is in it.
"""


class NotAConfiguration(Malformed):
    code = "not_a_configuration"


class _Dumper(yaml.SafeDumper):
    """Long texts as they read, lists of short words on one line."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _list(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.Node:
    short = all(isinstance(one, str | int | float) for one in value) and sum(len(str(one)) + 2 for one in value) < 100
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=short)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)


def to_text(parts: Parts) -> str:
    """The parts as YAML."""
    document: dict[str, Any] = {"piepowder": FORMAT, **{part: dict(entries) for part, entries in parts.items()}}
    return _HEAD + yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def from_text(text: str | bytes) -> Mapping[str, Any]:
    """The document in ``text``; raises ``NotAConfiguration`` with line and column when it is no YAML."""
    if len(text) > MOST_BYTES:
        raise NotAConfiguration(f"a configuration has at most {MOST_BYTES // 2**20} MiB")
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506  # a safe loader, see below
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1} column {mark.column + 1}: " if mark else ""
        told = f"{where}{getattr(error, 'problem', None) or error}"
        raise NotAConfiguration("the file is no YAML", problems=[FieldProblem("", "not_yaml", told)]) from None
    if not isinstance(document, dict):
        raise NotAConfiguration("the file holds no mapping of parts")
    return document


class _Loader(yaml.SafeLoader):
    """Plain values only: no dates, no aliases (a few of which can make gigabytes), no key twice."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not read")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _value in node.value]
        doubled = (
            next((key for key in keys if keys.count(key) > 1), None) if len(set(map(str, keys))) < len(keys) else None
        )
        if doubled is not None:
            raise yaml.constructor.ConstructorError(None, None, f"'{doubled}' stands here twice", node.start_mark)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
