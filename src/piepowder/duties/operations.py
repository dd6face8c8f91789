"""The only writers of the legal duties. Each half lists its own doors."""

from __future__ import annotations

from piepowder.duties.misuse.flagging import AlreadyFlagged, NoSuchFlag, NotManifest, propose_flag, settle_flag
from piepowder.duties.misuse.proceeding import (
    AlreadyWarned,
    BadMisuse,
    NoSuchMisuse,
    NothingConfirmed,
    NotRepeated,
    drop_misuse,
    end_misuse,
    suspend_for_misuse,
    warn_of_misuse,
)
from piepowder.duties.orders.disclosing import disclose
from piepowder.duties.orders.effecting import (
    LinesOpen,
    change_user_hold,
    decline_order,
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
from piepowder.duties.safety.comparing import (
    BadRecallList,
    NoSuchMatch,
    dismiss_match,
    import_recalls,
    random_check,
    send_to_review,
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
    "AlreadyFlagged",
    "AlreadyWarned",
    "BadMisuse",
    "BadOrder",
    "BadRecallList",
    "BadThreat",
    "Identifiers",
    "LinesOpen",
    "NoSuchAuthority",
    "NoSuchFlag",
    "NoSuchMatch",
    "NoSuchMisuse",
    "NoSuchOrder",
    "NoSuchThreat",
    "NotManifest",
    "NotRepeated",
    "NothingConfirmed",
    "OrderGiven",
    "OrderKnown",
    "acknowledge_order",
    "ask_authority",
    "change_user_hold",
    "close_threat",
    "complete_order",
    "decline_order",
    "disclose",
    "dismiss_match",
    "drop_misuse",
    "end_misuse",
    "import_recalls",
    "note_receipt",
    "propose_flag",
    "raise_threat",
    "random_check",
    "receive_order",
    "reply_to_authority",
    "report_threat",
    "rule_lines",
    "save_life_authority",
    "search_identical",
    "send_to_review",
    "settle_flag",
    "settle_line",
    "suspend_for_misuse",
    "warn_of_misuse",
]
