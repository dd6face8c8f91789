"""What the simulation knows of people: nothing, its people are invented."""

from __future__ import annotations

from piepowder.database.personal import Part, declare, said

declare(
    Part(
        package="simulate",
        columns=said(
            plain={"simulate_truth": "kind external_id policy_code wave", "simulate_reviewertruth": "person profile"}
        ),
    )
)
