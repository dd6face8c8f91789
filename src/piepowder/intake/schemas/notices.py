"""Reading one notice (DSA Art. 16)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field, StringConstraints, TypeAdapter, with_config
from pydantic_core import ValidationError
from typing_extensions import TypedDict

from piepowder.intake.schemas.fields import CLOSED, Email, ItemRef, Language, Line, LongText, Media, PolicyCode, Ref
from piepowder.intake.schemas.submissions import _zero
from piepowder.intake.schemas.values import Notice, ReporterGiven
from piepowder.intake.schemas.wording import field_problems, pointer_to
from piepowder.kernel.errors import FieldProblem

Location = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]


@with_config(CLOSED)
class ReporterField(TypedDict):
    kind: Literal["user", "rights_holder", "trusted_flagger", "authority", "anonymous"]
    id: NotRequired[Ref]
    name: NotRequired[Annotated[Line, Field(max_length=200)]]
    email: NotRequired[Email]


@with_config(CLOSED)
class NoticeField(TypedDict):
    reporter: ReporterField
    items: Annotated[list[ItemRef], Field(min_length=1, max_length=200)]
    basis: Literal["illegal", "terms"]
    reason: Annotated[LongText, Field(min_length=1)]
    good_faith: bool
    reference: NotRequired[Ref]
    policy: NotRequired[PolicyCode]
    locations: NotRequired[Annotated[list[Location], Field(max_length=200)]]
    evidence: NotRequired[Annotated[list[Media], Field(max_length=50)]]
    language: NotRequired[Language]


NOTICES: TypeAdapter[Any] = TypeAdapter(NoticeField)


def parse_notice(raw: Any, pointer: str = "") -> Notice | list[FieldProblem]:
    """``raw`` (a decoded JSON value) as a ``Notice``, or what is wrong with it; never raises."""
    try:
        given = NOTICES.validate_python(raw)
    except ValidationError as error:
        return field_problems(error, NOTICES, pointer, tagged=False)
    if (place := _zero(given)) is not None:
        return [FieldProblem(pointer_to(pointer, place), "bad_text", "a text must not hold the character zero")]
    if not given["good_faith"]:
        detail = (
            "'good_faith' must be true: a notice needs the statement that its facts are believed accurate and complete"
        )
        return [FieldProblem(f"{pointer}/good_faith", "good_faith_missing", detail)]
    if not given["reason"].strip():
        return [FieldProblem(f"{pointer}/reason", "too_short", "'reason' must say in words what is wrong")]
    reporter = given["reporter"]
    return Notice(
        reporter=ReporterGiven(
            reporter["kind"], reporter.get("id", ""), reporter.get("name", ""), reporter.get("email", "")
        ),
        items=tuple(dict.fromkeys((item["kind"], item["id"]) for item in given["items"])),
        basis=given["basis"],
        reason=given["reason"],
        good_faith=True,
        reference=given.get("reference", ""),
        policy_code=given.get("policy", ""),
        locations=tuple(given.get("locations", ())),
        evidence=tuple(given.get("evidence", ())),
        language=given.get("language", ""),
    )
