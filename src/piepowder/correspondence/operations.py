"""The only writers of letters and of their words."""

from __future__ import annotations

from piepowder.correspondence.cancelling import NoSuchLetter, cancel, cancel_letter
from piepowder.correspondence.filling import Words
from piepowder.correspondence.reporters import confirm_receipt, tell_outcome, tell_undone
from piepowder.correspondence.sending import TOPIC, Draft, MissingPlace, Recipient, send, send_many
from piepowder.correspondence.states import LetterChannel, RecipientKind
from piepowder.correspondence.templates import (
    BadLetterTemplate,
    LetterTemplateOvertaken,
    NoLetterTemplate,
    NoSuchLetterKind,
    load_shipped_letters,
    publish_letter_template,
)
from piepowder.correspondence.trying import NoAddress, Preview, preview, send_test
from piepowder.outbox.operations import TooLate

__all__ = [
    "TOPIC",
    "BadLetterTemplate",
    "Draft",
    "LetterChannel",
    "LetterTemplateOvertaken",
    "MissingPlace",
    "NoAddress",
    "NoLetterTemplate",
    "NoSuchLetter",
    "NoSuchLetterKind",
    "Preview",
    "Recipient",
    "RecipientKind",
    "TooLate",
    "Words",
    "cancel",
    "cancel_letter",
    "confirm_receipt",
    "load_shipped_letters",
    "preview",
    "publish_letter_template",
    "send",
    "send_many",
    "send_test",
    "tell_outcome",
    "tell_undone",
]
