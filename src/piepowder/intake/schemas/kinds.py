"""The seven kinds of item and what their content says."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from piepowder.intake.schemas.fields import (
    CLOSED,
    Attributes,
    Day,
    Email,
    Gtin,
    ItemRef,
    Kind,
    Label,
    Language,
    Line,
    LongText,
    Market,
    Media,
    MediaList,
    Moment,
    Money,
    Paragraph,
    PolicyCode,
    Ref,
    Refs,
    Role,
    Score,
    Version,
)

SCHEMA_VERSIONS = dict.fromkeys(("seller", "listing", "short_video", "livestream", "text", "document", "ip_claim"), 1)
"""The version of each kind's schema that snapshots are written in."""


@with_config(CLOSED)
class Address(TypedDict):
    lines: Annotated[list[Line], Field(max_length=6)]
    city: NotRequired[Line]
    postcode: NotRequired[Label]
    region: NotRequired[Line]
    country: Market


@with_config(CLOSED)
class Registration(TypedDict):
    """Where the business is registered, and under which number."""

    register: Line
    number: Label


@with_config(CLOSED)
class Paper(TypedDict):
    """A document as a part of the seller's file."""

    doc_type: Label
    issuer: NotRequired[Line]
    number: NotRequired[Label]
    expires_on: NotRequired[Day]
    file: NotRequired[Media]


@with_config(CLOSED)
class Seller(TypedDict):
    name: Line
    legal_name: NotRequired[Line]
    business_type: NotRequired[Literal["individual", "sole_trader", "company", "charity", "public_body"]]
    description: NotRequired[Paragraph]
    address: NotRequired[Address]
    email: NotRequired[Email]
    phone: NotRequired[Label]
    website: NotRequired[Line]
    registration: NotRequired[Registration]
    vat_id: NotRequired[Label]
    self_certified: NotRequired[bool]
    joined_at: NotRequired[Moment]
    logo: NotRequired[Media]
    documents: NotRequired[Annotated[list[Paper], Field(max_length=50)]]
    attributes: NotRequired[Attributes]


@with_config(CLOSED)
class Listing(TypedDict):
    title: Line
    description: NotRequired[LongText]
    price: NotRequired[Money]
    category: NotRequired[Line]
    brand: NotRequired[Label]
    gtin: NotRequired[Gtin]
    condition: NotRequired[Literal["new", "refurbished", "used", "for_parts"]]
    images: NotRequired[MediaList]
    attributes: NotRequired[Attributes]


@with_config(CLOSED)
class ShortVideo(TypedDict):
    video: Media
    caption: NotRequired[Paragraph]
    duration_s: NotRequired[Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]]
    thumbnails: NotRequired[MediaList]
    promotes: NotRequired[Refs]
    attributes: NotRequired[Attributes]


@with_config(CLOSED)
class Livestream(TypedDict):
    """``stream`` is shown by its address; only what has an end can be kept."""

    title: Line
    stream: NotRequired[Media]
    started_at: NotRequired[Moment]
    host: NotRequired[Label]
    thumbnails: NotRequired[MediaList]
    promotes: NotRequired[Refs]
    attributes: NotRequired[Attributes]


@with_config(CLOSED)
class Text(TypedDict):
    body: Annotated[LongText, Field(min_length=1)]
    text_type: Literal["review", "comment", "message"]
    about: NotRequired[ItemRef]
    rating: NotRequired[Annotated[int, Field(ge=1, le=5)]]
    images: NotRequired[MediaList]
    attributes: NotRequired[Attributes]


@with_config(CLOSED)
class Document(TypedDict):
    doc_type: Label
    file: NotRequired[Media]
    issuer: NotRequired[Line]
    number: NotRequired[Label]
    issued_on: NotRequired[Day]
    expires_on: NotRequired[Day]
    document_of: NotRequired[ItemRef]
    attributes: NotRequired[Attributes]


@with_config(CLOSED)
class IpClaim(TypedDict):
    right_type: Literal["trademark", "copyright", "design", "patent", "utility_model", "other"]
    owner: Line
    statement: Annotated[LongText, Field(min_length=1)]
    claimed_items: Annotated[list[ItemRef], Field(min_length=1, max_length=200)]
    right_number: NotRequired[Label]
    evidence: NotRequired[MediaList]
    attributes: NotRequired[Attributes]


@with_config(CLOSED)
class RelationField(TypedDict):
    role: Role
    kind: Kind
    id: Ref


@with_config(CLOSED)
class DetectionField(TypedDict):
    """What an outside model found; ``spans`` say where, as ``{"field", "start", "end"}`` or ``{"media", "at_s"}``."""

    model: Label
    version: Version
    label: Label
    score: Score
    policy: NotRequired[PolicyCode]
    spans: NotRequired[Annotated[list[dict[str, Any]], Field(max_length=200)]]


@with_config(CLOSED)
class _Envelope(TypedDict):
    id: Ref
    market: Market
    language: Language
    submission: NotRequired[Literal["submitted", "updated", "withdrawn", "deleted"]]
    seller: NotRequired[Ref]
    schema_version: NotRequired[Literal[1]]
    relations: NotRequired[Annotated[list[RelationField], Field(max_length=200)]]
    detections: NotRequired[Annotated[list[DetectionField], Field(max_length=200)]]
    occurred_at: NotRequired[Moment]


@with_config(CLOSED)
class SellerItem(_Envelope):
    kind: Literal["seller"]
    content: NotRequired[Seller]


@with_config(CLOSED)
class ListingItem(_Envelope):
    kind: Literal["listing"]
    content: NotRequired[Listing]


@with_config(CLOSED)
class ShortVideoItem(_Envelope):
    kind: Literal["short_video"]
    content: NotRequired[ShortVideo]


@with_config(CLOSED)
class LivestreamItem(_Envelope):
    kind: Literal["livestream"]
    content: NotRequired[Livestream]


@with_config(CLOSED)
class TextItem(_Envelope):
    kind: Literal["text"]
    content: NotRequired[Text]


@with_config(CLOSED)
class DocumentItem(_Envelope):
    kind: Literal["document"]
    content: NotRequired[Document]


@with_config(CLOSED)
class IpClaimItem(_Envelope):
    kind: Literal["ip_claim"]
    content: NotRequired[IpClaim]


AnyItem = Annotated[
    SellerItem | ListingItem | ShortVideoItem | LivestreamItem | TextItem | DocumentItem | IpClaimItem,
    Field(discriminator="kind"),
]
ITEMS: TypeAdapter[Any] = TypeAdapter(AnyItem)

MEDIA_FIELDS: dict[str, tuple[tuple[str, str], ...]] = {
    "seller": (("logo", "image"),),
    "listing": (("images", "image"),),
    "short_video": (("video", "video"), ("thumbnails", "thumbnail")),
    "livestream": (("stream", "stream"), ("thumbnails", "thumbnail")),
    "text": (("images", "image"),),
    "document": (("file", "document"),),
    "ip_claim": (("evidence", "document"),),
}
"""Where a kind's content names media, and the role that gives them, in the order they are shown."""

RELATION_FIELDS: dict[str, tuple[tuple[str, str], ...]] = {
    "short_video": (("promotes", "promotes"),),
    "livestream": (("promotes", "promotes"),),
    "text": (("about", "about"),),
    "document": (("document_of", "document_of"),),
    "ip_claim": (("claimed_items", "claims_against"),),
}
"""Where a kind's content names other items, and the role of that; bare ids are listings."""

TITLE_FIELDS = {
    "seller": "name",
    "listing": "title",
    "short_video": "caption",
    "livestream": "title",
    "text": "body",
    "document": "doc_type",
    "ip_claim": "owner",
}
"""What an item is called in lists."""


def json_schema() -> dict[str, Any]:
    """The JSON schema of one submitted item, for documentation."""
    return ITEMS.json_schema()
