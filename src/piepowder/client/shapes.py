"""What the API takes and gives, as it stands on the wire. Times are ISO 8601 in UTC; ``None`` means not there (yet)."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

Result = Literal["created", "updated", "unchanged", "refused"]


class ItemReceipt(TypedDict):
    """What became of one item. ``id`` is the marketplace's own, ``item`` and ``snapshot`` are Piepowder's."""

    result: Result
    kind: str
    id: str
    item: str
    snapshot: str
    number: int


class BadField(TypedDict):
    pointer: str
    code: str
    detail: str


class LineResult(TypedDict):
    """What became of one item of many; ``line`` counts from 1. A refused one has ``problems`` and no ``item``."""

    line: int
    result: Result
    kind: str
    id: str
    item: NotRequired[str]
    snapshot: NotRequired[str]
    number: NotRequired[int]
    problems: NotRequired[list[BadField]]


class Moment(TypedDict):
    """Something in a livestream, ``at_ms`` after its start: a ``snapshot`` has a ``picture`` (an address, or ``sha256:`` and
    the digest of an upload), ``transcript`` and ``chat`` a ``text``; ``ended`` has neither."""

    kind: Literal["snapshot", "transcript", "chat", "ended"]
    reference: str
    at_ms: int
    picture: NotRequired[str]
    text: NotRequired[str]
    detections: NotRequired[list[dict[str, Any]]]


class MomentsKept(TypedDict):
    new: int
    known: int


class ReportReceipt(TypedDict):
    """What became of a notice: one report for each of its items."""

    result: Literal["created", "duplicate"]
    reference: str
    received_at: str
    reports: list[str]


class UploadedMedia(TypedDict):
    """Cite it in an item's content as ``sha256:<digest>``."""

    digest: str
    content_type: str
    size: int
    width: int | None
    height: int | None


class Media(TypedDict):
    position: int
    role: str
    url: str
    state: str
    problem: str
    digest: str
    content_type: str
    width: int | None
    height: int | None


class Detection(TypedDict):
    model: str
    version: str
    label: str
    policy_code: str
    score: float
    spans: list[dict[str, Any]]
    found_at: str


class SnapshotLine(TypedDict):
    id: str
    number: int
    submission: str
    received_at: str


class Item(TypedDict):
    """An item as one of its snapshots shows it; ``external_id`` is the marketplace's own id."""

    id: str
    kind: str
    external_id: str
    market: str
    language: str
    state: str
    seller_ref: str
    title: str
    snapshot_id: str
    number: int
    newest_number: int
    submission: str
    content: dict[str, Any]
    received_at: str
    occurred_at: str | None
    media: list[Media]
    detections: list[Detection]
    snapshots: list[SnapshotLine]


class DecisionReceipt(TypedDict):
    """A machine's decision as stored; until ``final_at`` it can be withdrawn and nothing leaves."""

    id: str
    state: str
    final_at: str


class Imposed(TypedDict):
    id: str
    family: str
    measure: str
    description: str
    target_kind: str
    target_external_id: str
    territories: list[str]
    state: str
    starts_at: str
    ends_at: str | None


class Decision(TypedDict):
    id: str
    case_id: str | None
    item_id: str
    kind: str
    external_id: str
    title: str
    seller_ref: str
    market: str
    language: str
    decided_at: str
    final_at: str
    state: str
    outcome: str
    ground: str
    policies: list[str]
    enforcements: list[Imposed]
    source: str
    automated_detection: bool
    machine: str
    machine_version: str
    facts: str
    note: str
    decider_id: int | None
    decider: str
    vendor: str
    site: str
    team: str
    queue: str
    handling_ms: int | None


class Cited(TypedDict):
    code: str
    number: int
    title: str
    primary: bool
    legal_reference: str
    terms_clause: str


class Statement(TypedDict):
    """The statement of reasons, or why there is none (``exclusion``)."""

    puid: str
    exclusion: str
    language: str
    subject: str
    text: str
    structured: dict[str, Any]


class DecisionDetail(TypedDict):
    row: Decision
    snapshot_id: str
    snapshot_number: int
    evidence: list[str]
    cited: list[Cited]
    statement: Statement | None
    supersedes_id: str | None
    superseded_by_id: str | None
    withdrawn_at: str | None


class Case(TypedDict):
    """A case in a list; ``person`` holds it, put it on hold or decided it."""

    case_id: str
    item_id: str
    kind: str
    external_id: str
    title: str
    seller_ref: str
    item_state: str
    market: str
    language: str
    policy_code: str
    severity: int
    state: str
    queue_code: str
    queue_name: str
    vendor: str
    person_id: int | None
    person: str
    reports: int
    trust: int
    opened_at: str
    due_at: str | None
    at_risk_at: str | None
    first_claimed_at: str | None
    claimed_at: str | None
    first_viewed_at: str | None
    hold_until: str | None
    decided_at: str | None


class CaseStep(TypedDict):
    kind: str
    words: str
    at: str
    who: str
    vendor: str
    reason: str


class CaseClock(TypedDict):
    metric: str
    cycle: int
    state: str
    started_at: str
    target_s: int
    calendar: str
    due_at: str | None
    remaining_s: float | None
    breached_at: str | None
    ended_at: str | None


class CaseDetail(TypedDict):
    case: Case
    events: list[CaseStep]
    clocks: list[CaseClock]


class Tally(TypedDict):
    waiting: int
    in_progress: int
    held: int
    at_risk: int
    late: int
    oldest_at: str | None
    ages: list[int]
    people: int


class Part(TypedDict):
    code: str
    tally: Tally


class Queue(TypedDict):
    code: str
    name: str
    tally: Tally
    by_market: list[Part]
    by_language: list[Part]
    by_vendor: list[Part]


class Board(TypedDict):
    """How the work stands; ``ages`` count waiting cases in the bands of ``age_bands_s``, the last has no end."""

    at: str
    age_bands_s: list[int]
    rows: list[Queue]
    total: Tally
    people: dict[str, int]


class Policy(TypedDict):
    """A node of the policy tree as it stands."""

    code: str
    parent: str
    is_leaf: bool
    depth: int
    title: str
    kinds: list[str]
    number: int
    effective_from: str
    severity: int
    ground: str
    sensitive_media: bool


class PolicyText(TypedDict):
    line: Policy
    language: str
    rule: str
    examples_good: list[str]
    examples_bad: list[str]
    recipient_text: str
    markets: list[str]
    legal_reference: str
    terms_clause: str
    category: str
    keywords: list[str]
    default_enforcement: list[dict[str, Any]]


class Person(TypedDict):
    id: int
    name: str
    email: str
    vendor: str
    site: str
    team: str
    languages: list[str]
    active: bool
