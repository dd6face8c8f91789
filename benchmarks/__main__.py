"""All benchmarks on both databases, one after another: ``python -m benchmarks [--record]``.

PostgreSQL is a throwaway one that does flush to disk at each commit.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RACES = (
    ("benchmarks.ledger", [], True),
    ("benchmarks.intake", [], True),
    ("benchmarks.claiming", [], True),
    ("benchmarks.serving", [], True),
    ("benchmarks.export", [], True),
)


def main() -> int:
    passed_on = [argument for argument in sys.argv[1:] if argument == "--record"]
    environment = {**os.environ, "PIEPOWDER_TEST_FSYNC": "on", "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    failed = 0
    for module, arguments, on_sqlite in RACES:
        command = [sys.executable, "-m", module, *arguments, *passed_on]
        failed |= subprocess.run(
            [sys.executable, "tools/with_postgres.py", "--", *command], env=environment, cwd=ROOT
        ).returncode
        if on_sqlite:
            failed |= subprocess.run(command, env={**environment, "DATABASE_URL": ""}, cwd=ROOT).returncode
    return failed


if __name__ == "__main__":
    sys.exit(main())
