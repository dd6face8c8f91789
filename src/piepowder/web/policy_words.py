"""How screens name the parts of a policy's words and the state of a translation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from piepowder.policy.translating import Standing

STANDING_NAMES: Mapping[Standing, Any] = {
    Standing.COMPLETE: _("complete"),
    Standing.OLDER: _("older than its source"),
    Standing.PARTLY: _("partly"),
    Standing.MISSING: _("missing"),
}

PART_NAMES: Mapping[str, Any] = {
    "title": _("Title"),
    "rule": _("Rule"),
    "examples": _("Examples"),
    "reviewer_note": _("Note for reviewers"),
    "recipient_text": _("What the seller is told"),
}
