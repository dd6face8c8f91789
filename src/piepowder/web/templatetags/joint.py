"""Words for opinions, approvals and batches."""

from __future__ import annotations

from django import template

from piepowder.decisions.states import LineState, ProposalState
from piepowder.web.words import MEASURE_NAMES

register = template.Library()


@register.filter
def measure_of_key(key: str) -> str:
    """What ``family:measure`` does, in words."""
    measure = key.partition(":")[2]
    return str(MEASURE_NAMES.get(measure, measure))


@register.filter
def proposal_state(value: str) -> str:
    return str(ProposalState(value).label)


@register.filter
def line_state(value: str) -> str:
    return str(LineState(value).label)
