"""The only writers of letters and of their words."""

from __future__ import annotations

from piepowder.correspondence.filling import Words
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

__all__ = [
    "TOPIC",
    "BadLetterTemplate",
    "Draft",
    "LetterChannel",
    "LetterTemplateOvertaken",
    "MissingPlace",
    "NoLetterTemplate",
    "NoSuchLetterKind",
    "Recipient",
    "RecipientKind",
    "Words",
    "load_shipped_letters",
    "publish_letter_template",
    "send",
    "send_many",
]
