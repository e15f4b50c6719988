"""The names of files in folders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dialytics._checkpoints import Partition
from dialytics._folders import FileFolder, _safe
from dialytics._windows import Window
from tests.logs import DAY, START


def part(key: str | None = None, start: datetime = START) -> Partition:
    return Partition(0, key, Window(start, start + DAY))


@pytest.mark.parametrize(
    ("partition", "name"),
    [
        (Partition(12), "op-all.parquet"),
        (Partition(0, "nl-BE"), "op-nl-BE.parquet"),
        (Partition(0, "nl-be"), "op-nl-be~f3e795e3.parquet"),
        (Partition(0, "EN"), "op-EN~edd73f94.parquet"),
        (Partition(0, "en~14be48b9"), "op-en~14be48b9~fbcea657.parquet"),
        (Partition(0, "../a b/é"), "op-..%2Fa%20b%2F%C3%A9.parquet"),
        (Partition(3, "x" * 60), f"op-{'x' * 60}.parquet"),
        (Partition(3, "x" * 300), f"op-{'x' * 60}~b12499e1.parquet"),
        (Partition(3, "x" * 301), f"op-{'x' * 60}~4e17328f.parquet"),
        (part(start=START + DAY), "op-20261002T000000.parquet"),
        (part(start=datetime(900, 1, 1, tzinfo=UTC)), "op-09000101T000000.parquet"),
        (part(start=START + timedelta(milliseconds=5)), "op-20261001T000000.005000.parquet"),
    ],
)
def test_names_tell_the_partition(tmp_path: Path, partition: Partition, name: str) -> None:
    """A file's name is made of operation, start and key, and is one name anywhere."""
    assert FileFolder(tmp_path, "op").file(partition) == tmp_path / name


@given(st.lists(st.text("aAbBéÉ-~%", max_size=6), min_size=2, max_size=2, unique=True))
@example(["EN", "en"])
@example(["nl-BE", "nl-be"])
@example(["é", "%C3%A9"])
def test_names_differ_in_any_case(keys: list[str]) -> None:
    """Where names that differ in case only are one, keys that do so have files of their own."""
    one, other = (_safe(key).lower() for key in keys)
    assert one != other


def test_names_sort_by_time(tmp_path: Path) -> None:
    """Files in the order of their names are in the order of their windows."""
    starts = [START + timedelta(hours=hours) for hours in (0, 1e-6, 5, 24, 24 * 31, 24 * 92)]
    names = [FileFolder(tmp_path, "op").name(part("en", start)) for start in starts]
    assert sorted(names) == names
