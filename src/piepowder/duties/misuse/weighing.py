"""What is weighed before somebody is warned or suspended (DSA Art. 23(3)): pure values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from piepowder.kernel.errors import FieldProblem

GRAVITY: Final[Mapping[str, str | Promise]] = {
    "slight": gettext_lazy("slight"),
    "grave": gettext_lazy("grave"),
    "very_grave": gettext_lazy("very grave"),
}
CONSEQUENCES: Final[Mapping[str, str | Promise]] = {
    "none": gettext_lazy("nobody was harmed"),
    "some": gettext_lazy("some were harmed"),
    "many": gettext_lazy("many were harmed"),
}
INTENTION: Final[Mapping[str, str | Promise]] = {
    "unknown": gettext_lazy("cannot be told"),
    "careless": gettext_lazy("careless"),
    "meant": gettext_lazy("meant"),
}


@dataclass(frozen=True, slots=True)
class Counts:
    """``absolute`` confirmed manifest cases of ``total`` within the days from ``since`` to ``until`` (ISO dates)."""

    absolute: int
    total: int
    since: str
    until: str

    @property
    def share(self) -> float:
        """In 0…1; what was flagged is at least among the total."""
        return self.absolute / max(self.total, self.absolute, 1)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a person found about them; each one of the codes above."""

    gravity: str
    consequences: str
    intention: str

    def problems(self) -> Iterable[FieldProblem]:
        known = {"gravity": GRAVITY, "consequences": CONSEQUENCES, "intention": INTENTION}
        for name, codes in known.items():
            if getattr(self, name) not in codes:
                yield FieldProblem(f"/{name}", "unknown_value", _("choose one of the answers"))


def as_json(counts: Counts, judged: Judged) -> dict[str, Any]:
    return {**asdict(counts), "share": round(counts.share, 4), **asdict(judged)}
