"""Web server and worker."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile

import click
from django.conf import settings

from piepowder.cli.workshop import Workshop


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=2, show_default=True, help="Web processes.")
@click.option("--threads", default=8, show_default=True, help="Threads in each web process.")
@click.option("--with-worker", is_flag=True, help="Run the worker as a child of this process.")
def serve(host: str, port: int, workers: int, threads: int, with_worker: bool) -> None:
    """Start the web server (and, with --with-worker, the worker)."""
    run_server(host=host, port=port, workers=workers, threads=threads, with_worker=with_worker)


def run_server(*, host: str, port: int, workers: int, threads: int, with_worker: bool) -> None:
    """Serve until interrupted; the worker, when asked for, lives in the same process group and ends with the server."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    _require_free(host, port)
    # Links in letters lead to where the server is; whoever sets a public address knows better. Children inherit it.
    settings.PUBLIC_URL = os.environ.setdefault("PIEPOWDER_PUBLIC_URL", f"http://127.0.0.1:{port}")
    os.environ["PIEPOWDER_WORKERS"] = str(workers)
    child: subprocess.Popen[bytes] | None = None
    if with_worker:
        child = subprocess.Popen([sys.executable, "-m", "piepowder.cli", "worker"])
    # The web processes count together in files that live as long as this server.
    counters = tempfile.TemporaryDirectory(prefix="piepowder-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = counters.name
    try:
        Granian(
            "piepowder.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=threads,
            log_level=LogLevels.warning,
            respawn_failed_workers=True,
        ).serve()
    finally:
        counters.cleanup()
        if child is not None:
            child.terminate()
            child.wait(timeout=30)


def _require_free(host: str, port: int) -> None:
    """Refuse a port that somebody listens on: the server shares ports, so two installations would split the requests."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(f"port {port} of {host} cannot be used ({error.strerror}); try --port") from None


@click.command()
@click.option("--once", is_flag=True, help="Run every job once until nothing is due, then stop.")
def worker(once: bool) -> None:
    """Start the worker: sealing, deliveries, media, timers.

    Any number may run at once, on any number of machines: each row is taken by one of them.
    """
    workshop = Workshop()
    if once:
        click.echo(f"{workshop.run_until_idle()} things done")
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: workshop.stop())
    workshop.run()
