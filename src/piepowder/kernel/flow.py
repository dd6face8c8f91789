"""Flow tables: which verb leads from which states to which.

One table feeds the checks in operations, the buttons on screens, the options of the API, the diagram in the docs and a
property test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Generic, TypeVar

from piepowder.kernel.errors import Conflict

S = TypeVar("S", bound=StrEnum)


class WrongState(Conflict):
    code = "wrong_state"


class Flow(Generic[S]):
    """The verbs of one kind of thing, each with the states it may leave and the state it enters."""

    def __init__(self, noun: str, verbs: Mapping[str, tuple[Sequence[S], S]]) -> None:
        self.noun = noun
        self.verbs = dict(verbs)

    def sources(self, verb: str) -> tuple[S, ...]:
        """The states in which ``verb`` is allowed, for a compare-and-swap."""
        return tuple(self.verbs[verb][0])

    def target(self, verb: str) -> S:
        return self.verbs[verb][1]

    def step(self, verb: str, state: S) -> S:
        """The state after ``verb``; raises ``WrongState`` when the table has no such step."""
        if state not in self.verbs[verb][0]:
            raise WrongState(f"a {self.noun} that is {state.value} cannot be the subject of '{verb}'")
        return self.verbs[verb][1]

    def allowed(self, state: S) -> tuple[str, ...]:
        """The verbs that may be used now, in the table's order."""
        return tuple(verb for verb, (sources, _) in self.verbs.items() if state in sources)

    def mermaid(self) -> str:
        """The table as a Mermaid state diagram."""
        rows = [
            f"    {source.value} --> {target.value}: {verb}"
            for verb, (sources, target) in self.verbs.items()
            for source in sources
        ]
        return "\n".join(["stateDiagram-v2", *rows])
