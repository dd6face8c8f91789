"""Appeals through the API, for the engineers of a marketplace."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from django.test import Client
from django.urls import reverse

from piepowder.api.appeals import BASES, KINDS, AppealsAsked
from piepowder.appeals.states import AppealOutcome, AppealState, Basis, ComplainantKind
from piepowder.correspondence.models import Letter
from piepowder.kernel.permissions import Permission
from tests.api.conftest import new_key
from tests.appeals.conftest import TEXT, Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    """Twenty days ago: the API reads the clock itself."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(days=20)


def knock(*permissions: Permission) -> dict[str, Any]:
    return {"Authorization": f"Bearer {new_key(*permissions)}"}


def test_an_appeal_is_filed_once_and_read_back(desk: Desk) -> None:
    decision = desk.decision()
    client, key = Client(), knock(Permission.APPEAL_FILE, Permission.APPEAL_VIEW)
    sent = {
        "decision": str(decision.pk),
        "complainant_kind": "recipient",
        "complainant": "S-1",
        "text": TEXT,
        "language": "zh-Hans",
    }
    address = reverse("api:file_appeal")
    filed = client.post(address, json.dumps(sent), content_type="application/json", headers=key)
    assert (filed.status_code, filed.json()["state"]) == (201, "admitted")
    again = client.post(address, json.dumps(sent), content_type="application/json", headers=key)
    assert (again.status_code, again.json()["code"]) == (409, "already_appealed")
    listed = client.get(reverse("api:appeals") + "?state=open", headers=key).json()
    assert [row["id"] for row in listed["rows"]] == [filed.json()["id"]]
    one = client.get(reverse("api:appeal", args=[filed.json()["id"]]), headers=key).json()
    assert (one["reference"], one["state"]) == (filed.json()["reference"], "admitted")
    assert (one["stage"], one["basis"], one["second_until"]) == (1, "visibility", None)
    assert Letter.objects.get().language == "zh-Hans"


def test_a_key_without_the_permission_files_nothing(desk: Desk) -> None:
    sent = {
        "decision": str(desk.decision().pk),
        "complainant_kind": "recipient",
        "complainant": "S-1",
        "text": TEXT,
        "language": "en",
    }
    answer = Client().post(
        reverse("api:file_appeal"),
        json.dumps(sent),
        content_type="application/json",
        headers=knock(Permission.APPEAL_VIEW),
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")


def test_the_list_is_read_on_from_where_it_ended(desk: Desk) -> None:
    for _count in range(3):
        desk.file(desk.decision())
    key = knock(Permission.APPEAL_VIEW)
    found, cursor = [], ""
    for _page in range(3):
        page = Client().get(reverse("api:appeals"), {"limit": 1, "cursor": cursor}, headers=key).json()
        found += [row["id"] for row in page["rows"]]
        cursor = page["next"]
    assert len(set(found)) == 3
    assert cursor == ""


def test_what_the_api_names_is_what_there_is() -> None:
    assert set(get_args(KINDS)) == set(ComplainantKind.values)
    assert set(get_args(BASES)) == {"", *Basis.values}
    assert set(get_args(AppealsAsked.model_fields["state"].annotation)) == {"", "open", *AppealState.values}
    assert set(get_args(AppealsAsked.model_fields["outcome"].annotation)) == {"", *AppealOutcome.values}
