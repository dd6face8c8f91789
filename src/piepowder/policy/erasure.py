"""What policy knows of people: who published and who changed, by their number."""

from __future__ import annotations

from piepowder.database.personal import Part, declare, said

declare(
    Part(
        package="policy",
        columns=said(
            reference={
                "policy_policyversion": "published_by",
                "policy_proposed": "author settled_by",
                "policy_ladderversion": "published_by",
                "policy_pack": "changed_by",
            },
            plain={
                "policy_policy": "code kinds",
                "policy_policyversion": "markets legal_reference terms_clause category keywords default_enforcement",
                "policy_policytext": ("language title rule examples_good examples_bad reviewer_note recipient_text"),
                "policy_proposed": "policy_code content reason",
                "policy_ladder": "code",
                "policy_ladderversion": "content",
                "policy_pack": "code choices",
            },
        ),
    )
)
