"""A vendor whose run fails on its third day, and a small sandbox for each module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dialytics import errors
from dialytics.sandbox import Sandbox
from tests.clients import NOW, reach
from tests.parquet.folders import Days, write

if TYPE_CHECKING:
    from tests.conftest import Answer, Twin
    from tests.parquet.folders import Serve


@pytest.fixture
def days(answer: type[Answer]) -> Days:
    """A vendor that refuses the third of the four days."""
    return Days(answer, 12)


@pytest.fixture
def client(twin: Twin, serve: Serve, days: Days) -> Iterator[Any]:
    """A client of it."""
    with twin.open("DigitalCX", **reach(serve(days).url)) as opened:
        yield opened


@pytest.fixture
def begun(twin: Twin, client: Any, days: Days, tmp_path: Path) -> Path:
    """A folder whose run has failed on the third day."""
    with pytest.raises(errors.Forbidden):
        write(twin, client, tmp_path)
    assert days.since() == [10, 11, 12]
    days.refused.clear()
    return tmp_path


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A small sandbox, in pages that do not divide a day."""
    with Sandbox(now=NOW, rows_per_day=60, page_rows=7) as running:
        yield running
