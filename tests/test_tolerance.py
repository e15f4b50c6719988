"""Bodies that are not what was promised, over the wire: rows, or an error of ours, never fewer."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any, TypeAlias

import pytest

from dialytics import RetryPolicy, errors
from dialytics.testing import no_waits
from dialytics_clients.digitalcx.rows import Interaction
from tests.conftest import NOW, Answer, Asked, Raw, Step, Twin

Pieces: TypeAlias = Callable[[bytes], Iterable[Step]]
ServeRaw: TypeAlias = Callable[[Callable[[Asked], Answer | Iterable[Step]]], Raw]

NAMES = ("LogId", "TimestampStart", "InteractionValue")
HEADER = ",".join(NAMES)
DAY = {"culture": "en", "start": date(2026, 11, 10), "end": date(2026, 11, 11)}
REACH = {"customer": "acme", "project": "shop", "auth": "t", "now": lambda: NOW}


def line(number: int, text: str = "hello") -> str:
    return f"{number},2026-11-10T09:00:00Z,{text}"


CSV = "".join(f"{one}\r\n" for one in (HEADER, *map(line, range(1, 40)))).encode()
JSON = b'{"events":[' + b",".join(b'{"id":"%d"}' % n for n in range(1, 40)) + b"]}"


def row_end(body: bytes) -> int:
    """Return where a row in the middle ends."""
    mark = b"\r\n20," if body is CSV else b'{"id":"20"}'
    return body.index(mark) + 2 * (body is CSV)


def head(body: bytes, *lines: str) -> bytes:
    kind = "application/json" if body[:1] == b"{" else "text/csv"
    return "\r\n".join(["HTTP/1.1 200 X", f"content-type: {kind}", *lines, "", ""]).encode()


def whole(body: bytes, *lines: str) -> Iterator[Step]:
    yield head(body, f"content-length: {len(body)}", *lines) + body


def zipped(body: bytes, change: Callable[[bytes], bytes]) -> Iterator[Step]:
    packed = change(gzip.compress(body))
    yield head(body, "content-encoding: gzip", f"content-length: {len(packed)}") + packed


def short(body: bytes, end: int) -> Iterator[Step]:
    yield head(body, f"content-length: {len(body)}") + body[:end]
    yield "close"


def unended(body: bytes, end: int) -> Iterator[Step]:
    yield head(body, "transfer-encoding: chunked") + b"%x\r\n%s\r\n" % (end, body[:end])
    yield "close"


def reset(body: bytes, end: int) -> Iterator[Step]:
    yield head(body, f"content-length: {len(body)}") + body[:end]
    yield 0.05
    yield "reset"


CUTS: dict[str, Pieces] = {
    "a short content-length, in a row": lambda body: short(body, row_end(body) + 5),
    "a short content-length, at a row's end": lambda body: short(body, row_end(body)),
    "a short content-length, at the last byte": lambda body: short(body, len(body) - 1),
    "no last chunk, in a row": lambda body: unended(body, row_end(body) + 5),
    "no last chunk, at a row's end": lambda body: unended(body, row_end(body)),
    "no last chunk, at the end": lambda body: unended(body, len(body)),
    "a reset, at a row's end": lambda body: reset(body, row_end(body)),
    "a gzip stream that is cut": lambda body: zipped(body, lambda packed: packed[:-9]),
    "a gzip stream without its sum": lambda body: zipped(body, lambda packed: packed[:-1]),
    "a second gzip member": lambda body: zipped(body, lambda packed: packed + gzip.compress(CSV)),
    "something behind the gzip stream": lambda body: zipped(body, lambda packed: packed + b"x"),
}


def listing(client: Any, body: bytes, **options: Any) -> Any:
    if body is CSV:
        return client.interactions(**DAY, **options)
    span = {"start": date(2026, 10, 1), "end": date(2026, 10, 2)}
    return client.events("bot", **span, **options)


def open_client(twin: Twin, body: bytes, url: str, **settings: Any) -> Any:
    if body is CSV:
        return twin.open("DigitalCX", base_url=url, **REACH, **settings)
    return twin.open("Chatlayer", token_id="i", token_secret="s", base_url=url, **settings)


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("body", [CSV, JSON], ids=["csv", "json"])
def test_a_body_that_is_cut_is_asked_for_again(
    twin: Twin, serve_raw: ServeRaw, cut: str, body: bytes
) -> None:
    """Wherever it is cut, it is noticed and retried: the rows come whole, each once."""

    def script(_: Asked) -> Iterable[Step]:
        return CUTS[cut](body) if len(raw.asked) == 1 else whole(body)

    raw = serve_raw(script)
    with no_waits(), open_client(twin, body, raw.url, max_retries=1) as client:
        pager = listing(client, body)
        rows = twin.collect(pager)
    assert [int(getattr(row, "log_id", None) or row.id) for row in rows] == [*range(1, 40)]
    assert (len(raw.asked), pager.stats.retries) == (2, 1)


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("how", ["rows", "batches"])
def test_a_body_that_stays_cut_is_an_error(
    twin: Twin, serve_raw: ServeRaw, cut: str, how: str
) -> None:
    """After the retries it is an IncompleteBody with the checkpoint, and no short success."""
    raw = serve_raw(lambda _: CUTS[cut](CSV))
    with no_waits(), open_client(twin, CSV, raw.url, max_retries=1) as client:
        pager = listing(client, CSV)
        with pytest.raises(errors.IncompleteBody) as caught:
            twin.collect(pager if how == "rows" else pager.batches())
    assert len(raw.asked) == 2
    assert caught.value.checkpoint is not None


@pytest.mark.parametrize("how", ["rows", "batches", "raw_pages"])
def test_a_header_without_a_line_end(twin: Twin, serve_raw: ServeRaw, how: str) -> None:
    """It is asked for again; if it comes again and ends with a whole column, there are no rows."""
    whole_name, half_a_name = b"LogId,InteractionUuid", b"LogId,Interaction"

    def read(*bodies: bytes) -> list[Any]:
        raw = serve_raw(lambda _: whole(bodies[min(len(raw.asked), len(bodies)) - 1]))
        with no_waits(), open_client(twin, CSV, raw.url, max_retries=1) as client:
            pager = listing(client, CSV)
            try:
                return twin.collect(pager if how == "rows" else getattr(pager, how)())
            finally:
                assert len(raw.asked) == 2

    assert read(whole_name, CSV)
    came = read(whole_name, whole_name)
    assert [len(one.content) for one in came] == ([] if how != "raw_pages" else [21])
    with pytest.raises(errors.IncompleteBody):
        read(half_a_name, half_a_name)


ALL_NAMES = ",".join(column.name for column in Interaction.COLUMNS).encode()
DOUBTED = {
    "a header of another edition": (b"LogId,InteractionUuid", 0),
    "a quote in the last row": (HEADER.encode() + b'\n1,,a 5" disk', 1),
    "a last row longer than what is kept": (HEADER.encode() + b"\n1,," + b"x" * 70_000, 1),
}


@pytest.mark.parametrize("end", [b"", b",New"])
def test_a_header_with_all_columns_is_whole(twin: Twin, serve_raw: ServeRaw, end: bytes) -> None:
    """Without rows and a line end it is asked for once, unless only the close marks its end."""
    raw = serve_raw(lambda _: whole(ALL_NAMES + end))
    with no_waits(), open_client(twin, CSV, raw.url, max_retries=1) as client:
        assert not twin.collect(listing(client, CSV))
    assert len(raw.asked) == 1
    closing = serve_raw(lambda _: [head(CSV) + ALL_NAMES + end, "close"])
    settings = {"max_retries": 1, "trust_connection_close": True}
    with no_waits(), open_client(twin, CSV, closing.url, **settings) as client:
        assert not twin.collect(listing(client, CSV))
    assert len(closing.asked) == 2


@pytest.mark.parametrize("how", DOUBTED)
def test_doubts_take_no_retries_from_others(twin: Twin, serve_raw: ServeRaw, how: str) -> None:
    """What looks cut is asked for once more in each window, also without a budget."""
    body, rows = DOUBTED[how]
    raw = serve_raw(lambda _: whole(body))
    settings = {"retry": RetryPolicy(budget=0), "max_retries": 3}
    with no_waits(), open_client(twin, CSV, raw.url, **settings) as client:
        span = {**DAY, "start": date(2026, 11, 6)}
        assert len(twin.collect(client.interactions(**span))) == 5 * rows
    assert len(raw.asked) == 10
    raw = serve_raw(lambda _: short(body, 9))
    with (
        no_waits(),
        open_client(twin, CSV, raw.url, **settings) as client,
        pytest.raises(errors.IncompleteBody, match="budget"),
    ):
        twin.collect(listing(client, CSV))
    assert len(raw.asked) == 1


@pytest.mark.parametrize("before", [1, 2])
def test_doubts_come_up_after_failures_too(twin: Twin, serve_raw: ServeRaw, before: int) -> None:
    """What looks cut is asked for once more, whatever failed before, also in the last try."""
    cut = b"LogId,InteractionUuid"
    bodies = [*[b""] * before, cut, CSV]

    def script(_: Asked) -> Iterable[Step]:
        body = bodies[len(raw.asked) - 1]
        return whole(body) if body else [b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"]

    raw = serve_raw(script)
    with no_waits(), open_client(twin, CSV, raw.url, max_retries=2) as client:
        assert len(twin.collect(listing(client, CSV))) == 39
    assert len(raw.asked) == before + 2


def test_closes_are_doubted_after_failures_too(twin: Twin, serve_raw: ServeRaw) -> None:
    """JSON that a close has cut is asked for once more, whatever failed before; twice is enough."""
    busy: list[Step] = [b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"]
    cut: list[Step] = [head(JSON) + JSON[:-30], "close"]

    def read(*steps: Iterable[Step]) -> tuple[int, int]:
        raw = serve_raw(lambda _: steps[min(len(raw.asked), len(steps)) - 1])
        with no_waits(), open_client(twin, JSON, raw.url, max_retries=4) as client:
            try:
                return len(twin.collect(listing(client, JSON))), len(raw.asked)
            except errors.IncompleteBody:
                return 0, len(raw.asked)

    assert read(busy, cut, [*whole(JSON)]) == (39, 3)
    assert read(busy, cut, cut, [*whole(JSON)]) == (0, 3)


def test_a_header_that_only_the_close_ends(twin: Twin, serve_raw: ServeRaw) -> None:
    """Where nothing else tells that all has come, first columns without a line end are cut."""

    def script(_: Asked) -> Iterator[Step]:
        yield b"HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\n\r\nLogId,InteractionUuid"
        yield "close"

    raw = serve_raw(script)
    settings = {"max_retries": 1, "trust_connection_close": True}
    with (
        no_waits(),
        open_client(twin, CSV, raw.url, **settings) as client,
        pytest.raises(errors.IncompleteBody),
    ):
        twin.collect(listing(client, CSV))
    assert len(raw.asked) == 2


ODD_JSON = {
    "cut": JSON[:-5],
    "a page of HTML": b"<!DOCTYPE html><title>Sign in</title>",
    "nothing": b"",
    "a list": b'[{"id":"1"}]',
    "a number": b"17",
    "null": b"null",
    "nested too deeply": b"[" * 200_000,
    "objects nested too deeply": b'{"a":' * 150_000 + b"1" + b"}" * 150_000,
    "an item nested too deeply": b'{"events":[{"id":"1","x":'
    + b"[" * 150_000
    + b"]" * 150_000
    + b"}]}",
    "a list that is none": b'{"events":{"id":"1"}}',
    "UTF-16": JSON.decode().encode("utf-16"),
    "UTF-32": JSON.decode().encode("utf-32"),
    "latin-1": b'{"events":[{"id":"\xe9"}]}',
    "two documents": JSON + JSON,
    "a number of any size": b'{"events":[],"total":1e99999}',
}


@pytest.mark.parametrize("odd", ODD_JSON)
@pytest.mark.parametrize("how", ["rows", "batches"])
def test_odd_json_is_refused(twin: Twin, serve_raw: ServeRaw, odd: str, how: str) -> None:
    """What is no JSON, or of another shape, is an InvalidResponse, however deep or large."""
    raw = serve_raw(lambda _: whole(ODD_JSON[odd]))
    with open_client(twin, JSON, raw.url) as client:
        pager = listing(client, JSON)
        with pytest.raises(errors.InvalidResponse) as caught:
            twin.collect(pager if how == "rows" else pager.batches())
    assert caught.value.checkpoint is not None
    assert len(str(caught.value)) < 300


def csv(*rows: str, end: str = "\r\n") -> bytes:
    return "".join(f"{row}{end}" for row in rows).encode()


TEXT = 'a "quoted" \u2028 text;\x0b with\x85 all'
WRITTEN = '"' + TEXT.replace('"', '""') + '"'
READ = [(1, TEXT), (2, None)]
FINE_CSV = {
    "plain": csv(HEADER, line(1, WRITTEN), line(2, "")),
    "with a mark": b"\xef\xbb\xbf" + csv(HEADER, line(1, WRITTEN), line(2, "")),
    "line feeds": csv(HEADER, line(1, WRITTEN), line(2, ""), end="\n"),
    "empty lines": csv(HEADER, "", line(1, WRITTEN), "", line(2, ""), ""),
    "other names": csv("log_id,TIMESTAMPSTART,interaction_value", line(1, WRITTEN), line(2, "")),
    "more columns": csv(f"{HEADER},New", f"{line(1, WRITTEN)},x", f"{line(2, '')},"),
    "another order": csv(
        "InteractionValue,LogId,TimestampStart", f"{WRITTEN},1,2026-11-10", ",2,2026-11-10"
    ),
    **{
        f"delimiter {mark!r}": csv(
            mark.join(NAMES),
            mark.join(("1", "2026-11-10", WRITTEN)),
            mark.join(("2", "2026-11-10", "")),
        )
        for mark in ";\t|"
    },
}


@pytest.mark.parametrize("fine", FINE_CSV)
@pytest.mark.parametrize("how", ["rows", "batches"])
def test_csv_is_read_however_it_is_written(
    twin: Twin, serve_raw: ServeRaw, fine: str, how: str
) -> None:
    """Marks, delimiters, order and names of columns, empty lines and odd characters do no harm."""
    raw = serve_raw(lambda _: whole(FINE_CSV[fine]))
    with open_client(twin, CSV, raw.url) as client:
        pager = listing(client, CSV)
        if how == "rows":
            found = [(row.log_id, row.interaction_value) for row in twin.collect(pager)]
        else:
            rows = [row for one in twin.collect(pager.batches()) for row in one.to_pylist()]
            found = [(row["log_id"], row["interaction_value"]) for row in rows]
    assert found == READ


ODD_CSV = {
    "UTF-16": CSV.decode().encode("utf-16"),
    "UTF-16 without a mark": CSV.decode().encode("utf-16-le"),
    "latin-1": csv(HEADER, line(1, "é")).decode().encode("latin-1"),
    "a page of HTML": b"<!DOCTYPE html>\n<title>Sign in</title>\n",
    "JSON": JSON + b"\n",
    "other columns": csv("a,b", "1,2"),
    "a required column too few": csv("TimestampStart,InteractionValue", "2026-11-10,x"),
    "a cell too few": csv(HEADER, "1,2026-11-10", line(2)),
    "a cell too many": csv(HEADER, f"{line(1)},x", line(2)),
    "a null byte in a number": csv(HEADER, line(1).replace("1", "1\x00", 1), line(2)),
    "carriage returns only": csv(HEADER, line(1), line(2), end="\r") + b"\n",
    "a quote that stays open": csv(HEADER, line(1, '"never'), line(2)),
    "text behind a quote": csv(HEADER, line(1, '"a"b"'), line(2)) + b'"',
}


@pytest.mark.parametrize("odd", ODD_CSV)
@pytest.mark.parametrize("how", ["rows", "batches"])
def test_odd_csv_is_refused(twin: Twin, serve_raw: ServeRaw, odd: str, how: str) -> None:
    """What cannot be rows of the columns that were promised is an InvalidResponse."""
    raw = serve_raw(lambda _: whole(ODD_CSV[odd]))
    with open_client(twin, CSV, raw.url) as client:
        pager = listing(client, CSV)
        with pytest.raises(errors.InvalidResponse) as caught:
            twin.collect(pager if how == "rows" else pager.batches())
    assert caught.value.checkpoint is not None
