"""A running sandbox for each module, its clock stopped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from dialytics.sandbox import Sandbox

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A sandbox with the default amounts of data."""
    with Sandbox(now=NOW) as running:
        yield running


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    """A plain client."""
    with httpx.Client() as client:
        yield client
