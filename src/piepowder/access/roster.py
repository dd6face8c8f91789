"""People in and out by a table: read, compare, show what would change, then change it all or nothing.

Columns: ``email``, ``name``, ``vendor`` are required; ``site``, ``team``, ``languages`` and ``roles`` (both separated by
``;``), ``queues``, ``markets`` (scope of the roles, separated by ``;``), ``timezone``, ``interface_language`` and
``active`` (``yes``/``no``) may be left out. A column that is left out, or a cell that is empty, changes nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import openpyxl
from django.db import transaction

from piepowder.access.models import Grant, Role, Site, Team, User, Vendor
from piepowder.access.operations import (
    PersonFields,
    add_person,
    change_person,
    give,
    set_person_active,
    take_back,
)
from piepowder.access.queries import people_visible_to
from piepowder.kernel.actor import Actor, Place, Scope
from piepowder.kernel.errors import FieldProblem, Malformed
from piepowder.kernel.permissions import Permission

COLUMNS = (
    "email",
    "name",
    "vendor",
    "site",
    "team",
    "languages",
    "roles",
    "queues",
    "markets",
    "timezone",
    "interface_language",
    "active",
)
REQUIRED = ("email", "name", "vendor")
_YES, _NO = {"yes", "true", "1", "y"}, {"no", "false", "0", "n"}


@dataclass(frozen=True, slots=True)
class Change:
    """What one row would do: ``add``, ``change``, ``activate``, ``deactivate`` or ``keep``, and in which fields."""

    row: int
    email: str
    kind: str
    fields: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Preview:
    changes: tuple[Change, ...]
    problems: tuple[FieldProblem, ...]

    def count(self, kind: str) -> int:
        return sum(change.kind == kind for change in self.changes)


def read_table(content: bytes, filename: str) -> list[dict[str, str]]:
    """The rows of a CSV (UTF-8, with or without BOM) or XLSX file; raises ``Malformed`` naming what cannot be read."""
    if filename.lower().endswith(".xlsx"):
        rows = _xlsx_rows(content)
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Malformed(
                f"the file is not UTF-8 text (byte {error.start}); save it as CSV UTF-8 or as XLSX"
            ) from None
        rows = [list(row) for row in csv.reader(io.StringIO(text))]
    if not rows:
        raise Malformed("the file is empty")
    header = [str(name).strip().lower() for name in rows[0]]
    missing = [name for name in REQUIRED if name not in header]
    unknown = [name for name in header if name and name not in COLUMNS]
    if missing or unknown:
        told = [f"column '{name}' is missing" for name in missing] + [f"column '{name}' is unknown" for name in unknown]
        raise Malformed("; ".join(told) + f". Known columns: {', '.join(COLUMNS)}")
    return [
        {name: cell.strip() for name, cell in zip(header, row, strict=False) if name}
        for row in rows[1:]
        if any(cell.strip() for cell in row)
    ]


def _xlsx_rows(content: bytes) -> list[list[str]]:
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever zip and XML raise
        raise Malformed(f"the file is not a readable XLSX workbook: {error}") from None
    try:
        return [
            ["" if cell is None else str(cell) for cell in row]
            for row in book.worksheets[0].iter_rows(values_only=True)
        ]
    finally:
        book.close()


def write_table(actor: Actor) -> Iterator[list[str]]:
    """Header and one row per person the actor may see, in the shape that ``read_table`` reads."""
    yield list(COLUMNS)
    for user in people_visible_to(actor).prefetch_related("grants__role"):
        roles, scope = _roles_of(user)
        yield [
            user.email,
            user.name,
            user.vendor.code,
            user.site.code if user.site else "",
            user.team.code if user.team else "",
            ";".join(user.languages),
            ";".join(roles),
            ";".join(sorted(scope.queues)),
            ";".join(sorted(scope.markets)),
            user.timezone,
            user.interface_language,
            "yes" if user.is_active else "no",
        ]


def preview(*, actor: Actor, rows: Sequence[Mapping[str, str]]) -> Preview:
    """What ``rows`` would change, without changing anything; problems name row and column."""
    plans, problems = _plan(actor, rows)
    return Preview(tuple(plan.change for plan in plans), tuple(problems))


@transaction.atomic
def apply(
    *, actor: Actor, rows: Sequence[Mapping[str, str]], at: datetime, progress: Callable[[int], None] = lambda _: None
) -> Preview:
    """Do what ``preview`` shows: all of it, or nothing when a row has a problem (``Malformed``)."""
    plans, problems = _plan(actor, rows)
    if problems:
        raise Malformed(f"{len(problems)} problems; nothing was changed", problems=problems)
    for done, plan in enumerate(plans, start=1):
        _carry_out(actor, plan, at)
        progress(done)
    return Preview(tuple(plan.change for plan in plans), ())


@dataclass(frozen=True, slots=True)
class _Plan:
    change: Change
    user: User | None
    fields: PersonFields
    roles: tuple[Role, ...] | None
    scope: Scope
    active: bool | None


def _plan(actor: Actor, rows: Sequence[Mapping[str, str]]) -> tuple[list[_Plan], list[FieldProblem]]:
    known = _Known()
    plans: list[_Plan] = []
    problems: list[FieldProblem] = []
    seen: dict[str, int] = {}
    for number, row in enumerate(rows, start=2):
        email = row.get("email", "").lower()
        if email in seen:
            problems.append(
                FieldProblem(f"/{number}/email", "twice", f"row {number}: {email} is also in row {seen[email]}")
            )
            continue
        seen[email] = number
        found = _plan_row(actor, known, number, row)
        if isinstance(found, _Plan):
            plans.append(found)
        else:
            problems.extend(found)
    return plans, problems


class _Known:
    """The codes and people at hand, read once for the whole table."""

    def __init__(self) -> None:
        self.vendors = {vendor.code: vendor for vendor in Vendor.objects.all()}
        self.sites = {site.code: site for site in Site.objects.select_related("vendor")}
        self.teams = {team.code: team for team in Team.objects.select_related("site")}
        self.roles = {role.code: role for role in Role.objects.all()}
        people = User.objects.select_related("vendor", "site", "team").prefetch_related("grants__role")
        self.people = {user.email.lower(): user for user in people}


def _plan_row(actor: Actor, known: _Known, number: int, row: Mapping[str, str]) -> _Plan | list[FieldProblem]:
    problems: list[FieldProblem] = []

    def bad(column: str, detail: str) -> None:
        problems.append(FieldProblem(f"/{number}/{column}", "invalid", f"row {number}, {column}: {detail}"))

    def pick(column: str, table: Mapping[str, Any]) -> Any:
        code = row.get(column, "")
        if code and code not in table:
            bad(column, f"'{code}' is unknown")
        return table.get(code)

    for column in REQUIRED:
        if not row.get(column):
            bad(column, "is empty")
    if "@" not in row.get("email", "@"):
        bad("email", f"'{row['email']}' is not an e-mail address")
    user = known.people.get(row.get("email", "").lower())
    vendor, site, team = pick("vendor", known.vendors), pick("site", known.sites), pick("team", known.teams)
    if vendor and not actor.may(Permission.PERSON_EDIT, Place(vendor=vendor.code)):
        bad("vendor", f"you may not manage people of {vendor.code}")
    if user and not actor.may(Permission.PERSON_EDIT, Place(vendor=user.vendor.code)):
        bad("email", "you may not manage this person")
        user = None
    if vendor and site and site.vendor_id != vendor.pk:
        bad("site", f"{site.code} does not belong to {vendor.code}")
    if site and team and team.site_id != site.pk:
        bad("team", f"{team.code} is not at {site.code}")
    roles = [known.roles.get(code) for code in _codes(row, "roles")]
    if None in roles:
        bad("roles", f"one of '{row['roles']}' is unknown")
    active = row.get("active", "").lower()
    if active and active not in _YES | _NO:
        bad("active", f"'{row['active']}' is neither yes nor no")
    if problems:
        return problems
    kept_site = user.site if user and user.vendor_id == vendor.pk else None
    kept_team = user.team if user and (site is None or site == kept_site) else None
    fields = PersonFields(
        email=row["email"].lower(),
        name=row["name"],
        vendor=vendor,
        site=site or kept_site,
        team=team or kept_team,
        languages=_codes(row, "languages") or (user.languages if user else []),
        interface_language=row.get("interface_language") or (user.interface_language if user else "en"),
        timezone=row.get("timezone") or (user.timezone if user else site.timezone if site else "UTC"),
    )
    wanted = tuple(role for role in roles if role) if row.get("roles") else None
    held = _roles_of(user)[1] if user else Scope()
    scope = replace(
        held,
        queues=frozenset(_codes(row, "queues")) or held.queues,
        markets=frozenset(_codes(row, "markets")) or held.markets,
    )
    switch = None if not active else active in _YES
    return _Plan(_change(number, user, fields, wanted, scope, switch), user, fields, wanted, scope, switch)


def _change(
    row: int, user: User | None, fields: PersonFields, roles: tuple[Role, ...] | None, scope: Scope, active: bool | None
) -> Change:
    after = {
        "name": fields.name,
        "vendor": fields.vendor.code,
        "site": fields.site.code if fields.site else "",
        "team": fields.team.code if fields.team else "",
        "languages": ";".join(fields.languages),
        "interface_language": fields.interface_language,
        "timezone": fields.timezone,
    }
    if user is None:
        if roles is not None:
            after["roles"] = ";".join(sorted(role.code for role in roles))
            after["queues"], after["markets"] = _joined(scope.queues), _joined(scope.markets)
        return Change(row, fields.email, "add", {name: ("", value) for name, value in after.items() if value})
    before = {
        "name": user.name,
        "vendor": user.vendor.code,
        "site": user.site.code if user.site else "",
        "team": user.team.code if user.team else "",
        "languages": ";".join(user.languages),
        "interface_language": user.interface_language,
        "timezone": user.timezone,
    }
    held, held_scope = _roles_of(user)
    if roles is not None:
        before["roles"] = ";".join(held)
        after["roles"] = ";".join(sorted(role.code for role in roles))
        before["queues"], after["queues"] = _joined(held_scope.queues), _joined(scope.queues)
        before["markets"], after["markets"] = _joined(held_scope.markets), _joined(scope.markets)
    changed = {name: (before[name], after[name]) for name in after if before[name] != after[name]}
    if active is not None and active != user.is_active:
        return Change(row, fields.email, "activate" if active else "deactivate", changed)
    return Change(row, fields.email, "change" if changed else "keep", changed)


def _carry_out(actor: Actor, plan: _Plan, at: datetime) -> None:
    if plan.change.kind == "keep":
        return
    user = plan.user
    if user is None:
        user = add_person(actor=actor, fields=plan.fields, at=at)
    else:
        change_person(actor=actor, user=user, fields=plan.fields, at=at)
    if plan.active is not None:
        set_person_active(actor=actor, user=user, active=plan.active, at=at)
    if plan.roles is not None and (plan.user is None or {"roles", "queues", "markets"} & set(plan.change.fields)):
        for grant in Grant.objects.filter(user=user).select_related("role", "user__vendor"):
            take_back(actor=actor, grant=grant, at=at)
        for role in plan.roles:
            give(actor=actor, user=user, role=role, scope=plan.scope, at=at)


def _roles_of(user: User) -> tuple[list[str], Scope]:
    """The roles of ``user`` and the scope they share; where grants differ, the limits of all of them together."""
    grants: Iterable[Grant] = user.grants.all()
    scope = Scope(
        vendors=frozenset(code for grant in grants for code in grant.vendors),
        queues=frozenset(code for grant in grants for code in grant.queues),
        markets=frozenset(code for grant in grants for code in grant.markets),
        languages=frozenset(code for grant in grants for code in grant.languages),
    )
    return sorted({grant.role.code for grant in grants}), scope


def _codes(row: Mapping[str, str], column: str) -> list[str]:
    return [code.strip() for code in row.get(column, "").split(";") if code.strip()]


def _joined(codes: frozenset[str]) -> str:
    return ";".join(sorted(codes))
