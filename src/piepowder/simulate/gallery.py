"""Which picture or film an item shows, and the files that must be stored before it can."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from piepowder.simulate.chance import Chance
from piepowder.simulate.clips import CLIPS, can_film, filmed
from piepowder.simulate.goods import Named
from piepowder.simulate.pictures import Picture, drawn
from piepowder.simulate.wrongs import Wrong

_SIGN_OF = {
    "P-1.1": "weapon", "P-1.2": "canister", "P-1.3": "blade", "P-2.1": "powder", "P-2.2": "pills", "P-3.1": "tortoise",
    "P-4.1": "card", "R-1": "spirits", "R-2": "vape", "R-3": "syringe", "C-2.1": "folder", "A-1": "covered",
    "A-2": "covered", "A-3": "covered", "A-4": "covered", "H-3": "banner", "F-1": "emptybox", "O-2": "contact",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class File:
    """Bytes to be stored, by their digest."""

    digest: str
    content: bytes
    content_type: str


def goods_pictures(what: Named, *, wrong: Wrong | None, chance: Chance) -> list[Picture]:
    """The pictures of a listing: the goods with their brand, and what is really offered where that is something else."""
    plate = what.brand
    if wrong and wrong.code == "C-1.1":
        plate = wrong.title.split(" ")[0]
    goods = Picture("goods", what.product.shape, what.colour, plate)
    sign = _SIGN_OF.get(wrong.code) if wrong else None
    if sign is None:
        return [goods]
    shown = Picture("sign", sign, chance.whole(0, 2))
    return [shown] if wrong and wrong.title else [goods, shown]


def seller_logo(chance: Chance) -> Picture:
    return Picture("logo", str(chance.whole(0, 8)), chance.whole(0, 5))


def paper(*, wrong: Wrong | None, chance: Chance, portrait: bool = False) -> Picture:
    """A scan of a document; a forged one shows where somebody typed over it."""
    shape = "altered" if wrong and wrong.code == "V-2" else "portrait" if portrait else "plain"
    return Picture("paper", shape, chance.whole(0, 3))


@dataclass(slots=True)
class Gallery:
    """Gives out addresses of stored files and remembers which files are new.

    ``draw`` makes the bytes; a test that looks at no picture may put something cheaper there.
    """

    draw: Callable[[Picture], bytes] = drawn
    films: bool = field(default_factory=can_film)
    _known: set[str] = field(default_factory=set)
    _new: list[File] = field(default_factory=list)

    def picture(self, picture: Picture) -> str:
        return self._keep(self.draw(picture), "image/webp")

    def film(self, chance: Chance) -> tuple[str, str]:
        """Addresses of a film and of its thumbnail."""
        number = chance.whole(0, len(CLIPS) - 1)
        still = CLIPS[number]
        thumbnail = self.picture(Picture("frame", still.shape, still.colour))
        if not self.films:
            return f"https://media.marketplace.example/films/{number}.webm", thumbnail
        return self._keep(filmed(number), "video/webm"), thumbnail

    def take_new(self) -> list[File]:
        """The files that have not been taken before."""
        new, self._new = self._new, []
        return new

    def _keep(self, content: bytes, content_type: str) -> str:
        digest = _digest(content)
        if digest not in self._known:
            self._known.add(digest)
            self._new.append(File(digest, content, content_type))
        return f"sha256:{digest}"


@lru_cache(maxsize=4096)
def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
