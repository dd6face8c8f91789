"""The permissions, as ``noun:verb``; a role is an editable set of them."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    ITEM_SUBMIT = "item:submit"
    ITEM_VIEW = "item:view"
    MEDIA_UPLOAD = "media:upload"
    REPORT_SUBMIT = "report:submit"
    REPORT_VIEW = "report:view"

    CASE_VIEW = "case:view"
    CASE_CLAIM = "case:claim"
    CASE_DECIDE = "case:decide"
    CASE_HOLD = "case:hold"
    CASE_TRANSFER = "case:transfer"
    CASE_ESCALATE = "case:escalate"
    CASE_SKIP = "case:skip"
    CASE_REASSIGN = "case:reassign"
    CASE_DECIDE_MANY = "case:decide_many"
    CASE_ADJUDICATE = "case:adjudicate"
    QUESTION_ANSWER = "question:answer"
    NOTE_WRITE = "note:write"

    DECISION_VIEW = "decision:view"
    DECISION_ISSUE_MACHINE = "decision:issue_machine"
    DECISION_WITHDRAW_ANY = "decision:withdraw_any"
    DECISION_EXPORT = "decision:export"
    DECISION_APPROVE = "decision:approve"
    TEMPLATE_EDIT = "template:edit"
    DECISION_ISSUE_DIRECT = "decision:issue_direct"
    DECISION_OVERTURN = "decision:overturn"

    APPEAL_VIEW = "appeal:view"
    APPEAL_FILE = "appeal:file"
    APPEAL_HEAR = "appeal:hear"
    APPEAL_ASSIGN = "appeal:assign"
    OUT_OF_COURT_EDIT = "out_of_court:edit"

    STANDING_VIEW = "standing:view"
    POINTS_ADJUST = "points:adjust"
    SANCTION_CONFIRM = "sanction:confirm"
    LADDER_EDIT = "ladder:edit"

    LETTER_VIEW = "letter:view"
    LETTER_EDIT = "letter:edit"

    RIGHT_VIEW = "right:view"
    RIGHT_EDIT = "right:edit"

    DUTY_VIEW = "duty:view"
    PACK_EDIT = "pack:edit"
    ORDER_EDIT = "order:edit"
    THREAT_EDIT = "threat:edit"
    TRADER_EDIT = "trader:edit"
    MISUSE_EDIT = "misuse:edit"
    BUYERS_INFORM = "buyers:inform"
    HOLD_EDIT = "hold:edit"
    ERASURE_RUN = "erasure:run"

    SUBMISSION_VIEW = "submission:view"
    SUBMISSION_EDIT = "submission:edit"

    PORTAL_LINK = "portal:link"

    POLICY_VIEW = "policy:view"
    POLICY_EDIT = "policy:edit"
    POLICY_APPROVE = "policy:approve"

    QUEUE_VIEW = "queue:view"
    QUEUE_EDIT = "queue:edit"
    BOARD_VIEW = "board:view"
    BOARD_EXPORT = "board:export"
    VIEW_SHARE = "view:share"

    PERSON_VIEW = "person:view"
    PERSON_EDIT = "person:edit"
    PERSON_INVITE = "person:invite"
    ROLE_VIEW = "role:view"
    ROLE_EDIT = "role:edit"
    KEY_EDIT = "key:edit"
    ACCESS_REVIEW = "access:review"
    AVAILABILITY_SET = "availability:set"
    AVAILABILITY_VIEW = "availability:view"
    EXPOSURE_VIEW = "exposure:view"
    ALLOWANCE_EDIT = "allowance:edit"

    OUTBOX_VIEW = "outbox:view"
    OUTBOX_REPLAY = "outbox:replay"
    ENDPOINT_EDIT = "endpoint:edit"

    LEDGER_VIEW = "ledger:view"

    SETTINGS_EDIT = "settings:edit"
    SCHEMA_EDIT = "schema:edit"
    CONFIGURATION_MOVE = "configuration:move"
