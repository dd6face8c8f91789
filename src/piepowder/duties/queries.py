"""What is read of the legal duties. Each half lists its own."""

from __future__ import annotations
