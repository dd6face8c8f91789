"""The parts of a configuration, in the order in which they are applied: how each is read, and who writes an entry of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from piepowder.configuration import applying, reading
from piepowder.kernel.actor import Actor

Read = Callable[[], dict[str, Any]]
Write = Callable[[Actor, datetime, str, Any], None]


@dataclass(frozen=True, slots=True)
class Part:
    """``read`` gives every entry as plain JSON; ``write`` makes or changes one through its domain's operation."""

    name: str
    read: Read
    write: Write


PARTS: Mapping[str, Part] = {
    part.name: part
    for part in (
        Part("vendors", reading.vendors, applying.vendor),
        Part("sites", reading.sites, applying.site),
        Part("teams", reading.teams, applying.team),
        Part("roles", reading.roles, applying.role),
        Part("calendars", reading.calendars, applying.calendar),
        Part("policies", reading.policies, applying.policy),
        Part("laws", reading.laws, applying.law),
        Part("ladders", reading.ladders, applying.ladder),
        Part("item_schemas", reading.item_schemas, applying.item_schema),
        Part("queues", reading.queues, applying.queue),
        Part("targets", reading.targets, applying.target),
        Part("routing", reading.routing, applying.routing),
        Part("statement_templates", reading.statement_templates, applying.statement_template),
        Part("letter_templates", reading.letter_templates, applying.letter_template),
        Part("facts_templates", reading.facts_templates, applying.facts_template),
        Part("actions", reading.actions, applying.action),
        Part("receivers", reading.receivers, applying.receiver),
        Part("settings", reading.settings, applying.setting),
    )
}
