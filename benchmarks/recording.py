"""Writing measured tables down, with machine and date."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
_HEAD = """# Results

Measured by `make benchmarks` (or by the one command that stands above each table) on the machine that is named. Read ratios
rather than absolutes: the machine is shared, and client, server and database had the same two cores.
"""


def machine() -> str:
    """Processor, cores, memory and Python of this machine, and today's date."""
    model = next(
        (line.split(":")[1].strip() for line in _read("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    memory = next((int(line.split()[1]) // 2**20 for line in _read("/proc/meminfo") if "MemTotal" in line), 0)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    return f"{model}, {os.cpu_count()} cores, {memory} GiB, Python {platform.python_version()}, {today}"


def record(title: str, told: str, table: str) -> None:
    """Append one table to ``RESULTS.md``."""
    if not RESULTS.exists():
        RESULTS.write_text(_HEAD, encoding="utf-8")
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(f"\n## {title}\n\n{told}.\n\n{table.strip()}\n")


def _read(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
