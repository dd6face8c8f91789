"""The configuration in force."""

from __future__ import annotations

from typing import Any

from piepowder.access.visibility import require_whole
from piepowder.configuration.logic import Parts
from piepowder.configuration.parts import PARTS
from piepowder.kernel.actor import Actor
from piepowder.kernel.canonical import digest
from piepowder.kernel.permissions import Permission


def configuration(actor: Actor) -> dict[str, dict[str, Any]]:
    """Every part with its entries, for those who may move the configuration as a whole."""
    require_whole(actor, Permission.CONFIGURATION_MOVE)
    return {name: part.read() for name, part in PARTS.items()}


def digest_of(parts: Parts) -> str:
    """The same for the same configuration, in whatever order."""
    return digest({name: dict(entries) for name, entries in parts.items()})
