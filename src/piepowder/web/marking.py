"""Where models found something in what an item says: spans brought to the texts that are shown, and texts cut at them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Protocol

from django.utils.html import format_html
from django.utils.safestring import SafeString

Path = tuple[str, ...]
Span = Mapping[str, Any]
"""``start`` and ``end`` in characters, and ``said``: which model found what."""

_MOST_SPANS = 300
_LONGEST_EXCERPT = 60


class Found(Protocol):
    """What is needed of a detection."""

    @property
    def model(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def score(self) -> float: ...
    @property
    def spans(self) -> Sequence[Mapping[str, Any]]: ...


def spans_of(detections: Iterable[Found]) -> list[dict[str, Any]]:
    """All spans of the detections, each with the words that say who found it."""
    found = []
    for one in detections:
        said = f"{one.model} {one.version}: {one.label} {round(one.score * 100)} %"
        found += [{**span, "said": said} for span in one.spans if isinstance(span, Mapping)]
    return found


def by_path(spans: Iterable[Any]) -> dict[Path, tuple[Span, ...]]:
    """The well-formed spans by the place of their field: they come from outside, so a strange one is passed over.

    A field may be written ``description``, ``attributes.colour``, ``/address/lines/0`` or ``address.lines[0]``.
    """
    found: dict[Path, tuple[Span, ...]] = {}
    for span in spans:
        if not isinstance(span, Mapping) or type(span.get("start")) is not int or type(span.get("end")) is not int:
            continue
        path = _path(str(span.get("field", "")))
        kept = found.get(path, ())
        if len(kept) < _MOST_SPANS:
            found[path] = (*kept, {"start": span["start"], "end": span["end"], "said": str(span.get("said", ""))})
    return found


def _path(field: str) -> Path:
    plain = field.replace("[", ".").replace("]", "").replace("/", ".")
    return tuple(part for part in plain.split(".") if part)


def spans_within(said: str, value: Any, path: Path, found: Mapping[Path, tuple[Span, ...]]) -> tuple[Span, ...]:
    """The spans of ``value`` and of everything inside it, moved to where each stands in ``said``, its spoken form."""
    if not found:
        return ()
    spans: list[Span] = []
    after = 0
    for place, text in _leaves(value, path):
        position = said.find(text, after) if text else -1
        if position < 0:
            continue
        after = position + len(text)
        for span in found.get(place, ()):
            start, end = max(0, span["start"]), min(len(text), span["end"])
            if start < end:
                spans.append({"start": position + start, "end": position + end, "said": span["said"]})
    return tuple(spans)


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _leaves(one, (*path, str(name)))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _leaves(one, (*path, str(index)))


def marked_pieces(text: str, spans: Iterable[Span]) -> Iterator[tuple[str, tuple[str, ...] | None]]:
    """``text`` cut at ``spans``, each piece with what was said about it, or ``None`` where nothing was found.

    Spans may overlap or point outside the text: they come from models of others. Where several overlap, each has its say.
    """
    sound = [(max(0, s["start"]), min(len(text), s["end"]), str(s.get("said", ""))) for s in spans]
    sound = [one for one in sound if one[0] < one[1]]
    edges = sorted({0, len(text), *(start for start, _, _ in sound), *(end for _, end, _ in sound)})
    waiting, waiting_said = "", None
    for start, end in pairwise(edges):
        over = [said for first, last, said in sound if first <= start and last >= end]
        said = tuple(dict.fromkeys(one for one in over if one)) if over else None
        if waiting and said != waiting_said:
            yield waiting, waiting_said
            waiting = ""
        waiting, waiting_said = waiting + text[start:end], said
    if waiting:
        yield waiting, waiting_said


def marked_html(text: str, spans: Iterable[Span]) -> SafeString:
    """``text`` with the detected stretches in ``<mark>``, each saying which model found what; everything else escaped."""
    return SafeString("".join(_piece_html(piece, said) for piece, said in marked_pieces(text, spans)))


def _piece_html(piece: str, said: tuple[str, ...] | None) -> SafeString:
    if said is None:
        return format_html("{}", piece)
    if not said:
        return format_html("<mark>{}</mark>", piece)
    css = "is-double" if len(said) > 1 else "is-single"
    return format_html('<mark class="{}" title="{}">{}</mark>', css, "; ".join(said), piece)


def excerpts(content: Mapping[str, Any], spans: Iterable[Any]) -> list[str]:
    """The stretches of ``content`` that ``spans`` point at, each once and shortened."""
    found = by_path(spans)
    cut: dict[str, None] = {}
    attributes = content.get("attributes")
    # An attribute may be named with or without the word before it.
    for place, text in [*_leaves(content, ()), *_leaves(attributes if isinstance(attributes, Mapping) else {}, ())]:
        for span in found.get(place, ()):
            stretch = " ".join(text[max(0, span["start"]) : max(0, span["end"])].split())
            if stretch:
                cut[stretch if len(stretch) <= _LONGEST_EXCERPT else stretch[: _LONGEST_EXCERPT - 1] + "…"] = None
    return list(cut)
