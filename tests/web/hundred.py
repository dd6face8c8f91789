"""A hundred items of all seven kinds, and what somebody at the console intends to rule on each.

Run as a program it builds them in the database that the environment names; with ``told`` it prints what was decided.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.web import town

MANY = 100
KINDS = ("listing", "short_video", "livestream", "text", "seller", "document", "ip_claim")

POLICIES: dict[str, tuple[str, ...]] = {
    "listing": ("M-1", "U-2", "P-1.3", "C-1.1"),
    "short_video": ("M-5", "H-2", "R-1"),
    "livestream": ("L-2", "R-3", "M-2"),
    "text": ("F-3", "A-1", "O-1"),
    "seller": ("O-2", "V-3"),
    "document": ("V-1", "U-2"),
    "ip_claim": ("C-2.1", "C-3.1"),
}
"""Those that are tried on each kind, as the shipped library has them."""

DEFAULTS: dict[str, dict[str, int | None]] = {
    "A-1": {"visibility:content_removed": None},
    "C-1.1": {"visibility:content_removed": None, "monetary:suspension": 14},
    "C-2.1": {"visibility:content_removed": None},
    "C-3.1": {"provision:partial_suspension": 30},
    "F-3": {"visibility:content_removed": None, "provision:partial_suspension": 14},
    "H-2": {"visibility:content_removed": None, "provision:partial_suspension": 7},
    "L-2": {"visibility:content_interaction_restricted": None, "provision:partial_suspension": 3},
    "M-1": {"visibility:content_disabled": None},
    "M-2": {"visibility:content_disabled": None},
    "M-5": {"visibility:content_labelled": None},
    "O-1": {"visibility:content_removed": None, "provision:partial_suspension": 7},
    "O-2": {"visibility:content_disabled": None},
    "P-1.3": {"visibility:content_removed": None},
    "R-1": {"visibility:content_disabled": None},
    "R-3": {"visibility:content_disabled": None},
    "U-2": {"visibility:content_disabled": None},
    "V-1": {"provision:total_suspension": None},
    "V-3": {"account:suspended": None},
}
"""What each of them proposes for a seller without a history; ``None`` is without end."""

TERMS = {"A-1", "C-3.1", "H-2", "L-2", "O-1", "O-2", "P-1.3", "R-1", "V-3"}
"""Those that rest on the terms alone; the others name a law first."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What is to be ruled on one item, and by which of the console's ways."""

    item: str
    kind: str
    policies: tuple[str, ...] = ()
    ground: str = ""
    facts: str = ""
    orders: dict[str, int | None] = field(default_factory=dict)
    where: tuple[str, ...] = ()
    searched: bool = False
    """Found by typing its code instead of by its digit."""
    swapped: bool = False
    """The policy cited second is made the main one."""
    other_ground: bool = False
    more: str = ""
    """A measure chosen besides those proposed."""

    @property
    def outcome(self) -> str:
        return "violation" if self.policies else "no_violation"


def intents() -> dict[str, Intent]:
    """The rulings, by item; two of five find a violation."""
    return {f"X-{number:03}": _intent(number) for number in range(MANY)}


def _intent(number: int) -> Intent:
    item, kind = f"X-{number:03}", KINDS[number % len(KINDS)]
    if number % 5 not in (1, 3):
        return Intent(item, kind)
    choice = POLICIES[kind]
    main = choice[number // len(KINDS) % len(choice)]
    policies, orders = (main,), dict(DEFAULTS[main])
    other = next(code for code in choice if code != main)
    two, swapped = number % 4 == 1, number % 8 == 1
    if two:
        policies = (other, main) if swapped else (main, other)
        orders = _both(*policies)
    more = "visibility:content_demoted" if number % 10 == 3 else ""
    if more:
        orders[more] = None
    first = policies[0]
    other_ground = number % 6 == 3 and first not in TERMS
    return Intent(
        item,
        kind,
        policies,
        ground="terms" if first in TERMS or other_ground else "illegal",
        facts=f"Seen in {item}: the words and the second picture both say so, number {number}.",
        orders=orders,
        where=("DE",) if number % 7 == 1 else (),
        searched=number % 3 == 0,
        swapped=swapped,
        other_ground=other_ground,
        more=more,
    )


def _both(first: str, second: str) -> dict[str, int | None]:
    """The first one's measures, and of the second those of families in which the first orders nothing."""
    taken = {key.split(":")[0] for key in DEFAULTS[first]}
    return DEFAULTS[first] | {key: days for key, days in DEFAULTS[second].items() if key.split(":")[0] not in taken}


def raw_item(intent: Intent) -> dict[str, Any]:
    content: dict[str, dict[str, Any]] = {
        "listing": {
            "title": f"Lamp {intent.item}",
            "description": "Brass.",
            "price": {"amount": 10, "currency": "EUR"},
        },
        "short_video": {"video": "https://cdn.example/v.mp4", "caption": f"A film of a lamp {intent.item}"},
        "livestream": {"title": f"Lamps live {intent.item}", "host": "Lena"},
        "text": {"body": f"The lamp {intent.item} came broken.", "text_type": "review"},
        "seller": {"name": f"Lamps {intent.item}", "business_type": "company"},
        "document": {"doc_type": "invoice", "issuer": f"Office {intent.item}", "number": "7"},
        "ip_claim": {
            "right_type": "trademark",
            "owner": f"Lumen {intent.item}",
            "statement": "The mark is ours.",
            "claimed_items": [{"kind": "listing", "id": "X-000"}],
        },
    }
    by_digit = intent.policies[-1 if intent.swapped else 0] if intent.policies and not intent.searched else ""
    found = [{"model": "eye", "version": "1", "label": "seen", "score": 0.9, "policy": by_digit}] if by_digit else []
    return {
        "kind": intent.kind,
        "id": intent.item,
        "market": "DE",
        "language": "en",
        "seller": intent.item if intent.kind == "seller" else f"S-{intent.item}",
        "content": content[intent.kind],
        "detections": found,
    }


def build(now: datetime) -> None:
    from piepowder.intake.operations import receive
    from piepowder.kernel.actor import SYSTEM

    town.found(now)
    outcomes = receive(actor=SYSTEM, submissions=[town.parsed(raw_item(one)) for one in intents().values()], at=now)
    assert all(outcome.item_id for outcome in outcomes), outcomes


def told() -> dict[str, dict[str, Any]]:
    """What stands decided on each item."""
    from piepowder.decisions.models import Decision

    rows = Decision.objects.exclude(state="withdrawn").select_related("item")
    return {
        decision.item.external_id: {
            "outcome": decision.outcome,
            "policies": [one.version.policy.code for one in decision.citations.order_by("-primary", "id")],
            "ground": decision.ground,
            "facts": decision.facts,
            "orders": {
                f"{one.family}:{one.measure}": (one.ends_at - one.starts_at).days if one.ends_at else None
                for one in decision.enforcements.all()
            },
            "where": sorted({place for one in decision.enforcements.all() for place in one.territories}),
            "withdrawn": Decision.objects.filter(item=decision.item, state="withdrawn").count(),
        }
        for decision in rows
    }


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "piepowder.settings")
    django.setup()
    if "told" in sys.argv:
        print(json.dumps(told()))
    else:
        build(datetime.now(UTC) - timedelta(minutes=5))
