"""The only writers of the legal duties. Each half lists its own doors."""

from __future__ import annotations
