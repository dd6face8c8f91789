"""The half about people and records: importing this declares its letters, its options and its clocks, once."""

from __future__ import annotations

from piepowder.duties import due, people_due
from piepowder.duties.buyers import letters as buyers_letters  # noqa: F401  (declares)
from piepowder.duties.terminations import letters as terminations_letters  # noqa: F401  (declares)
from piepowder.duties.traders import letters as traders_letters  # noqa: F401  (declares)
from piepowder.duties.traders import options as traders_options  # noqa: F401  (declares)

due.declare(people_due.traders)
due.declare(people_due.terminations)
due.declare(people_due.buyers)
due.declare(people_due.erasures)
