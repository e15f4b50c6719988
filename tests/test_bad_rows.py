"""Rows that cannot be read: with `on_bad_row` a listing goes on, without it one ends it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any, TypeAlias

import pytest

from dialytics import BadRow, errors
from tests.conftest import NOW, Answer, Asked, Scripted, Twin

Serve: TypeAlias = Callable[[Callable[[Asked], Answer]], Scripted]

MARK = "quasimodo"
HEADER = "LogId,TimestampStart,InteractionValue"
DAY = {"culture": "en", "start": date(2026, 11, 10), "end": date(2026, 11, 11)}
REACH = {"customer": "acme", "project": "shop", "auth": "t", "now": lambda: NOW}


def line(number: object) -> str:
    return f"{number},2026-11-10T09:00:00Z,{MARK}"


CSV = {
    "a value of the wrong type": (line("x"), "column LogId holds no int64", "LogId"),
    "an empty cell": (line(""), "LogId is empty or missing", "LogId"),
    "a cell too few": (f"3,{MARK}", "does not have the header's 3 cells", None),
    "a cell too many": (f"{line(3)},{MARK}", "does not have the header's 3 cells", None),
}
JSON: dict[str, tuple[object, str, str | None]] = {
    "no object": (MARK, "not an object", None),
    "null": (None, "not an object", None),
    "a value of the wrong type": ({"id": "x", "messages": MARK}, "messages holds no", "messages"),
    "a bad value inside": ({"id": "x", "messages": [{}, MARK]}, "messages holds no", "messages"),
    "a value of the wrong type inside": (
        {"id": "x", "messages": [{"links": [MARK]}]},
        "messages.links holds no record",
        "messages.links",
    ),
}


def csv_pages(bad: str) -> Callable[[Asked], Answer]:
    """Return a script of two pages with a bad row each; a short one at an end would be a cut."""

    def script(asked: Asked) -> Answer:
        if "continuationToken" in asked.query:
            return Answer.csv(HEADER, line(4), bad, line(5))
        return Answer.csv(HEADER, line(1), bad, line(2), line(3), token="t")

    return script


def json_pages(bad: object) -> Callable[[Asked], Answer]:
    """Return a script of one list, of which the second and the sixth item are bad."""
    items = [bad if number in {1, 5} else {"id": f"c{number}"} for number in range(6)]

    def script(asked: Asked) -> Answer:
        offset, limit = int(asked.query["offset"]), int(asked.query["limit"])
        return Answer.json({"conversations": items[offset : offset + limit], "total": len(items)})

    return script


def read(twin: Twin, pager: Any, how: str) -> list[int]:
    """Return the rows' numbers, however they are read."""
    if how == "pages":
        return [row.log_id for page in twin.collect(pager.pages()) for row in page]
    if how == "batches":
        return [n for one in twin.collect(pager.batches()) for n in one["log_id"].to_pylist()]
    return [row.log_id for row in twin.collect(pager)]


@pytest.mark.parametrize("kind", CSV)
@pytest.mark.parametrize("how", ["rows", "pages", "batches"])
def test_bad_csv_rows_are_collected(twin: Twin, serve: Serve, kind: str, how: str) -> None:
    """All good rows come, in order; of the bad ones it is told what is wrong and where."""
    line_, problem, column = CSV[kind]
    bad: list[BadRow] = []
    scripted = serve(csv_pages(line_))
    with twin.open("DigitalCX", base_url=scripted.url, **REACH) as client:
        pager = client.interactions(**DAY, on_bad_row=bad.append)
        assert read(twin, pager, how) == [1, 2, 3, 4, 5]
        assert (pager.stats.bad_rows, pager.stats.rows) == (2, 5)
    assert [(one.page, one.position) for one in bad] == [(0, 1), (1, 1)]
    for one in bad:
        assert problem in str(one.error)
        assert one.error.column == column
        assert (one.error.vendor, one.error.operation) == ("digitalcx", "interactions")
        assert one.window is not None
        assert one.window.start.date() == DAY["start"]
        assert isinstance(one.row, list)
        assert MARK in one.row
        assert MARK not in f"{one!r} {one.error!r} {vars(one.error)}"


@pytest.mark.parametrize("kind", JSON)
@pytest.mark.parametrize("how", ["rows", "pages", "batches"])
def test_bad_json_rows_are_collected(twin: Twin, serve: Serve, kind: str, how: str) -> None:
    """An item that is none, or holds what it must not, is given away."""
    item, problem, column = JSON[kind]
    bad: list[BadRow] = []
    scripted = serve(json_pages(item))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        pager = client.conversations(on_bad_row=bad.append)
        ways = {"rows": lambda: pager, "pages": pager.pages, "batches": pager.batches}
        found = twin.collect(ways[how]())
        if how == "batches":
            assert [x for one in found for x in one["id"].to_pylist()] == ["c0", "c2", "c3", "c4"]
        assert (pager.stats.rows, pager.stats.bad_rows) == (4, len(bad))
    # By limit and offset, what comes a second time is dropped, also if it cannot be read; what is
    # no object may be in two places.
    assert [one.position for one in bad] == ([1] if isinstance(item, dict) else [1, 5])
    assert problem in str(bad[0].error)
    # Where it stands is said once.
    assert str(bad[0].error).count("row 1") == 1
    assert str(bad[0].error).count("column") == (column is not None)
    assert "position=1" in repr(bad[0])
    assert (bad[0].row, bad[0].error.column, bad[0].window) == (item, column, None)


def test_bad_rows_of_a_listing_by_tokens(twin: Twin, serve: Serve) -> None:
    """Where lists are read from their JSON text the same holds, also for several bad rows."""
    items: list[object] = [None, {"id": "a", "timestamp": "x"}, {"id": "b"}, 5, {"id": "c"}, []]
    scripted = serve(lambda _: Answer.json({"events": items}))
    bad: list[BadRow] = []
    with twin.open("Chatlayer", token_id="i", token_secret="s", base_url=scripted.url) as client:
        span = {"start": date(2026, 10, 1), "end": date(2026, 10, 2)}
        rows = twin.collect(client.events("bot", **span, on_bad_row=bad.append))
    assert [row.id for row in rows] == ["b", "c"]
    assert [one.position for one in bad] == [0, 1, 3, 5]


@pytest.mark.parametrize("how", ["rows", "batches"])
def test_bad_rows_come_in_turn(twin: Twin, serve: Serve, how: str) -> None:
    """A bad row is told of after the rows before it were handed out, and before those after it."""
    told: list[object] = []
    lines = [line("x" if number in {5, 8} else number) for number in range(1, 12)]
    scripted = serve(lambda _: Answer.csv(HEADER, *lines))
    with twin.open("DigitalCX", base_url=scripted.url, **REACH) as client:
        pager = client.interactions(**DAY, on_bad_row=lambda bad: told.append(-bad.position))
        if how == "rows":
            told.extend(row.log_id for row in twin.step(pager))
        else:
            for batch in twin.step(pager.batches()):
                told.extend(batch["log_id"].to_pylist())
    assert told == [1, 2, 3, 4, -4, 6, 7, -7, 9, 10, 11]


@pytest.mark.parametrize("stop", range(1, 6))
def test_bad_rows_are_told_of_once_across_a_resume(twin: Twin, serve: Serve, stop: int) -> None:
    """Bad rows before the row that a listing resumes behind are not told of again."""
    bad: list[BadRow] = []
    scripted = serve(csv_pages(line("x")))
    with twin.open("DigitalCX", base_url=scripted.url, **REACH) as client:
        pager = client.interactions(**DAY, on_bad_row=bad.append)
        rows = [row.log_id for row in twin.collect(pager, stop)]
        resume = pager.checkpoint.to_json()
        rest = client.interactions(**DAY, on_bad_row=bad.append, resume=resume)
        rows += [row.log_id for row in twin.collect(rest)]
    assert rows == [1, 2, 3, 4, 5]
    assert [(one.page, one.position) for one in bad] == [(0, 1), (1, 1)]


def test_a_listing_that_a_bad_row_ended_goes_on_with_it(twin: Twin, serve: Serve) -> None:
    """The checkpoint stands before the bad row: resumed with `on_bad_row` it is passed."""
    bad: list[BadRow] = []
    scripted = serve(csv_pages(line("x")))
    with twin.open("DigitalCX", base_url=scripted.url, **REACH) as client:
        rows = []
        pager = client.interactions(**DAY)
        with pytest.raises(errors.InvalidResponse) as caught:
            rows += [row.log_id for row in twin.step(pager)]
        assert pager.stats.bad_rows == 0
        rest = client.interactions(**DAY, on_bad_row=bad.append, resume=caught.value.checkpoint)
        rows += [row.log_id for row in twin.collect(rest)]
    assert sorted(rows)[-4:] == [2, 3, 4, 5]
    assert len(bad) == 2


@pytest.mark.parametrize("cut", [True, False])
def test_what_is_no_row_is_not_collected(twin: Twin, serve: Serve, *, cut: bool) -> None:
    """A document that is cut or no CSV ends the listing: nobody knows how many rows it had."""
    bad: list[BadRow] = []
    body = f"{HEADER}\r\n{line(1)}\r\n2,2026".encode() if cut else b"a,b\r\n1,2\r\n"
    scripted = serve(lambda _: Answer(body, 200, {"content-type": "text/csv"}))
    with (
        twin.open("DigitalCX", base_url=scripted.url, **REACH) as client,
        pytest.raises(errors.IncompleteBody if cut else errors.InvalidResponse),
    ):
        twin.collect(client.interactions(**DAY, on_bad_row=bad.append))
    assert bad == []


def test_what_on_bad_row_raises_ends_the_listing(twin: Twin, serve: Serve) -> None:
    """An error of the caller's own comes out as it is."""

    def refuse(bad: BadRow) -> None:
        raise KeyError(bad.position)

    scripted = serve(csv_pages(line("x")))
    with (
        twin.open("DigitalCX", base_url=scripted.url, **REACH) as client,
        pytest.raises(KeyError, match="1"),
    ):
        twin.collect(client.interactions(**DAY, on_bad_row=refuse))


@pytest.mark.parametrize("wrong", ["yes", 1, []])
def test_on_bad_row_is_a_function(twin: Twin, serve: Serve, wrong: object) -> None:
    """Anything else is refused at the call."""
    scripted = serve(csv_pages(""))
    with (
        twin.open("Inkeep", api_key="key", base_url=scripted.url) as client,
        pytest.raises(errors.ArgumentError, match="on_bad_row"),
    ):
        client.conversations(on_bad_row=wrong)
    assert scripted.asked == []


def test_a_value_that_no_column_takes_is_a_bad_row_of_batches(twin: Twin, serve: Serve) -> None:
    """An integer of more than 64 bits is read as a row, and does not fit a batch."""
    big = 2**70
    numbers = [1, 2, 3, 4, big, 6, 7, big, 9]
    body = "".join(f"{one}\r\n" for one in (HEADER, *map(line, numbers)))
    scripted = serve(lambda _: Answer(body.encode(), 200, {"content-type": "text/csv"}))
    bad: list[BadRow] = []
    with twin.open("DigitalCX", base_url=scripted.url, **REACH) as client:
        rows = twin.collect(client.interactions(**DAY))
        batches = twin.collect(client.interactions(**DAY, on_bad_row=bad.append).batches())
        with pytest.raises(errors.InvalidResponse, match="does not fit"):
            twin.collect(client.interactions(**DAY).batches())
    assert [row.log_id for row in rows] == numbers
    assert [n for one in batches for n in one["log_id"].to_pylist()] == [1, 2, 3, 4, 6, 7, 9]
    assert [one.error.column for one in bad] == ["LogId", "LogId"]
    assert json.dumps(big) not in repr(bad)


@pytest.mark.parametrize("accept", ["csv", "json"])
def test_positions_of_what_no_column_takes(twin: Twin, serve: Serve, accept: str) -> None:
    """They are counted from the page's first row, over bad rows of either kind and many others."""
    numbers: list[object] = [*range(1, 600)]
    odd = {3: 2**70, 4: "x", 5: 2**70, 300: "x", 401: 2**70, 402: 2**70}
    for at, one in odd.items():
        numbers[at] = one
    if accept == "csv":
        body = "".join(f"{one}\r\n" for one in (HEADER, *map(line, numbers)))
    else:
        body = json.dumps([{"LogId": one} for one in numbers])
    kind = {"csv": "text/csv", "json": "application/json"}[accept]
    scripted = serve(lambda _: Answer(body.encode(), 200, {"content-type": kind}))
    bad: list[BadRow] = []
    with twin.open("DigitalCX", base_url=scripted.url, **REACH) as client:
        listing = partial(client.interactions, **DAY, accept=accept)
        batches = twin.collect(listing(on_bad_row=bad.append).batches())
        with pytest.raises(errors.InvalidResponse) as caught:
            twin.collect(listing().batches())
    assert [one.position for one in bad] == [*odd]
    assert all(str(at) in str(one.error) for at, one in zip(odd, bad, strict=True))
    assert sum(len(one) for one in batches) == len(numbers) - len(odd)
    assert caught.value.position == 3
