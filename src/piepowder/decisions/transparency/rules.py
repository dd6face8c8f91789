"""The kinds of rules that the database's validator applies to a field, one value each.

The names of the codes are those under which it reports a failure. Three properties steer the run over a field's rules: an
*implicit* rule looks at a field that is not there too and ends the run when it fails; a rule that *excludes* drops the field
instead of failing; all others are left out for a field that is absent, or null where null is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from piepowder.decisions.transparency.days import lenient_day, strict_day
from piepowder.decisions.transparency.preparing import filled, members, printed, size
from piepowder.decisions.transparency.web_address import is_web_address

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; ``holds`` sees the value and all fields."""

    implicit: ClassVar[bool] = False
    excludes: ClassVar[bool] = False

    @property
    def code(self) -> str:
        raise NotImplementedError

    def holds(self, value: Any, fields: Fields) -> bool:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Simple(Rule):
    """A rule on the value alone."""

    name: str
    test: Callable[[Any], bool]

    @property
    def code(self) -> str:
        return self.name

    def holds(self, value: Any, fields: Fields) -> bool:
        return self.test(value)


LIST = Simple("array", lambda value: members(value) is not None)
TEXT = Simple("string", lambda value: isinstance(value, str))
URL = Simple("url", lambda value: isinstance(value, str) and is_web_address(value))
DAY = Simple("date_format:Y-m-d", lambda value: isinstance(value, str) and strict_day(value) is not None)
NULLABLE = Simple("nullable", lambda value: True)


@dataclass(frozen=True, slots=True)
class In(Rule):
    """One of ``values``; for a field that must be a list, every member is. Some also let the word ``null`` pass."""

    values: frozenset[str]
    listed: bool = False
    null_word: bool = False

    @property
    def code(self) -> str:
        return "in"

    def holds(self, value: Any, fields: Fields) -> bool:
        inside = members(value)
        if inside is None:
            return self._one(value)
        return self.listed and all(self._one(one) for one in inside)

    def _one(self, value: Any) -> bool:
        return isinstance(value, str) and (value in self.values or (self.null_word and value == "null"))


@dataclass(frozen=True, slots=True)
class Max(Rule):
    """At most so many characters, or members."""

    most: int

    @property
    def code(self) -> str:
        return f"max:{self.most}"

    def holds(self, value: Any, fields: Fields) -> bool:
        return size(value) <= self.most


@dataclass(frozen=True, slots=True)
class Matches(Rule):
    """A text or a number whose digits match."""

    pattern: re.Pattern[str]

    @property
    def code(self) -> str:
        return "regex"

    def holds(self, value: Any, fields: Fields) -> bool:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return False
        return self.pattern.fullmatch(printed(value)) is not None


@dataclass(frozen=True, slots=True)
class From(Rule):
    """Not before a day."""

    day: date

    @property
    def code(self) -> str:
        return f"after_or_equal:{self.day}"

    def holds(self, value: Any, fields: Fields) -> bool:
        day = lenient_day(value)
        return day is not None and day >= self.day.timetuple()[:3]


@dataclass(frozen=True, slots=True)
class Until(Rule):
    """Not after a day."""

    day: date

    @property
    def code(self) -> str:
        return f"before_or_equal:{self.day}"

    def holds(self, value: Any, fields: Fields) -> bool:
        day = lenient_day(value)
        return day is not None and day <= self.day.timetuple()[:3]


@dataclass(frozen=True, slots=True)
class Required(Rule):
    """There, where ``when`` holds."""

    implicit: ClassVar[bool] = True
    when: Callable[[Fields], bool] = lambda fields: True
    name: str = "required"

    @property
    def code(self) -> str:
        return self.name

    def holds(self, value: Any, fields: Fields) -> bool:
        return not self.when(fields) or filled(value)


@dataclass(frozen=True, slots=True)
class OneOfAll(Rule):
    """There, where none of the others is."""

    implicit: ClassVar[bool] = True
    others: tuple[str, ...]

    @property
    def code(self) -> str:
        return "required_without_all"

    def holds(self, value: Any, fields: Fields) -> bool:
        return filled(value) or any(filled(fields.get(other)) for other in self.others)


@dataclass(frozen=True, slots=True)
class DroppedUnless(Rule):
    """The field is dropped where ``when`` does not hold, with whatever comes after this rule."""

    excludes: ClassVar[bool] = True
    when: Callable[[Fields], bool]

    @property
    def code(self) -> str:
        return "exclude"

    def holds(self, value: Any, fields: Fields) -> bool:
        return self.when(fields)
