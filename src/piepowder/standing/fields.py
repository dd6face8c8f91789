"""Reading plain values field by field, noting what is wrong instead of stopping at the first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from piepowder.kernel.errors import FieldProblem

C = TypeVar("C", bound=StrEnum)

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,38}")
_LONGEST_TEXT = 500
_MOST_ENTRIES = 200


class Fields:
    """The named fields of one part; a problem's pointer leads to the field from the top."""

    def __init__(self, raw: Any, pointer: str, problems: list[FieldProblem]) -> None:
        self.pointer, self.problems = pointer, problems
        self.raw: Mapping[str, Any] = {}
        if isinstance(raw, dict):
            # YAML reads the 0 of "0: 1.5" as a number.
            self.raw = {str(name): value for name, value in raw.items()}
        else:
            problems.append(FieldProblem(pointer, "not_fields", _("named fields are expected")))

    def wrong(self, name: str, code: str, detail: str) -> None:
        self.problems.append(FieldProblem(f"{self.pointer}/{name}", code, detail))

    def only(self, names: Set[str]) -> None:
        for name in self.raw:
            if name not in names:
                told = _("there is no such field here; there are %(names)s") % {"names": ", ".join(sorted(names))}
                self.wrong(name, "unknown_field", told)

    def part(self, name: str) -> Fields | None:
        raw = self.raw.get(name)
        return None if raw is None else Fields(raw, f"{self.pointer}/{name}", self.problems)

    def each(self, name: str) -> Iterator[Fields]:
        for index, one in enumerate(self._list(name)):
            yield Fields(one, f"{self.pointer}/{name}/{index}", self.problems)

    def _list(self, name: str) -> list[Any]:
        raw = self.raw.get(name)
        if raw is None:
            return []
        if not isinstance(raw, list) or len(raw) > _MOST_ENTRIES:
            self.wrong(name, "not_a_list", _("a list of at most %(count)d is expected") % {"count": _MOST_ENTRIES})
            return []
        return raw

    def text(self, name: str, *, needed: bool = True) -> str:
        raw = self.raw.get(name)
        if raw is None and not needed:
            return ""
        if not isinstance(raw, str) or not raw.strip() or len(raw) > _LONGEST_TEXT or "\x00" in raw:
            told = _("a text of at most %(count)d characters is expected") % {"count": _LONGEST_TEXT}
            self.wrong(name, "bad_text", told)
            return ""
        return raw.strip()

    def texts(self, name: str) -> list[str]:
        found = self._list(name)
        if not all(isinstance(one, str) and one.strip() for one in found):
            self.wrong(name, "bad_text", _("a list of texts is expected; put in quotes what looks like a number"))
            return []
        return [one.strip() for one in found]

    def words(self, name: str, *, needed: bool = True) -> dict[str, str]:
        """A text by language; a text alone is English."""
        raw = self.raw.get(name)
        if isinstance(raw, str) and raw.strip():
            raw = {"en": raw}
        if raw is None and not needed:
            return {}
        if not isinstance(raw, dict) or not raw:
            self.wrong(name, "missing", _("a text, or texts by language such as en and zh-Hans"))
            return {}
        inner = Fields(raw, f"{self.pointer}/{name}", self.problems)
        return {language: inner.text(language) for language in inner.raw}

    def code(self, name: str) -> str:
        raw = self.raw.get(name)
        if not isinstance(raw, str) or not _CODE.fullmatch(raw):
            self.wrong(name, "bad_code", _("small letters, digits, - and _, at most 39"))
            return ""
        return raw

    def yes(self, name: str) -> bool:
        raw = self.raw.get(name, False)
        if not isinstance(raw, bool):
            self.wrong(name, "not_yes_no", _("true or false is expected"))
            return False
        return raw

    def whole(self, name: str, default: int | None, *, least: int = 0, most: int, needed: bool = False) -> int | None:
        raw = self.raw.get(name)
        if raw is None and not needed:
            return default
        if not isinstance(raw, int) or isinstance(raw, bool) or not least <= raw <= most:
            told = _("a whole number from %(least)d to %(most)d is expected") % {"least": least, "most": most}
            self.wrong(name, "not_a_number", told)
            return default
        return raw

    def span(self, name: str) -> tuple[int, int] | None:
        raw = self.raw.get(name)
        if raw is None:
            return None
        if not (isinstance(raw, list) and len(raw) == 2 and all(type(one) is int for one in raw)):
            self.wrong(name, "not_a_range", _("two whole numbers such as [4, 48] are expected"))
            return None
        low, high = raw
        if not 0 <= low <= high:
            self.wrong(name, "not_a_range", _("the lower number comes first"))
            return None
        return low, high

    def factor(self, name: str) -> Fraction:
        return self._factor(self.raw.get(name), name)

    def factors(self, name: str) -> tuple[Fraction, ...]:
        found = self._list(name)
        if not found:
            self.wrong(name, "missing", _("a list of numbers such as [1, 1.5, 2] is expected"))
        return tuple(self._factor(one, f"{name}/{index}") for index, one in enumerate(found))

    def _factor(self, raw: Any, name: str) -> Fraction:
        if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 <= raw <= 100:
            self.wrong(name, "not_a_number", _("a number from 0 to 100 is expected"))
            return Fraction(1)
        return Fraction(Decimal(str(raw)))

    def choice(self, name: str, choices: type[C], default: C) -> C:
        raw = self.raw.get(name)
        if raw is None:
            return default
        if raw not in [one.value for one in choices]:
            self.wrong(name, "unknown_value", _("one of %(values)s") % {"values": ", ".join(choices)})
            return default
        return choices(raw)

    def zone(self, name: str) -> str:
        raw = self.raw.get(name, "UTC")
        try:
            ZoneInfo(str(raw))
        except (ValueError, OSError, KeyError):
            self.wrong(name, "unknown_zone", _("a time zone such as Europe/Berlin is expected"))
            return "UTC"
        return str(raw)


def code_problem(code: str) -> str:
    """Why ``code`` cannot be the code of something; empty when it can."""
    return "" if _CODE.fullmatch(code) else _("small letters, digits, - and _, at most 39")
