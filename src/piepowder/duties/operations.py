"""The only writers of the legal duties. Each half lists its own doors."""

from __future__ import annotations

from piepowder.duties.orders.disclosing import disclose
from piepowder.duties.orders.effecting import (
    LinesOpen,
    change_user_hold,
    decline_order,
    on_decision_withdrawn,
    reply_to_authority,
    rule_lines,
    settle_line,
)
from piepowder.duties.orders.elements import Identifiers, OrderGiven
from piepowder.duties.orders.identical import search_identical
from piepowder.duties.orders.receiving import (
    BadOrder,
    NoSuchOrder,
    OrderKnown,
    acknowledge_order,
    ask_authority,
    complete_order,
    receive_order,
)
from piepowder.duties.threats.reporting import (
    BadThreat,
    NoSuchAuthority,
    NoSuchThreat,
    close_threat,
    note_receipt,
    raise_threat,
    report_threat,
    save_life_authority,
)

__all__ = [
    "BadOrder",
    "BadThreat",
    "Identifiers",
    "LinesOpen",
    "NoSuchAuthority",
    "NoSuchOrder",
    "NoSuchThreat",
    "OrderGiven",
    "OrderKnown",
    "acknowledge_order",
    "ask_authority",
    "change_user_hold",
    "close_threat",
    "complete_order",
    "decline_order",
    "disclose",
    "note_receipt",
    "on_decision_withdrawn",
    "raise_threat",
    "receive_order",
    "reply_to_authority",
    "report_threat",
    "rule_lines",
    "save_life_authority",
    "search_identical",
    "settle_line",
]
