"""What an organisation can choose about reporters."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from piepowder.access.options import Option, declare

_GROUP = _("Reporters")

declare(
    Option(
        "reporters.window",
        "whole",
        100,
        _GROUP,
        _("Judged reports that count"),
        _("A reporter's trust follows from this many of their last judged reports."),
        least=10,
        most=1_000,
    ),
    Option(
        "reporters.prior",
        "whole",
        8,
        _GROUP,
        _("Reports before the record outweighs the start"),
        _("Each starts as if this many reports had been judged already, with the usual share of their kind."),
        least=1,
        most=200,
    ),
    Option(
        "reporters.most",
        "whole",
        85,
        _GROUP,
        _("Highest trust that can be earned"),
        _("Trusted flaggers and authorities stay above it: the law gives them priority."),
        least=50,
        most=89,
    ),
    Option(
        "reports.addresses",
        "list",
        [],
        _GROUP,
        _("Where items live"),
        _(
            "Addresses with {id} in the place of the item's id, such as https://market.example/item/{id}, and behind a"
            " space the kind where it is no listing. By them a report that names a page finds its item. Without any, every"
            " part of an address is tried as an id."
        ),
    ),
)
