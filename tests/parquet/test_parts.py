"""Parquet folders and checkpoints: the caller's own, parts of one call, several runs at once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("pyarrow")

from dialytics import Checkpoint, DigitalCX, Stats, errors
from dialytics._checkpoints import Partition
from dialytics._windows import Window
from tests.clients import reach
from tests.parquet.folders import ASKED, KNOWN, Days, ids, write

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Twin
    from tests.parquet.folders import Serve


def test_a_checkpoint_of_the_callers_own(
    twin: Twin, client: Any, days: Days, begun: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """With ``resume=``, neither what that has finished is written nor what the folder has."""
    days.refused = {11}
    pager = client.interactions(**ASKED, concurrency=1)
    with pytest.raises(errors.Forbidden) as caught:
        twin.collect(pager)
    checkpoint = caught.value.checkpoint
    assert checkpoint is not None
    assert checkpoint.count_done == 1
    days.refused.clear()
    days.since()
    whole = Checkpoint(
        checkpoint.operation, checkpoint.arguments, checkpoint.partitions, finished=(3,)
    )
    paths = write(twin, client, begun, resume=whole.to_json())
    assert days.since() == [12]
    assert [path.name[23:31] for path in paths] == ["20261110", "20261111", "20261112"]
    write(twin, client, tmp_path_factory.mktemp("new"), resume=whole)
    assert days.since() == [10, 11, 12]
    # Asked for all, the folder is completed.
    write(twin, client, begun)
    assert days.since() == [13]
    assert ids(begun) == [10, 11, 12, 13]


def test_resume_in_other_windows_is_refused(
    twin: Twin, client: Any, days: Days, begun: Path
) -> None:
    """A checkpoint whose windows are cut otherwise cannot go on in a folder."""
    known = Checkpoint.from_json((begun / KNOWN).read_text())
    window = Window(datetime(2026, 11, 10, tzinfo=UTC), datetime(2026, 11, 12, tzinfo=UTC))
    wide = Checkpoint(known.operation, known.arguments, (Partition(0, "en", window),))
    before = {path: path.read_bytes() for path in begun.iterdir()}
    with pytest.raises(errors.CheckpointMismatch, match="in other windows than this call's"):
        write(twin, client, begun, resume=wide)
    assert days.since() == []
    assert {path: path.read_bytes() for path in begun.iterdir()} == before


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 1, 0, 2)])
def test_parts_of_one_call_add_up(
    twin: Twin, client: Any, days: Days, tmp_path: Path, order: tuple[int, ...]
) -> None:
    """Each part of a split checkpoint adds its file, in any order; the whole call adds nothing."""
    days.refused.clear()
    parts = client.interactions(**ASKED, concurrency=1).checkpoint.split()
    for count, number in enumerate(order, 1):
        paths = write(twin, client, tmp_path, resume=parts[number].to_json())
        assert (len(paths), days.since()) == (1, [10 + number])
        assert len([*tmp_path.glob("*.parquet")]) == count
    assert ids(tmp_path) == [10, 11, 12, 13]
    paths = write(twin, client, tmp_path)
    assert (len(paths), days.since()) == (4, [])
    assert [path.name[23:31] for path in paths] == ["20261110", "20261111", "20261112", "20261113"]


def test_a_part_reads_its_own_windows_only(
    twin: Twin, client: Any, days: Days, begun: Path
) -> None:
    """What a former run left open stays open when a part is written; the whole call closes it."""
    parts = client.interactions(**ASKED, concurrency=1).checkpoint.split()
    assert len(write(twin, client, begun, resume=parts[3])) == 1
    assert days.since() == [13]
    assert [one.index for one in Checkpoint.from_json((begun / KNOWN).read_text()).rest] == [2]
    write(twin, client, begun)
    assert days.since() == [12]
    assert ids(begun) == [10, 11, 12, 13]


def test_a_part_of_a_call_is_not_the_whole(
    twin: Twin, client: Any, days: Days, tmp_path: Path
) -> None:
    """After some parts, the whole call reads what is missing, however it cuts its windows."""
    days.refused.clear()
    parts = client.interactions(**ASKED, concurrency=1).checkpoint.split()
    for number in (2, 0):
        write(twin, client, tmp_path, resume=parts[number])
    days.since()
    paths = write(twin, client, tmp_path, concurrency=8)
    assert days.since() == [11, 11, 13, 13]
    assert [path.name[23:36] for path in paths] == [
        "20261110T0000",
        "20261111T0000",
        "20261111T1200",
        "20261112T0000",
        "20261113T0000",
        "20261113T1200",
    ]
    assert paths == sorted(tmp_path.glob("*.parquet"))


def test_checkpoints_stand_behind_files(
    twin: Twin, serve: Serve, answer: type[Answer], tmp_path: Path
) -> None:
    """Rows of a window that has no file yet are not behind the checkpoint, however it stops."""

    def script(asked: Asked) -> Answer:
        day = datetime.fromisoformat(asked.query["startDate"]).day
        if "continuationToken" in asked.query and day in refused:
            return answer(status=403)
        more = "continuationToken" not in asked.query
        rows = f"{day}{0 if more else 1},2026-11-{day:02}T01:00:00Z"
        return answer.csv("LogId,TimestampStart", rows, token="more" if more else None)

    refused, checkpoint = {11}, None
    with twin.open("DigitalCX", **reach(serve(script).url)) as client:
        for options in ({}, {"on_window_error": "continue"}):
            pager = client.interactions(**ASKED, concurrency=1, **options)
            with pytest.raises(errors.DialyticsError) as caught:
                twin.wait(pager.write_parquet(tmp_path))
            checkpoint = caught.value.checkpoint
            assert checkpoint == pager.checkpoint
            assert checkpoint is not None
            assert checkpoint.positions == ()
            assert {10, 11, 12, 13} - {row // 10 for row in ids(tmp_path)} == {
                one.window.start.day for one in checkpoint.rest if one.window
            }
        refused.clear()
        assert checkpoint is not None
        rows = twin.collect(client.interactions(**ASKED, resume=checkpoint.to_json()))
        assert [row.log_id for row in rows] == [110, 111]
        write(twin, client, tmp_path, resume=checkpoint)
        assert ids(tmp_path) == [100, 101, 110, 111, 120, 121, 130, 131]


def test_no_two_runs_write_the_same(twin: Twin, serve: Serve, days: Days, tmp_path: Path) -> None:
    """While a part is written, it, the whole call and other calls are refused; other parts not."""
    days.refused.clear()
    told: list[tuple[str, int]] = []

    def script(asked: Asked) -> Answer:
        is_first = "continuationToken" not in asked.query
        if is_first and asked.query["startDate"].startswith("2026-11-11"):
            return days.answer.csv("LogId,TimestampStart", token="more")
        return days(asked)

    def meet(stats: Stats) -> None:
        # After the first page the window's file cannot be complete; after the second it may be.
        if stats.partitions_done:
            return
        with DigitalCX(**reached) as second:
            for other in ({}, {"resume": parts[1]}, {"culture": "nl"}):
                asked: dict[str, Any] = {**ASKED, **other}
                pager = second.interactions(**asked)
                with pytest.raises(errors.ConfigurationError, match="another run is writing") as no:
                    pager.write_parquet(tmp_path)
                told.append((str(no.value), pager.stats.requests))
            second.interactions(**ASKED, resume=parts[3]).write_parquet(tmp_path)

    reached = reach(serve(script).url)
    with twin.open("DigitalCX", **reached) as client:
        parts = client.interactions(**ASKED, concurrency=1).checkpoint.split()
        write(twin, client, tmp_path, resume=parts[1], on_progress=meet)
        assert [requests for _, requests in told] == [0, 0, 0]
        assert ["with other arguments" in message for message, _ in told] == [False, False, True]
        assert days.since() == [11, 13]
        write(twin, client, tmp_path)
        assert days.since() == [10, 12]
    assert ids(tmp_path) == [10, 11, 12, 13]
    assert [*tmp_path.glob(".*")] == []
