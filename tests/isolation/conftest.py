"""The world that the isolation tests look at."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from tests.isolation.world import World, build


@pytest.fixture
def world(db: None, settings: Any) -> World:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    return build(timezone.now())
