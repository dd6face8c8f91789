"""Starting the server."""

from __future__ import annotations

import socket

from tests.conftest import Database


def test_a_port_that_is_taken_is_refused_instead_of_shared(fresh_database: Database) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = fresh_database.run("-m", "piepowder.cli", "serve", "--port", port)
    assert done.returncode == 2
    assert f"port {port} of 127.0.0.1 cannot be used" in done.stderr
