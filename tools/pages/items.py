"""What intake takes: the kinds of item with their fields, and the notice."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, get_args, get_origin, get_type_hints

from pages.markdown import code, codes, document, plain, table
from piepowder.intake.schemas import fields, kinds, notices
from piepowder.intake.schemas.submissions import MOST_BYTES, MOST_MEDIA
from piepowder.intake.states import Kind

FILE = "items-and-reports.md"
TITLE = "Items and reports"
TOLD = f"""\
What `POST /api/v1/items`, `/api/v1/items/bulk`, `piepowder ingest` and `POST /api/v1/reports` take. A field that is not
listed is refused, and so is a number sent as text; what has no field of its own goes into `attributes`. An item's content
is at most {MOST_BYTES // 1024} KB as JSON and names at most {MOST_MEDIA} media. `content` may be left out of a withdrawal or
deletion."""

_WORDS: list[tuple[Any, str]] = [
    (fields.Media, "address (`https://…`, `http://…`) or `sha256:` and the digest of an upload"),
    (fields.Market, "country, ISO 3166 (two capital letters)"),
    (fields.Currency, "currency, ISO 4217"),
    (fields.Language, "language such as `en` or `zh-Hans`, no country"),
    (fields.Gtin, "GTIN of 8, 12, 13 or 14 digits, check digit right"),
    (fields.Moment, "time with zone, ISO 8601"),
    (fields.Day, "date, ISO 8601"),
    (fields.Email, "e-mail address"),
    (fields.Ref, "id, at most 200 characters, one line"),
    (fields.Label, "label, at most 100 characters, one line"),
    (fields.Version, "version, at most 60 characters, one line"),
    (fields.PolicyCode, "policy code"),
    (fields.Role, "lowercase word of at most 20 letters"),
    (fields.Score, "number from 0 to 1"),
    (fields.Attributes, "object with at most 200 labels"),
]
"""What a type cannot say about itself; the others are told from their constraints."""


def page() -> str:
    by_kind = {
        kind: get_type_hints(getattr(kinds, shape), include_extras=True)
        for kind, shape in (
            ("seller", "SellerItem"), ("listing", "ListingItem"), ("short_video", "ShortVideoItem"),
            ("livestream", "LivestreamItem"), ("text", "TextItem"), ("document", "DocumentItem"),
            ("ip_claim", "IpClaimItem"),
        )
    }  # fmt: skip
    parts = [
        "## Every item",
        _fields(
            kinds.ListingItem,
            leave=("content", "kind"),
            first=((code("kind"), "yes", codes(by_kind)), (code("content"), "yes", "the fields of the kind, below")),
        ),
    ]
    shapes: dict[str, type] = {"relation": kinds.RelationField, "detection": kinds.DetectionField}
    for kind, hints in by_kind.items():
        content = get_args(hints["content"])[0]
        note = (
            f"Schema version {kinds.SCHEMA_VERSIONS[kind]}. In lists it is called by its `{kinds.TITLE_FIELDS[kind]}`."
        )
        parts += [
            f"## Content: {Kind(kind).label}",
            f"{note} {plain(content.__doc__) if _has_doc(content) else ''}".strip(),
            _fields(content),
        ]
        shapes |= _inner(content)
    parts += ["## A notice", _fields(notices.NoticeField)]
    shapes |= _inner(notices.NoticeField)
    parts.append("## Shapes used above")
    for name, shape in sorted(shapes.items()):
        parts += [f"### {name}", plain(shape.__doc__) if _has_doc(shape) else "", _fields(shape)]
    return document(TITLE, TOLD, "items", *parts)


def _fields(shape: type, leave: tuple[str, ...] = (), first: tuple[tuple[str, str, str], ...] = ()) -> str:
    rows = list(first)
    for name, annotation in get_type_hints(shape, include_extras=True).items():
        if name not in leave:
            optional = get_origin(annotation) is NotRequired
            inner = get_args(annotation)[0] if optional else annotation
            rows.append((code(name), "" if optional else "yes", _told(inner)))
    return table(("field", "required", "what"), rows)


def _told(annotation: Any) -> str:
    for known, words in _WORDS:
        if annotation == known:
            return words
    if isinstance(annotation, type) and hasattr(annotation, "__required_keys__"):
        return f"[{_name(annotation)}](#{_name(annotation)})"
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _constrained(arguments[0], arguments[1:])
    if origin is Literal:
        return codes(arguments)
    if origin is list:
        return f"list of: {_told(arguments[0])}"
    if origin is dict or annotation is dict:
        return "object"
    return {str: "text", int: "whole number", float: "number", bool: "`true` or `false`"}[annotation]


def _constrained(base: Any, constraints: tuple[Any, ...]) -> str:
    limits: dict[str, Any] = {}
    for constraint in constraints:
        for part in getattr(constraint, "metadata", [constraint]):
            for name in ("ge", "le", "min_length", "max_length"):
                limit = getattr(part, name, None)
                if limit is not None:
                    limits[name] = limit
    words = _told(base)
    if get_origin(base) is list:
        return words.replace("list of:", f"list of {limits.get('min_length', 0)} to {limits['max_length']}:")
    if "ge" in limits:
        words += f", {limits['ge']:,} to {limits['le']:,}"
    if "max_length" in limits:
        words += f"; at most {limits['max_length']:,} characters"
    if limits.get("min_length"):
        words += ", not empty"
    return words


def _inner(shape: type) -> dict[str, type]:
    """The shapes that ``shape`` is made of, however deep."""
    found: dict[str, type] = {}
    waiting = list(get_type_hints(shape, include_extras=True).values())
    while waiting:
        annotation = waiting.pop()
        if isinstance(annotation, type) and hasattr(annotation, "__required_keys__"):
            if _name(annotation) not in found:
                found[_name(annotation)] = annotation
                waiting += get_type_hints(annotation, include_extras=True).values()
        else:
            waiting += [part for part in get_args(annotation) if get_args(part) or isinstance(part, type)]
    return found


def _name(shape: type) -> str:
    return {"ItemRef": "item-reference"}.get(shape.__name__, shape.__name__.removesuffix("Field").lower())


def _has_doc(shape: type) -> bool:
    return bool(shape.__doc__) and not str(shape.__doc__).startswith("dict(")
