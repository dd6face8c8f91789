"""The evidence pack: everything about one claim, each file with its digest, nothing about people who work here."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from zipfile import ZipFile

from django.core.files.storage import default_storage

from piepowder.intake.media import storage_name
from piepowder.kernel.permissions import Permission
from piepowder.rights.evidence import evidence_pack
from piepowder.rights.models import Claim
from piepowder.rights.operations import file_counter
from tests.rights.conftest import Desk


def test_a_pack_holds_what_was_claimed_seen_judged_and_said(desk: Desk) -> None:
    picture, proof, licence = desk.upload(), desk.upload(), desk.upload()
    item = desk.items("L-1", content={"title": "Bag", "images": [f"sha256:{picture.digest}"]})[0]
    right = desk.right()
    desk.claim(right, "L-1", evidence=[f"sha256:{proof.digest}"])
    claim = Claim.objects.select_related("item", "report__snapshot", "right", "batch").get()
    decision = desk.decide(item)
    file_counter(
        actor=desk.key(Permission.APPEAL_FILE), claim_id=claim.pk, seller_ref="S-7", ground="genuine",
        text="Bought from the owner.", evidence=[licence.digest], at=desk.clock,
    )  # fmt: skip

    packed = evidence_pack(claim)

    assert packed == evidence_pack(claim)
    pack = ZipFile(io.BytesIO(packed))
    manifest = json.loads(pack.read("manifest.json"))
    assert set(manifest["files"]) == set(pack.namelist()) - {"manifest.json"}
    for name, told in manifest["files"].items():
        assert hashlib.sha256(pack.read(name)).hexdigest() == told["sha256"]
    media = {name.split("/")[1].split(".")[0] for name in pack.namelist() if name.startswith("media/")}
    assert media == {picture.digest, proof.digest, licence.digest}
    assert json.loads(pack.read("decisions.json"))[0]["decision"] == str(decision.pk)
    assert json.loads(pack.read("right.json"))["when_claimed"]["number"] == "018 123 456"
    assert json.loads(pack.read("snapshot.json"))["content"]["title"] == "Bag"
    assert json.loads(pack.read("counter-notices.json"))[0]["text"] == "Bought from the owner."
    assert "statement-1.txt" in pack.namelist()
    told = b"".join(pack.read(name) for name in pack.namelist() if not name.startswith("media/")).decode()
    assert "@" not in told
    assert "Person" not in told


def test_a_file_that_the_storage_lost_is_named_as_missing(desk: Desk) -> None:
    proof = desk.upload()
    desk.items("L-1")
    desk.claim(desk.right(), "L-1", evidence=[f"sha256:{proof.digest}"])
    default_storage.delete(storage_name(proof.digest))

    pack = ZipFile(io.BytesIO(evidence_pack(Claim.objects.get())))

    assert json.loads(pack.read("manifest.json"))["missing_media"] == [proof.digest]


def test_a_claim_that_nobody_has_judged_has_a_pack_too(claimed: Callable[..., Claim]) -> None:
    pack = ZipFile(io.BytesIO(evidence_pack(claimed())))
    assert json.loads(pack.read("decisions.json")) == []
    assert [one["what"] for one in json.loads(pack.read("timeline.json"))][-1] == "claim filed"
