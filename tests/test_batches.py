"""Pagers as columns: the same rows and checkpoints, in batches, tables, streams and files."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

from dialytics import AsyncChatlayer, errors
from dialytics.sandbox import Sandbox
from tests.clients import NOW, reach

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Scripted, Twin

    Serve = Callable[[Callable[[Asked], Answer]], Scripted]

ASKED: dict[str, Any] = {"culture": "en", "start": date(2026, 11, 10), "end": date(2026, 11, 13)}
ROWS = 3 * 24


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A small sandbox, in pages that do not divide a day."""
    with Sandbox(now=NOW, rows_per_day=24, page_rows=7) as running:
        yield running


def plain(row: Any) -> dict[str, Any]:
    """Return a row as a record batch has it."""
    values = {column.attribute: getattr(row, column.slot) for column in row.COLUMNS}
    return {**values, "extra": json.dumps(row.extra) if row.extra else None}


def events(client: Any) -> Any:
    return client.events("bot", start=date(2026, 11, 10), end=date(2026, 11, 13))


def test_batches_that_no_thread_can_make_end_with_a_checkpoint(box: Sandbox) -> None:
    """Where the system starts no more threads, the error says whose it is and where to resume."""
    url = box.url("chatlayer")

    async def read() -> None:
        loop = asyncio.get_running_loop()
        first_start = loop.run_in_executor
        started: list[object] = []

        def start(*work: Any) -> Any:
            # The first of them only looks at a page.
            if started:
                raise RuntimeError("can't start new thread")
            started.append(work)
            return first_start(*work)

        settings: dict[str, Any] = {"token_id": "id", "token_secret": "s", "base_url": url}
        async with AsyncChatlayer(**settings, now=box.now) as client:
            day, next_day = date(2026, 11, 10), date(2026, 11, 11)
            pager = client.events("bot", start=day, end=next_day, concurrency=1)
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(loop, "run_in_executor", start)
                async for _ in pager.batches():
                    pass

    with pytest.raises(errors.ConfigurationError, match="no more threads") as caught:
        asyncio.run(read())
    assert (caught.value.vendor, caught.value.operation) == ("chatlayer", "events")
    assert caught.value.checkpoint is not None


@pytest.mark.parametrize("accept", ["csv", "json"])
def test_batches_hold_the_rows(twin: Twin, box: Sandbox, accept: str) -> None:
    """Batches have the rows' values in their order, and one schema."""
    with twin.open("DigitalCX", **reach(box.url("digitalcx"))) as client:
        rows = twin.collect(client.interactions(**ASKED, accept=accept))
        pager = client.interactions(**ASKED, accept=accept)
        batches = twin.collect(pager.batches())
    assert [line for batch in batches for line in batch.to_pylist()] == [plain(row) for row in rows]
    assert len({str(batch.schema) for batch in batches}) == 1
    assert pager.stats.rows == len(rows) == ROWS


def test_json_listings_have_batches_too(twin: Twin, box: Sandbox) -> None:
    """A listing of JSON gives its rows' ids in batches; nested values are their JSON."""
    login = {"token_id": "id", "token_secret": "secret", "base_url": box.url("chatlayer")}
    with twin.open("Chatlayer", **login, now=box.now) as client:
        rows = twin.collect(events(client))
        table = twin.wait(events(client).to_arrow())
    assert table.column("id").to_pylist() == [row.id for row in rows]
    assert json.loads(table.column("attributes")[0].as_py()) == rows[0].to_dict()["attributes"]


def test_resume_after_any_batch(twin: Twin, box: Sandbox) -> None:
    """After each batch the checkpoint leads to the rest, in batches or in rows."""
    with twin.open("DigitalCX", **reach(box.url("digitalcx"))) as client:
        truth = [row.log_id for row in twin.collect(client.interactions(**ASKED))]
        pager = client.interactions(**ASKED, concurrency=3)
        seen: list[int] = []
        for number, batch in enumerate(twin.step(pager.batches())):
            seen += batch.column("log_id").to_pylist()
            if number % 5 == 0:
                rest = client.interactions(**ASKED, resume=pager.checkpoint)
                assert seen + [row.log_id for row in twin.collect(rest)] == truth
                rest = client.interactions(**ASKED, resume=pager.checkpoint.to_json())
                table = twin.wait(rest.to_arrow())
                assert seen + table.column("log_id").to_pylist() == truth
        assert seen == truth


def test_max_items_and_filters_hold_for_batches(twin: Twin, box: Sandbox) -> None:
    """max_items cuts the last batch, and what a filter should have left out is counted."""
    with twin.open("DigitalCX", **reach(box.url("digitalcx"))) as client:
        pager = client.interactions(**ASKED, max_items=10)
        assert twin.wait(pager.to_arrow()).num_rows == pager.stats.rows == 10
        asked = client.interactions(**ASKED, main_interaction_type="QA", include_user_info=True)
        assert set(twin.wait(asked.to_arrow()).column("main_interaction_type").to_pylist()) == {
            "QA"
        }
        assert (asked.stats.not_filtered, asked.stats.withheld) == (0, False)


def test_times_beyond_those_of_python(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """Rows that are checked may have a time that only Arrow knows."""
    rows = "1,QA,9999-12-31T23:59:59-23:59", "2,Event,2026-11-18T09:00:00Z"
    scripted = serve(lambda _: answer.csv("LogId,MainInteractionType,TimestampStart", *rows))
    day = {**ASKED, "end": date(2026, 11, 11)}
    with twin.open("DigitalCX", **reach(scripted.url)) as client:
        pager = client.interactions(**day, main_interaction_type="QA", concurrency=1)
        assert [batch.num_rows for batch in twin.collect(pager.batches())] == [2]
    assert pager.stats.not_filtered == 1


def test_seams_are_found_in_batches(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A row at the edge of two windows, or on two pages, is in one batch only."""

    def script(asked: Asked) -> Answer:
        day = datetime.fromisoformat(asked.query["startDate"]).day
        first = f"{10 * day},2026-11-{day}T00:00:00Z"
        middle = f"{10 * day + 1},2026-11-{day}T12:00:00Z"
        last = f"{10 * day + 10},2026-11-{day + 1}T00:00:00Z"
        if "continuationToken" in asked.query:
            return answer.csv("LogId,TimestampStart", middle, last)
        return answer.csv("LogId,TimestampStart", first, middle, token="more")

    with twin.open("DigitalCX", **reach(serve(script).url)) as client:
        pager = client.interactions(**ASKED)
        table = twin.wait(pager.to_arrow())
    assert table.column("log_id").to_pylist() == [100, 101, 110, 111, 120, 121, 130]
    assert pager.stats.duplicates == 5


def test_parquet_has_a_file_for_each_window(twin: Twin, box: Sandbox, tmp_path: Path) -> None:
    """The files together hold the rows, sort like the windows, and nothing else is there."""
    with twin.open("DigitalCX", **reach(box.url("digitalcx"))) as client:
        truth = [plain(row) for row in twin.collect(client.interactions(**ASKED))]
        paths = twin.wait(client.interactions(**ASKED).write_parquet(tmp_path / "new" / "folder"))
    known, *files = sorted((tmp_path / "new" / "folder").iterdir())
    assert (known.name, paths) == ("_digitalcx.interactions.checkpoint.json", files)
    assert len(paths) == 3
    assert [line for path in paths for line in parquet.read_table(path).to_pylist()] == truth
    glob = str(tmp_path / "new" / "folder" / "*.parquet")
    counted = duckdb.sql(f"select count(distinct log_id) from '{glob}'")
    assert counted is not None
    assert counted.fetchall() == [(ROWS,)]


def test_a_failure_leaves_whole_files_only(
    twin: Twin, serve: Serve, answer: type[Answer], tmp_path: Path
) -> None:
    """A window that fails leaves neither its file nor a half one; those before it stay."""

    def script(asked: Asked) -> Answer:
        day = datetime.fromisoformat(asked.query["startDate"]).day
        if day == 12 and "continuationToken" in asked.query:
            return answer(status=403)
        return answer.csv("LogId,New", f"{day},x", token="more" if day == 12 else None)

    with (
        twin.open("DigitalCX", **reach(serve(script).url)) as client,
        pytest.raises(errors.Forbidden),
    ):
        twin.wait(client.interactions(**ASKED, concurrency=1).write_parquet(tmp_path))
    names = sorted(path.name for path in tmp_path.glob("*.parquet"))
    assert [name.split("-")[1] for name in names] == ["20261110T000000", "20261111T000000"]
    assert [*tmp_path.glob(".*")] == []
    assert pl.read_parquet(tmp_path / "*.parquet")["extra"].to_list() == ['{"New":"x"}'] * 2


def test_parts_of_windows_are_refused(twin: Twin, box: Sandbox, tmp_path: Path) -> None:
    """max_items, or a checkpoint within a window, would give files with less than their window."""
    with twin.open("DigitalCX", **reach(box.url("digitalcx"))) as client:
        begun = client.interactions(**ASKED, max_items=3)
        assert len(twin.collect(begun)) == 3
        for options in ({"max_items": 3}, {"resume": begun.checkpoint}):
            with pytest.raises(errors.ArgumentError, match="whole windows"):
                twin.wait(client.interactions(**ASKED, **options).write_parquet(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_other_libraries_read_a_pager(twin: Twin, box: Sandbox) -> None:
    """pyarrow, DuckDB, Polars and pandas take a pager; an asynchronous one says that it cannot."""
    with twin.open("DigitalCX", **reach(box.url("digitalcx"))) as client:
        pager = client.interactions(**ASKED)
        if twin.is_async:
            with pytest.raises(errors.ArgumentError, match="asynchronous"):
                pa.table(pager)
            twin.close(pager)
            return
        assert pa.table(pager).num_rows == ROWS
        assert pl.DataFrame(client.interactions(**ASKED)).height == ROWS
        stream = pa.RecordBatchReader.from_stream(client.interactions(**ASKED))
        counted = duckdb.sql("select count(*) from stream")
        assert counted is not None
        assert counted.fetchall() == [(ROWS,)]
        stream = pa.RecordBatchReader.from_stream(client.interactions(**ASKED))
        assert len(stream.read_pandas()) == ROWS
        if hasattr(pd.DataFrame, "from_arrow"):
            assert len(pd.DataFrame.from_arrow(client.interactions(**ASKED))) == ROWS


def test_without_pyarrow_the_extra_is_named() -> None:
    """Without pyarrow rows are read all the same, and batches say what to install."""
    code = """
import sys
sys.modules["pyarrow"] = None
from dialytics import DigitalCX, errors
from datetime import date
client = DigitalCX(customer="a", project="b", auth="t", base_url="http://127.0.0.1:9")
pager = client.interactions(culture="en", start=date(2026, 1, 1), clip=True)
try:
    pager.to_arrow()
except errors.ConfigurationError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "dialytics with its extra 'arrow'" in done.stdout
