"""The building blocks of the schemas, each with its own words for what can be wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, with_config
from pydantic_core import PydanticCustomError
from stdnum import ean
from stdnum.exceptions import InvalidChecksum
from stdnum.exceptions import ValidationError as BadNumber
from typing_extensions import TypedDict

from piepowder.intake.schemas.codes import COUNTRIES, CURRENCIES

CLOSED = ConfigDict(extra="forbid", strict=True)
"""Only known fields, and no guessing: "12" is not 12."""

# Identifiers and labels end up in log lines, addresses and file names: no control characters.
_ONE_LINE = r"^[^\x00-\x1f\x7f]+$"

Ref = Annotated[str, StringConstraints(max_length=200, pattern=_ONE_LINE)]
Label = Annotated[str, StringConstraints(max_length=100, pattern=_ONE_LINE)]
Version = Annotated[str, StringConstraints(max_length=60, pattern=_ONE_LINE)]
PolicyCode = Annotated[str, StringConstraints(max_length=40, pattern=_ONE_LINE)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Paragraph = Annotated[str, StringConstraints(max_length=5_000)]
LongText = Annotated[str, StringConstraints(max_length=50_000)]
Role = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,19}$")]
Kind = Literal["seller", "listing", "short_video", "livestream", "text", "document", "ip_claim"]


def _market(value: str) -> str:
    if value not in COUNTRIES:
        raise PydanticCustomError("unknown_market", "is no country of ISO 3166 (two capital letters such as DE)")
    return value


def _currency(value: str) -> str:
    if value not in CURRENCIES:
        raise PydanticCustomError("unknown_currency", "is no currency of ISO 4217 (three capital letters such as EUR)")
    return value


def _gtin(value: str) -> str:
    if len(value) in _GTIN_LENGTHS and value.isascii() and value.isdigit():
        digits = value.encode()
        if (3 * sum(digits[-2::-2]) + sum(digits[-1::-2]) - 48 * (len(digits) + 2 * (len(digits) // 2))) % 10 == 0:
            return value
    return _odd_gtin(value)


# The way of nearly every number; whatever does not pass there is judged by the library.
_GTIN_LENGTHS = frozenset({8, 12, 13, 14})


def _odd_gtin(value: str) -> str:
    try:
        number: str = ean.validate(value)
    except InvalidChecksum:
        digits = ean.compact(value)
        right = ean.calc_check_digit(digits[:-1])
        raise PydanticCustomError(
            "bad_check_digit", "ends in the wrong check digit: it would have to be {right}", {"right": right}
        ) from None
    except BadNumber:
        raise PydanticCustomError("bad_gtin", "is no GTIN: it has 8, 12, 13 or 14 digits") from None
    return number


def _media(value: str) -> str:
    if value.startswith(("https://", "http://")):
        if len(value) > 2_000 or " " in value or not value.isprintable():
            raise PydanticCustomError("bad_address", "has spaces, control characters or more than 2000 characters")
        return value
    if value.startswith("sha256:") and len(value) == 71 and set(value[7:]) <= set("0123456789abcdef"):
        return value
    raise PydanticCustomError(
        "bad_address", "must start with https:// or http://, or be sha256: and the digest of an upload"
    )


def _moment(value: str) -> str:
    parse_moment(value)
    return value


def _day(value: str) -> str:
    try:
        date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("bad_date", "is no date such as 2026-03-04") from None
    return value


def _email(value: str) -> str:
    try:
        validate_email(value)
    except ValidationError:
        raise PydanticCustomError("bad_email", "is no e-mail address") from None
    return value


def parse_moment(value: str) -> datetime:
    """An ISO 8601 time with its zone, as UTC; years outside 1990…2100 are taken for mistakes."""
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None and 1990 <= moment.year <= 2100:
            return moment.astimezone(UTC)
    except ValueError:
        pass
    raise PydanticCustomError("bad_time", "is no time with a zone such as 2026-03-04T10:00:00Z")


Market = Annotated[str, AfterValidator(_market)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?$")]
Currency = Annotated[str, AfterValidator(_currency)]
Gtin = Annotated[str, AfterValidator(_gtin)]
Media = Annotated[str, AfterValidator(_media)]
MediaList = Annotated[list[Media], Field(max_length=50)]
Moment = Annotated[str, AfterValidator(_moment)]
Day = Annotated[str, AfterValidator(_day)]
Email = Annotated[str, StringConstraints(max_length=254), AfterValidator(_email)]
Refs = Annotated[list[Ref], Field(max_length=200)]
Attributes = Annotated[dict[Label, Any], Field(max_length=200)]
Score = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


@with_config(CLOSED)
class ItemRef(TypedDict):
    """Another item, which may not have arrived yet."""

    kind: Kind
    id: Ref


@with_config(CLOSED)
class Money(TypedDict):
    """Minor units: 1299 with EUR is 12.99 euros."""

    amount: Annotated[int, Field(ge=0, le=10**15)]
    currency: Currency
