"""``piepowder dsa-simulator`` serves the simulator with the platforms that are named."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

from piepowder.cli import simulating
from piepowder.interop.dsa.simulator import Simulator


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Simulator, dict[str, Any]]]:
    calls: list[tuple[Simulator, dict[str, Any]]] = []
    monkeypatch.setattr(simulating, "serve", lambda simulator, **where: calls.append((simulator, where)))
    return calls


def test_tokens_name_their_platforms(served: list[tuple[Simulator, dict[str, Any]]]) -> None:
    done = CliRunner().invoke(simulating.dsa_simulator, ["--port", "9", "--token", "a=Our market", "--token", "b"])
    assert (done.exit_code, done.output) == (0, "http://127.0.0.1:9 takes the tokens: a, b\n")
    [(simulator, where)] = served
    assert {token: platform.name for token, platform in simulator.platforms.items()} == {"a": "Our market", "b": "b"}
    assert where == {"host": "127.0.0.1", "port": 9}


def test_without_any_there_is_one(served: list[tuple[Simulator, dict[str, Any]]]) -> None:
    assert CliRunner().invoke(simulating.dsa_simulator, []).exit_code == 0
    assert list(served[0][0].platforms) == ["simulator"]
    assert CliRunner().invoke(simulating.dsa_simulator, ["--token", "=x"]).exit_code == 2
