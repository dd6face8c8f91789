"""Permissions, what asks for each, and the roles that ship."""

from __future__ import annotations

import ast

from pages.markdown import code, codes, document, table
from pages.source import functions, sources
from piepowder.access.roles import SHIPPED
from piepowder.kernel.permissions import Permission

FILE = "permissions-and-roles.md"
TITLE = "Permissions and roles"
TOLD = """\
A role is an editable set of permissions; a grant gives a role to a person within a scope of vendors, queues, markets and
languages (empty means all). A person of a BPO is always held to their own vendor, whatever the grant says. API keys carry
permissions and a scope of their own."""


def page() -> str:
    used = _used()
    unused = [permission.value for permission in Permission if permission not in used]
    asked = [(code(p.value), codes(sorted(used.get(p, ())))) for p in Permission]
    roles = [
        (code(role), name, codes(sorted(p.value for p in permissions)) if len(permissions) < len(Permission) else "all")
        for role, (name, permissions) in SHIPPED.items()
    ]
    note = f"Declared for what comes later and asked for by nothing yet: {codes(unused)}." if unused else ""
    return document(
        TITLE,
        TOLD,
        "roles",
        "## Permissions\n\nWhere each is asked for, as `module.function`.",
        table(("permission", "asked for in"), asked),
        note,
        "## Roles that ship",
        table(("code", "name", "permissions"), roles),
    )


def _used() -> dict[Permission, set[str]]:
    used: dict[Permission, set[str]] = {}
    for source in sources():
        if source.name in {"access.roles", "kernel.permissions"}:
            continue
        for name, function in functions(source):
            for node in ast.walk(function):
                if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") in {"Permission", "P"}:
                    permission = getattr(Permission, node.attr, None)
                    if permission is not None:
                        used.setdefault(permission, set()).add(f"{source.name}.{name}")
    return used
