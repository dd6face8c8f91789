"""The letter of an invitation."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from piepowder.access.operations import Invited


def link_of(invited: Invited) -> str:
    """The link under the public address: the name that a request came by is whatever its sender wrote."""
    return f"{settings.PUBLIC_URL}{reverse('invitation_accept', args=[invited.secret])}"


def post_invitation(invited: Invited) -> None:
    """Hand the letter to the outbox, in the language of whoever is invited."""
    invitation = invited.invitation
    by = invitation.invited_by.name if invitation.invited_by else ""
    told = {"person": invitation.user, "by": by, "link": link_of(invited), "expires_at": invitation.expires_at}
    told["marketplace"] = settings.MARKETPLACE_NAME
    with override(invitation.user.interface_language):
        subject = _("You are invited to Piepowder of %(marketplace)s") % {"marketplace": settings.MARKETPLACE_NAME}
        body = render_to_string("web/accounts/invitation.txt", told)
        send_mail(" ".join(subject.split()), body, None, [invitation.user.email])
