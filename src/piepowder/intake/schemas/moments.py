"""Reading the moments of a livestream: pictures, speech and chat at their places in the stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field, TypeAdapter, with_config
from pydantic_core import ValidationError
from typing_extensions import TypedDict

from piepowder.intake.schemas.fields import CLOSED, Media, Paragraph, Ref
from piepowder.intake.schemas.kinds import DetectionField
from piepowder.intake.schemas.submissions import _detection, _zero
from piepowder.intake.schemas.values import DetectionGiven
from piepowder.intake.schemas.wording import field_problems, pointer_to
from piepowder.kernel.errors import FieldProblem

MOST_MOMENTS = 500
_LONGEST_STREAM_MS = 14 * 24 * 3600 * 1000


@with_config(CLOSED)
class MomentField(TypedDict):
    """``reference`` is the sender's own id of the moment, ``at_ms`` counts from the start of the stream.

    A ``snapshot`` has a ``picture``, by address or as ``sha256:`` and the digest of an upload; ``transcript`` and ``chat``
    have a ``text``, in which the ``spans`` of their detections count; ``ended`` says that the stream is over.
    """

    kind: Literal["snapshot", "transcript", "chat", "ended"]
    reference: Ref
    at_ms: Annotated[int, Field(ge=0, le=_LONGEST_STREAM_MS)]
    picture: NotRequired[Media]
    text: NotRequired[Annotated[Paragraph, Field(min_length=1)]]
    detections: NotRequired[Annotated[list[DetectionField], Field(max_length=50)]]


@with_config(CLOSED)
class MomentsField(TypedDict):
    moments: Annotated[list[MomentField], Field(min_length=1, max_length=MOST_MOMENTS)]


MOMENTS: TypeAdapter[Any] = TypeAdapter(MomentsField)
_SAYS = {"snapshot": "picture", "transcript": "text", "chat": "text"}
"""The field that each kind must have; it has no other."""


@dataclass(frozen=True, slots=True)
class MomentGiven:
    """One moment as read; a picture comes by ``url`` or by ``digest``."""

    kind: str
    reference: str
    at_ms: int
    text: str = ""
    url: str = ""
    digest: str = ""
    detections: tuple[DetectionGiven, ...] = ()


def parse_moments(raw: Any) -> list[MomentGiven] | list[FieldProblem]:
    """``raw`` (a decoded JSON value) as moments, or what is wrong with it; never raises and is never empty."""
    try:
        given = MOMENTS.validate_python(raw)
    except ValidationError as error:
        return field_problems(error, MOMENTS, "", tagged=False)
    if (place := _zero(given)) is not None:
        return [FieldProblem(pointer_to("", place), "bad_text", "a text must not hold the character zero")]
    found = [problem for index, one in enumerate(given["moments"]) for problem in _misfits(one, f"/moments/{index}")]
    return found or [_moment(one) for one in given["moments"]]


def _misfits(one: dict[str, Any], pointer: str) -> Iterator[FieldProblem]:
    wanted = _SAYS.get(one["kind"], "")
    if wanted and wanted not in one:
        yield FieldProblem(f"{pointer}/{wanted}", "missing", f"'{wanted}' is missing in a moment of kind {one['kind']}")
    for field in {"picture", "text"} - {wanted}:
        if field in one:
            yield FieldProblem(
                f"{pointer}/{field}", "unknown_field", f"a moment of kind {one['kind']} has no '{field}'"
            )


def _moment(one: dict[str, Any]) -> MomentGiven:
    picture = one.get("picture", "")
    digest = picture.removeprefix("sha256:") if picture.startswith("sha256:") else ""
    return MomentGiven(
        kind=one["kind"],
        reference=one["reference"],
        at_ms=one["at_ms"],
        text=one.get("text", ""),
        url="" if digest else picture,
        digest=digest,
        detections=tuple(map(_detection, one.get("detections", ()))),
    )
