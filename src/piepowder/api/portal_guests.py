"""What the operations of the portal share: in whose name they are asked, and reading what was sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from ninja import Schema
from pydantic import Field, StringConstraints, ValidationError

from piepowder.api.auth import caller
from piepowder.api.bodies import json_body
from piepowder.api.contract import answer_shape, contract
from piepowder.api.paging import Word
from piepowder.kernel.errors import FieldProblem, Malformed
from piepowder.kernel.permissions import Permission
from piepowder.portal.links import Subject, SubjectKind
from piepowder.portal.pages import interface_language
from piepowder.portal.visits import Guest, NoSuchThing, in_the_name_of

M = TypeVar("M", bound=Model)
S = TypeVar("S", bound=Schema)
MOST_ROWS: Final = 100
ONE: Final[dict[str, Any]] = {"type": "object"}
Ref = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Language = Annotated[str, StringConstraints(max_length=10, pattern=r"^[A-Za-z-]+$")]


class Strict(Schema):
    """A body with known fields alone."""

    model_config = {"extra": "forbid"}


class Place(Schema):
    page: int = Field(1, ge=1, le=10_000)
    language: Word = Field("en", description="of the words; what people wrote stays as it is")


def reading(operation_id: str, description: str, *refuses: type[Any]) -> dict[str, Any]:
    return contract(
        operation_id,
        permission=Permission.PORTAL_LINK,
        refuses=(Malformed, NoSuchThing, *refuses),
        more={"responses": {200: answer_shape(description, ONE)}},
    )


def guest_in(request: HttpRequest, subject: str, language: str) -> Guest:
    """In whose name the caller asks; ``subject`` is ``seller:`` and the marketplace's id. Raises ``NoSuchThing``."""
    kind, _colon, ref = subject.partition(":")
    guest = in_the_name_of(caller(request), Subject(kind, ref, interface_language(language)))
    if kind != SubjectKind.SELLER or not ref or len(ref) > 200 or not ref.isprintable():
        raise NoSuchThing("a subject is 'seller:' and the marketplace's id of the seller")
    return guest


@contextmanager
def in_words(language: str) -> Iterator[None]:
    with translation.override(interface_language(language)):
        yield


def one_page(rows: QuerySet[M], number: int) -> tuple[list[M], bool]:
    found = list(rows[(number - 1) * MOST_ROWS : number * MOST_ROWS + 1])
    return found[:MOST_ROWS], len(found) > MOST_ROWS


def read_with(shape: type[S], request: HttpRequest) -> tuple[S, bytes]:
    """The body as ``shape``, and as it came; raises ``Malformed`` with a pointer to each fault."""
    sent, raw = json_body(request)
    try:
        return shape.model_validate(sent), raw
    except ValidationError as error:
        problems = [
            FieldProblem("/" + "/".join(map(str, one["loc"])), str(one["type"]), str(one["msg"]))
            for one in error.errors()
        ]
        raise Malformed("the body is not what it should be", problems=problems) from None


def unkept(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store, private"
    return response
