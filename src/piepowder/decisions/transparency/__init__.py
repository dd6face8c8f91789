"""Judging statements for the DSA Transparency Database here, before they are sent.

``official`` is the verdict that the database itself would give, field by field; ``strict`` adds what a careful sender
demands. Nothing in here needs Django to be set up.
"""

from piepowder.decisions.transparency.official import EAN_FIELD, FieldError, Severity
from piepowder.decisions.transparency.verdict import MOST_TOGETHER, Level, validate, validate_batch
from piepowder.decisions.transparency.vocabulary import CONTENT_LANGUAGES, SCHEMA_VERSION

__all__ = [
    "CONTENT_LANGUAGES",
    "EAN_FIELD",
    "MOST_TOGETHER",
    "SCHEMA_VERSION",
    "FieldError",
    "Level",
    "Severity",
    "validate",
    "validate_batch",
]
