"""What tests of the synthetic marketplace share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

import pytest

from piepowder.simulate.gallery import Gallery
from piepowder.simulate.history import History
from piepowder.simulate.pictures import Picture

# The smallest WebP there is (one pixel), told apart by what follows its end.
_PIXEL = bytes.fromhex("524946461a000000574542505650384c0d0000002f00000010071011118888fe0700")


def pixel(picture: Picture) -> bytes:
    """A picture that nobody will look at, a different file for every different picture."""
    return _PIXEL + hashlib.sha256(repr(picture).encode()).digest()


@pytest.fixture
def make_history(now: datetime) -> Callable[..., History]:
    """A history without films and with pictures of one pixel."""

    def make(*, seed: int = 1, items: int = 200, days: int = 5, unrest: float = 1.0) -> History:
        return History(seed, items, now, Gallery(draw=pixel, films=False), days, unrest)

    return make
