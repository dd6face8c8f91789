"""The words of statements, edited on their screens."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from piepowder.decisions.models import StatementTemplate
from tests.web.conftest import LogIn

pytestmark = pytest.mark.django_db

DE = "/templates/de/"


def typed(page: Client, address: str = DE, **changes: Any) -> dict[str, Any]:
    """What a browser would send back of the form that is shown."""
    shown = page.get(address).context
    form = shown["form"]
    told = {"subject": form.subject, "body": form.body, "months": form.months, "countries": form.countries}
    told |= {f"phrase.{phrase.name}": phrase.text for group in form.groups for phrase in group.phrases}
    return told | {"base": str(shown["base"])} | changes


def test_the_next_version_is_previewed_compared_and_published(log_in: LogIn) -> None:
    page = log_in("admin")
    form = typed(page, subject="Neues zu {{ item }}")
    shown = page.post(DE, form | {"do": "preview"})
    assert shown.context["statement"].subject.startswith("Neues zu ")
    assert [change.label for change in shown.context["changes"]] == ["Subject"]
    assert StatementTemplate.objects.filter(language="de").count() == 1
    assert page.post(DE, form | {"do": "publish"}).status_code == 302
    newest = StatementTemplate.objects.filter(language="de").latest("number")
    assert (newest.number, newest.subject) == (2, "Neues zu {{ item }}")
    first = StatementTemplate.objects.get(language="de", number=1)
    assert newest.phrases == first.phrases


def test_what_would_make_incomplete_statements_is_named_at_its_place(log_in: LogIn) -> None:
    page = log_in("admin")
    form = typed(page, subject="", **{"phrase.ground.terms": "{title} {nonsense}", "months": "Januar"})
    answer = page.post(DE, form | {"do": "publish"})
    assert answer.status_code == 422
    assert {"subject", "months", "phrase.ground.terms"} == set(answer.context["form"].problems)
    assert "{title} {nonsense}" in answer.content.decode()
    assert StatementTemplate.objects.filter(language="de").count() == 1


def test_words_published_meanwhile_are_not_overwritten_unseen(log_in: LogIn) -> None:
    page = log_in("admin")
    mine, theirs = typed(page, subject="Meins: {{ item }}"), typed(page, subject="Ihres: {{ item }}")
    page.post(DE, theirs | {"do": "publish"})
    answer = page.post(DE, mine | {"do": "publish"})
    assert answer.status_code == 409
    assert "Meins: {{ item }}" in answer.content.decode()
    assert page.post(DE, mine | {"do": "publish", "base": str(answer.context["base"])}).status_code == 302


def test_an_older_version_comes_back_as_a_draft(log_in: LogIn) -> None:
    page = log_in("admin")
    old = StatementTemplate.objects.get(language="de")
    page.post(DE, typed(page, subject="Neues zu {{ item }}", do="publish"))
    assert page.get("/templates/de/1/").context["changes"]
    page.post(DE, typed(page, DE + "?from=1", do="publish"))
    newest = StatementTemplate.objects.filter(language="de").latest("number")
    assert (newest.number, newest.subject) == (3, old.subject)


def test_a_language_without_words_begins_with_the_english_ones(log_in: LogIn) -> None:
    page = log_in("admin")
    assert page.post("/templates/nl/", typed(page, "/templates/nl/", do="publish")).status_code == 302
    assert "/templates/nl/" in page.get(reverse("statement_templates")).content.decode()


def test_the_list_costs_few_queries_and_is_for_those_who_edit_templates(
    log_in: LogIn, django_assert_max_num_queries: Any
) -> None:
    page = log_in("lead")
    page.get(reverse("statement_templates"))
    with django_assert_max_num_queries(8):
        assert page.get(reverse("statement_templates")).status_code == 200
    assert log_in("moderator").get(reverse("statement_templates")).status_code == 403
    assert log_in("bpolead").get(DE).status_code == 403
