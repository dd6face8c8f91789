"""What tells one set of routing rules from another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

Rule = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RuleChange:
    """``how`` is ``added``, ``removed``, ``changed`` or ``moved``; places count from 1, ``None`` where there is no rule.

    A rule that is changed and moved is ``changed``, and its places tell the rest.
    """

    how: str
    name: str
    place_before: int | None
    place_after: int | None
    before: Rule | None
    after: Rule | None


def rule_changes(before: Sequence[Rule], after: Sequence[Rule]) -> list[RuleChange]:
    """From ``before`` to ``after``, in the order of ``after``, then what is gone. Rules are the same by their names."""
    old, new = _keyed(before), _keyed(after)
    place_of = {key: place for place, key in enumerate(old, start=1)}
    in_order = _in_order(list(old), list(new))
    found: list[RuleChange] = []
    for place, (key, rule) in enumerate(new.items(), start=1):
        earlier = old.get(key)
        if earlier is None:
            found.append(RuleChange("added", key[0], None, place, None, rule))
        elif _plain(earlier) != _plain(rule):
            found.append(RuleChange("changed", key[0], place_of[key], place, earlier, rule))
        elif key not in in_order:
            found.append(RuleChange("moved", key[0], place_of[key], place, earlier, rule))
    gone = [key for key in old if key not in new]
    return found + [RuleChange("removed", key[0], place_of[key], None, old[key], None) for key in gone]


def _keyed(rules: Sequence[Rule]) -> dict[tuple[str, int], Rule]:
    """The rules by name; the second of two that are called alike has a number of its own."""
    seen: Counter[str] = Counter()
    keyed: dict[tuple[str, int], Rule] = {}
    for rule in rules:
        name = str(rule.get("name", ""))
        keyed[name, seen[name]] = rule
        seen[name] += 1
    return keyed


def _in_order(before: list[tuple[str, int]], after: list[tuple[str, int]]) -> set[tuple[str, int]]:
    """The rules that stayed where they were, among those that both have."""
    both = set(before) & set(after)
    first, second = [key for key in before if key in both], [key for key in after if key in both]
    blocks = SequenceMatcher(a=first, b=second, autojunk=False).get_matching_blocks()
    return {first[block.a + step] for block in blocks for step in range(block.size)}


def _plain(rule: Rule) -> dict[str, Any]:
    """Without what says nothing: no conditions, no severity, no policy."""
    then = {key: value for key, value in rule.get("then", {}).items() if value is not None or key == "queue"}
    return {"when": {key: value for key, value in rule.get("when", {}).items() if value != []}, "then": then}
