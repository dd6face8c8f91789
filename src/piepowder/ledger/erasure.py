"""What the ledger knows of people: nothing. Facts hold references, so that emptying what they point at breaks no chain."""

from __future__ import annotations

from piepowder.database.personal import Part, declare, said

declare(
    Part(
        package="ledger",
        columns=said(
            reference={"ledger_fact": "actor_ref subject_id body"},
            plain={
                "ledger_fact": "verb actor_kind subject_kind vendor digest",
                "ledger_block": "previous_hash hash",
            },
        ),
    )
)
