"""Parquet folders across runs: only what is missing is read, and no row is there twice."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

pa = pytest.importorskip("pyarrow")
duckdb = pytest.importorskip("duckdb")

from pyarrow import parquet  # noqa: E402  # where pyarrow is not installed, it is not tested

from dialytics import AsyncDigitalCX, Checkpoint, DigitalCX, Stats, _claims, errors  # noqa: E402
from dialytics._checkpoints import Partition  # noqa: E402
from dialytics._windows import Window  # noqa: E402
from dialytics.sandbox import Sandbox  # noqa: E402

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Scripted, Twin

    Serve = Callable[[Callable[[Asked], Answer]], Scripted]

NOW: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
ASKED: Final[dict[str, Any]] = {
    "culture": "en",
    "start": date(2026, 11, 10),
    "end": date(2026, 11, 14),
}
START: Final = datetime(2026, 11, 19, tzinfo=UTC)
KNOWN: Final = "_digitalcx.interactions.checkpoint.json"


def reach(url: str) -> dict[str, Any]:
    return {
        "customer": "acme",
        "project": "shop",
        "auth": "token",
        "base_url": url,
        "now": lambda: NOW,
    }


class Days:
    """A vendor with a row a day, which says no to some days, and what it was asked for."""

    def __init__(self, answer: type[Answer], *refused: int) -> None:
        self.answer = answer
        self.refused = {*refused}
        self.asked: list[int] = []

    def __call__(self, asked: Asked) -> Answer:
        begin = datetime.fromisoformat(asked.query["startDate"])
        self.asked.append(begin.day)
        if begin.day in self.refused:
            return self.answer(status=403)
        return self.answer.csv("LogId,TimestampStart", f"{begin.day},{begin:%Y-%m-%d}T01:00:00Z")

    def since(self) -> list[int]:
        """Return the days that were asked for since the last time."""
        asked, self.asked = self.asked, []
        return sorted(asked)


def write(twin: Twin, client: Any, folder: Path, **options: Any) -> list[Path]:
    """Write a folder one window after the other, so that it is known what is there."""
    asked = {**ASKED, "concurrency": 1, **options}
    paths: list[Path] = twin.wait(client.interactions(**asked).write_parquet(folder))
    return paths


def ids(folder: Path) -> list[int]:
    """Return the ids in all files, as pyarrow finds them in a folder."""
    return sorted(parquet.read_table(folder)["log_id"].to_pylist())


def look(folder: Path) -> dict[str, int]:
    """Return what is in a folder, and when it was written."""
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


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


@pytest.mark.parametrize("folder", ["", 5, None, b"out"])
def test_folders_are_paths(twin: Twin, client: Any, days: Days, folder: Any) -> None:
    """What is no path is refused before anything is asked for, and the pager can still be used."""
    pager = client.interactions(**ASKED)
    with pytest.raises(errors.ArgumentError, match="folder must be a path"):
        twin.wait(pager.write_parquet(folder))
    assert days.asked == []
    twin.close(pager)


def test_the_same_call_goes_on(twin: Twin, client: Any, days: Days, begun: Path) -> None:
    """A second run reads only what is missing, a third one nothing; both return all files."""
    for asked in ([12, 13], []):
        paths = write(twin, client, begun)
        assert days.since() == asked
        assert paths == sorted(begun.glob("*.parquet"))
        assert [parquet.read_table(path)["log_id"].to_pylist() for path in paths] == [
            [10],
            [11],
            [12],
            [13],
        ]


@pytest.mark.parametrize("kept", [0, 4, 8, -4, -1])
def test_damaged_files_are_written_again(
    twin: Twin, client: Any, days: Days, begun: Path, kept: int
) -> None:
    """A file that has lost its end, or all of it, is missing: its window is read again."""
    damaged = sorted(begun.glob("*.parquet"))[1]
    damaged.write_bytes(damaged.read_bytes()[:kept])
    write(twin, client, begun)
    assert days.since() == [11, 12, 13]
    assert ids(begun) == [10, 11, 12, 13]


def test_numbers_count_the_whole_call(twin: Twin, client: Any, begun: Path) -> None:
    """The stats of a second run know the windows that the first one wrote, and its own rows."""
    pager = client.interactions(**ASKED, concurrency=1)
    twin.wait(pager.write_parquet(begun))
    stats = pager.stats
    assert (stats.partitions, stats.partitions_done, stats.rows, stats.requests) == (4, 4, 2, 2)


def test_how_it_is_read_may_differ(twin: Twin, client: Any, days: Days, begun: Path) -> None:
    """Windows stay those of the first run, however many are read at once in the second."""
    write(twin, client, begun, concurrency=8)
    assert days.since() == [12, 13]
    assert ids(begun) == [10, 11, 12, 13]


def test_what_failed_is_read_by_the_next_run(
    twin: Twin, client: Any, days: Days, tmp_path: Path
) -> None:
    """Where a run goes on after a window that failed, the next one reads that window alone."""
    with pytest.raises(errors.DialyticsError):
        write(twin, client, tmp_path, on_window_error="continue")
    assert ids(tmp_path) == [10, 11, 13]
    days.since()
    days.refused.clear()
    write(twin, client, tmp_path)
    assert days.since() == [12]
    assert ids(tmp_path) == [10, 11, 12, 13]


def test_a_file_that_is_gone_is_missing(twin: Twin, client: Any, days: Days, begun: Path) -> None:
    """A window whose file was removed is read again, also when all had been complete."""
    for _ in range(2):
        next(iter(sorted(begun.glob("*.parquet")))).unlink()
        write(twin, client, begun)
        assert 10 in days.since()
        assert ids(begun) == [10, 11, 12, 13]


def test_a_crash_before_the_checkpoint_doubles_nothing(
    twin: Twin, client: Any, days: Days, begun: Path
) -> None:
    """A file that has its name while the checkpoint does not know it is written over."""
    known = Checkpoint.from_json((begun / KNOWN).read_text())
    (begun / KNOWN).write_text(
        Checkpoint(known.operation, known.arguments, known.partitions, finished=(0,)).to_json()
    )
    (begun / ".digitalcx.interactions-checkpoint.json.partial").write_text("{")
    (begun / ".digitalcx.interactions-20261113T000000-en-00003.parquet.partial").touch()
    write(twin, client, begun)
    assert days.since() == [11, 12, 13]
    assert ids(begun) == [10, 11, 12, 13]
    assert len([*begun.iterdir()]) == 5


def test_another_call_is_refused(twin: Twin, client: Any, days: Days, begun: Path) -> None:
    """Files of other arguments are not mixed with this call's; the error says what to do."""
    before = {path: path.read_bytes() for path in begun.iterdir()}
    for other in (
        {"culture": "nl"},
        {"end": date(2026, 11, 13)},
        {"session_mode": "Test"},
        {"columns": ["culture"]},
    ):
        with pytest.raises(errors.CheckpointMismatch, match=rf"another folder, or remove {KNOWN}"):
            write(twin, client, begun, **other)
    assert days.since() == []
    assert {path: path.read_bytes() for path in begun.iterdir()} == before
    (begun / KNOWN).unlink()
    write(twin, client, begun, end=date(2026, 11, 13))
    assert ids(begun) == [10, 11, 12]


def test_a_folder_without_files_takes_any_call(
    twin: Twin, client: Any, days: Days, tmp_path: Path
) -> None:
    """A run that failed before its first file does not stand in the way of a corrected call."""
    days.refused = {10, 11}
    with pytest.raises(errors.Forbidden):
        write(twin, client, tmp_path)
    assert (tmp_path / KNOWN).exists()
    days.refused.clear()
    write(twin, client, tmp_path, start=date(2026, 11, 12))
    assert ids(tmp_path) == [12, 13]


def test_operations_do_not_mix(twin: Twin, box: Sandbox, tmp_path: Path) -> None:
    """Two operations in one folder have a checkpoint each."""
    with twin.open("DigitalCX", **reach(box.url("digitalcx"))) as client:
        first = write(twin, client, tmp_path)
    login = {"token_id": "id", "token_secret": "secret", "base_url": box.url("chatlayer")}
    with twin.open("Chatlayer", **login, now=box.now) as chatlayer:
        asked = {name: ASKED[name] for name in ("start", "end")}
        second, third = [
            twin.wait(chatlayer.events("bot", **asked).write_parquet(tmp_path)) for _ in range(2)
        ]
    assert second == third
    assert {*first, *second} == {*tmp_path.glob("*.parquet")}
    assert {one.name for one in tmp_path.glob("_*")} == {KNOWN, "_chatlayer.events.checkpoint.json"}


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[1]", '{"version":1}', '{"version":99}', "\x00", '{"version":2,"plan":[]}'],
)
def test_damaged_checkpoints_are_named(
    twin: Twin, client: Any, days: Days, begun: Path, text: str
) -> None:
    """What cannot be read is not guessed: the error names the file, and nothing is requested."""
    (begun / KNOWN).write_text(text)
    with pytest.raises(errors.CheckpointMismatch, match=rf"{KNOWN} cannot be used .*remove it"):
        write(twin, client, begun)
    assert days.since() == []


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


def test_listings_without_dates_begin_anew(twin: Twin, box: Sandbox, tmp_path: Path) -> None:
    """What has no windows never settles: it is read again, and its one file is replaced."""
    with twin.open("Inkeep", api_key="key", base_url=box.url("inkeep"), now=box.now) as client:
        for _ in range(2):
            pager = client.conversations()
            (path,) = twin.wait(pager.write_parquet(tmp_path))
            assert path.name == "inkeep.conversations-all.parquet"
            assert pager.stats.rows == parquet.read_metadata(path).num_rows > 0


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


def test_files_of_an_unknown_plan_are_refused(
    twin: Twin, client: Any, days: Days, tmp_path: Path
) -> None:
    """Without their checkpoint, files that the call would not write over are not added to."""
    days.refused.clear()
    write(twin, client, tmp_path, concurrency=8)
    (tmp_path / KNOWN).unlink()
    days.since()
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(errors.CheckpointMismatch, match=r"not of this call's .* and 3 more"):
        write(twin, client, tmp_path)
    assert (days.since(), {path: path.read_bytes() for path in tmp_path.iterdir()}) == ([], before)


def test_the_folders_checkpoint_resumes_a_listing(
    twin: Twin, client: Any, days: Days, begun: Path
) -> None:
    """What lies in the folder is a checkpoint like any other, without positions and secrets."""
    text = (begun / KNOWN).read_text()
    assert json.loads(text)["positions"] == []
    rows = twin.collect(client.interactions(**ASKED, resume=text))
    assert [row.log_id for row in rows] == [12, 13]
    assert days.since() == [12, 13]


def test_a_used_pager_leaves_the_folder_alone(twin: Twin, client: Any, tmp_path: Path) -> None:
    """A pager that has been iterated is refused before the folder is touched."""
    pager = client.interactions(**ASKED, max_items=None)
    twin.close(pager)
    with pytest.raises(errors.ArgumentError, match="been iterated or closed"):
        twin.wait(pager.write_parquet(tmp_path / "new"))
    assert [*tmp_path.iterdir()] == []


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


def test_a_cancelled_call_has_ended(serve: Serve, answer: type[Answer], tmp_path: Path) -> None:
    """Nothing is written once a cancelled call has ended; the next one goes on."""
    days = Days(answer)

    async def cancel(client: Any, turns: int) -> None:
        pager = client.interactions(**ASKED, concurrency=2)
        task = asyncio.create_task(pager.write_parquet(tmp_path))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        there = look(tmp_path)
        assert not any(name.startswith(".") for name in there)
        if KNOWN in there and pager.checkpoint.partitions:
            done = Checkpoint.from_json((tmp_path / KNOWN).read_text()).count_done
            assert done == pager.checkpoint.count_done
        await asyncio.sleep(0.01)
        assert look(tmp_path) == there

    async def run() -> None:
        async with AsyncDigitalCX(**reach(serve(days).url)) as client:
            for turns in range(0, 200, 7):
                await cancel(client, turns)
            await client.interactions(**ASKED).write_parquet(tmp_path)

    asyncio.run(run())
    assert ids(tmp_path) == [10, 11, 12, 13]


def test_a_call_cancelled_at_its_begin_knows_the_files(
    serve: Serve, answer: type[Answer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its checkpoint stands where the folder's does, as soon as that has been written."""
    days, waiting = Days(answer), threading.Event()

    def pause(*_: object) -> None:
        waiting.set()
        time.sleep(0.001)

    async def run() -> None:
        async with AsyncDigitalCX(**reach(serve(days).url)) as client:
            await client.interactions(**ASKED, concurrency=1).write_parquet(tmp_path)
            pager = client.interactions(**ASKED, concurrency=1)
            monkeypatch.setattr(_claims, "_pause", pause)
            with _claims.Claims(tmp_path, "digitalcx.interactions").locked():
                task = asyncio.create_task(pager.write_parquet(tmp_path))
                assert await asyncio.to_thread(waiting.wait, 60)
                task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            assert pager.checkpoint.count_done == 4

    asyncio.run(run())


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A small sandbox, in pages that do not divide a day."""
    with Sandbox(now=NOW, rows_per_day=60, page_rows=7) as running:
        yield running


WRITE: Final = """
import asyncio, sys
from datetime import UTC, date, datetime
import dialytics
kind, url, folder = sys.argv[1:]
client = getattr(dialytics, kind)(
    customer="acme", project="shop", auth="t", base_url=url,
    now=lambda: datetime(2026, 11, 20, 12, tzinfo=UTC),
)
pager = client.interactions(
    culture=["en", "nl"], start=date(2026, 11, 1), end=date(2026, 11, 11), concurrency=4
)
done = pager.write_parquet(folder)
if kind.startswith("Async"):
    done = asyncio.run(done)
print(len(done))
"""


def test_killed_at_any_moment(twin: Twin, box: Sandbox, tmp_path: Path) -> None:
    """A process that is killed again and again leaves at last each row once, as DuckDB reads it."""
    with twin.open("DigitalCX", **reach(box.url("digitalcx"))) as client:
        asked = {"culture": ["en", "nl"], "start": date(2026, 11, 1), "end": date(2026, 11, 11)}
        rows = [(row.log_id, row.culture) for row in twin.collect(client.interactions(**asked))]
    kind = "AsyncDigitalCX" if twin.is_async else "DigitalCX"
    command = [sys.executable, "-c", WRITE, kind, box.url("digitalcx"), str(tmp_path)]
    chance, kills = random.Random(f"{kind} 1"), 0
    known = tmp_path / KNOWN
    while True:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        more = len([*tmp_path.glob("*.parquet")]) + chance.randint(2, 7)
        # Killed when so many files are there, at whatever it does then.
        while process.poll() is None and len([*tmp_path.glob("*.parquet")]) < more:
            time.sleep(chance.random() / 500)
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]  # it was asked for
        kills += 1
        there = len([*tmp_path.glob("*.parquet")])
        assert Checkpoint.from_json(known.read_text()).count_done <= there
    assert process.returncode == 0
    assert process.stdout is not None
    assert (process.stdout.read(), kills > 2) == ("20\n", True)
    process.stdout.close()
    query = f"select log_id, culture from '{tmp_path}/*.parquet'"  # our own folder
    found = duckdb.sql(query).fetchall()
    assert (len(found), sorted(found)) == (len(rows), sorted(rows))
    assert [*tmp_path.glob(".*")] == []


WRITE_PARTS: Final = """
import sys
import threading
from datetime import UTC, date, datetime
from dialytics import DigitalCX
url, folder, *parts = sys.argv[1:]
asked = {"culture": ["en", "nl"], "start": date(2026, 11, 1), "end": date(2026, 11, 11)}
now = datetime(2026, 11, 20, 12, tzinfo=UTC)
with DigitalCX(customer="acme", project="shop", auth="t", base_url=url, now=lambda: now) as client:
    for part in parts:
        client.interactions(**asked, resume=part).write_parquet(folder)
"""


def test_parts_are_written_at_once(box: Sandbox, tmp_path: Path, *, soak: bool) -> None:
    """Processes write a call's parts into one folder at once and are killed: each row is once."""
    url, chance = box.url("digitalcx"), random.Random("parts")
    asked: dict[str, Any] = {
        "culture": ["en", "nl"],
        "start": date(2026, 11, 1),
        "end": date(2026, 11, 11),
    }
    with DigitalCX(**reach(url)) as client:
        rows = sorted((row.log_id, row.culture) for row in client.interactions(**asked))
        parts = [part.to_json() for part in client.interactions(**asked).checkpoint.split()]
    assert len(parts) == 20
    for number in range(10 if soak else 1):
        folder = tmp_path / str(number)
        commands = [
            [sys.executable, "-c", WRITE_PARTS, url, str(folder), *parts[first::3]]
            for first in range(3)
        ]
        waiting, kills = [(command, 3 if soak else 1) for command in commands], 0
        while waiting:
            running = [(subprocess.Popen(command), command, left) for command, left in waiting]
            waiting = []
            more = len([*folder.glob("*.parquet")]) + chance.randint(1, 6)
            while len([*folder.glob("*.parquet")]) < more and running[0][0].poll() is None:
                time.sleep(chance.random() / 500)
            for process, command, left in running:
                if left and process.poll() is None:
                    process.send_signal(signal.SIGKILL)
                if process.wait() == -signal.SIGKILL:
                    kills += 1
                    waiting.append((command, left - 1))
                else:
                    assert process.returncode == 0
        query = f"select log_id, culture from '{folder}/*.parquet'"  # our own folder
        assert sorted(duckdb.sql(query).fetchall()) == rows
        with DigitalCX(**reach(url)) as client:
            pager = client.interactions(**asked)
            assert len(pager.write_parquet(folder)) == 20
            assert (pager.stats.requests, kills > 0) == (0, True)
        assert [*folder.glob(".*")] == []
