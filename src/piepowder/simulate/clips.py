"""Short films of turning goods, made with PyAV; without it the marketplace's films stay at addresses nobody serves."""

from __future__ import annotations

import importlib.util
import io
from functools import lru_cache

import numpy as np
from PIL import Image

from piepowder.simulate.pictures import Picture, sheet

CLIPS = tuple(
    Picture("goods", shape, colour)
    for colour, shape in enumerate(("headphones", "shoe", "kettle", "jar", "bear", "bag"))
)
"""What the films show; items share them."""

_FRAMES, _RATE = 36, 12


def can_film() -> bool:
    """Whether films can be made here."""
    return importlib.util.find_spec("av") is not None


@lru_cache(maxsize=len(CLIPS))
def filmed(number: int) -> bytes:
    """Film ``number`` of ``CLIPS`` as WebM (VP8), which every browser plays: three seconds, 360 × 360."""
    import av

    still = sheet(CLIPS[number])
    out = io.BytesIO()
    with av.open(out, "w", format="webm") as film:
        track = film.add_stream("libvpx", rate=_RATE)
        track.width, track.height, track.pix_fmt = still.width, still.height, "yuv420p"
        # One thread and no looking ahead: for so small a film the threads would cost more than the encoding.
        track.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "auto-alt-ref": "0"}
        track.codec_context.thread_count = 1
        for step in range(_FRAMES):
            frame = av.VideoFrame.from_ndarray(np.asarray(_turned(still, step)), format="rgb24")
            film.mux(track.encode(frame))
        film.mux(track.encode())
    return out.getvalue()


def _turned(still: Image.Image, step: int) -> Image.Image:
    share = abs((step % _FRAMES) / _FRAMES - 0.5) * 2
    width = max(24, int(still.width * (0.25 + 0.75 * share)))
    frame = still.crop((0, 0, 8, 8)).resize(still.size)
    frame.paste(still.resize((width, still.height)), ((still.width - width) // 2, 0))
    return frame
