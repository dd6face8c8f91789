"""Every error that an operation, the API or the command line can answer with."""

from __future__ import annotations

import ast

from pages.markdown import code, document, plain, table
from pages.source import assigned, calls, functions, modules, readings, sources, text
from piepowder.kernel.errors import PiepowderError

FILE = "errors.md"
TITLE = "Error codes"
TOLD = """\
Errors of the API are problem documents (RFC 9457, `application/problem+json`). `code` is stable; `detail` is a sentence for
people and may change. `problems`, when present, lists bad fields, each with a JSON pointer (RFC 6901) into what was sent,
a code and a sentence. The command line prints the same sentence and ends with exit code 2."""


def page() -> str:
    messages = _messages()
    rows = []
    for error in _errors():
        own = plain(error.__doc__) if error.__doc__ and error.__doc__ != (error.__base__ or object).__doc__ else ""
        module = error.__module__.removeprefix("piepowder.")
        said = messages.get((module, error.__name__)) or messages.get(("", error.__name__), "")
        told = " ".join(part for part in (own, f"“{said}”" if said else "") if part)
        rows.append((code(error.code), error.status, told, code(f"{module}.{error.__name__}")))
    return document(
        TITLE,
        TOLD,
        "errors",
        table(("code", "HTTP", "meaning, and how it is said", "class"), sorted(rows)),
        "## Codes of bad fields in items and notices",
        table(("code", "said of a field"), _field_codes()),
    )


def _errors() -> list[type[PiepowderError]]:
    modules()
    found: list[type[PiepowderError]] = []
    waiting: list[type[PiepowderError]] = [PiepowderError]
    while waiting:
        error = waiting.pop()
        waiting += error.__subclasses__()
        if error is not PiepowderError and error.__module__.startswith("piepowder."):
            found.append(error)
    return list(dict.fromkeys(found))


def _messages() -> dict[tuple[str, str], str]:
    """The first sentence that each class is raised with: in its own module, else (under ``""``) in any."""
    found: dict[tuple[str, str], str] = {}
    for source in sources():
        for name, call in calls(source.tree):
            said = text(call.args[0]) if call.args else None
            if said and name[:1].isupper():
                found.setdefault((source.name, name), said)
                found.setdefault(("", name), said)
    return found


def _field_codes() -> list[tuple[str, str]]:
    from piepowder.intake.schemas import wording

    found: dict[str, str] = {}
    for shown, said in [*wording._WORDS.values(), *wording._PATTERNS.values()]:
        found.setdefault(shown, said.format_map(_Blank()))
    for source in sources():
        if source.package != "intake":
            continue
        for _, function in functions(source):
            for name, call in calls(function):
                at = {"FieldProblem": 1, "PydanticCustomError": 0}.get(name)
                if at is not None and len(call.args) > at + 1 and isinstance(call.args[at], ast.Constant):
                    said = readings(call.args[at + 1], assigned(function, before=call.lineno))
                    found.setdefault(str(call.args[at].value), said[-1].replace("{right}", "…") if said else "")
    found.setdefault("unknown_field", "there is no field …")
    return [(code(shown), said) for shown, said in sorted(found.items())]


class _Blank(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "…"
