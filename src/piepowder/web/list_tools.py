"""What stands in the head of a list: its order, its columns, and how to take it away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise

from piepowder.web.columns import Choice, Chosen


@dataclass(frozen=True, slots=True)
class Order:
    label: str | Promise
    query: str
    here: bool


@dataclass(frozen=True, slots=True)
class Tools:
    """Everything as addresses, so that it works without JavaScript and every view of the list is a link."""

    orders: tuple[Order, ...]
    columns: tuple[Choice, ...]
    usual: str
    """The address with the usual columns; empty when it is the present one."""
    exports: tuple[tuple[str, str], ...]


def order_in(request: HttpRequest, known: Mapping[str, Any]) -> str:
    """The order that the address asks for; the first one when it asks for none that there is."""
    asked = request.GET.get("order", "")
    return asked if asked in known else next(iter(known))


def tools(
    request: HttpRequest, chosen: Chosen[Any], orders: Mapping[str, str | Promise], exports: Mapping[str, str]
) -> Tools:
    """``exports`` are the routes by format; empty for those who may not export."""
    query = request.GET.copy()
    query.pop("after", None)
    now = order_in(request, orders)

    def ordered(name: str) -> str:
        changed = query.copy()
        changed["order"] = name
        return changed.urlencode(safe=",")

    said = query.urlencode(safe=",")
    return Tools(
        orders=tuple(Order(label, ordered(name), name == now) for name, label in orders.items()),
        columns=tuple(chosen.choices(query)),
        usual="" if chosen.are_usual else chosen.without_choice(query) or "cols=",
        exports=tuple((form.upper(), f"{reverse(route)}?{said}") for form, route in exports.items()),
    )
