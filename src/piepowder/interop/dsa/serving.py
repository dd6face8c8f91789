"""Serving the simulator over HTTP: for a test's lifetime, or until interrupted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from piepowder.interop.dsa.simulator import Simulator


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Tests need no log of requests: the simulator keeps them."""

    def address_string(self) -> str:
        return str(self.client_address[0])


@contextmanager
def running(simulator: Simulator, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve in threads of this process for as long as the block lasts; gives the address."""
    with make_server(host, port, simulator, server_class=_Server, handler_class=_Silent) as server:
        simulator.address = f"http://{host}:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield simulator.address
        finally:
            server.shutdown()
            thread.join()


def serve(simulator: Simulator, *, host: str, port: int) -> None:
    """Serve until interrupted."""
    with make_server(host, port, simulator, server_class=_Server) as server:
        simulator.address = f"http://{host}:{server.server_port}"
        server.serve_forever()
