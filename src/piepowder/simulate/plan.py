"""The organisation that works on the synthetic marketplace, as plain values: who is where and may do what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from piepowder.simulate.chance import Chance
from piepowder.simulate.vocabulary import words

DOMAIN = "demo.test"


@dataclass(frozen=True, slots=True)
class SitePlan:
    """A site: how many moderators it has, in which languages, and how much more often it errs than a good one."""

    vendor: str
    code: str
    name: str
    country: str
    timezone: str
    moderators: int
    teams: int
    languages: tuple[tuple[str, ...], ...]
    """What its moderators read, in turn."""
    errs: float
    names: tuple[str, ...] = ("en",)
    """Languages whose names people there have."""


@dataclass(frozen=True, slots=True)
class PersonPlan:
    key: str
    name: str
    email: str
    role: str
    vendor: str
    site: str
    team: str
    languages: tuple[str, ...]
    skills: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    markets: tuple[str, ...] = ()
    interface_language: str = "en"

    @property
    def works(self) -> bool:
        """Whether they take cases."""
        return self.role in ("moderator", "external_moderator", "team_lead", "moc_specialist")


@dataclass(frozen=True, slots=True)
class QueuePlan:
    code: str
    name: str
    purpose: str
    skill: str = ""
    vendors: tuple[str, ...] = ()
    calendar: str = ""
    targets_h: tuple[float, float, float, float] = (1, 4, 24, 72)
    lease_s: int = 300
    escalates_to: str = "escalated"


VENDORS: tuple[tuple[str, str, str], ...] = (
    ("house", "Marketplace Integrity", "in_house"),
    ("brightwater", "Brightwater Services", "bpo"),
    ("calloway", "Calloway Outsourcing", "bpo"),
)
BAD_VENDOR = "calloway"
"""The vendor that is planted to be clearly worse than the others."""

SITES: tuple[SitePlan, ...] = (
    SitePlan(
        "house", "dublin", "Dublin", "IE", "Europe/Dublin", moderators=7, teams=2, errs=0.8, names=("en", "de", "fr"),
        languages=(("en", "de"), ("en", "fr"), ("en", "es"), ("en", "it"), ("en", "de", "fr"), ("en", "es", "it")),
    ),
    SitePlan(
        "house", "singapore", "Singapore", "SG", "Asia/Singapore", moderators=5, teams=1, errs=0.9,
        names=("zh-Hans", "en"), languages=(("zh-Hans", "en"), ("en", "zh-Hans")),
    ),
    SitePlan(
        "brightwater", "lisbon", "Lisbon", "PT", "Europe/Lisbon", moderators=9, teams=2, errs=1.0,
        names=("es", "it", "fr"),
        languages=(("es", "en"), ("fr", "en"), ("it", "en"), ("es", "it", "en"), ("fr", "es", "en")),
    ),
    SitePlan(
        "brightwater", "krakow", "Kraków", "PL", "Europe/Warsaw", moderators=8, teams=1, errs=1.1, names=("de", "en"),
        languages=(("de", "en"), ("de", "fr", "en"), ("it", "en"), ("de", "it", "en")),
    ),
    SitePlan(
        "calloway", "sofia", "Sofia", "BG", "Europe/Sofia", moderators=11, teams=2, errs=2.6, names=("en", "it", "de"),
        languages=(("de", "en"), ("fr", "en"), ("es", "en"), ("it", "en"), ("en", "zh-Hans"), ("de", "es", "en")),
    ),
)  # fmt: skip

QUEUES: tuple[QueuePlan, ...] = (
    QueuePlan(
        "escalated", "Escalated", "Handed up by moderators; decided by moderation-on-call", skill="moc",
        vendors=("house",), targets_h=(1, 2, 8, 24), lease_s=600, escalates_to="",
    ),
    QueuePlan(
        "urgent", "Urgent harm", "Danger to life, and notices of trusted flaggers", skill="urgent",
        vendors=("house", "brightwater"),
    ),
    QueuePlan("live", "Live and video", "Livestreams and short videos", targets_h=(0.5, 1, 8, 48)),
    QueuePlan("fraud", "Fraud and contact", "Scams, off-platform deals, repeat offenders"),
    QueuePlan("goods", "Prohibited and unsafe goods", "Goods that may not be sold, or not like this"),
    QueuePlan(
        "ip", "Counterfeit and IP", "Copies, brand misuse and claims of rights holders", skill="ip",
        calendar="office-lisbon", targets_h=(2, 8, 20, 40),
    ),
    QueuePlan("conduct", "Words and conduct", "Hate, harassment, adult content, reviews and messages"),
    QueuePlan(
        "sellers", "Seller verification", "Business data and documents of sellers", skill="identity",
        vendors=("house", "brightwater"), calendar="office-dublin", targets_h=(2, 8, 20, 40),
    ),
    QueuePlan("general", "Listings", "Everything else, and the random sample"),
)  # fmt: skip

ROUTING: list[dict[str, Any]] = [
    {"name": "Danger to life", "when": {"severity_at_most": 0}, "then": {"queue": "urgent"}},
    {"name": "Trusted flaggers and authorities", "when": {"reporter": ["trusted_flagger", "authority"]},
     "then": {"queue": "urgent", "severity": 1}},
    {"name": "Claims of rights holders", "when": {"kind": ["ip_claim"]}, "then": {"queue": "ip", "severity": 2}},
    {"name": "Seller verification", "when": {"kind": ["seller", "document"]}, "then": {"queue": "sellers", "severity": 2}},
    {"name": "Repeat offenders", "when": {"seller_violations_at_least": 4}, "then": {"queue": "fraud", "severity": 1}},
    {"name": "Counterfeit and IP suspected", "when": {"policy": ["C"]}, "then": {"queue": "ip"}},
    {"name": "Fraud or contact suspected", "when": {"policy": ["F", "O"]}, "then": {"queue": "fraud"}},
    {"name": "Livestreams", "when": {"kind": ["livestream"]}, "then": {"queue": "live", "severity": 2}},
    {"name": "Short videos", "when": {"kind": ["short_video"]}, "then": {"queue": "live"}},
    {"name": "Prohibited or unsafe goods suspected", "when": {"policy": ["P", "R", "U"]}, "then": {"queue": "goods"}},
    {"name": "Conduct suspected", "when": {"policy": ["A", "H", "Y"]}, "then": {"queue": "conduct"}},
    {"name": "Reported texts", "when": {"kind": ["text"], "reported": True}, "then": {"queue": "conduct"}},
    {"name": "Texts in the sample", "when": {"kind": ["text"], "label": "random_sample"}, "then": {"queue": "conduct"}},
    {"name": "Listings suspected", "when": {"min_score": 0.3}, "then": {"queue": "general"}},
    {"name": "Nothing found: not reviewed", "when": {}, "then": {"queue": None}},
]  # fmt: skip

OFFICE_HOURS = {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}

_DESK: tuple[tuple[str, int], ...] = (
    ("administrator", 1), ("operations_lead", 1), ("policy_manager", 1), ("planner", 1), ("analyst", 1), ("trainer", 1),
    ("qa_specialist", 2), ("appeals_specialist", 2), ("moc_specialist", 2),
)  # fmt: skip
"""People of the house who are not in a team, in Dublin."""

# What each vendor works on; people of the house work on everything.
_QUEUES_OF: Mapping[str, tuple[str, ...]] = {
    "house": (),
    "brightwater": ("urgent", "live", "fraud", "goods", "ip", "conduct", "sellers", "general"),
    "calloway": ("live", "fraud", "goods", "ip", "conduct", "general"),
}
_EXTERNAL_MARKETS = ("DE", "NL")


def people(chance: Chance) -> list[PersonPlan]:
    """Everybody, in an order that never changes: 60 people, every role at least once."""
    made = _People(chance)
    dublin = SITES[0]
    for role, count in _DESK:
        for _ in range(count):
            skills = ("moc", "urgent") if role == "moc_specialist" else ()
            made.add(role, dublin, 0, tuple(words_known(role)), skills=skills)
    for site in SITES:
        for team in range(site.teams):
            if team == 0 or site.code in ("lisbon", "sofia"):
                queues = _QUEUES_OF[site.vendor]
                made.add("team_lead", site, team, site.languages[team], skills=("urgent", "ip"), queues=queues)
        for number in range(site.moderators):
            external = site.code == "sofia" and number >= site.moderators - 2
            made.add(
                "external_moderator" if external else "moderator",
                site,
                number % site.teams,
                ("de", "en") if external else site.languages[number % len(site.languages)],
                skills=() if external else _skills(site, number),
                queues=("conduct", "general") if external else _QUEUES_OF[site.vendor],
                markets=_EXTERNAL_MARKETS if external else (),
            )
    made.add("qa_specialist", SITES[2], 0, ("es", "en"))
    return made.all


def words_known(role: str) -> Sequence[str]:
    """Languages of somebody at a desk; on-call reads everything, with help."""
    return ("en", "de", "fr", "es", "it", "zh-Hans") if role == "moc_specialist" else ("en",)


def _skills(site: SitePlan, number: int) -> tuple[str, ...]:
    skills = ["ip"]
    if site.vendor != BAD_VENDOR:
        skills += ["identity", "urgent"] if number % 3 != 2 else ["identity"]
    return tuple(skills)


class _People:
    def __init__(self, chance: Chance) -> None:
        self.chance = chance
        self.all: list[PersonPlan] = []
        self.emails: set[str] = set()

    def add(
        self, role: str, site: SitePlan, team: int, languages: tuple[str, ...], *, skills: tuple[str, ...] = (),
        queues: tuple[str, ...] = (), markets: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        number = len(self.all) + 1
        name = self._name(site)
        first_of_role = not any(person.role == role for person in self.all)
        login = f"{role.replace('_', '-')}@{DOMAIN}" if first_of_role else f"person-{number:02d}@{DOMAIN}"
        desk = (role, 1) in _DESK or (role, 2) in _DESK
        self.all.append(
            PersonPlan(
                key=f"p{number:02d}",
                name=name,
                email=login,
                role=role,
                vendor=site.vendor,
                site=site.code,
                team="" if desk else f"{site.code}-{'ab'[team]}",
                languages=languages,
                skills=skills,
                queues=queues,
                markets=markets,
                interface_language="zh-hans" if languages[0] == "zh-Hans" else "en",
            )
        )

    def _name(self, site: SitePlan) -> str:
        taken = {person.name for person in self.all}
        while True:
            language = self.chance.pick(site.names)
            said = words(language)
            first, last = self.chance.pick(said["first"]), self.chance.pick(said["last"])
            name = f"{last}{first}" if language == "zh-Hans" else f"{first} {last}"
            if name not in taken:
                return name


def logins() -> list[tuple[str, str]]:
    """The well-known login of each role, as (role, e-mail)."""
    seen: dict[str, str] = {}
    for person in people(Chance(0, "people")):
        seen.setdefault(person.role, person.email)
    return list(seen.items())
