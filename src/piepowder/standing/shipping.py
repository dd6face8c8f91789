"""The ladders that come with Piepowder, and any ladder as the text in which people edit it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from django.utils.translation import gettext as _

from piepowder.kernel.errors import FieldProblem
from piepowder.standing.reading import BadLadder

SHIPPED: Final = Path(__file__).parent / "shipped"
_LONGEST_TEXT = 200_000


@cache
def shipped_ladders() -> Mapping[str, dict[str, Any]]:
    """The content of each shipped ladder, by code."""
    return {path.stem: from_text(path.read_text(encoding="utf-8")) for path in sorted(SHIPPED.glob("*.yaml"))}


def shipped_text(code: str) -> str:
    """A shipped ladder with its remarks; empty when none has this code."""
    return (SHIPPED / f"{code}.yaml").read_text(encoding="utf-8") if code in shipped_ladders() else ""


class _Loader(yaml.SafeLoader):
    """Plain values only: no aliases, no key twice, no dates."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not read")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [str(key.value) for key, _value in node.value]
        doubled = next((key for key in keys if keys.count(key) > 1), None)
        if doubled is not None:
            raise yaml.constructor.ConstructorError(None, None, f"'{doubled}' stands here twice", node.start_mark)
        return {str(key): value for key, value in super().construct_mapping(node, deep).items()}


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def from_text(text: str) -> dict[str, Any]:
    """The content in ``text``; raises ``BadLadder`` with line and column when it is no YAML mapping."""
    try:
        if len(text) > _LONGEST_TEXT or "\x00" in text:
            raise ValueError(_("a ladder is shorter than this"))
        found = yaml.load(text, Loader=_Loader)  # noqa: S506  # a safe loader, see above
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        told = str(getattr(error, "problem", None) or error)
        if mark:
            told = _("line %(line)d: %(problem)s") % {"line": mark.line + 1, "problem": told}
        raise BadLadder(_("this is no YAML"), problems=[FieldProblem("", "not_yaml", told)]) from None
    if not isinstance(found, dict):
        raise BadLadder(_("this is no YAML"), problems=[FieldProblem("", "not_yaml", _("named fields are expected"))])
    return found


class _Dumper(yaml.SafeDumper):
    """Short lists and small mappings on one line each."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _list(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.Node:
    flat = all(isinstance(one, str | int | float) for one in value)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=flat)


def _mapping(dumper: yaml.SafeDumper, value: dict[str, Any]) -> yaml.Node:
    flat = all(isinstance(one, str | int | float | bool) for one in value.values()) and len(str(value)) < 100
    return dumper.represent_mapping("tag:yaml.org,2002:map", value.items(), flow_style=flat)


_Dumper.add_representer(list, _list)
_Dumper.add_representer(dict, _mapping)


def to_text(content: Mapping[str, Any]) -> str:
    """The content as YAML that ``from_text`` reads back."""
    return yaml.dump(dict(content), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def lines_of(text: str, pointers: list[str]) -> dict[str, int]:
    """The line on which each pointer's field stands in ``text``, or the nearest part around it; 1 when nothing does."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        root = None
    return {pointer: _line(root, pointer) for pointer in pointers}


def _line(node: yaml.Node | None, pointer: str) -> int:
    line = 1
    for step in pointer.split("/")[1:]:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == step), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and step.isdigit() and int(step) < len(node.value):
            node = node.value[int(step)]
            line = node.start_mark.line + 1
        else:
            break
    return line
