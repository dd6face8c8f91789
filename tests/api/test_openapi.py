"""The OpenAPI document: whole, true to itself, and shown by a page that the strict policy lets through."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from typing import Any, get_type_hints

import orjson
import pytest

from piepowder.api.urls import api
from piepowder.client import shapes
from piepowder.kernel.permissions import Permission
from tests.api.live import serving
from tests.conftest import Database


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    told: dict[str, Any] = orjson.loads(
        orjson.dumps(api.get_openapi_schema(path_prefix="api/"), option=orjson.OPT_NON_STR_KEYS)
    )
    return told


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_operations_live_below_a_version(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert all(path.startswith("/api/v1/") for path in document["paths"])


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    pointers = re.findall(r'"#(/[^"]+)"', orjson.dumps(document).decode())
    assert pointers
    for pointer in pointers:
        node: Any = document
        for step in pointer.strip("/").split("/"):
            node = node[step]


def test_operation_ids_are_used_once(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, operation in operations(document)]
    assert len(ids) == len(set(ids))


def test_every_parameter_in_an_address_is_described(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            told = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"}
            assert told == set(re.findall(r"{(\w+)}", path)), path


def test_every_operation_states_permission_repeating_and_problems(document: dict[str, Any]) -> None:
    known = {permission.value for permission in Permission}
    for name, operation in operations(document):
        assert operation["x-permission"] in known, name
        assert operation["x-permission"] in operation["description"], name
        assert operation["x-repeating"] in operation["description"], name
        assert operation["summary"], name
        assert operation["security"], name
        for status in ("401", "403", "429", "500", "503"):
            told = operation["responses"][status]
            assert re.search(r"`\w+`", told["description"]), (name, status)
            schema = told["content"]["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}, (name, status)


def test_every_success_has_a_shape(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        good = {status: told for status, told in operation["responses"].items() if status.startswith("2")}
        assert good, name
        for status, told in good.items():
            assert all(media["schema"] for media in told["content"].values()), (name, status)


def test_writing_asks_for_a_key_and_reading_takes_a_session_too(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        ways = {way for one in operation["security"] for way in one}
        if operation["tags"] == ["bench"]:
            assert ways == {"AtWork"}, name
            continue
        expected = {"Bearer", "KeyHeader"} if name.startswith(("post", "put")) else {"Bearer", "KeyHeader", "Session"}
        assert ways == expected, name


@pytest.mark.parametrize(
    ("shape", "schema"),
    [
        ("Item", "ItemShape"),
        ("Media", "MediaShape"),
        ("Detection", "DetectionShape"),
        ("Decision", "DecisionShape"),
        ("DecisionDetail", "DecisionDetailShape"),
        ("Imposed", "ImposedShape"),
        ("Statement", "StatementShape"),
        ("Case", "CaseShape"),
        ("CaseStep", "StepShape"),
        ("CaseClock", "ClockShape"),
        ("CaseDetail", "CaseDetailShape"),
        ("Queue", "QueueShape"),
        ("Tally", "TallyShape"),
        ("Board", "BoardShape"),
        ("Policy", "PolicyShape"),
        ("PolicyText", "PolicyTextShape"),
        ("Person", "PersonShape"),
    ],
)
def test_the_client_knows_the_fields_that_are_sent(document: dict[str, Any], shape: str, schema: str) -> None:
    hints = get_type_hints(getattr(shapes, shape))
    assert set(hints) == set(document["components"]["schemas"][schema]["properties"])


@pytest.mark.browser
def test_the_page_works_under_our_content_security_policy(fresh_database: Database) -> None:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    with serving(fresh_database) as live, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("requestfailed", lambda request: said.append(request.url))
        page.on("request", lambda request: request.url.startswith(live.address) or said.append(request.url))
        response = page.goto(f"{live.address}/api/docs")
        assert response is not None
        assert "'unsafe-inline'" not in response.headers["content-security-policy"]
        page.wait_for_selector("#operations-items-submit_item", timeout=20_000)
        page.click("#operations-items-submit_item .opblock-summary")
        page.wait_for_selector("#operations-items-submit_item .responses-table")
        assert page.locator(".opblock").count() == len(list(operations(live_document(live.address))))
        browser.close()
    assert said == []


def live_document(address: str) -> dict[str, Any]:
    import httpx

    told: dict[str, Any] = httpx.get(f"{address}/api/openapi.json").json()
    return told
