"""The world that the isolation tests look at."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from tests.isolation.world import World, build


@pytest.fixture
def world(db: None, settings: Any) -> Iterator[World]:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    # Thousands of refusals are asked for here; each would be a line in the log.
    logging.disable(logging.WARNING)
    built = build(timezone.now())
    # As if it had been committed: until then every process would read the queues and routing anew for each request.
    connection.run_on_commit.clear()
    yield built
    logging.disable(logging.NOTSET)
