"""Runs of rows in batches: whatever rows they hold, they tell the same as rows in a list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

pytest.importorskip("pyarrow")

from attrs import evolve  # where pyarrow is not installed, it is not tested
from hypothesis import given, settings
from hypothesis import strategies as st

from dialytics import _seams
from dialytics._arrow import pa
from dialytics._batches import BatchRun, read_batch, read_runs
from dialytics._body import Body
from dialytics._checkpoints import Checkpoint, Partition
from dialytics._columnar import rows_to_batches
from dialytics._declarations import Operation
from dialytics._edges import Edges
from dialytics._listings import Fetched, Listing, Place
from dialytics._messages import Reply, Request
from dialytics._runs import RowRun
from dialytics._seams import Seam
from dialytics._windows import Window
from dialytics.vendors.digitalcx.declarations import INTERACTIONS
from dialytics_clients.digitalcx.rows import Interaction

HOUR: Final = timedelta(hours=1)
START: Final = datetime(2026, 11, 10, tzinfo=UTC)
# Around the edges of windows of an hour, and apart from them; or absent.
MOMENTS: Final = st.none() | st.builds(
    lambda hours, half_seconds: START + hours * HOUR + half_seconds * timedelta(seconds=0.5),
    st.integers(0, 2),
    st.sampled_from([-3, -2, -1, 0, 1, 2, 3]),
)
ROWS: Final = st.lists(st.tuples(st.integers(0, 3), MOMENTS), max_size=4)
PAGES: Final = st.lists(st.tuples(st.integers(0, 1), ROWS), min_size=3, max_size=6)
OPERATIONS: Final = (
    INTERACTIONS,
    evolve(INTERACTIONS, key=None),
    evolve(INTERACTIONS, time=None),
)


def listing(operation: Operation) -> Listing[Any]:
    return Listing(operation, Interaction, Request("GET", "/"), ())


def place(hour: int) -> Place:
    window = Window(START + hour * HOUR, START + (hour + 1) * HOUR)
    return Place(Partition(hour, "en", window), window)


def make(rows: list[tuple[int, datetime | None]]) -> list[Any]:
    return [Interaction(log_id=key, timestamp_start=moment) for key, moment in rows]


@pytest.mark.parametrize("operation", OPERATIONS)
@settings(max_examples=300)
@given(pages=PAGES, remembered=st.integers(1, 3))
def test_repeated_rows_are_the_same(
    operation: Operation, pages: list[tuple[int, Any]], remembered: int
) -> None:
    """Of any pages in any windows, the same rows are found to repeat, however little is kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_seams, "REMEMBERED", remembered)
        partitions = tuple(place(hour).partition for hour in range(3))
        start = Checkpoint("a.b", "d", partitions)
        edges = [Edges(start, lambda _: True) for _ in range(2)]
        seams = [Seam(operation, one) for one in edges]
        for hour, values in pages:
            rows = make(values)
            for seam in seams:
                seam.enter(place(hour))
            found = RowRun(rows, operation).repeated(seams[0])
            met = [0]
            for batch in rows_to_batches(rows, Interaction) if rows else ():
                run = BatchRun(batch, listing(operation))
                assert len(run) == len(rows)
                assert run.repeated(seams[1]) == found
                met[0] += len(run)
            assert met == [len(rows)]
            assert edges[0].freeze() == edges[1].freeze()
            if not rows:
                assert found == []


@given(rows=ROWS.filter(bool), data=st.data())
def test_parts_are_the_same(rows: list[tuple[int, datetime | None]], data: st.DataObject) -> None:
    """A part of a run, its keys and its rows are those of the list's slice."""
    low = data.draw(st.integers(0, len(rows)))
    high = data.draw(st.integers(low, len(rows)))
    (batch,) = rows_to_batches(make(rows), Interaction)
    for operation in OPERATIONS:
        part = BatchRun(batch, listing(operation)).part(low, high)
        same = RowRun[Any](make(rows), operation).part(low, high)
        assert len(part) == len(same)
        assert [*part.rows()] == [*same.rows()]
        keys = [part.key(index) for index in range(len(part))]
        assert keys == [same.key(index) for index in range(len(same))]
        first = data.draw(st.integers(0, len(part) + 1))
        stop = data.draw(st.integers(first, len(part) + 1))
        assert part.keys(first, stop) == same.keys(first, stop) == keys[first:stop]


def page(content: bytes) -> Fetched[Any]:
    reply = Reply(200, {"content-type": "text/csv"}, Body(content))
    return listing(INTERACTIONS).read(place(0), reply)


def test_pages_that_were_read_ahead_are_their_batch() -> None:
    """What is easily read becomes a batch, which is what the page occupies; its body goes."""
    content = b"LogId,Culture\n1,en\n2,nl\n"
    ready = read_batch(listing(INTERACTIONS), page(content))
    assert ready.batch is not None
    assert ready.reply.body.size == 0
    assert ready.size == ready.batch.get_total_buffer_size() > 0
    (run,) = read_runs(listing(INTERACTIONS), ready)
    (same,) = read_runs(listing(INTERACTIONS), page(content))
    assert run.batch.equals(same.batch)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"LogId,Culture\n",
        b"LogId,Culture\n+1,en\n",
        b"LogId,Culture\nx,en\n",
        b'LogId,Culture\n1,"en\n',
        b"LogId,Culture\n1,en\n2",
        b"LogId,Culture\n" + b"1,en\n" * 1_000_000,
    ],
)
def test_other_pages_stay_as_they_are(content: bytes) -> None:
    """What is empty, odd, wrong, cut or long is read, and judged, when it is handed out."""
    came = page(content)
    assert read_batch(listing(INTERACTIONS), came) is came


def test_times_that_no_object_can_be_are_near_no_edge() -> None:
    """Arrow reads the year 0, and rows of it are handed out as any others."""
    (batch,) = rows_to_batches(make([(1, START), (2, START + HOUR)]), Interaction)
    place_of = batch.schema.get_field_index("timestamp_start")
    moments = pa.array([-62_180_000_000_000_000, None], batch.schema.field(place_of).type)
    odd = BatchRun(
        batch.set_column(place_of, batch.schema.field(place_of), moments), listing(INTERACTIONS)
    )
    start = Checkpoint("a.b", "d", tuple(place(hour).partition for hour in range(3)))
    seam = Seam(INTERACTIONS, Edges(start, lambda _: True))
    seam.enter(place(1))
    assert odd.repeated(seam) == []
