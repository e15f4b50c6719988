"""Parquet folders whose runs are cancelled or killed: the next one goes on."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

pytest.importorskip("pyarrow")
duckdb = pytest.importorskip("duckdb")

from dialytics import AsyncDigitalCX, Checkpoint, DigitalCX, _claims  # noqa: E402
from dialytics.sandbox import Sandbox  # noqa: E402
from tests.clients import reach  # noqa: E402
from tests.parquet.folders import ASKED, KNOWN, Days, ids, look, write  # noqa: E402

if TYPE_CHECKING:
    from tests.conftest import Answer, Twin
    from tests.parquet.folders import Serve


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
