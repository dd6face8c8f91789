"""Writing the next version of a policy, having it approved, and moving and retiring policies, on their screens."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from piepowder.access.models import Role, User
from piepowder.access.operations import give
from piepowder.kernel.actor import SYSTEM, Scope
from piepowder.policy.models import Policy, PolicyVersion, Proposed
from piepowder.policy.states import ProposedState
from tests.web.conftest import LogIn

pytestmark = pytest.mark.django_db

CODE = "C-1.1"


@pytest.fixture
def writer(log_in: LogIn) -> Client:
    """Leo, who looks after policies here; Ada, the administrator, may approve them."""
    leo = User.objects.get(email="lead@market.example")
    give(actor=SYSTEM, user=leo, role=Role.objects.get(code="policy_manager"), scope=Scope(), at=datetime.now(UTC))
    return log_in("lead")


@pytest.fixture
def draft(writer: Client) -> Proposed:
    answer = writer.post(reverse("policy_draft_begin", args=[CODE]))
    proposed = Proposed.objects.get()
    assert answer["Location"] == reverse("policy_draft", args=[proposed.pk])
    return proposed


def typed(page: Client, draft: Proposed, **changes: Any) -> dict[str, Any]:
    """What a browser would send back of the form that is shown."""
    form = page.get(reverse("policy_draft", args=[draft.pk])).context["form"]
    told: dict[str, Any] = {
        **{name: form.content[name] for name in ("effective_from", "ground", "legal_reference", "terms_clause")},
        **{name: form.content[name] for name in ("category", "keywords", "severity")},
        "markets": form.markets,
        "language": [one.code for one in form.languages],
        "seen": page.get(reverse("policy_draft", args=[draft.pk])).context["seen"],
    }
    for one in form.languages:
        told |= {f"{one.code}.{name}": text for name, text in one.texts.items()}
    for row in form.rows:
        told |= {f"measure-{row.place}": row.chosen, f"days-{row.place}": row.days}
    return told | changes


def test_a_version_is_written_submitted_and_published_by_somebody_else(
    writer: Client, draft: Proposed, log_in: LogIn
) -> None:
    address = reverse("policy_draft", args=[draft.pk])
    form = typed(writer, draft, severity="0", **{"en.title": "Copies of branded goods", "do": "submit"})
    answer = writer.post(address, form)
    assert answer.status_code == 302, answer.context["form"].problems
    look = reverse("policy_draft_look", args=[draft.pk])
    shown = writer.get(look).content.decode()
    assert "<ins>" in shown
    assert "You have written at it" in shown
    seen = writer.get(look).context["seen"]
    own = writer.post(reverse("policy_draft_settle", args=[draft.pk, "approve"]), {"seen": seen})
    assert own.status_code == 403
    assert (
        log_in("admin").post(reverse("policy_draft_settle", args=[draft.pk, "approve"]), {"seen": seen}).status_code
        == 302
    )
    version = PolicyVersion.objects.filter(policy__code=CODE).order_by("-number")[0]
    assert (version.severity, version.texts.get(language="en").title) == (0, "Copies of branded goods")
    assert "Copies of branded goods" in writer.get(reverse("policy", args=[CODE])).content.decode()


def test_each_problem_stands_at_its_field_and_what_was_typed_stays(writer: Client, draft: Proposed) -> None:
    form = typed(writer, draft, effective_from="2020-01-01", markets="de, x!", **{"en.title": ""})
    form |= {"measure-0": "account:terminated", "days-0": "ten", "do": "submit"}
    answer = writer.post(reverse("policy_draft", args=[draft.pk]), form)
    assert answer.status_code == 422
    problems = answer.context["form"].problems
    assert set(problems) == {"effective_from", "markets", "texts.en.title", "row.0"}
    shown = answer.content.decode()
    assert 'value="DE, X!"' in shown
    assert 'value="ten"' in shown
    assert Proposed.objects.get().state == ProposedState.DRAFT


def test_keywords_follow_the_category_without_saving(writer: Client, draft: Proposed) -> None:
    form = typed(writer, draft, category="ANIMAL_WELFARE", keywords=[], do="show", more_language="pt")
    shown = writer.post(reverse("policy_draft", args=[draft.pk]), form)
    assert [code for code, _label, _chosen in shown.context["form"].keywords] == [
        "ANIMAL_HARM",
        "UNLAWFUL_SALE_ANIMALS",
    ]
    assert 'name="pt.title"' in shown.content.decode()
    assert Proposed.objects.get().content["category"] != "ANIMAL_WELFARE"


def test_two_who_write_at_once_are_told_and_neither_loses_a_word(
    writer: Client, draft: Proposed, log_in: LogIn
) -> None:
    address, other = reverse("policy_draft", args=[draft.pk]), log_in("admin")
    mine = typed(writer, draft, **{"en.title": "Mine"})
    other.post(address, typed(other, draft, **{"en.title": "Theirs"}))
    answer = writer.post(address, mine)
    assert answer.status_code == 409
    assert 'value="Mine"' in answer.content.decode()
    assert Proposed.objects.get().content["texts"]["en"]["title"] == "Theirs"
    assert writer.post(address, mine | {"do": "over"}).status_code == 302
    assert Proposed.objects.get().content["texts"]["en"]["title"] == "Mine"


def test_it_is_sent_back_with_a_reason_that_its_writer_reads(writer: Client, draft: Proposed, log_in: LogIn) -> None:
    writer.post(reverse("policy_draft", args=[draft.pk]), typed(writer, draft, do="submit"))
    settle = reverse("policy_draft_settle", args=[draft.pk, "send_back"])
    assert log_in("admin").post(settle, {"reason": " "}).status_code == 422
    log_in("admin").post(settle, {"reason": "Name the clause."})
    assert "Name the clause." in writer.get(reverse("policy_draft", args=[draft.pk])).content.decode()


def test_the_preview_shows_the_rule_and_the_letter_in_each_language(writer: Client, draft: Proposed) -> None:
    told = draft.content["texts"]["de"]["recipient_text"]
    shown = writer.get(reverse("policy_draft_look", args=[draft.pk]) + "?language=de")
    assert told in shown.context["statement"].text
    assert shown.context["statement"].text in shown.content.decode().replace("&quot;", '"').replace("&#x27;", "'")


def test_a_new_family_and_a_policy_in_it_come_from_the_screens(writer: Client, log_in: LogIn) -> None:
    page = log_in("admin")
    for code, sort, parent in (("Z", "family", ""), ("Z-1", "policy", "Z")):
        page.post(reverse("policy_draft_add"), {"code": code, "sort": sort, "parent": parent, "kinds": []})
        draft = Proposed.objects.get(policy_code=code)
        words = {
            "en.title": f"The {sort}",
            "en.rule": "Not so.",
            "en.recipient_text": "You did.",
            "terms_clause": "9.1",
        }
        words |= {"category": "SCAMS_AND_FRAUD", "severity": "2"} if sort == "policy" else {"severity": "3"}
        answer = page.post(reverse("policy_draft", args=[draft.pk]), typed(page, draft, do="submit", **words))
        assert answer.status_code == 302, answer.context["form"].problems
        seen = writer.get(reverse("policy_draft_look", args=[draft.pk])).context["seen"]
        writer.post(reverse("policy_draft_settle", args=[draft.pk, "approve"]), {"seen": seen})
    tree = [(line.code, line.depth) for line in page.get(reverse("policies")).context["lines"]][-2:]
    assert tree == [("Z", 0), ("Z-1", 1)]
    answer = page.post(reverse("policy_draft_add"), {"code": "Z-1", "sort": "policy", "parent": ""})
    assert answer.status_code == 422


def test_a_policy_is_moved_to_the_place_that_was_chosen(log_in: LogIn) -> None:
    page = log_in("admin")
    policy = Policy.objects.select_related("parent").get(code=CODE)
    shown = page.get(reverse("policy_place", args=[CODE]))
    assert [one["value"] for one in shown.context["places"] if one["here"]] == [f"{policy.parent.code}|"]  # type: ignore[union-attr]
    page.post(reverse("policy_place", args=[CODE]), {"place": "M|M-1"})
    codes = [line.code for line in page.get(reverse("policies")).context["lines"]]
    assert codes[codes.index("M-1") + 1] == CODE
    policy.refresh_from_db()
    assert policy.parent is not None
    assert policy.parent.code == "M"


def test_retiring_asks_first_when_cases_wait_with_it(log_in: LogIn) -> None:
    page, address = log_in("admin"), reverse("policy_retire", args=[CODE])
    asked = page.post(address)
    assert asked.status_code == 409
    assert asked.context["uses"].cases == 1
    assert Policy.objects.get(code=CODE).retired_at is None
    page.post(address, {"sure": "1"})
    assert Policy.objects.get(code=CODE).retired_at is not None


def test_the_table_of_translations_counts_and_filters(log_in: LogIn) -> None:
    page = log_in("admin")
    shown = page.get(reverse("policy_translations"))
    chinese = next(line for line in shown.context["counts"] if line["language"] == "zh-Hans")
    assert chinese["all"] == len(shown.context["rows"])
    partly = page.get(reverse("policy_translations") + "?language=de&standing=partly")
    counted = next(line for line in partly.context["counts"] if line["language"] == "de")
    assert len(partly.context["rows"]) == dict(counted["of"])["partly"] > 0


@pytest.mark.parametrize(("name", "most"), [("policy_drafts", 9), ("policy_translations", 13)])
def test_the_lists_cost_few_queries(
    name: str, most: int, draft: Proposed, log_in: LogIn, django_assert_max_num_queries: Any
) -> None:
    page = log_in("admin")
    page.get(reverse(name))
    with django_assert_max_num_queries(most):
        assert page.get(reverse(name)).status_code == 200


def test_who_may_only_read_policies_is_shown_no_way_to_write(draft: Proposed, log_in: LogIn) -> None:
    page = log_in("bpolead")
    assert "Write the next version" not in page.get(reverse("policy", args=["M-1"])).content.decode()
    assert page.post(reverse("policy_draft_begin", args=["M-1"])).status_code == 403
    assert page.get(reverse("policy_drafts")).status_code == 403
    assert page.get(reverse("policy_draft_look", args=[draft.pk])).status_code == 403
    assert page.get(reverse("policy_place", args=["M-1"])).status_code == 403
