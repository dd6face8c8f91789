"""What is asked of each route. A route that is not in ``ROUTES``, or an operation not in ``OPERATIONS``, fails the test.

Adding a screen or an operation means adding its line here: which parameters its address takes is filled in from
``EXAMPLES`` with the things of every vendor, and ``queries`` are narrowings that a curious person would try.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from piepowder.kernel.ids import new_id
from piepowder.review.models import Question
from piepowder.intake.models import Reporter
from tests.isolation.world import POLICY, Firm, World

Pick = Callable[[World, Firm, Firm], Iterable[Any]]

EXAMPLES: dict[str, Pick] = {
    # The world, the firm that is asked about, and the firm of whoever asks: its own things may show the other's too.
    "case_id": lambda world, other, own: [
        *(other.cases[way] for way in ("drafted", "decided", "held", "skipped", "transferred", "left", "withdrawn")),
        own.cases["decided"],
    ],
    "lease_id": lambda world, other, own: [*other.leases, *own.leases],
    "decision_id": lambda world, other, own: [*other.decisions, own.decisions[0]],
    "item_id": lambda world, other, own: [*other.items[:3], own.items[0]],
    "person_id": lambda world, other, own: [
        other.people["moderator"].pk,
        other.people["team_lead"].pk,
        own.people["moderator"].pk,
    ],
    "grant_id": lambda world, other, own: other.grants[:1],
    "mark_id": lambda world, other, own: [new_id()],
    "question_id": lambda world, other, own: list(
        Question.objects.filter(vendor__in=[other.vendor.code, own.vendor.code]).values_list("pk", flat=True)
    ),
    "prefix": lambda world, other, own: [other.key_prefix],
    "delivery_id": lambda world, other, own: world.deliveries[:4],
    "digest": lambda world, other, own: [world.digest],
    "reporter_id": lambda world, other, own: Reporter.objects.order_by("pk").values_list("pk", flat=True)[:2],
    "ref": lambda world, other, own: ["S-1"],
    "kind": lambda world, other, own: ["listing"],
    "external_id": lambda world, other, own: ["L-decided-1", "L-decided-2", "L-skipped-1", "L-held-2"],
    "note_id": lambda world, other, own: [*other.notes, *own.notes],
    "template_id": lambda world, other, own: [1],
    "uidb36": lambda world, other, own: ["1"],
    "key": lambda world, other, own: ["set-password"],
}


@dataclass(frozen=True, slots=True)
class Asked:
    """How a route is tried: further query strings, other values for its parameters, and what is posted to it."""

    queries: tuple[str, ...] = ()
    values: dict[str, tuple[Any, ...]] | None = None
    posted: dict[str, Any] | None = None
    json: dict[str, Any] | None = None
    """Posted as JSON, after the form."""


PLAIN = Asked()
_MOVES = ("hold", "transfer", "escalate", "skip", "release")

ROUTES: dict[str, Asked] = {
    "healthz": PLAIN,
    "readyz": PLAIN,
    "metrics": PLAIN,
    "home": PLAIN,
    "my_settings": PLAIN,
    "keys_and_eyes": Asked(posted={"section": "wellness", "blur": "10", "reveal": "always"}),
    "my_password": PLAIN,
    "my_language": PLAIN,
    "my_theme": PLAIN,
    "my_day": PLAIN,
    "availability": Asked(posted={"state": "break"}),
    "here": PLAIN,
    "palette": Asked(queries=("text=L-decided-2", "text=gun", "text=L-held")),
    "console": PLAIN,
    "console_next": PLAIN,
    "console_ahead": PLAIN,
    "console_ahead_back": PLAIN,
    "console_claim": PLAIN,
    "console_urgent": PLAIN,
    "console_break": PLAIN,
    "queue_star": Asked(values={"code": ("listings", "specialists")}),
    "questions": Asked(queries=("to=legal",)),
    "question_answer": Asked(posted={"text": "because"}),
    "exposure": PLAIN,
    "allowance": Asked(posted={"in_hand": "3"}),
    "exposure_lift": Asked(posted={"reason": "because"}),
    "console_undo": PLAIN,
    "console_case": PLAIN,
    "console_decide": Asked(posted={"outcome": "no_violation"}),
    "console_beat": PLAIN,
    "console_draft": Asked(json={"facts": "mine now"}),
    "console_reveal": Asked(posted={"digest": "0" * 64}),
    "console_policies": Asked(queries=("q=gun",)),
    "console_policy": Asked(values={"code": (POLICY,)}),
    "console_leave": Asked(values={"way": _MOVES}, posted={"reason": "because", "queue": "specialists"}),
    "mark_add": Asked(posted={"at_ms": "1200", "text": "here"}),
    "mark_remove": PLAIN,
    "live_wall": Asked(queries=("places=9",)),
    "live_wall_state": Asked(queries=("places=9",)),
    "live_frame": PLAIN,
    "live_timeline": PLAIN,
    "live_intervene": Asked(values={"way": ("warn", "interrupt", "end")}, posted={"outcome": "violation", "minutes": "5"}),
    "console_part": Asked(values={"part": ("seller", "related", "history")}),
    "console_repeated": Asked(posted={"facts": "qxacme qxzenith: The title says copy, and the picture shows the logo."}),
    "facts_repeated": Asked(queries=("least=1&machines=1", "person={stranger}&least=1", "policy=M-1&least=1")),
    "facts_templates": PLAIN,
    "facts_template_add": PLAIN,
    "facts_template_edit": PLAIN,
    "facts_template_remove": PLAIN,
    "note_write": Asked(posted={"about": "seller", "seller": "S-1", "text": "@everybody, look"}),
    "note_people": Asked(queries=("q=", "q={other}", "vendor={other}&q=")),
    "note_remove": PLAIN,
    "mentions": PLAIN,
    "mentions_seen": PLAIN,
    "mentions_bell": PLAIN,
    "board": Asked(
        queries=("queue=listings", "market=DE", "by=vendor", "by=site", "vendor={other}", "site={other}-site")
    ),
    "board_live": Asked(queries=("queue=listings", "by=vendor", "by=site&vendor={other}")),
    "board_people": Asked(queries=("vendor={other}", "site={other}-site")),
    "board_people_live": Asked(queries=("vendor={other}", "site={other}-site")),
    "board_case": PLAIN,
    "wall": Asked(queries=("queues=listings",)),
    "wall_live": Asked(queries=("queues=listings",)),
    "pending": Asked(queries=("item=L-held-1", "item=L-skipped-1", "item=L-decided-2&policy=M", "item=L-drafted-1")),
    "view_save": Asked(posted={"page": "cases", "name": "mine", "query": "state=held", "shared": "1"}),
    "view_remove": Asked(values={"view_id": (1, 2)}),
    "export_progress": Asked(values={"word": ("some-word-of-somebody",)}),
    "export_cancel": Asked(values={"word": ("some-word-of-somebody",)}),
    "cases_export_xlsx": Asked(queries=("state=decided", "person={stranger}")),
    "decisions_export_xlsx": Asked(queries=("outcome=violation", "decider={stranger}")),
    "cases": Asked(queries=("state=decided", "state=held", "state=claimed", "q=S-1", "person={stranger}")),
    "cases_export": Asked(queries=("state=decided", "state=held", "person={stranger}")),
    "case": PLAIN,
    "case_move": Asked(
        values={"way": ("release", "resume", "transfer", "escalate", "close", "reprioritise", "assign", "note")},
        posted={"reason": "because", "queue": "specialists", "severity": "1", "person": "stranger"},
    ),
    "item": Asked(queries=("number=1",)),
    "item_reveal": Asked(posted={"digest": "0" * 64}),
    "seller": PLAIN,
    "media": PLAIN,
    "decisions": Asked(queries=("outcome=violation", "decider={stranger}", "seller=S-1", "item=L-decided-2")),
    "decisions_export": Asked(queries=("outcome=violation", "decider={stranger}")),
    "decision": PLAIN,
    "queues": PLAIN,
    "queue_add": PLAIN,
    "queue_edit": Asked(values={"code": ("listings", "specialists")}),
    "routing": PLAIN,
    "routing_rule_add": Asked(posted={"name": "Mine", "queue": "listings"}),
    "routing_rule": Asked(values={"number": (1, 9)}, posted={"name": "Mine", "queue": "listings"}),
    "routing_move": Asked(values={"number": (1,), "way": ("up", "down", "first", "copy", "remove")}),
    "routing_check": Asked(posted={"name": "Mine", "queue": "listings"}),
    "routing_draft": Asked(values={"way": ("publish", "drop", "rebase")}),
    "routing_version": Asked(values={"number": (1, 9)}),
    "routing_trial": Asked(queries=("run=1",)),
    "routing_trial_run": PLAIN,
    "routing_trial_csv": PLAIN,
    "targets": Asked(posted={"listings-3": "1 h", "listings-3-percent": "75", "do": "save"}),
    "calendars": PLAIN,
    "calendar_add": Asked(
        posted={"code": "mine", "name": "Mine", "timezone": "UTC", "mon": "09:00-17:00", "do": "publish"}
    ),
    "calendar": Asked(values={"code": ("office", "mine")}, queries=("year=2027", "version=1")),
    "reporters": Asked(queries=("kind=user", "q=U-", "suspended=1")),
    "reporter": Asked(posted={"suspended": "1"}),
    "case_why": PLAIN,
    "policies": Asked(queries=("q=gun", "market=DE")),
    "policy": Asked(values={"code": (POLICY,)}),
    "people": Asked(queries=("role=moderator", "q=moderator", "active=yes")),
    "person_add": PLAIN,
    "person": PLAIN,
    "person_edit": Asked(posted={"name": "Renamed", "email": "renamed@mail.example"}),
    "person_active": Asked(posted={"active": "no"}),
    "person_link": PLAIN,
    "grant_give": Asked(posted={"role": "moderator"}),
    "grant_take_back": PLAIN,
    "eligibility_give": Asked(posted={"skill": "sharp-eyes"}),
    "eligibility_take_back": Asked(values={"skill": ("sharp-eyes",)}),
    "vendors": PLAIN,
    "roles": PLAIN,
    "role_add": PLAIN,
    "role_edit": Asked(values={"code": ("moderator",)}),
    "keys": PLAIN,
    "key_add": PLAIN,
    "key_revoke": PLAIN,
    "outbox": PLAIN,
    "receiver_add": PLAIN,
    "receiver_edit": Asked(values={"code": ("shop",)}),
    "receiver_secret": Asked(values={"code": ("shop",)}, posted={"overlap_h": "1"}),
    "dead_letters": PLAIN,
    "deliveries": PLAIN,
    "delivery": PLAIN,
    "delivery_replay": PLAIN,
    "delivery_bury": PLAIN,
    "ledger": Asked(queries=("verb=case.hold", "verb=person.add", "q=house")),
    "account_login": PLAIN,
    "account_logout": PLAIN,
    "account_inactive": PLAIN,
    "account_signup": PLAIN,
    "account_reset_password": PLAIN,
    "account_reset_password_done": PLAIN,
    "account_reset_password_from_key_done": PLAIN,
    "account_reset_password_from_key": PLAIN,
    "set_language": PLAIN,
    "api:openapi-json": PLAIN,
    "api:openapi-view": PLAIN,
    "api:api-root": PLAIN,
    "api:nothing-here": PLAIN,
    "api:submit_item": PLAIN,
    "api:submit_items": PLAIN,
    "api:item": PLAIN,
    "api:submit_moments": PLAIN,
    "api:upload_media": PLAIN,
    "api:media": PLAIN,
    "api:submit_report": PLAIN,
    "api:decide_by_machine": PLAIN,
    "api:decisions": Asked(
        queries=("vendor={other}", "site={other}-site", "team={other}-team", "decider_id={stranger}", "text={other}")
    ),
    "api:decisions_csv": Asked(queries=("vendor={other}", "decider_id={stranger}", "text={other}")),
    "api:decision": PLAIN,
    "api:cases": Asked(queries=("vendor={other}", "person_id={stranger}", "state=held", "limit=1")),
    "api:cases_csv": Asked(queries=("vendor={other}", "person_id={stranger}")),
    "api:case": PLAIN,
    "api:answer_question": Asked(json={"text": "because"}),
    "api:queues": PLAIN,
    "api:pending": Asked(queries=("item=L-held-1", "item=L-decided-2", "policy=M")),
    "api:routing": PLAIN,
    "api:try_routing": Asked(json={"rules": [{"name": "All", "then": {"queue": "listings"}}]}),
    "api:policies": PLAIN,
    "api:policy": Asked(values={"code": (POLICY,)}),
    "api:people": Asked(queries=("vendor={other}", "active=true", "limit=1")),
}

OPERATIONS: dict[str, str] = {
    # Operation of the OpenAPI document → route above that asks it.
    "submit_item": "api:submit_item",
    "submit_items": "api:submit_items",
    "read_item": "api:item",
    "submit_moments": "api:submit_moments",
    "upload_media": "api:upload_media",
    "read_media": "api:media",
    "submit_report": "api:submit_report",
    "decide_by_machine": "api:decide_by_machine",
    "list_decisions": "api:decisions",
    "export_decisions": "api:decisions_csv",
    "read_decision": "api:decision",
    "list_cases": "api:cases",
    "export_cases": "api:cases_csv",
    "read_case": "api:case",
    "answer_question": "api:answer_question",
    "list_queues": "api:queues",
    "pending": "api:pending",
    "read_routing": "api:routing",
    "publish_routing": "api:routing",
    "try_routing": "api:try_routing",
    "list_policies": "api:policies",
    "read_policy": "api:policy",
    "list_people": "api:people",
}
