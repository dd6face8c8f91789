"""The statements on which the database's own rules were run, and what came out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

EXECUTED: dict[str, Any] = json.loads((Path(__file__).parent / "cases" / "statements.json").read_text(encoding="utf-8"))
CASES: dict[str, dict[str, Any]] = {case["id"]: case for case in EXECUTED["cases"]}
ALONE = [case for case in CASES.values() if case["endpoint"] == "/api/v1/statement"]
MANY = [case for case in CASES.values() if case["endpoint"] == "/api/v1/statements"]
SOUND: dict[str, Any] = CASES["v-min-illegal"]["payload"]


def sent(case: dict[str, Any]) -> Any:
    """What is posted in a case; large bodies are told by how to make them."""
    if "payload" in case:
        return case["payload"]
    how = case["payload_generator"]
    assert how["kind"] == "repeat_statement"
    return {
        "statements": [{**how["base"], "puid": how["puid_format"].format(i=number)} for number in range(how["count"])]
    }


def with_puid(puid: str) -> dict[str, Any]:
    return {**SOUND, "puid": puid}
