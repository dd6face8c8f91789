"""Vendors, sites, teams, people, roles, grants and keys; what the organisation chose, and the views people saved."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from piepowder.access.states import LockKind, Theme, VendorKind


class Vendor(models.Model):
    """Who employs people: the marketplace itself or a BPO."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=VendorKind.choices)

    class Meta:
        ordering = ["code"]


class Site(models.Model):
    vendor = models.ForeignKey(Vendor, on_delete=models.PROTECT, related_name="sites")
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    country = models.CharField(max_length=2)
    region = models.CharField(max_length=10, blank=True)
    timezone = models.CharField(max_length=64)

    class Meta:
        ordering = ["code"]


class Team(models.Model):
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="teams")
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)

    class Meta:
        ordering = ["code"]


class People(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who works here. What they may do comes from grants alone."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    vendor = models.ForeignKey(Vendor, on_delete=models.PROTECT, related_name="people")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="people", null=True, blank=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="people", null=True, blank=True)
    manager = models.ForeignKey("self", on_delete=models.SET_NULL, related_name="led", null=True, blank=True)
    """Whom the person reports to; with theirs the reporting line."""
    languages = models.JSONField(default=list)
    """Codes of the languages the person may judge in (ISO 639-1, ``zh-Hans`` style where the script matters)."""
    started_on = models.DateField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    interface_language = models.CharField(max_length=10, default="en")
    timezone = models.CharField(max_length=64, default="UTC")
    theme = models.CharField(max_length=5, choices=Theme.choices, default=Theme.AUTO)
    preferences = models.JSONField(default=dict, blank=True)
    """What the person chose for their own work, by section; see ``preferences.py``."""
    joined_at = models.DateTimeField(auto_now_add=True)

    objects = People()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_any_case")]

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]


class Role(models.Model):
    """An editable set of permissions."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    permissions = models.JSONField(default=list)

    class Meta:
        ordering = ["code"]


class Grant(models.Model):
    """A role given to a person, within a scope; an empty list means all of that dimension."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="grants")
    vendors = models.JSONField(default=list, blank=True)
    queues = models.JSONField(default=list, blank=True)
    markets = models.JSONField(default=list, blank=True)
    languages = models.JSONField(default=list, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    granted_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]


class ApiKey(models.Model):
    """A key for the API: only a hash of its secret is kept."""

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, unique=True)
    secret_hash = models.CharField(max_length=64)
    permissions = models.JSONField(default=list)
    vendors = models.JSONField(default=list, blank=True)
    queues = models.JSONField(default=list, blank=True)
    markets = models.JSONField(default=list, blank=True)
    languages = models.JSONField(default=list, blank=True)
    rate_per_minute = models.PositiveIntegerField(default=60_000)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "id"]
        verbose_name = _("API key")


class Choice(models.Model):
    """What the organisation chose for one option (see ``options.py``); without a row its default holds."""

    key = models.CharField(max_length=60, primary_key=True)
    value = models.JSONField()
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["key"]


class SavedView(models.Model):
    """The filters and columns of a page under a name, for oneself or for everybody who may see the page."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="views")
    page = models.CharField(max_length=40)
    """Name of the page's route."""
    name = models.CharField(max_length=100)
    query = models.TextField(blank=True)
    """The query string of the page's address, without its question mark."""
    shared = models.BooleanField(default=False)
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ["page", "name", "id"]
        constraints = [models.UniqueConstraint(fields=["owner", "page", "name"], name="view_once")]


class Invitation(models.Model):
    """A link by which somebody who was added sets their first password; only a hash of its secret is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invitations")
    secret_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-sent_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="invitation_one_open",
            )
        ]


class LoginLock(models.Model):
    """The recent failures to log in of one account or from one address, and until when it is locked.

    ``subject`` is a keyed hash, so that what somebody typed by mistake (a password, a stranger's address) is not kept;
    ``user`` is set when the account exists.
    """

    kind = models.CharField(max_length=7, choices=LockKind.choices)
    subject = models.CharField(max_length=64)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True, related_name="login_locks")
    failures = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-last_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["kind", "subject"], name="login_lock_once")]


class AccessReview(models.Model):
    """That somebody looked at who holds what and stood by it; ``holdings`` is what they saw, without personal data."""

    reviewed_at = models.DateTimeField()
    reviewed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    vendors = models.JSONField(default=list, blank=True)
    """Codes of the vendors that were reviewed; empty means all."""
    holdings = models.JSONField(default=list)

    class Meta:
        ordering = ["-reviewed_at", "-id"]
