"""Parquet folders across runs: only what is missing is read, and no row is there twice."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("pyarrow")

from pyarrow import parquet  # where pyarrow is not installed, it is not tested

from dialytics import errors
from dialytics.sandbox import Sandbox
from tests.clients import reach
from tests.parquet.folders import ASKED, KNOWN, Days, ids, write

if TYPE_CHECKING:
    from tests.conftest import Twin


@pytest.mark.parametrize("folder", ["", 5, None, b"out", "a\0b"])
def test_folders_are_paths(twin: Twin, client: Any, days: Days, folder: Any) -> None:
    """What is no path is refused before anything is asked for, and the pager can still be used."""
    pager = client.interactions(**ASKED)
    with pytest.raises(errors.ArgumentError, match="folder must be a path"):
        twin.wait(pager.write_parquet(folder))
    assert days.asked == []
    twin.close(pager)


def test_folders_are_of_this_machine(
    twin: Twin, client: Any, days: Days, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No name is taken for an address elsewhere, or for somebody's home."""
    days.refused.clear()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for address in ("s3://bucket/x", Path("s3://bucket/x")):
        with pytest.raises(errors.ArgumentError, match="this machine"):
            twin.wait(client.interactions(**ASKED).write_parquet(address))
    for name in ("~", "gs:x"):
        write(twin, client, Path(name))
        assert ids(tmp_path / name) == [10, 11, 12, 13]
    assert {path.name for path in tmp_path.iterdir()} == {"~", "gs:x"}


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


def test_listings_without_dates_begin_anew(twin: Twin, box: Sandbox, tmp_path: Path) -> None:
    """What has no windows never settles: it is read again, and its one file is replaced."""
    with twin.open("Inkeep", api_key="key", base_url=box.url("inkeep"), now=box.now) as client:
        for _ in range(2):
            pager = client.conversations()
            (path,) = twin.wait(pager.write_parquet(tmp_path))
            assert path.name == "inkeep.conversations-all.parquet"
            assert pager.stats.rows == parquet.read_metadata(path).num_rows > 0


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
