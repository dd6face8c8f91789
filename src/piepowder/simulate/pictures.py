"""Pictures drawn by the program: goods with brand plates and price tags, papers, logos, and signs for what is prohibited.

Nothing harmful is shown: a prohibited thing is drawn as a symbol that a reviewer recognises.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from piepowder.simulate import silhouettes
from piepowder.simulate.silhouettes import Pen

SIZE = 720
"""Side of the sheet drawn on; the picture is half of it, which smooths the edges."""

COLOURS = ("#2b2d33", "#f4f2ec", "#22365c", "#9aa88a", "#c46b4a", "#c9cbce")
"""In the order of the colours in the vocabularies."""
_WALLS = ("#e9e4da", "#dfe6ea", "#e7dfe6", "#e3e9dd", "#efe6d8")


@dataclass(frozen=True, slots=True)
class Picture:
    """What a picture shows. Equal pictures are one file.

    ``kind`` is ``goods``, ``sign``, ``paper``, ``logo`` or ``frame``; ``shape`` names what is drawn; ``plate`` is text on a
    brand plate; ``tag`` text on a price tag.
    """

    kind: str
    shape: str
    colour: int = 0
    plate: str = ""
    tag: str = ""


@lru_cache(maxsize=2048)
def drawn(picture: Picture) -> bytes:
    """The picture as WebP, 360 × 360."""
    return _encoded(sheet(picture), "WEBP")


def sheet(picture: Picture) -> Image.Image:
    """The picture as pixels."""
    wall = _WALLS[(picture.colour + len(picture.shape)) % len(_WALLS)]
    canvas = Image.new("RGB", (SIZE, SIZE), "#fbfaf7" if picture.kind == "paper" else wall)
    pen = ImageDraw.Draw(canvas)
    _DRAWERS[picture.kind](pen, picture)
    if picture.plate:
        _plate(pen, picture.plate)
    if picture.tag:
        _tag(pen, picture.tag)
    return canvas.reduce(2)


def _encoded(image: Image.Image, form: str) -> bytes:
    out = io.BytesIO()
    image.save(out, form, quality=80, method=0)
    return out.getvalue()


def _goods(pen: Pen, picture: Picture) -> None:
    pen.rectangle((0, 540, SIZE, SIZE), fill="#cfc6b8")
    pen.ellipse((140, 560, 580, 630), fill="#b8ae9e")
    silhouettes.draw(pen, picture.shape, COLOURS[picture.colour % len(COLOURS)])


def _sign(pen: Pen, picture: Picture) -> None:
    pen.rectangle((0, 540, SIZE, SIZE), fill="#cfc6b8")
    silhouettes.draw_sign(pen, picture.shape)


def _logo(pen: Pen, picture: Picture) -> None:
    fill = COLOURS[picture.colour % len(COLOURS)]
    pen.rectangle((0, 0, SIZE, SIZE), fill="#ffffff")
    pen.rounded_rectangle((110, 110, 610, 610), 90, fill=fill)
    ring = "#f4c95d" if picture.colour % 2 else "#7fb7be"
    for step in range(3):
        inset = 170 + 60 * step
        outline = ring if step % 2 == 0 else "#ffffff"
        if int(picture.shape) % 3 == 0:
            pen.ellipse((inset, inset, SIZE - inset, SIZE - inset), outline=outline, width=22)
        elif int(picture.shape) % 3 == 1:
            pen.regular_polygon((SIZE // 2, SIZE // 2, SIZE // 2 - inset), 3 + int(picture.shape) % 5, fill=outline)
        else:
            pen.arc((inset, inset, SIZE - inset, SIZE - inset), 40 * step, 40 * step + 240, fill=outline, width=30)


def _paper(pen: Pen, picture: Picture) -> None:
    pen.rectangle((90, 40, 630, 690), fill="#ffffff", outline="#b9b4a8", width=4)
    pen.rectangle((90, 40, 630, 120), fill=COLOURS[(picture.colour + 2) % len(COLOURS)])
    for line in range(9):
        right = 560 - (line * 37 + picture.colour * 53) % 190
        pen.rectangle((140, 170 + line * 38, right, 184 + line * 38), fill="#8f8f8f")
    pen.ellipse((430, 540, 570, 680), outline="#8c2f39", width=10)
    pen.ellipse((460, 570, 540, 650), outline="#8c2f39", width=5)
    if picture.shape == "portrait":
        pen.rectangle((140, 160, 300, 360), fill="#d9d4c8")
        pen.ellipse((180, 190, 260, 270), fill="#7a6f63")
        pen.pieslice((160, 270, 280, 400), 180, 360, fill="#7a6f63")
    if picture.shape.startswith("altered"):
        pen.rectangle((140, 244, 420, 274), fill="#fff7d6", outline="#d0b65a", width=3)
        pen.text((150, 246), "Example Trading", font=_font(26), fill="#111111")


def _frame(pen: Pen, picture: Picture) -> None:
    _goods(pen, picture)
    pen.polygon([(300, 260), (300, 460), (470, 360)], fill="#ffffff", outline="#333333", width=4)


def _plate(pen: Pen, text: str) -> None:
    font = _font(40)
    width = pen.textlength(text, font=font)
    left = (SIZE - width) / 2
    pen.rounded_rectangle((left - 24, 612, left + width + 24, 682), 14, fill="#ffffff", outline="#777777", width=3)
    pen.text((left, 622), text, font=font, fill="#222222")


def _tag(pen: Pen, text: str) -> None:
    pen.polygon([(500, 60), (690, 60), (690, 150), (500, 150), (455, 105)], fill="#f6d95b", outline="#b59a22")
    pen.text((512, 82), text, font=_font(38), fill="#3a2f00")


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


_DRAWERS: dict[str, Callable[[Pen, Picture], None]] = {
    "goods": _goods,
    "sign": _sign,
    "logo": _logo,
    "paper": _paper,
    "frame": _frame,
}
