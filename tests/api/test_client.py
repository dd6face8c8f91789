"""The client by itself."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT

_LOADED = """
import sys
import piepowder.client
print(" ".join(sorted(name for name in sys.modules if name.split(".")[0] in {"django", "ninja", "pydantic", "granian"})))
print(" ".join(sorted(name for name in sys.modules if name.startswith("piepowder."))))
"""


def test_the_client_needs_nothing_of_the_server() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _LOADED],
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    frameworks, own = ran.stdout.split("\n")[:2]
    assert frameworks == ""
    assert all(name.startswith("piepowder.client") for name in own.split())
