"""Parquet folders: whole files or none, whatever stops a run, and others can read them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import evolve

pa = pytest.importorskip("pyarrow")

import pyarrow.parquet as pq  # noqa: E402  # where pyarrow is not installed, it is not tested

from dialytics import _parquet  # noqa: E402
from dialytics._checkpoints import Checkpoint, Partition, Position  # noqa: E402
from dialytics._parquet import ParquetFolder  # noqa: E402
from dialytics._windows import Window  # noqa: E402
from dialytics.errors import CheckpointMismatch, ConfigurationError  # noqa: E402

SCHEMA: Final = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False, metadata={"vendor_name": "LogId"}),
        pa.field("moment", pa.timestamp("us", "UTC")),
        pa.field("text", pa.string()),
    ]
)
START: Final = datetime(2026, 10, 1, tzinfo=UTC)
FIRST: Final = "digitalcx.interactions-20261001T000000-en.parquet"


def part(index: int = 0, key: str | None = "en", start: datetime = START) -> Partition:
    start += timedelta(days=index)
    return Partition(index, key, Window(start, start + timedelta(days=1)))


def batch(*ids: int) -> Any:
    rows = [{"id": one, "moment": START, "text": None if one % 2 else f"é{one}"} for one in ids]
    return pa.RecordBatch.from_pylist(rows, schema=SCHEMA)


def folder(path: Path, operation: str = "digitalcx.interactions") -> ParquetFolder:
    return ParquetFolder(path, operation, SCHEMA)


def names(path: Path) -> list[str]:
    return sorted(file.name for file in path.iterdir())


def write(files: ParquetFolder, partition: Partition, *batches: Any) -> Path:
    files.open(partition)
    for one in batches:
        add(files, partition, one)
    return files.finish(partition)


def add(files: ParquetFolder, partition: Partition, rows: Any) -> None:
    if (write_now := files.add(partition, rows)) is not None:
        write_now()


def test_other_readers_read_the_files(tmp_path: Path) -> None:
    """DuckDB, Polars and pandas read what was written, times and absent values included."""
    duckdb, polars = pytest.importorskip("duckdb"), pytest.importorskip("polars")
    pandas = pytest.importorskip("pandas")
    with folder(tmp_path) as files:
        write(files, part(0), batch(1, 2), batch(3))
        write(files, part(1), batch(4))
    pattern = f"{tmp_path}/*.parquet"
    query = f"select id, epoch_us(moment), text from '{pattern}' order by id"  # our own folder
    moment = int(START.timestamp()) * 1_000_000
    expected = [(1, moment, None), (2, moment, "é2"), (3, moment, None), (4, moment, "é4")]
    assert duckdb.sql(query).fetchall() == expected
    frame = polars.scan_parquet(pattern).sort("id").collect()
    assert frame["id"].to_list() == [1, 2, 3, 4]
    assert frame["moment"].to_list() == [START] * 4
    assert pandas.read_parquet(tmp_path)["id"].sort_values().tolist() == [1, 2, 3, 4]


def test_schema_is_kept_whole(tmp_path: Path) -> None:
    """Types, nullability and the vendor's names come back with the rows."""
    with folder(tmp_path) as files:
        path = write(files, part(), batch(1, 2))
    table = pq.read_table(path)
    assert table.schema.equals(SCHEMA, check_metadata=True)
    assert table.to_pylist() == batch(1, 2).to_pylist()


def test_empty_partitions_give_empty_files(tmp_path: Path) -> None:
    """A partition without rows, or with a batch of none, gives a file with the schema."""
    with folder(tmp_path) as files:
        for path in (write(files, part(0)), write(files, part(1), batch())):
            assert (pq.read_table(path).num_rows, pq.read_schema(path)) == (0, SCHEMA)


def test_files_appear_when_they_are_whole(tmp_path: Path) -> None:
    """Several partitions are written at once; each shows under its name once it is finished."""
    with folder(tmp_path / "new" / "one") as files:
        path = tmp_path / "new" / "one"
        first, second = part(0), part(1, "nl")
        files.open(first)
        files.open(second)
        add(files, second, batch(2))
        add(files, first, batch(1))
        assert [*path.glob("[!.]*")] == []
        assert files.finish(second).name.endswith("20261002T000000-nl.parquet")
        assert len([*path.glob("[!.]*")]) == 1
        add(files, first, batch(3))
        assert files.finish(first) == path / FIRST
    assert pq.read_table(path / FIRST)["id"].to_pylist() == [1, 3]


def test_unfinished_partitions_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closing drops what is not finished and keeps what is; closing again does nothing."""
    monkeypatch.setattr(_parquet, "_ROW_GROUP", 1)
    with folder(tmp_path) as files:
        write(files, part(0), batch(1))
        files.open(part(1))
        add(files, part(1), batch(2))
        assert len(names(tmp_path)) == 2
    files.close()
    assert names(tmp_path) == [FIRST]


def test_what_comes_too_late_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another thread was to write does nothing once the folder is closed."""
    monkeypatch.setattr(_parquet, "_ROW_GROUP", 1)
    plan = (part(0), part(1))
    with folder(tmp_path) as files:
        late = files.add(part(0), batch(1))
    assert late is not None
    late()
    files.complete(part(1), Checkpoint("digitalcx.interactions", "x", plan, 2))
    assert names(tmp_path) == []


def test_reopened_partitions_start_anew(tmp_path: Path) -> None:
    """Opening a partition again drops what was written, and its file replaces a former one."""
    with folder(tmp_path) as files:
        write(files, part(), batch(1))
        files.open(part())
        add(files, part(), batch(2))
        assert pq.read_table(write(files, part(), batch(3)))["id"].to_pylist() == [3]
    assert names(tmp_path) == [FIRST]


def test_finished_partitions_are_begun_anew(tmp_path: Path) -> None:
    """What is written to a partition after its file is complete begins another file."""
    with folder(tmp_path) as files:
        write(files, part(), batch(1))
        add(files, part(), batch(2))
        assert pq.read_table(tmp_path / FIRST)["id"].to_pylist() == [1]
        assert pq.read_table(files.finish(part()))["id"].to_pylist() == [2]
    assert names(tmp_path) == [FIRST]


def test_the_checkpoint_knows_whole_files_only(tmp_path: Path) -> None:
    """Of partitions that are being written nothing is saved: the next run writes them anew."""
    plan = (part(0), part(1))
    begun = Checkpoint("digitalcx.interactions", "x", plan, 0, (1,), (Position(0, "c", rows=3),))
    with folder(tmp_path) as files:
        files.resume(Checkpoint("digitalcx.interactions", "x", plan))
        files.complete(part(1), begun)
        assert files.checkpoint == Checkpoint("digitalcx.interactions", "x", plan, 0, (1,))
    known, file = sorted(tmp_path.iterdir())
    assert file.name.endswith("20261002T000000-en.parquet")
    saved = Checkpoint.from_json(known.read_text())
    assert (saved.finished, saved.positions, saved.partitions) == ((1,), (), plan)


def test_a_file_that_was_there_is_missed(tmp_path: Path) -> None:
    """What goes while a run writes is told of, not left out; what is in no file is left out."""
    plan = (part(0), part(1), part(2))
    begun = Checkpoint("digitalcx.interactions", "x", plan, 1)
    with folder(tmp_path) as files:
        files.resume(begun, is_part=True)
        first, second = (files.finish(one) for one in plan[1:])
        files.save(evolve(begun, done=3))
        assert files.paths() == [first, second]
    with folder(tmp_path) as files:
        files.resume(begun, is_part=True)
        assert files.paths() == [first, second]
        second.unlink()
        with pytest.raises(ConfigurationError, match=f"{second.name} was removed"):
            files.paths()


@pytest.mark.parametrize(
    "stray", ["nl", "all", "20261001T000000", "20261001T000000-nl~12345678", "..%2Fa"]
)
def test_files_of_other_keys_are_refused(tmp_path: Path, stray: str) -> None:
    """Files that a call of the operation may have written are not joined by those of another."""
    name = f"digitalcx.interactions-{stray}.parquet"
    for other in (
        "digitalcx.interactions-my own.parquet",
        "digitalcx.interactions_by_id-nl.parquet",
    ):
        (tmp_path / other).touch()
    start = Checkpoint("digitalcx.interactions", "x", (Partition(0, "en"),))
    with folder(tmp_path) as files:
        files.resume(start)
    (tmp_path / name).touch()
    with (
        folder(tmp_path) as files,
        pytest.raises(CheckpointMismatch, match=re.escape(name)),
    ):
        files.resume(start)


CRASH: Final = """
import os, sys
from dialytics import _parquet
from tests.test_parquet import add, batch, folder, part, write
from pathlib import Path
_parquet._ROW_GROUP = 1
files = folder(Path(sys.argv[1]))
write(files, part(0), batch(1))
files.open(part(1))
for number in range(3):
    add(files, part(1), batch(number))
os._exit(9)
"""


def test_crash_leaves_no_half_file(tmp_path: Path) -> None:
    """A process that dies leaves whole files and hidden ones, which the next run removes."""
    root = Path(__file__).parent.parent
    command = [sys.executable, "-c", CRASH, str(tmp_path)]
    assert subprocess.run(command, cwd=root, check=False).returncode == 9
    (tmp_path / ".other-00000.parquet.partial").touch()
    (tmp_path / ".hidden").touch()
    whole = [path for path in tmp_path.iterdir() if not path.name.startswith(".")]
    assert [path.name for path in whole] == [FIRST]
    assert pq.read_table(whole[0]).num_rows == 1
    assert len(names(tmp_path)) == 4
    with folder(tmp_path) as files:
        files.resume(Checkpoint("digitalcx.interactions", "x", (part(0), part(1))))
    known = "_digitalcx.interactions.checkpoint.json"
    assert names(tmp_path) == [".hidden", ".other-00000.parquet.partial", known, FIRST]


def test_stale_files_of_like_named_operations_stay(tmp_path: Path) -> None:
    """Only the operation's own leftovers are removed."""
    for name in ("a.b", "a.bc", "a.b_c"):
        (tmp_path / f".{name}-all.parquet.partial").touch()
    with folder(tmp_path, "a.b") as files:
        files.resume(Checkpoint("a.b", "x", (Partition(0),)))
    left = [name for name in names(tmp_path) if name.startswith(".")]
    assert left == [".a.b_c-all.parquet.partial", ".a.bc-all.parquet.partial"]


def test_row_groups_are_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small batches are put together; large ones are written when there is enough."""
    monkeypatch.setattr(_parquet, "_ROW_GROUP", 4000)
    with folder(tmp_path) as files:
        path = write(files, part(), *[batch(*range(10))] * 100)
    file = pq.ParquetFile(path)
    assert file.metadata.num_rows == 1000
    assert 2 < file.num_row_groups < 20


@pytest.mark.skipif(os.name == "nt", reason="permissions are others there")
def test_unusable_folders_are_our_own_error(tmp_path: Path) -> None:
    """A folder that cannot be made or written to is named, with what to do."""
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ConfigurationError, match=r"file.* could not be written to .*another"):
            folder(path)


def test_lost_folders_are_our_own_error(tmp_path: Path) -> None:
    """A folder that goes away while it is written to is named too, and closing still works."""
    path = tmp_path / "gone"
    with folder(path) as files:
        files.open(part())
        for file in path.iterdir():
            file.unlink()
        path.rmdir()
        with pytest.raises(ConfigurationError, match="gone"):
            files.finish(part())
        with pytest.raises(ConfigurationError, match="gone"):
            files.finish(part(1))
