"""The tables of a history in words that do not depend on surrogate keys, so that two histories can be compared."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Model

from piepowder.access.models import ApiKey, User
from piepowder.decisions.models import Decision, Enforcement, Statement, StatementTemplate
from piepowder.intake.models import Item, Report, Reporter, Snapshot
from piepowder.ledger.models import Fact
from piepowder.outbox.models import Delivery, Endpoint, Message
from piepowder.policy.models import PolicyVersion
from piepowder.review.models import Calendar, Case, CaseEvent, Lane, Queue

APPS = ("intake", "review", "decisions", "outbox", "ledger")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# The digest of a fact covers ids, unsealed rows are nothing but ids, secrets are random, and changes of set-up are
# stamped by the wall clock.
_LEFT_OUT = {("Fact", "digest"), ("Unsealed", "fact_id"), ("Endpoint", "secrets"), ("SetupChange", "at")}


def content() -> dict[str, list[str]]:
    """Every row of every table of the five packages, as sorted texts in which ids are replaced by what they stand for."""
    names = _Names()
    return {
        model.__name__: sorted(names.told(row) for row in model._default_manager.all())
        for app in APPS
        for model in apps.get_app_config(app).get_models()
    }


def courses() -> dict[str, list[str]]:
    """The verbs of the facts about each thing, in the order in which they were recorded."""
    names = _Names()
    found: dict[str, list[str]] = {}
    for kind, subject, verb in Fact.objects.order_by("id").values_list("subject_kind", "subject_id", "verb"):
        found.setdefault(f"{kind} {names.subject(kind, subject)}", []).append(verb)
    return found


class _Names:
    def __init__(self) -> None:
        self.people = {str(user.pk): user.email for user in User.objects.all()}
        self.keys = {key.prefix: key.name for key in ApiKey.objects.all()}
        self.ids: dict[str, str] = {}
        self.rows: dict[type[Model], dict[Any, str]] = {
            User: {user.pk: user.email for user in User.objects.all()},
            Calendar: {calendar.pk: calendar.code for calendar in Calendar.objects.all()},
            Queue: {queue.pk: queue.code for queue in Queue.objects.all()},
            Lane: {
                lane.pk: f"{lane.queue.code}/{lane.language}/{lane.skill}"
                for lane in Lane.objects.select_related("queue")
            },
            Endpoint: {endpoint.pk: endpoint.code for endpoint in Endpoint.objects.all()},
            StatementTemplate: {one.pk: f"{one.language}#{one.number}" for one in StatementTemplate.objects.all()},
            PolicyVersion: {
                one.pk: f"{one.policy.code}#{one.number}" for one in PolicyVersion.objects.select_related("policy")
            },
        }
        self._name_everything()

    def _name_everything(self) -> None:
        for item in Item.objects.all():
            self.ids[str(item.pk)] = f"<{item.kind} {item.external_id}>"
        for snapshot in Snapshot.objects.all():
            self.ids[str(snapshot.pk)] = f"<snapshot {self._of(snapshot.item_id)} {snapshot.number}>"
        self._count("case", Case.objects.order_by("opened_at"), "item_id")
        for reporter in Reporter.objects.all():
            self.ids[str(reporter.pk)] = f"<reporter {reporter.kind} {reporter.external_ref}>"
        for report in Report.objects.all():
            self.ids[str(report.pk)] = f"<report {report.reference}>"
        self._count("decision", Decision.objects.order_by("decided_at"), "case_id")
        for statement in Statement.objects.all():
            self.ids[str(statement.pk)] = f"<statement {self._of(statement.decision_id)}>"
        for row in Enforcement.objects.all():
            self.ids[str(row.pk)] = f"<enforcement {self._of(row.decision_id)} {row.family} {row.measure}>"
        for message in Message.objects.all():
            self.ids.setdefault(str(message.pk), f"<message {self._of(message.group_ref)} {message.topic}>")
        for delivery in Delivery.objects.all():
            self.ids[str(delivery.pk)] = f"<delivery {self._of(delivery.order_key)} {delivery.sequence}>"
        seen: Counter[UUID] = Counter()
        for case_id, lease in (
            CaseEvent.objects.filter(kind="claimed").order_by("at", "id").values_list("case_id", "lease")
        ):
            seen[case_id] += 1
            self.ids[str(lease)] = f"<lease {self._of(case_id)} {seen[case_id]}>"

    def _count(self, word: str, rows: Any, parent: str) -> None:
        seen: Counter[UUID] = Counter()
        for row in rows:
            above = getattr(row, parent)
            seen[above] += 1
            self.ids[str(row.pk)] = f"<{word} {self._of(above)} {seen[above]}>"

    def _of(self, ref: object) -> str:
        return self.ids[str(ref)]

    def person(self, ref: str) -> str:
        return self.people.get(ref, ref)

    def subject(self, kind: str, ref: str) -> str:
        if kind == "statement_template":
            return self.rows[StatementTemplate][int(ref)]
        return self.person(ref) if kind == "person" else self.text(ref)

    def text(self, text: str) -> str:
        for prefix, name in self.keys.items():
            text = text.replace(prefix, name)
        return _UUID.sub(lambda found: self.ids.get(found[0], "<unnamed>"), text)

    def told(self, row: Model) -> str:
        values: dict[str, Any] = {}
        for field in row._meta.concrete_fields:
            if (field.primary_key and field.get_internal_type() != "CharField") or (
                type(row).__name__,
                field.name,
            ) in _LEFT_OUT:
                continue
            value = getattr(row, field.attname)
            named = self.rows.get(field.related_model) if field.related_model else None
            values[field.attname] = named[value] if named and value is not None else value
        if values.get("actor_kind") == "person":
            values["actor_ref"] = self.person(values["actor_ref"])
        if "subject_kind" in values:
            values["subject_id"] = self.subject(values["subject_kind"], values["subject_id"])
        if isinstance(values.get("body"), dict) and values["body"].get("person"):
            values["body"] = {**values["body"], "person": self.person(values["body"]["person"])}
        return self.text(json.dumps(values, default=_plain, sort_keys=True, ensure_ascii=False))


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
