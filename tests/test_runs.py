"""Rows that follow one another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dialytics._decode.rows import Rows
from dialytics._runs import RowRun, runs
from tests.logs import LOGS, Item


@given(st.integers(0, 9), st.sets(st.integers(0, 9)), st.integers(0, 10))
def test_runs_are_what_is_not_dropped(count: int, dropped: set[int], begin: int) -> None:
    """Runs hold each index that is neither dropped nor before the beginning, once, in order."""
    drop = sorted(index for index in dropped if index < count)
    found = [index for low, high in runs(count, drop, begin) for index in range(low, high)]
    assert found == [index for index in range(begin, count) if index not in dropped]
    assert all(low < high for low, high in runs(count, drop, begin))


@given(st.lists(st.none() | st.integers(0, 9)), st.data())
def test_keys_are_those_of_the_rows(keys: list[int | None], data: st.DataObject) -> None:
    """Kept beside the rows or not, a run and each part of it have their rows' keys."""
    items = [Item(key) for key in keys]
    low = data.draw(st.integers(0, len(keys)))
    high = data.draw(st.integers(low, len(keys)))
    for rows in (items, Rows(items, {"log_id": tuple(keys)}), Rows(items, {})):
        run = RowRun[Item](rows, LOGS)
        assert list(run.keys(low, high)) == keys[low:high]
        part = run.part(low, high)
        assert list(part.keys(0, len(part))) == keys[low:high]
        assert [part.key(index) for index in range(len(part))] == keys[low:high]
        assert list(part) == list(part.rows()) == items[low:high]


def test_what_is_kept_is_not_taken_out_of_the_rows() -> None:
    """Rows whose keys stand beside them are not looked at."""
    rows: list[Item] = [Item(1), Item(2)]
    assert RowRun(Rows(rows, {"log_id": [7, 8]}), LOGS).keys(0, 2) == [7, 8]
