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

__all__ = [
    "BadOrder",
    "Identifiers",
    "LinesOpen",
    "NoSuchOrder",
    "OrderGiven",
    "OrderKnown",
    "acknowledge_order",
    "ask_authority",
    "change_user_hold",
    "complete_order",
    "decline_order",
    "disclose",
    "on_decision_withdrawn",
    "receive_order",
    "reply_to_authority",
    "rule_lines",
    "search_identical",
    "settle_line",
]
