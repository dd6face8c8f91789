"""Error code → what a person reads: what happened and what to do next. Why it happened is the error's own detail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from piepowder.kernel.errors import PiepowderError

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Sentence:
    """``happened`` is a heading, ``advice`` says what to do."""

    happened: Words
    advice: Words


BY_CODE: Mapping[str, Sentence] = {
    "not_permitted": Sentence(
        _("You may not do this"), _("Ask an administrator for the permission, or go on with something else.")
    ),
    "lease_lost": Sentence(
        _("This case is no longer yours"),
        _("You were away longer than the lease lasts, or the case was taken back. What you typed is kept: claim the case again to go on."),
    ),
    "too_late": Sentence(
        _("Too late to undo"), _("The enforcement has already left. Ask a lead to reverse the decision instead.")
    ),
    "older_snapshot": Sentence(
        _("A newer version has arrived"),
        _("Look at the newer version, or confirm that you decide on the one you have seen."),
    ),
    "missing_ground": Sentence(
        _("The decision has no ground"), _("Choose a policy and say whether the item is illegal or against the terms.")
    ),
    "missing_facts": Sentence(
        _("The decision has no facts"), _("Write in one or two sentences what in this item breaks the policy.")
    ),
    "missing_policy": Sentence(_("No policy is chosen"), _("Choose the policy that the item breaks, or “no violation”.")),
    "email_taken": Sentence(_("Somebody already uses this address"), _("Use another address, or edit that person.")),
    "code_taken": Sentence(_("This code is already in use"), _("Choose another code.")),
}

BY_STATUS: Mapping[int, Sentence] = {
    400: Sentence(_("This cannot be done"), _("Change what is named below and try again.")),
    401: Sentence(_("You are not logged in"), _("Log in and try again.")),
    403: Sentence(_("You may not do this"), _("Ask an administrator for the permission, or go on with something else.")),
    404: Sentence(
        _("There is nothing here"), _("It may have been moved, or it is outside what you may see. Search for it instead.")
    ),
    409: Sentence(
        _("Somebody or something was faster"), _("The state has changed since the page was loaded. Load it again and look.")
    ),
    422: Sentence(_("Something in the form is not right"), _("Correct what is named below and send it again.")),
    429: Sentence(_("Too many requests"), _("Wait a moment and try again.")),
}

_ANY = BY_STATUS[400]


def sentence_for(error: PiepowderError) -> Sentence:
    """The words for ``error``: by its code, else by the family it belongs to."""
    return BY_CODE.get(error.code) or BY_STATUS.get(error.status, _ANY)
