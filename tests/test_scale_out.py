"""Windows read anywhere: what a distributed engine needs is plain, and one call reads a window."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Final

import pytest

import dialytics
from dialytics import Checkpoint
from dialytics.sandbox import Sandbox

if TYPE_CHECKING:
    from tests.conftest import Twin

NOW: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
ASKED: Final[dict[str, Any]] = {
    "culture": ["en", "nl"],
    "start": date(2026, 11, 10),
    "end": date(2026, 11, 13),
}


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A small sandbox, in pages that do not divide a day."""
    with Sandbox(now=NOW, rows_per_day=24, page_rows=7) as running:
        yield running


def configure(box: Sandbox) -> dict[str, Any]:
    """Return a client's configuration as plain values; the token is the environment's."""
    return {
        "customer": "acme",
        "project": "shop",
        "base_url": box.url("digitalcx"),
        "timeout": 30.0,
        "max_retries": 2,
    }


def read_window(work: bytes) -> bytes:
    """Read one window, in any process."""
    settings, asked, part, token = pickle.loads(work)  # our own
    with dialytics.DigitalCX(**settings, auth=token) as client:
        return pickle.dumps(list(client.interactions(**asked, resume=part)))


def test_windows_are_read_in_other_processes(box: Sandbox) -> None:
    """Plan, configuration and arguments travel; what the windows give is the whole, in order."""
    settings = configure(box)
    with dialytics.DigitalCX(**settings, auth="token", now=lambda: NOW) as client:
        whole = list(client.interactions(**ASKED))
        parts = client.interactions(**ASKED).checkpoint.split()
    assert len(parts) == 6
    work = [pickle.dumps((settings, ASKED, part, "token")) for part in parts]
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        rows = [row for one in pool.map(read_window, work) for row in pickle.loads(one)]  # our own
    assert rows == whole


def test_parts_of_a_checkpoint_go_on(twin: Twin, box: Sandbox) -> None:
    """Split within a window, the first part goes on there; what is finished is in none."""
    with twin.open("DigitalCX", **configure(box), auth="token", now=lambda: NOW) as client:
        whole = twin.collect(client.interactions(**ASKED))
        pager = client.interactions(**ASKED)
        begun = twin.collect(pager, 24 + 10)
        parts = [Checkpoint.from_json(part.to_json()) for part in pager.checkpoint.split()]
        assert len(parts) == 5
        rest = [twin.collect(client.interactions(**ASKED, resume=part)) for part in parts]
    assert [len(rows) for rows in rest] == [14, 24, 24, 24, 24]
    assert [*begun, *(row for rows in rest for row in rows)] == whole


def test_parts_follow_the_order_in_which_windows_were_finished(twin: Twin, box: Sandbox) -> None:
    """Where windows come as they complete, the parts are those that are left."""
    with twin.open("DigitalCX", **configure(box), auth="token", now=lambda: NOW) as client:
        start = client.interactions(**ASKED).checkpoint
        some = Checkpoint(start.operation, start.arguments, start.partitions, 1, (3, 4))
        parts = some.split()
        seen = [twin.collect(client.interactions(**ASKED, resume=part)) for part in parts]
    expected = [(one.window, one.key) for one in some.rest]
    assert [(part.partitions[0].window, part.partitions[0].key) for part in parts] == expected
    assert [{(row.timestamp_start.day, row.culture) for row in rows} for rows in seen] == [
        {(one.window.start.day, one.key)} for one in some.rest if one.window
    ]
    assert Checkpoint(start.operation, start.arguments, start.partitions, 6).split() == []


def test_a_part_that_is_done_has_nothing_left(twin: Twin, box: Sandbox) -> None:
    """A part is a plan of its own: read to its end, it is a finished one like any other."""
    with twin.open("DigitalCX", **configure(box), auth="token", now=lambda: NOW) as client:
        for part in client.interactions(**ASKED).checkpoint.split():
            pager = client.interactions(**ASKED, resume=part)
            twin.collect(pager)
            assert (pager.checkpoint.rest, pager.checkpoint.done) == ([], 1)
            assert Checkpoint.from_json(pager.checkpoint.to_json()) == pager.checkpoint


def test_listings_without_windows_are_one_part(twin: Twin, box: Sandbox) -> None:
    """What has no range is a plan of one, which gives all of it."""
    settings = {"api_key": "key", "base_url": box.url("inkeep")}
    with twin.open("Inkeep", **settings, now=box.now) as client:
        whole = twin.collect(client.conversations())
        (part,) = client.conversations().checkpoint.split()
        assert twin.collect(client.conversations(resume=part)) == whole


def test_listing_and_schema_are_plain_values(twin: Twin, box: Sandbox) -> None:
    """A listing, its plan and its Arrow schema come back from a pickle as they were."""
    pytest.importorskip("pyarrow")
    from dialytics._columnar import arrow_schema  # noqa: PLC0415  # needs an extra

    with twin.open("DigitalCX", **configure(box), auth="token", now=lambda: NOW) as client:
        pager = client.interactions(**ASKED, main_interaction_type="QA", columns=["culture"])
        listing = pager._delivery.listing
    again = pickle.loads(pickle.dumps(listing))  # our own
    assert again.partitions == listing.partitions == pager.checkpoint.partitions
    assert again.row_class is listing.row_class
    assert (again.operation.id, again.columns) == (listing.operation.id, listing.columns)
    schema = arrow_schema(listing.row_class)
    assert pickle.loads(pickle.dumps(schema)).equals(schema, check_metadata=True)  # our own
    assert b"token" not in pickle.dumps((listing, pager.checkpoint))
