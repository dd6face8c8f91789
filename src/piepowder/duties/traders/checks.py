"""What the form of a number says by itself. No look-up outside: a number that is well-formed may still not exist."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from django.core.exceptions import ValidationError as NotAnAddress
from django.core.validators import validate_email
from stdnum import iban, lei
from stdnum.eu import vat
from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidFormat, InvalidLength, ValidationError
from stdnum.us import tin

from piepowder.policy.dsa import EU_MARKETS

OK: Final = "ok"
CODES: Final = ("ok", "bad_checksum", "bad_length", "bad_format", "unknown_country", "not_checked")
_EORI: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{1,15}")
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()./-]{5,29}")
_COUNTRIES: Final = frozenset({*EU_MARKETS, "EL", "XI", "GB"})


def _by_standard(validate: Callable[[str], object]) -> Callable[[str], str]:
    def check(value: str) -> str:
        try:
            validate(value)
        except InvalidChecksum:
            return "bad_checksum"
        except InvalidLength:
            return "bad_length"
        except InvalidComponent:
            return "unknown_country"
        except (InvalidFormat, ValidationError):
            return "bad_format"
        return OK

    return check


def _eori(value: str) -> str:
    """The country's two letters and up to fifteen signs (Regulation (EU) 2015/2447, Annex 12-01)."""
    plain = re.sub(r"[\s.-]", "", value).upper()
    if plain[:2] not in _COUNTRIES:
        return "unknown_country"
    if len(plain) > 17:
        return "bad_length"
    return OK if _EORI.fullmatch(plain) else "bad_format"


def _email(value: str) -> str:
    try:
        validate_email(value.strip())
    except NotAnAddress:
        return "bad_format"
    return OK


def _account(value: str) -> str:
    """An IBAN is checked; an account of another sort, such as an American one, says nothing by its form."""
    plain = re.sub(r"\s", "", value).upper()
    return _IBAN(plain) if re.match(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{5}", plain) else "not_checked"


_IBAN: Final = _by_standard(iban.validate)
_CHECKS: Final[Mapping[str, Callable[[str], str]]] = {
    "vat": _by_standard(vat.validate),
    "lei": _by_standard(lei.validate),
    "eori": _eori,
    "tax_id": _by_standard(tin.validate),
    "payment_account": _account,
    "email": _email,
    "phone": lambda value: OK if _PHONE.fullmatch(value.strip()) else "bad_format",
}


def check(code: str, value: str) -> str:
    """One of ``CODES``: whether the value is well-formed; ``not_checked`` where its form says nothing."""
    found = _CHECKS.get(code)
    return found(value) if found is not None and value.strip() else "not_checked"
