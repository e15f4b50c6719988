"""Rows that follow one another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dialytics._runs import runs


@given(st.integers(0, 9), st.sets(st.integers(0, 9)), st.integers(0, 10))
def test_runs_are_what_is_not_dropped(count: int, dropped: set[int], begin: int) -> None:
    """Runs hold each index that is neither dropped nor before the beginning, once, in order."""
    drop = sorted(index for index in dropped if index < count)
    found = [index for low, high in runs(count, drop, begin) for index in range(low, high)]
    assert found == [index for index in range(begin, count) if index not in dropped]
    assert all(low < high for low, high in runs(count, drop, begin))
