"""The DSA Transparency Database: judging statements as it does. Nothing in here needs Django to be set up.

from piepowder.interop.dsa import validate

for error in validate(payload, "strict", date.today()):
    print(error.severity, error.field, error.rule)
"""

from piepowder.decisions.transparency import FieldError, validate, validate_batch

__all__ = ["FieldError", "validate", "validate_batch"]
