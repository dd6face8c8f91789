"""The other side of the bench in the demonstration: what the judged, reporters, owners and authorities did about it.

Played through the operations after a history has ended; each part of it picks from what the history left, by the seed.
"""

from __future__ import annotations

from piepowder.simulate.redress.playing import Visitors, play_redress, visitors

__all__ = ["Visitors", "play_redress", "visitors"]
