"""The tables of both halves: what the law asks about content, and what it asks about people and records."""

from __future__ import annotations

from piepowder.duties.models.misuse import ManifestFlag, Misuse
from piepowder.duties.models.orders import Disclosure, IdenticalSearch, Order, OrderLine
from piepowder.duties.models.safety import RandomCheck, Recall, RecallList, RecallMatch, SafetyNotice
from piepowder.duties.models.threats import LifeAuthority, Threat, ThreatReport, ThreatView

__all__ = [
    "Disclosure",
    "IdenticalSearch",
    "LifeAuthority",
    "ManifestFlag",
    "Misuse",
    "Order",
    "OrderLine",
    "RandomCheck",
    "Recall",
    "RecallList",
    "RecallMatch",
    "SafetyNotice",
    "Threat",
    "ThreatReport",
    "ThreatView",
]
