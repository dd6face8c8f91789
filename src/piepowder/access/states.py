"""The small closed lists of this package."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class VendorKind(models.TextChoices):
    IN_HOUSE = "in_house", _("in-house")
    BPO = "bpo", _("BPO")


class Theme(models.TextChoices):
    AUTO = "auto", _("as the system")
    LIGHT = "light", _("light")
    DARK = "dark", _("dark")


class LockKind(models.TextChoices):
    ACCOUNT = "account", _("account")
    ADDRESS = "address", _("address")
