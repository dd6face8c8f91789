"""Domain events: how a lower package tells an upper one, inside the same transaction.

``wiring.py`` is the only place that subscribes. A listener runs at once, in the publisher's transaction: when it raises,
everything is rolled back. Whatever is slow or leaves the process is enqueued by the listener, never done by it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

E = TypeVar("E")

_listeners: dict[type[Any], list[Callable[[Any], None]]] = {}


def subscribe(event_type: type[E], listener: Callable[[E], None]) -> None:
    """Have ``listener`` called for each published event of exactly ``event_type``; adding it twice is adding it once."""
    listeners = _listeners.setdefault(event_type, [])
    if listener not in listeners:
        listeners.append(listener)


def publish(event: object) -> None:
    """Call the listeners of this event's type in the order in which they subscribed."""
    for listener in _listeners.get(type(event), ()):
        listener(event)
