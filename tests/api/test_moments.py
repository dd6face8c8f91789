"""What happens in a livestream comes in by API, once, and is answered with what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from piepowder.client import Problem
from piepowder.kernel.permissions import Permission
from tests.api.conftest import MakeClient

SAID: Any = {"kind": "transcript", "reference": "t-1", "at_ms": 4_000, "text": "Good evening"}


def stream() -> dict[str, Any]:
    content = {"title": "Live sale", "stream": "https://live.example/a.m3u8"}
    return {"kind": "livestream", "id": "V-1", "market": "DE", "language": "en", "seller": "S-1", "content": content}


def test_moments_are_kept_once_and_pictures_come_by_upload(connect: MakeClient) -> None:
    client = connect(Permission.ITEM_SUBMIT, Permission.MEDIA_UPLOAD)
    client.submit(stream())
    picture = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001"
        "a5f645400000000049454e44ae426082"
    )
    digest = client.upload(picture)["digest"]
    shot: Any = {"kind": "snapshot", "reference": "s-1", "at_ms": 5_000, "picture": f"sha256:{digest}"}
    assert client.moments("V-1", [SAID, shot]) == {"new": 2, "known": 0}
    assert client.moments("V-1", [SAID, {"kind": "ended", "reference": "e", "at_ms": 9_000}]) == {"new": 1, "known": 1}


def test_what_is_wrong_is_pointed_at_and_nothing_is_kept(connect: MakeClient) -> None:
    client = connect(Permission.ITEM_SUBMIT)
    client.submit(stream())
    with pytest.raises(Problem) as refused:
        client.moments("V-1", [SAID, SAID | {"at_ms": -1}])
    assert (refused.value.status, [one.pointer for one in refused.value.problems]) == (422, ["/moments/1/at_ms"])
    with pytest.raises(Problem) as missing:
        client.moments("V-2", [SAID])
    assert (missing.value.status, missing.value.code) == (404, "no_such_stream")
    assert client.moments("V-1", [SAID]) == {"new": 1, "known": 0}
