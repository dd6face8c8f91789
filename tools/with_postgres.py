"""Run a command with a throwaway PostgreSQL on loopback: ``python tools/with_postgres.py -- COMMAND …``.

The cluster lives in a temporary folder, runs as a non-root user, listens on a free port of 127.0.0.1 and is removed at
the end. ``DATABASE_URL`` is set for the command. Its exit code is the command's.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

SETTINGS = {
    "shared_buffers": "256MB",
    "max_connections": "120",
    "fsync": os.environ.get("PIEPOWDER_TEST_FSYNC", "off"),
    "synchronous_commit": os.environ.get("PIEPOWDER_TEST_FSYNC", "off"),
    "max_wal_size": "4GB",
    "log_min_messages": "fatal",
}


def binaries() -> Path:
    """The folder of the newest server installed; raises ``SystemExit`` with what to install when there is none."""
    on_path = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name), reverse=True)
    for folder in [*folders, *([Path(on_path).parent] if on_path else [])]:
        if (folder / "initdb").exists():
            return folder
    raise SystemExit("no PostgreSQL server found: install the Debian package 'postgresql' (version 15 or newer)")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> int:
    command = sys.argv[2:] if sys.argv[1:2] == ["--"] else sys.argv[1:]
    if not command:
        raise SystemExit(__doc__)
    folder = Path(tempfile.mkdtemp(prefix="piepowder-pg-"))
    run_as: list[str] = []
    if os.geteuid() == 0:
        user = next(name for name in ("postgres", "nobody") if _exists(name))
        shutil.chown(folder, user)
        run_as = ["runuser", "-u", user, "--"]
    bin_, port = binaries(), free_port()
    subprocess.run(
        [
            *run_as,
            bin_ / "initdb",
            "-D",
            folder / "cluster",
            "-U",
            "piepowder",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd="/",
    )
    options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
    listen = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder}"
    control = [*run_as, bin_ / "pg_ctl", "-D", folder / "cluster", "-w", "-l", folder / "log"]
    subprocess.run([*control, "-o", f"{options} {listen}", "start"], check=True, stdout=subprocess.DEVNULL, cwd="/")
    try:
        address = f"postgresql://piepowder@127.0.0.1:{port}"
        subprocess.run(
            [bin_ / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "piepowder", "piepowder"], check=True, cwd="/"
        )
        environment = {**os.environ, "DATABASE_URL": f"{address}/piepowder", "PIEPOWDER_PG_BIN": str(bin_)}
        return subprocess.run(command, env=environment, check=False).returncode
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, stdout=subprocess.DEVNULL, cwd="/")
        shutil.rmtree(folder, ignore_errors=True)


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
