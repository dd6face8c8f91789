"""What a failed rule says to a person."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from piepowder.decisions.transparency.official import FieldError
from piepowder.kernel.errors import FieldProblem


def told(rule: str) -> str:
    """One failed rule in a few words, to be read beside the field's name."""
    name, _colon, bound = rule.partition(":")
    return _plain(name) or _bounded(name, bound) or rule


def problems_of(errors: Iterable[FieldError]) -> list[FieldProblem]:
    """Errors as problems of an answer; each points into the statement."""
    return [FieldProblem("/" + error.field.replace(".", "/"), error.rule, told(error.rule)) for error in errors]


def _plain(name: str) -> str:
    return {
        "required": _("must be given"),
        "required_if": _("must be given with this ground or measure"),
        "required_without_all": _("at least one of the four restrictions must be given"),
        "in": _("is not one of the database's values"),
        "array": _("must be a list"),
        "list": _("must be a list"),
        "string": _("must be text"),
        "regex": _("is not written as it must be"),
        "url": _("must be a web address"),
        "date_format": _("must be a date such as 2026-03-04"),
        "between": _("must be a list of 1 to 100 statements"),
        "trimmed": _("must be exactly as it is stored, without spaces around it"),
        "unknown_key": _("only EAN-13 is known; anything else is lost"),
        "check_digit": _("must be 13 digits with the right check digit"),
        "same": _("differs from the same code in content_id, and one of them is lost"),
        "not_kept": _("is lost when several statements are sent; use content_id"),
        "category_keyword": _("a keyword belongs to another category"),
        "notice_only": _("only for notices whose illegality cannot be told"),
        "duplicate_in_call": _("stands there twice"),
        "exception": _("the database itself fails at this"),
    }.get(name, "")


def _bounded(name: str, bound: str) -> str:
    named = {"today": _("today"), "application_date": _("the start of the restriction")}.get(bound, bound)
    return {
        "max": _("at most %(bound)s characters") % {"bound": bound},
        "after_or_equal": _("must not be before %(bound)s") % {"bound": named},
        "before_or_equal": _("must not be after %(bound)s") % {"bound": named},
        "required_with": _("goes only together with %(bound)s") % {"bound": bound},
        "value": bound,
    }.get(name, "")
