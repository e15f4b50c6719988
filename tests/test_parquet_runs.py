"""Parquet folders across runs: only what is missing is read, and no row is there twice."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

pa = pytest.importorskip("pyarrow")
duckdb = pytest.importorskip("duckdb")

from pyarrow import parquet  # noqa: E402  # where pyarrow is not installed, it is not tested

from dialytics import Checkpoint, errors  # noqa: E402
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
        day = datetime.fromisoformat(asked.query["startDate"]).day
        self.asked.append(day)
        if day in self.refused:
            return self.answer(status=403)
        return self.answer.csv("LogId,TimestampStart", f"{day},2026-11-{day:02}T01:00:00Z")

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
    for other in ({"culture": "nl"}, {"end": date(2026, 11, 13)}, {"session_mode": "Test"}):
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


def test_an_open_end_stays_until_all_is_complete(
    twin: Twin, serve: Serve, answer: type[Answer], tmp_path: Path
) -> None:
    """``end=None`` is the first run's now until the folder is complete, and then a later one."""
    days = Days(answer, 19)
    now = [NOW]
    settings = {**reach(serve(days).url), "now": lambda: now[0]}
    asked = {"start": date(2026, 11, 18), "end": None}
    with twin.open("DigitalCX", **settings) as client:
        with pytest.raises(errors.Forbidden):
            write(twin, client, tmp_path, **asked)
        days.since()
        days.refused.clear()
        now[0] = datetime(2026, 11, 21, 3, tzinfo=UTC)
        write(twin, client, tmp_path, **asked)
        assert days.since() == [19, 20]
        kept = Checkpoint.from_json((tmp_path / KNOWN).read_text()).partitions[-1].window
        assert kept is not None
        assert kept.end < NOW
        write(twin, client, tmp_path, **asked)
    assert days.since() == [18, 19, 20, 21]
    assert ids(tmp_path) == [18, 19, 20, 21]


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
    """After some parts, the whole call reads the others, if it cuts its windows as they were."""
    days.refused.clear()
    parts = client.interactions(**ASKED, concurrency=1).checkpoint.split()
    for number in (2, 0):
        write(twin, client, tmp_path, resume=parts[number])
    days.since()
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(errors.CheckpointMismatch, match="in other windows than this call's"):
        write(twin, client, tmp_path, concurrency=8)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    write(twin, client, tmp_path)
    assert days.since() == [11, 13]
    assert ids(tmp_path) == [10, 11, 12, 13]


def test_files_of_an_unknown_plan_are_refused(
    twin: Twin, client: Any, days: Days, tmp_path: Path
) -> None:
    """Without their checkpoint, files that the call would not write over are not added to."""
    days.refused.clear()
    write(twin, client, tmp_path, concurrency=8)
    (tmp_path / KNOWN).unlink()
    days.since()
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(errors.CheckpointMismatch, match=r"not of this call's .* and 6 more"):
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
