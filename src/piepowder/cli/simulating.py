"""``piepowder dsa-simulator``."""

from __future__ import annotations

import click

from piepowder.interop.dsa.serving import serve
from piepowder.interop.dsa.simulator import DEFAULT_TOKEN, Simulator


@click.command("dsa-simulator")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8090, show_default=True)
@click.option(
    "--token",
    "tokens",
    multiple=True,
    metavar="TOKEN[=PLATFORM]",
    help=f"A platform's token, and its name; may be repeated. Without any: {DEFAULT_TOKEN}.",
)
def dsa_simulator(host: str, port: int, tokens: tuple[str, ...]) -> None:
    """Serve a stand-in for the DSA Transparency Database, in memory, until interrupted.

    POST /_simulator/trouble with {"status": 503, "times": 2, "retry_after": 30, "after_storing": true} makes the next
    requests fail; GET /_simulator/stored tells what was submitted; POST /_simulator/reset forgets it.
    """
    named = dict(_named(text) for text in tokens) or {DEFAULT_TOKEN: "Simulated"}
    click.echo(f"http://{host}:{port} takes the tokens: {', '.join(named)}")
    serve(Simulator(named), host=host, port=port)


def _named(text: str) -> tuple[str, str]:
    token, _sign, name = text.partition("=")
    if not token.strip():
        raise click.BadParameter("a token cannot be empty", param_hint="--token")
    return token.strip(), name.strip() or token.strip()
