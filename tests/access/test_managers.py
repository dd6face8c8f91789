"""Whom people report to."""

from __future__ import annotations

import itertools
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from piepowder.access.models import Grant, Role, User, Vendor
from piepowder.access.operations import ManagerCircle, PersonFields, change_person, set_manager
from piepowder.access.queries import reporting_line
from piepowder.kernel.actor import SYSTEM, Actor, ActorKind
from piepowder.kernel.errors import Forbidden, Malformed
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> list[User]:
    house = Vendor.objects.create(code="house", name="House", kind="in_house")
    return [
        User.objects.create(email=f"p{number}@house.example", name=f"P {number}", vendor=house) for number in range(9)
    ]


def chain(people: list[User], now: datetime) -> None:
    for user, boss in itertools.pairwise(people):
        set_manager(actor=SYSTEM, user=user, manager=boss, at=now)


def test_the_line_goes_up_to_whoever_reports_to_nobody(people: list[User], now: datetime) -> None:
    chain(people, now)
    assert reporting_line(people[0].pk) == [one.pk for one in people[1:]]
    assert reporting_line(people[-1].pk) == []
    assert Fact.objects.filter(verb="person.set_manager").count() == 8


def test_nobody_leads_themselves_and_a_circle_from_elsewhere_ends(people: list[User], now: datetime) -> None:
    chain(people, now)
    for manager in (people[0], people[-1]):
        with pytest.raises(ManagerCircle):
            set_manager(actor=SYSTEM, user=people[-1], manager=manager, at=now)
    User.objects.filter(pk=people[-1].pk).update(manager=people[0])
    assert reporting_line(people[0].pk) == [one.pk for one in people[1:]]
    assert reporting_line(people[4].pk) == [one.pk for one in (*people[5:], *people[:4])]


def test_a_manager_is_of_the_same_vendor_and_the_line_is_cut_when_somebody_moves(
    people: list[User], now: datetime
) -> None:
    acme = Vendor.objects.create(code="acme", name="Acme", kind="bpo")
    stranger = User.objects.create(email="p@acme.example", name="Stranger", vendor=acme)
    with pytest.raises(Malformed):
        set_manager(actor=SYSTEM, user=people[0], manager=stranger, at=now)
    chain(people[:3], now)
    moved = User.objects.get(pk=people[1].pk)
    fields = PersonFields(email=moved.email, name=moved.name, vendor=acme)
    change_person(actor=SYSTEM, user=moved, fields=fields, at=now)
    assert (reporting_line(people[0].pk), reporting_line(people[1].pk)) == ([], [])


def test_only_who_manages_people_there_sets_it(people: list[User], now: datetime) -> None:
    nobody = Actor(ActorKind.PERSON, str(people[2].pk))
    with pytest.raises(Forbidden):
        set_manager(actor=nobody, user=people[0], manager=people[1], at=now)


def test_it_is_set_on_the_form_and_shown_on_the_page(people: list[User], now: datetime) -> None:
    role = Role.objects.create(code="all", name="All", permissions=[one.value for one in Permission])
    Grant.objects.create(user=people[5], role=role, granted_at=now)
    client = Client()
    client.force_login(people[5])
    said = {
        "email": people[0].email,
        "name": "P 0",
        "vendor": "house",
        "interface_language": "en",
        "timezone": "UTC",
        "manager": people[1].email,
    }
    address = reverse("person_edit", args=[people[0].pk])
    assert client.post(address, said).status_code == 302
    assert reporting_line(people[0].pk) == [people[1].pk]
    assert "P 1" in client.get(reverse("person", args=[people[0].pk])).content.decode()
    refused = client.post(address, {**said, "manager": "nobody@house.example"})
    assert refused.status_code == 422
    assert "You know of nobody with this address." in refused.content.decode()
