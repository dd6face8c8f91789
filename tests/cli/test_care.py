"""Backup, restore, upgrade and the record, as an administrator runs them."""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
from pathlib import Path

import pytest

from tests.conftest import Database

SEEDING = """
import django; django.setup()
from datetime import UTC, datetime
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from piepowder.kernel.actor import SYSTEM
from piepowder.access.operations import create_vendor, create_site, add_person, PersonFields, load_shipped_roles
from piepowder.decisions.operations import EnforcementOrder, Ruling, decide_by_machine, load_shipped_templates
from piepowder.intake.models import Item, Snapshot
from piepowder.policy.operations import load_shipped as load_policies
from piepowder.kernel.ids import new_id
from django.db import transaction
at = datetime(2026, 3, 4, 10, 0, 0, 123456, tzinfo=UTC)
load_shipped_roles(actor=SYSTEM, at=at)
vendor = create_vendor(actor=SYSTEM, code="acme", name="Acmé 微", kind="bpo", at=at)
site = create_site(actor=SYSTEM, vendor=vendor, code="acme-1", name="One", country="DE", timezone="Europe/Berlin", at=at)
for n in range(20):
    add_person(actor=SYSTEM, fields=PersonFields(email=f"p{n}@acme.test", name=f"人 {n}", vendor=vendor, site=site), at=at)
with transaction.atomic():
    item = Item.objects.create(kind="listing", external_id="L1", market="DE", language="de", title="Täschchen",
                               received_at=at, updated_at=at)
    snapshot = Snapshot.objects.create(id=new_id(), item=item, number=1, submission="submitted", schema_version=1,
                                       content={"price": 1.5, "nested": {"中": [1, None, True]}}, digest="d",
                                       received_at=at, source="t")
    item.snapshot = snapshot; item.save()
load_policies(actor=SYSTEM, at=at)
load_shipped_templates(actor=SYSTEM, at=at)
decide_by_machine(actor=SYSTEM, item_id=item.pk, machine="m", version="1", at=at, ruling=Ruling(
    outcome="violation", snapshot_id=snapshot.pk, policy_codes=("P-1.3",), ground="terms",
    facts="The photo shows a push dagger with a hidden blade.",
    enforcements=(EnforcementOrder(family="visibility", measure="content_removed"),)))
default_storage.save("ab/picture", ContentFile(b"picture bytes"))
"""

FINGERPRINT = """
import django; django.setup()
import hashlib, json
from django.apps import apps
from piepowder.database.dump import dump_table, tables
print(json.dumps({m._meta.db_table: hashlib.sha256(b"".join(dump_table(m))).hexdigest() for m in tables(apps)
                  if m._meta.db_table != "django_migrations"}))
"""


def piepowder(database: Database, *arguments: str, expect: int = 0, **environment: str) -> str:
    other = Database(database.url, {**database.environment, **environment})
    done = other.run("-m", "piepowder.cli", *arguments)
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout + done.stderr


def fingerprint(database: Database) -> dict[str, str]:
    done = database.run("-c", FINGERPRINT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def filled(fresh_database: Database) -> Database:
    done = fresh_database.run("-c", SEEDING)
    assert done.returncode == 0, done.stderr
    piepowder(fresh_database, "ledger", "seal")
    return fresh_database


@pytest.fixture
def empty(tmp_path: Path) -> Database:
    """An SQLite installation next door, whatever the database under test is."""
    home = tmp_path / "next"
    home.mkdir()
    url = f"sqlite:///{home / 'next.sqlite3'}"
    environment = {**os.environ, "DATABASE_URL": url, "PIEPOWDER_HOME": str(home), "PIEPOWDER_SECRET_KEY": "tests"}
    return Database(url, {**environment, "DJANGO_SETTINGS_MODULE": "piepowder.settings", "PYTHONPATH": "src"})


def test_a_backup_comes_back_whole_even_into_the_other_database(
    filled: Database, empty: Database, tmp_path: Path
) -> None:
    file = tmp_path / "b.tar.gz"
    assert "1 media files" in piepowder(filled, "backup", str(file))
    told = piepowder(empty, "restore", str(file))
    assert fingerprint(empty) == fingerprint(filled)
    assert (tmp_path / "next" / "media" / "ab" / "picture").read_bytes() == b"picture bytes"
    known = told.split("--head ")[1].split()[0]
    assert "the record is whole" in piepowder(empty, "ledger", "verify", "--head", known)
    piepowder(empty, "user", "deactivate", "p3@acme.test")
    piepowder(empty, "ledger", "seal")
    assert "the record is whole" in piepowder(empty, "ledger", "verify", "--head", known)


def test_a_restore_refuses_a_filled_database_and_a_damaged_file(
    filled: Database, empty: Database, tmp_path: Path
) -> None:
    file = tmp_path / "b.tar.gz"
    piepowder(filled, "backup", str(file))
    assert "already holds rows" in piepowder(filled, "restore", str(file), expect=2)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert "not a whole backup" in piepowder(empty, "restore", str(file), expect=2)
    folder = tmp_path / "unpacked"
    with tarfile.open(tmp_path / "forged.tar.gz", "w:gz") as forged:
        file.write_bytes(whole)
        with tarfile.open(file) as archive:
            archive.extractall(folder, filter="data")
        rows = folder / "rows" / "access_user.ndjson"
        rows.write_text(rows.read_text().replace("p3@acme.test", "evil@acme.test"))
        for part in sorted(folder.iterdir()):
            forged.add(part, part.name)
    assert "damaged" in piepowder(empty, "restore", str(tmp_path / "forged.tar.gz"), expect=2)
    assert "migrations are missing" in piepowder(empty, "doctor", expect=1)
    shutil.rmtree(folder)


def test_an_upgrade_from_an_older_schema_backs_up_first_and_keeps_every_row(filled: Database, tmp_path: Path) -> None:
    before = fingerprint(filled)
    back = filled.run("-m", "django", "migrate", "ledger", "0001", "--verbosity", "0")
    assert back.returncode == 0, back.stderr
    told = piepowder(filled, "upgrade")
    assert "backup in" in told
    assert "1 migrations applied" in told
    after = fingerprint(filled)
    untouched = ("access_user", "access_vendor", "access_site", "intake_item", "intake_snapshot")
    assert {name: after[name] for name in untouched} == {name: before[name] for name in untouched}
    assert "the record is whole" in piepowder(filled, "ledger", "verify")
    assert "0 migrations applied" in piepowder(filled, "upgrade")
    assert len(list((Path(filled.environment["PIEPOWDER_HOME"]) / "backups").iterdir())) == 1


def test_a_backup_before_an_upgrade_holds_the_older_tables_and_comes_back_into_this_version(
    filled: Database, empty: Database, tmp_path: Path
) -> None:
    before = fingerprint(filled)
    older = filled.run("-m", "django", "migrate", "simulate", "zero", "--verbosity", "0")
    assert older.returncode == 0, older.stderr
    piepowder(filled, "upgrade")
    (file,) = (Path(filled.environment["PIEPOWDER_HOME"]) / "backups").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    piepowder(empty, "restore", str(file))
    assert fingerprint(empty) == before


def test_a_backup_of_a_newer_version_is_refused_before_anything_is_written(
    filled: Database, empty: Database, tmp_path: Path
) -> None:
    file, newer = tmp_path / "b.tar.gz", tmp_path / "newer.tar.gz"
    piepowder(filled, "backup", str(file))
    with tarfile.open(file) as archive, tarfile.open(newer, "w:gz") as forged:
        for member in archive:
            content = archive.extractfile(member).read()  # type: ignore[union-attr]
            if member.name == "manifest.json":
                manifest = json.loads(content)
                manifest["migrations"].append(["review", "0099_to_come"])
                content = json.dumps(manifest).encode()
            member.size = len(content)
            forged.addfile(member, io.BytesIO(content))
    assert "newer version" in piepowder(empty, "restore", str(newer), expect=2)
    assert "migrations are missing" in piepowder(empty, "doctor", expect=1)


BACKUP_WHILE_SOMEBODY_WRITES = """
import django; django.setup()
import subprocess, sys
from pathlib import Path
from django.utils import timezone
from piepowder.cli.archive import write_archive
def write(*place):
    subprocess.run([sys.executable, "-m", "piepowder.cli", "user", "deactivate", "p3@acme.test"], check=True, timeout=20)
    global write
    write = lambda *place: None
write_archive(Path(sys.argv[1]), at=timezone.now(), progress=lambda *place: write(*place))
"""


def test_a_backup_keeps_nobody_from_writing(filled: Database, tmp_path: Path) -> None:
    done = filled.run("-c", BACKUP_WHILE_SOMEBODY_WRITES, str(tmp_path / "b.tar.gz"))
    assert done.returncode == 0, done.stderr


def test_verify_fails_on_a_record_that_was_tampered_with(filled: Database) -> None:
    assert "the record is whole" in piepowder(filled, "ledger", "verify")
    sql = "UPDATE ledger_fact SET verb = 'x' WHERE id = (SELECT MIN(id) FROM ledger_fact)"
    tampering = (
        "import django; django.setup()\n"
        "from django.db import connection\n"
        "with connection.cursor() as c:\n"
        "    if connection.vendor == 'postgresql': c.execute('SET session_replication_role = replica')\n"
        "    else: c.execute('DROP TRIGGER ledger_fact_no_update')\n"
        f"    c.execute({sql!r})\n"
    )
    assert filled.run("-c", tampering).returncode == 0
    assert "was edited" in piepowder(filled, "ledger", "verify", expect=1)


def test_the_doctor_says_how_to_mend_what_is_missing(fresh_database: Database, tmp_path: Path) -> None:
    told = piepowder(fresh_database, "doctor")
    assert "piepowder user add" in told
    unready = piepowder(fresh_database, "doctor", expect=1, DATABASE_URL=f"sqlite:///{tmp_path / 'none.sqlite3'}")
    assert "run: piepowder upgrade" in unready
    unreachable = piepowder(fresh_database, "doctor", expect=1, DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert "cannot be reached" in unreachable
    assert "DATABASE_URL starts with 'mysql:'" in piepowder(
        fresh_database, "doctor", expect=3, DATABASE_URL="mysql://localhost/x"
    )


def test_people_and_keys_from_the_command_line(fresh_database: Database, tmp_path: Path) -> None:
    password = "a long enough phrase"
    piepowder(
        fresh_database,
        "user",
        "add",
        "you@house.test",
        "--name",
        "You",
        "--role",
        "administrator",
        "--password",
        password,
    )
    assert "somebody already logs in" in piepowder(
        fresh_database, "user", "add", "YOU@house.test", "--name", "You", "--password", password, expect=2
    )
    assert "there is no role 'king'" in piepowder(
        fresh_database, "user", "add", "k@house.test", "--name", "K", "--role", "king", "--password", password, expect=2
    )
    key = piepowder(fresh_database, "apikey", "create", "shop", "--permission", "item:submit").strip()
    assert key.split(".")[0] in piepowder(fresh_database, "apikey", "list")
    table = tmp_path / "people.xlsx"
    piepowder(fresh_database, "roster", "export", str(table))
    assert "1 to keep, 0 problems" in piepowder(fresh_database, "roster", "import", str(table))
    piepowder(fresh_database, "apikey", "revoke", key.split(".")[0])
    assert "revoked" in piepowder(fresh_database, "apikey", "list")


def test_help_is_there_for_every_command_and_wrong_use_exits_with_2(fresh_database: Database) -> None:
    told = piepowder(fresh_database, "--help")
    for command in (
        "serve",
        "worker",
        "ingest",
        "simulate",
        "doctor",
        "user",
        "apikey",
        "roster",
        "backup",
        "restore",
        "upgrade",
        "ledger",
    ):
        assert command in told
    piepowder(fresh_database, "ledger", "verify", "--head", "nonsense", expect=2)
    piepowder(fresh_database, "fly", expect=2)
