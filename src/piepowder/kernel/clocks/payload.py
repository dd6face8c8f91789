"""Reading a JSON payload field by field, so that whatever is wrong with it is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeVar

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class MalformedInput(ValueError):
    """The payload cannot be read; ``field`` says where, such as ``events[2].at``."""

    code = "malformed_input"

    def __init__(self, field: str, problem: str) -> None:
        """Name the field and what is wrong with it."""
        super().__init__(f"{field}: {problem}")
        self.field = field


class Reader:
    """One JSON object and where it stands in the payload."""

    def __init__(self, value: Any, path: str = "") -> None:
        """Refuse anything but an object."""
        self.path = path
        if not isinstance(value, Mapping):
            raise MalformedInput(path or "input", f"expected an object, found {value!r}")
        self.value = value

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.value.get(name) is not None

    def where(self, name: str) -> str:
        """The full path of a field."""
        return f"{self.path}.{name}" if self.path else name

    def read(self, name: str, how: Callable[[Any], T]) -> T:
        """A required field through ``how``, whose complaint becomes a :class:`MalformedInput` of that field."""
        if not self.has(name):
            raise MalformedInput(self.where(name), "is missing")
        return checked(self.where(name), how, self.value[name])

    def maybe(self, name: str, how: Callable[[Any], T]) -> T | None:
        """An optional field; missing and null are nothing."""
        return self.read(name, how) if self.has(name) else None

    def choice(self, name: str, kind: type[E], default: E) -> E:
        """An optional word out of an enumeration."""
        if not self.has(name):
            return default
        try:
            return kind(self.value[name])
        except ValueError:
            known = ", ".join(kind)
            raise MalformedInput(self.where(name), f"{self.value[name]!r} is not one of {known}") from None

    def child(self, name: str) -> Reader:
        """An object inside; a missing one is empty."""
        return Reader(self.value[name] if self.has(name) else {}, self.where(name))

    def children(self, name: str) -> Iterator[Reader]:
        """The objects of a list; a missing list is empty."""
        for number, value in enumerate(self.maybe(name, listed) or ()):
            yield Reader(value, f"{self.where(name)}[{number}]")


def checked(field: str, how: Callable[[Any], T], value: Any) -> T:
    """``how(value)`` with any complaint attributed to ``field``."""
    try:
        return how(value)
    except MalformedInput:
        raise
    except (ValueError, TypeError, AttributeError) as error:
        raise MalformedInput(field, str(error)) from error


def text(value: Any) -> str:
    """A string."""
    if not isinstance(value, str):
        raise TypeError(f"expected a string, found {value!r}")
    return value


def listed(value: Any) -> list[Any]:
    """A list."""
    if not isinstance(value, list):
        raise TypeError(f"expected a list, found {value!r}")
    return value


def moment(value: Any) -> datetime:
    """An ISO 8601 instant with its offset."""
    at = datetime.fromisoformat(text(value))
    if at.tzinfo is None:
        raise ValueError(f"{value!r} has no UTC offset")
    return at


def day(value: Any) -> date:
    """An ISO 8601 date."""
    return date.fromisoformat(text(value))


def minutes(value: Any) -> Fraction:
    """A duration in minutes as exact seconds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"expected minutes as a number, found {value!r}")
    if not 0 <= value < float("inf"):
        raise ValueError(f"{value!r} minutes is no duration")
    return Fraction(value) * 60
