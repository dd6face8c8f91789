"""People in and out by a table."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime

import openpyxl
import pytest

from piepowder.access.models import User
from piepowder.access.roster import apply, preview, read_table, write_table
from piepowder.kernel.actor import SYSTEM, Scope
from piepowder.kernel.errors import Malformed
from tests.access.conftest import Organisation

TABLE = """email,name,vendor,site,team,languages,roles,queues,active
ana@acme.test,Ana Müller,acme,acme-1,acme-t,de;en,moderator,listings,yes
li@acme.test,李娜,acme,acme-1,acme-t,zh-Hans,moderator;team_lead,,yes
"""


def xlsx(text: str) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in csv.reader(io.StringIO(text)):
        book.active.append(row)
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("form", ["csv", "csv with BOM", "xlsx"])
def test_a_table_is_previewed_then_applied_and_twice_is_once(
    organisation: Organisation, now: datetime, form: str
) -> None:
    content = {"csv": TABLE.encode(), "csv with BOM": TABLE.encode("utf-8-sig"), "xlsx": xlsx(TABLE)}[form]
    rows = read_table(content, "people.xlsx" if form == "xlsx" else "people.csv")
    shown = preview(actor=SYSTEM, rows=rows)
    assert shown.count("add") == 2
    assert (shown.changes[0].fields["roles"], shown.changes[0].fields["queues"]) == (
        ("", "moderator"),
        ("", "listings"),
    )
    assert User.objects.count() == 0
    apply(actor=SYSTEM, rows=rows, at=now)
    ana = User.objects.get(email="ana@acme.test")
    assert (ana.name, ana.languages, ana.timezone) == ("Ana Müller", ["de", "en"], "Europe/Berlin")
    assert [grant.queues for grant in ana.grants.all()] == [["listings"]]
    assert preview(actor=SYSTEM, rows=rows).count("keep") == 2


def test_a_row_that_cannot_be_changes_nothing_and_every_problem_is_named(
    organisation: Organisation, now: datetime
) -> None:
    rows = read_table(
        b"email,name,vendor,site,roles,active\n"
        b"good@acme.test,Good,acme,acme-1,moderator,yes\n"
        b"a@acme.test,A,nowhere,,,\n"
        b"not-an-address,B,acme,zenith-1,wizard,maybe\n"
        b"good@acme.test,Again,acme,,,\n",
        "people.csv",
    )
    found = {problem.pointer for problem in preview(actor=SYSTEM, rows=rows).problems}
    assert found == {"/3/vendor", "/4/email", "/4/site", "/4/roles", "/4/active", "/5/email"}
    with pytest.raises(Malformed, match="nothing was changed"):
        apply(actor=SYSTEM, rows=rows, at=now)
    assert User.objects.count() == 0


def test_a_change_shows_before_and_after(organisation: Organisation, now: datetime) -> None:
    apply(actor=SYSTEM, rows=read_table(TABLE.encode(), "p.csv"), at=now)
    rows = [{"email": "ana@acme.test", "name": "Ana Weber", "vendor": "acme", "active": "no"}]
    change = preview(actor=SYSTEM, rows=rows).changes[0]
    assert (change.kind, change.fields) == ("deactivate", {"name": ("Ana Müller", "Ana Weber")})
    apply(actor=SYSTEM, rows=rows, at=now)
    ana = User.objects.get(email="ana@acme.test")
    assert (ana.is_active, ana.name, ana.team.code if ana.team else "") == (False, "Ana Weber", "acme-t")


def test_an_empty_cell_widens_nothing(organisation: Organisation, now: datetime) -> None:
    scope = Scope(
        vendors=frozenset({"acme"}),
        queues=frozenset({"listings"}),
        languages=frozenset({"de"}),
        markets=frozenset({"DE"}),
    )
    user = organisation.person("ana@house.test", "moderator", scope=scope)
    row = {"email": "ana@house.test", "name": user.name, "vendor": "house"}
    assert preview(actor=SYSTEM, rows=[row | {"roles": "moderator"}]).count("keep") == 1
    apply(actor=SYSTEM, rows=[row | {"roles": "moderator;team_lead"}], at=now)
    assert {mandate.scope for mandate in organisation.actor(user).mandates} == {scope}
    apply(actor=SYSTEM, rows=[row | {"roles": "team_lead", "queues": "videos"}], at=now)
    assert {mandate.scope for mandate in organisation.actor(user).mandates} == {
        replace(scope, queues=frozenset({"videos"}))
    }


def test_what_is_written_can_be_read_back_without_change(organisation: Organisation, now: datetime) -> None:
    apply(actor=SYSTEM, rows=read_table(TABLE.encode(), "p.csv"), at=now)
    out = io.StringIO()
    csv.writer(out).writerows(write_table(SYSTEM))
    rows = read_table(out.getvalue().encode(), "p.csv")
    assert len(rows) == 2
    assert preview(actor=SYSTEM, rows=rows).count("keep") == 2


def test_a_lead_of_one_vendor_cannot_touch_another(organisation: Organisation) -> None:
    actor = organisation.actor(organisation.person("admin@acme.test", "administrator", "acme"))
    rows = [{"email": "x@zenith.test", "name": "X", "vendor": "zenith"}]
    assert [p.pointer for p in preview(actor=actor, rows=rows).problems] == ["/2/vendor"]


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"", "p.csv", "empty"),
        (b"\xff\xfe", "p.csv", "not UTF-8"),
        (b"name,vendor\nx,y", "p.csv", "'email' is missing"),
        (b"email,name,vendor,shoe\n", "p.csv", "'shoe' is unknown"),
        (b"not a zip", "p.xlsx", "not a readable XLSX"),
    ],
)
def test_a_file_that_is_not_a_roster_says_why(content: bytes, name: str, told: str) -> None:
    with pytest.raises(Malformed, match=told):
        read_table(content, name)
