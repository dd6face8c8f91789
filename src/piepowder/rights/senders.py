"""Who sends a notice on a right, and whether what they send can be received as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from piepowder.intake.reporters import ref_of
from piepowder.intake.schemas import ReporterGiven
from piepowder.intake.states import ReporterKind
from piepowder.kernel.errors import FieldProblem, Malformed
from piepowder.rights.models import Right
from piepowder.rights.states import SenderKind

MOST_LINES = 5_000
MOST_EVIDENCE = 50
ANYBODY = "form"
"""The reference of whoever fills in a form that needs no account: the e-mail address they type proves nothing."""
_LONGEST_LOCATION = 2_000
_LONGEST_REASON = 50_000


class BadClaims(Malformed):
    code = "bad_claims"


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends a notice: ``ref`` is what the marketplace knows them by, or empty for somebody known by e-mail alone."""

    ref: str = ""
    name: str = ""
    email: str = ""


def cleaned(locations: Sequence[str]) -> list[str]:
    """What was typed, each place once."""
    return list(dict.fromkeys(text for one in locations if (text := one.strip())))


def known_sender(sender: Sender, right: Right) -> tuple[Sender, str]:
    """The sender with what is known of them, and whether they are the owner or the owner's agent."""
    ref = sender.ref or ref_of(ReporterGiven(ReporterKind.RIGHTS_HOLDER.value, "", sender.name, sender.email))
    kind, name, email = SenderKind.OTHER, "", ""
    if ref and ref == right.owner_ref:
        kind, name, email = SenderKind.OWNER, right.owner_name, right.owner_email
    elif ref and ref == right.agent_ref:
        kind, name, email = SenderKind.AGENT, right.agent_name, right.agent_email
    return Sender(ref, sender.name.strip() or name, sender.email.strip() or email), kind.value


def check_notice(
    sender: Sender, lines: list[str], reason: str, good_faith: bool, evidence: Sequence[str], reference: str
) -> None:
    """Raise ``BadClaims`` with a problem for each field that keeps it from being a notice (DSA Art. 16(2))."""
    problems = []
    if not lines:
        problems.append(FieldProblem("/locations", "missing", _("name at least one item")))
    if len(lines) > MOST_LINES:
        said = _("at most %(most)d items in one notice") % {"most": MOST_LINES}
        problems.append(FieldProblem("/locations", "too_many", said))
    if any(len(line) > _LONGEST_LOCATION for line in lines):
        problems.append(FieldProblem("/locations", "too_long", _("one of the addresses is too long")))
    if not reason.strip():
        problems.append(FieldProblem("/reason", "missing", _("say in words why the items infringe the right")))
    if len(reason) > _LONGEST_REASON:
        problems.append(
            FieldProblem("/reason", "too_long", _("at most %(most)d characters") % {"most": _LONGEST_REASON})
        )
    if any("\0" in text for text in (sender.ref, sender.name, sender.email, reason, reference, *lines, *evidence)):
        problems.append(FieldProblem("", "bad_text", _("a text must not hold the character zero")))
    if len(reference) > 200 or len(sender.ref) > 200 or len(sender.name) > 200 or len(sender.email) > 254:
        problems.append(FieldProblem("/sender", "too_long", _("the reference or a name is too long")))
    if len(evidence) > MOST_EVIDENCE or any(len(piece) > _LONGEST_LOCATION for piece in evidence):
        problems.append(FieldProblem("/evidence", "too_many", _("too much evidence for one notice")))
    if not good_faith:
        said = _("a notice needs the statement that its facts are believed accurate and complete")
        problems.append(FieldProblem("/good_faith", "good_faith_missing", said))
    for field in ("name", "email"):
        if not getattr(sender, field):
            said = _("a notice needs the sender's name and e-mail address")
            problems.append(FieldProblem(f"/sender/{field}", "contact_missing", said))
    if problems:
        raise BadClaims(_("the notice cannot be received like this"), problems=problems)
