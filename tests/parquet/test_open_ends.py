"""Parquet folders whose range grows or moves with the time from run to run."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

pytest.importorskip("pyarrow")

from dialytics import errors
from tests.clients import NOW, reach
from tests.parquet.folders import Days, ids, write

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Twin
    from tests.parquet.folders import Serve

START: Final = datetime(2026, 11, 19, tzinfo=UTC)


def test_an_open_end_is_each_runs_now(
    twin: Twin, serve: Serve, answer: type[Answer], tmp_path: Path
) -> None:
    """``end=None`` grows with the time: only what touched now, or is new or missing, is read."""
    days, now = Days(answer, 19), [NOW]
    settings = {**reach(serve(days).url), "now": lambda: now[0]}
    asked = {"start": date(2026, 11, 18), "end": None}
    with twin.open("DigitalCX", **settings) as client:
        with pytest.raises(errors.Forbidden):
            write(twin, client, tmp_path, **asked)
        assert days.since() == [18, 19]
        days.refused.clear()
        write(twin, client, tmp_path, **asked)
        assert days.since() == [19, 20]
        now[0] = datetime(2026, 11, 21, 3, tzinfo=UTC)
        for read in ([20, 21], [21]):
            paths = write(twin, client, tmp_path, **asked)
            assert days.since() == read
            assert paths == sorted(tmp_path.glob("*.parquet"))
            assert ids(tmp_path) == [18, 19, 20, 21]


def test_windows_that_touched_now_are_read_again(
    twin: Twin, serve: Serve, answer: type[Answer], tmp_path: Path
) -> None:
    """What the vendor adds later to a window that was not over comes with the same call later."""
    rows, now = [1], [NOW]

    def script(asked: Asked) -> Answer:
        day = datetime.fromisoformat(asked.query["startDate"]).day
        return answer.csv("LogId,TimestampStart", *(f"{day}{row}," for row in rows))

    settings = {**reach(serve(script).url), "now": lambda: now[0]}
    asked = {"start": date(2026, 11, 19), "end": date(2026, 11, 22)}
    with twin.open("DigitalCX", **settings) as client:
        write(twin, client, tmp_path, **asked)
        assert ids(tmp_path) == [191, 201, 211]
        rows.append(2)
        paths = write(twin, client, tmp_path, **asked)
        assert (len(paths), ids(tmp_path)) == (3, [191, 201, 202, 211, 212])
        now[0] = datetime(2026, 11, 25, tzinfo=UTC)
        rows.append(3)
        for again in (True, False):
            pager = client.interactions(culture="en", **asked)
            twin.wait(pager.write_parquet(tmp_path))
            assert pager.stats.requests == (2 if again else 0)
            assert ids(tmp_path) == [191, 201, 202, 203, 211, 212, 213]


def test_rows_between_files_stay_single(
    twin: Twin, serve: Serve, answer: type[Answer], tmp_path: Path
) -> None:
    """A row at the edge of a window that is read again stays in the one file that it is in."""
    now = [NOW]

    def script(asked: Asked) -> Answer:
        first, last = (
            datetime.fromisoformat(asked.query[f"{one}Date"]) for one in ("start", "end")
        )
        hours = [START + timedelta(hours=count) for count in range(120)]
        there = [(index, at) for index, at in enumerate(hours) if first <= at <= last]
        return answer.csv("LogId,TimestampStart", *(f"{one},{at:%FT%TZ}" for one, at in there))

    settings = {**reach(serve(script).url), "now": lambda: now[0]}
    asked = {"start": START, "end": None}
    with twin.open("DigitalCX", **settings) as client:
        for day in (20, 20, 21, 23):
            now[0] = datetime(2026, 11, day, 6, 5, tzinfo=UTC)
            for concurrency in (8, 1):
                write(twin, client, tmp_path, **asked, concurrency=concurrency)
                found = ids(tmp_path)
                assert found == [*range(len(found))]
                assert len(found) in {24 * (day - 19) + 6, 24 * (day - 19) + 7}


def test_a_moved_start_removes_nothing(
    twin: Twin, serve: Serve, answer: type[Answer], tmp_path: Path
) -> None:
    """What the vendor does not give any more, as ``clip=True`` says, stays in the folder."""
    days, now = Days(answer), [NOW]
    settings = {**reach(serve(days).url), "now": lambda: now[0]}
    asked = {"start": date(2026, 8, 23), "end": None, "clip": True}
    with twin.open("DigitalCX", **settings) as client:
        first = write(twin, client, tmp_path, **asked)
        days.since()
        now[0] = datetime(2026, 11, 22, 12, tzinfo=UTC)
        paths = write(twin, client, tmp_path, **asked)
        assert days.since() == [20, 20, 21]
    assert {*first} < {*paths} == {*tmp_path.glob("*.parquet")}
    assert len(paths) == len(first) + 2


def test_files_of_former_windows_go(
    twin: Twin, serve: Serve, answer: type[Answer], tmp_path: Path
) -> None:
    """A call that begins anew after its end has moved leaves no file of windows cut otherwise."""
    days, now = Days(answer), [NOW]
    settings = {**reach(serve(days).url), "now": lambda: now[0]}
    asked = {"start": date(2026, 11, 20), "end": None}
    with twin.open("DigitalCX", **settings) as client:
        assert len(write(twin, client, tmp_path, **asked, concurrency=4)) == 4
        (tmp_path / "digitalcx.interactions-of-mine.parquet").touch()
        now[0] = datetime(2026, 11, 20, 18, tzinfo=UTC)
        paths = write(twin, client, tmp_path, **asked)
    assert len(paths) == 1
    assert [*tmp_path.glob("*-2026*.parquet")] == paths
    assert (tmp_path / "digitalcx.interactions-of-mine.parquet").exists()
