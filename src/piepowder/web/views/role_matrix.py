"""Roles × permissions as one table, in which several roles are changed at once after seeing whom it reaches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from piepowder.access.models import Role, User
from piepowder.access.operations import save_roles
from piepowder.access.queries import people_visible_to, roles_visible_to
from piepowder.access.roles import SHIPPED
from piepowder.access.visibility import NotPermitted, require
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission

_NAMED_AT_MOST = 12


@dataclass(frozen=True, slots=True)
class Cell:
    """Whether a role allows a permission, and whether that is how it was shipped."""

    role: str
    holds: bool
    differs: bool


@dataclass(frozen=True, slots=True)
class Row:
    permission: str
    cells: tuple[Cell, ...]
    giveable: bool
    """Whether whoever looks holds it, and so may add it."""


@dataclass(frozen=True, slots=True)
class Column:
    role: Role
    people: int
    differs: int
    """How many permissions are not as shipped; for a role of the organisation's own, none."""
    seen: str


@dataclass(frozen=True, slots=True)
class Change:
    """What saving does to one role, and to whom."""

    role: Role
    added: tuple[str, ...]
    removed: tuple[str, ...]
    people: tuple[User, ...]
    others: int


@screen()
def roles(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if not (actor.may(Permission.ROLE_VIEW) or actor.may(Permission.ROLE_EDIT)):
        raise NotPermitted("this needs the permission role:view")
    found = list(roles_visible_to(actor))
    text = request.GET.get("text", "").strip().lower()
    only = request.GET.get("only", "")
    rows = [row for row in _rows(actor, found) if _asked_for(row, text, only)]
    nouns = [(noun, list(group)) for noun, group in groupby(rows, key=lambda row: row.permission.partition(":")[0])]
    shown = {
        "columns": _columns(actor, found),
        "nouns": nouns,
        "may_edit": actor.may(Permission.ROLE_EDIT),
        "filters": request.GET,
    }
    return render(request, "web/people/roles.html", shown)


def _rows(actor: Actor, found: Iterable[Role]) -> Iterable[Row]:
    found = list(found)
    shipped = {code: {one.value for one in permissions} for code, (_name, permissions) in SHIPPED.items()}
    for permission in sorted(Permission, key=lambda one: one.value.partition(":")[0]):
        cells = []
        for role in found:
            holds = permission.value in role.permissions
            known = shipped.get(role.code)
            cells.append(Cell(role.code, holds, known is not None and holds != (permission.value in known)))
        yield Row(permission.value, tuple(cells), actor.may(permission))


def _asked_for(row: Row, text: str, only: str) -> bool:
    if text and text not in row.permission:
        return False
    if only == "changed":
        return any(cell.differs for cell in row.cells)
    if only == "mine":
        return row.giveable
    return True


def _columns(actor: Actor, found: Iterable[Role]) -> list[Column]:
    held = people_visible_to(actor).filter(is_active=True, grants__role__isnull=False).order_by()
    counts = dict(held.values_list("grants__role__code").annotate(Count("pk", distinct=True)))
    columns = []
    for role in found:
        known = SHIPPED.get(role.code)
        differs = len(set(role.permissions) ^ {one.value for one in known[1]}) if known else 0
        columns.append(Column(role, counts.get(role.code, 0), differs, " ".join(sorted(role.permissions))))
    return columns


@screen("POST")
def role_matrix(request: HttpRequest) -> HttpResponse:
    """Show what would change for whom; with ``sure`` change it."""
    actor = actor_of(request)
    require(actor, Permission.ROLE_EDIT)
    seen = {role.code: request.POST.get(f"seen-{role.code}", "").split() for role in roles_visible_to(actor)}
    wanted = _wanted(request, seen)
    if request.POST.get("sure") == "1":
        changed = save_roles(actor=actor, wanted=wanted, seen={code: seen[code] for code in wanted}, at=timezone.now())
        told = ngettext("%(count)d role is changed.", "%(count)d roles are changed.", len(changed))
        messages.success(request, told % {"count": len(changed)})
        return redirect("roles")
    changes = _changes(actor, wanted, seen)
    if not changes:
        messages.warning(request, _("Nothing was changed."))
        return redirect("roles")
    carried = [
        (name, value) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken" for value in values
    ]
    return render(request, "web/people/roles_sure.html", {"changes": changes, "carried": carried})


def _wanted(request: HttpRequest, seen: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """What each role shall allow: what was ticked, and what the page did not show stays as it was."""
    known = {one.value for one in Permission}
    shown = set(request.POST.getlist("row")) & known
    ticked = set(request.POST.getlist("has"))
    wanted = {}
    for code, before in seen.items():
        if f"seen-{code}" not in request.POST:
            continue
        kept = {value for value in before if value not in shown}
        wanted[code] = sorted((kept | {value for value in shown if f"{code} {value}" in ticked}) & known)
    return wanted


def _changes(actor: Actor, wanted: Mapping[str, Iterable[str]], seen: Mapping[str, Iterable[str]]) -> list[Change]:
    found = []
    for role in roles_visible_to(actor).filter(code__in=list(wanted)):
        before, after = set(seen[role.code]), set(wanted[role.code])
        if before == after:
            continue
        people = people_visible_to(actor).filter(is_active=True, grants__role=role).distinct()
        named = tuple(people[:_NAMED_AT_MOST])
        others = max(0, people.count() - len(named))
        found.append(Change(role, tuple(sorted(after - before)), tuple(sorted(before - after)), named, others))
    return found
