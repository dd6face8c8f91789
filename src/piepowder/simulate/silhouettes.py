"""The outlines of goods and of signs, drawn from the simple strokes in ``words/shapes.yaml``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from PIL import ImageDraw

from piepowder.simulate.vocabulary import shapes

Pen: TypeAlias = ImageDraw.ImageDraw

_COLOURS = {"dark": "#3a3a3a", "light": "#f7f4ee", "metal": "#aeb4ba", "wood": "#a9805a", "glass": "#bcd7dd"}
_EDGE = "#55504a"


def draw(pen: Pen, shape: str, colour: str) -> None:
    """Draw goods in their colour."""
    for what, at, named in _strokes("goods")[shape]:
        _stroke(pen, what, at, colour if named == "main" else _COLOURS.get(named, named))


def draw_sign(pen: Pen, shape: str) -> None:
    """Draw the symbol of something prohibited."""
    for what, at, named in _strokes("signs")[shape]:
        _stroke(pen, what, at, _COLOURS.get(named, named))


@lru_cache(maxsize=2)
def _strokes(group: str) -> Mapping[str, Sequence[tuple[str, tuple[int, ...], str]]]:
    return {
        name: [(what, tuple(at), colour) for what, at, colour in strokes] for name, strokes in shapes()[group].items()
    }


def _stroke(pen: Pen, what: str, at: tuple[int, ...], fill: str) -> None:
    edged: dict[str, Any] = {"fill": fill, "outline": _EDGE, "width": 4}
    if what == "rect":
        pen.rectangle(at, **edged)
    elif what == "round":
        pen.rounded_rectangle(at, 36, **edged)
    elif what == "disc":
        pen.ellipse(at, **edged)
    elif what == "ring":
        pen.ellipse(at, outline=fill, width=38)
    elif what == "poly":
        pen.polygon(list(zip(at[::2], at[1::2], strict=True)), **edged)
    elif what == "line":
        pen.line(at, fill=fill, width=18)
    elif what == "arc":
        pen.arc(at[:4], at[4], at[5], fill=fill, width=34)
    elif what == "pie":
        pen.pieslice(at[:4], at[4], at[5], **edged)
    else:
        raise KeyError(f"there is no stroke '{what}'")
