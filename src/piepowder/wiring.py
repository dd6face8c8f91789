"""The only list of who hears which domain event and which job runs when."""

from __future__ import annotations
