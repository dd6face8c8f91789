"""Filling an installation, and letting it live."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.contrib.auth import authenticate
from django.db import connection

from piepowder.access.models import ApiKey, Grant, Role, Site, User, Vendor
from piepowder.access.operations import hash_secret
from piepowder.access.queries import actor_for
from piepowder.decisions.models import Decision, Enforcement, Statement
from piepowder.intake.models import Item, ItemMedia
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Unsealed
from piepowder.ledger.queries import verify
from piepowder.review.models import Case, Lease, Presence, Queue
from piepowder.review.states import ACTIVE_STATES
from piepowder.simulate.models import ReviewerTruth, Truth
from piepowder.simulate.operations import AlreadyPopulated, Seeded, demo_logins, seed, work

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def phases() -> list[tuple[str, int, int]]:
    return []


@pytest.fixture
def seeded(now: datetime, phases: list[tuple[str, int, int]]) -> Seeded:
    return seed(
        size="small",
        seed=1,
        now=now,
        items=120,
        password=PASSWORD,
        progress=lambda phase, done, total: phases.append((phase, done, total)),
    )


def test_a_seeded_installation_is_whole(seeded: Seeded, phases: list[tuple[str, int, int]], now: datetime) -> None:
    connection.check_constraints()

    assert (Vendor.objects.count(), Site.objects.count(), User.objects.count()) == (3, 5, 60)
    assert Item.objects.count() == seeded.items
    assert Case.objects.count() == seeded.cases
    assert Decision.objects.exclude(state="withdrawn").count() <= seeded.decisions
    assert Case.objects.filter(state__in=ACTIVE_STATES).exists()
    assert Queue.objects.filter(cases__isnull=False).distinct().count() >= 6
    assert not Enforcement.objects.filter(statement__text="").exists()
    assert set(Statement.objects.values_list("language", flat=True)) <= {"en", "de", "fr", "es", "it", "zh-Hans"}
    assert ItemMedia.objects.filter(state="stored").exists()
    assert Case.objects.filter(opened_at__gt=now).count() == 0
    assert {phase for phase, _, _ in phases} == {"organisation", "history", "ledger"}
    assert all(done <= total for _, done, total in phases)
    assert str(seeded.items) in seeded.summary()


def test_the_record_of_a_made_history_is_sealed_and_verifies(seeded: Seeded, now: datetime) -> None:
    verdict = verify(now=now)

    assert not Unsealed.objects.exists()
    assert verdict.facts > 1_000
    assert verdict.problems == []


def test_every_role_has_a_login_that_works(seeded: Seeded, now: datetime) -> None:
    assert {role for role, _ in demo_logins()} == set(Role.objects.values_list("code", flat=True))
    for role, email in demo_logins():
        user = authenticate(None, email=email, password=PASSWORD)
        assert user is not None, email
        assert Grant.objects.filter(user=user, role__code=role).exists()


def test_the_marketplace_has_a_key_that_may_submit(seeded: Seeded) -> None:
    prefix, secret = seeded.api_key.split(".")
    key = ApiKey.objects.get(prefix=prefix)

    assert key.secret_hash == hash_secret(secret)
    assert Permission.ITEM_SUBMIT in key.permissions
    assert secret not in repr(seeded)


def test_people_of_an_outsourcer_hold_nothing_beyond_their_vendor(seeded: Seeded, now: datetime) -> None:
    theirs = User.objects.filter(vendor__kind="bpo")

    assert theirs.count() > 20
    for user in theirs:
        assert {scope for mandate in actor_for(user, now=now).mandates for scope in mandate.scope.vendors} == {
            user.vendor.code
        }


def test_the_truth_is_kept_apart_and_complete(seeded: Seeded) -> None:
    assert Truth.objects.filter(snapshot_number=1).count() == seeded.items
    assert Truth.objects.exclude(policy_code="").exists()
    workers = {"moderator", "external_moderator", "team_lead", "moc_specialist"}
    assert ReviewerTruth.objects.count() == Grant.objects.filter(role__code__in=workers).count()
    assert {"families", "fatigue", "drift", "site"} <= ReviewerTruth.objects.all()[0].profile.keys()


def test_a_second_history_is_refused_and_changes_nothing(seeded: Seeded, now: datetime) -> None:
    before = (Item.objects.count(), User.objects.count())

    with pytest.raises(AlreadyPopulated):
        seed(size="small", seed=2, now=now, items=50, progress=lambda *told: None)

    assert (Item.objects.count(), User.objects.count()) == before


def test_a_marketplace_lives_on_and_leaves_nothing_in_hand(seeded: Seeded, now: datetime) -> None:
    decided, arrived = Decision.objects.count(), Item.objects.count()
    leases = set(Lease.objects.values_list("pk", flat=True))

    done = work(seed=1, minutes=3, reviewers=4, items_per_minute=6, clock=Clock(now), sleep=lambda seconds: None)

    assert done > 0
    assert Decision.objects.count() == decided + done
    assert Item.objects.count() > arrived
    assert not Lease.objects.exclude(pk__in=leases).exists()
    assert Presence.objects.filter(state="offline", seen_at__gt=now).count() == 4


class Clock:
    """A clock that moves on two seconds with every look."""

    def __init__(self, now: datetime) -> None:
        self.times: Iterator[datetime] = (now + timedelta(seconds=2 * turn) for turn in range(10_000))

    def __call__(self) -> datetime:
        return next(self.times)
