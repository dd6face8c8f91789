"""What the worker does, and how often it looks."""

from __future__ import annotations

from pages.markdown import code, document, plain, table
from piepowder.wiring import JOBS

FILE = "jobs.md"
TITLE = "Jobs"
TOLD = """\
What `piepowder worker` runs. A job sweeps over rows that say themselves what is due; the interval is how long it rests after
finding nothing. Any number of workers may run: each row is taken by one of them."""


def page() -> str:
    rows = [(code(job.name), f"{job.every_s:g} s", plain(job.run.__doc__)) for job in JOBS]
    return document(TITLE, TOLD, "jobs", table(("job", "rests", "what it does"), rows))
