"""The tables of both halves: what the law asks about content, and what it asks about people and records."""

from __future__ import annotations

from piepowder.duties.models.buyers import Buyer, BuyersInformed
from piepowder.duties.models.holds import Hold, HoldOn
from piepowder.duties.models.misuse import ManifestFlag, Misuse
from piepowder.duties.models.orders import Disclosure, IdenticalSearch, Order, OrderLine
from piepowder.duties.models.retention import Erasure, RetentionChoice, RetentionRun
from piepowder.duties.models.safety import Looked, RandomCheck, Recall, RecallList, RecallMatch, SafetyNotice
from piepowder.duties.models.terminations import Termination
from piepowder.duties.models.threats import LifeAuthority, Threat, ThreatReport, ThreatView
from piepowder.duties.models.traders import Trader, TraderField, TraderSales

__all__ = [
    "Buyer",
    "BuyersInformed",
    "Disclosure",
    "Erasure",
    "Hold",
    "HoldOn",
    "IdenticalSearch",
    "LifeAuthority",
    "Looked",
    "ManifestFlag",
    "Misuse",
    "Order",
    "OrderLine",
    "RandomCheck",
    "Recall",
    "RecallList",
    "RecallMatch",
    "RetentionChoice",
    "RetentionRun",
    "SafetyNotice",
    "Termination",
    "Threat",
    "ThreatReport",
    "ThreatView",
    "Trader",
    "TraderField",
    "TraderSales",
]
