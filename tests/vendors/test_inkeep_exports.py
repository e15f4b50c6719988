"""Inkeep: exports as a stream of rows, whole or not at all."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from dialytics import errors
from dialytics.sandbox import Sandbox

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Raw, Scripted, Twin

    Serve = Callable[[Callable[[Asked], Answer]], Scripted]
    ServeRaw = Callable[[Callable[[Asked], Answer | Iterable[bytes | float | str]]], Raw]

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CONVERSATIONS = 130
VIEWS = ("conversations", "events", "feedback", "semantic_threads")
CSV = {"content-type": "text/csv; charset=utf-8"}


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A sandbox with more conversations than a page of a query holds."""
    with Sandbox(now=NOW, conversations=CONVERSATIONS) as running:
        yield running
        assert running.violations == []


def write(value: Any) -> str:
    """Return a query's value as an export writes it."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


@pytest.mark.parametrize("view", VIEWS)
def test_exports_are_the_whole_query(twin: Twin, box: Sandbox, view: str) -> None:
    """An export has the rows that the query shows the first of, as text, and all others."""
    query = {"orderBy": [{"field": "id", "direction": "asc"}]}
    box.clear_requests()
    with twin.open("Inkeep", api_key="key", base_url=box.url("inkeep")) as client:
        pager = getattr(client, f"export_{view}")(query)
        rows = twin.collect(pager)
        shown = twin.wait(getattr(client, f"query_{view}")(query, allow_truncated=True))
    assert len(rows) == pager.stats.rows == shown.total
    for row, item in zip(rows, shown, strict=False):
        assert row == {name: write(value) for name, value in item.items()}
    assert pager.stats.requests == 1
    assert box.requests[0].path.endswith("/export")
    assert repr(rows[0]) == f"ExportRow({len(rows[0])} columns)"


@pytest.mark.parametrize("fields", [("id",), ("id", "type")])
def test_exports_as_batches(twin: Twin, box: Sandbox, fields: tuple[str, ...]) -> None:
    """Batches have all columns of an export as JSON, also where there is only one of them."""
    query = {"select": [{"type": "field", "field": field} for field in fields]}
    with twin.open("Inkeep", api_key="key", base_url=box.url("inkeep")) as client:
        rows = twin.collect(client.export_conversations(query))
        batches = twin.collect(client.export_conversations(query).batches())
    found = [json.loads(text) for one in batches for text in one["extra"].to_pylist()]
    assert found == [dict(row) for row in rows]
    assert len(found) == CONVERSATIONS


@pytest.mark.parametrize("view", VIEWS)
def test_request(twin: Twin, serve: Serve, answer: type[Answer], view: str) -> None:
    """The query is posted as it is and CSV is asked for; nothing is sent before the iteration."""
    query = {"select": [{"type": "field", "field": "id"}], "notes": "é"}
    scripted = serve(lambda _: answer(b"id\r\n1\r\n", headers=CSV))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        pager = getattr(client, f"export_{view}")(query)
        assert scripted.asked == []
        assert twin.collect(pager) == [{"id": "1"}]
    (asked,) = scripted.asked
    path = f"/query/{view.replace('_', '-')}/export"
    assert (asked.method, asked.path, asked.query) == ("POST", path, {})
    assert (asked.headers["accept"], json.loads(asked.body)) == ("text/csv", query)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", []),
        ("id,type\r\n", []),
        ("\ufeffid,type\r\n1,openai\r\n", [{"id": "1", "type": "openai"}]),
        ('a;b\n"x\n;""y""";\u2028z\n', [{"a": 'x\n;"y"', "b": "\u2028z"}]),
        ("a,id,id\n1,2,3\n", [{"a": "1", "id": "2", "id_2": "3"}]),
        ("createdAt_day,count\n2026-11-20,12", [{"createdAt_day": "2026-11-20", "count": "12"}]),
        ("properties.a b,Id\n0012,\n", [{"properties.a b": "0012", "Id": ""}]),
        # One column: an empty cell is a line without anything.
        ("details\n\nyes\n\n", [{"details": ""}, {"details": "yes"}, {"details": ""}]),
        ('details\n""\n', [{"details": ""}]),
    ],
)
def test_any_columns(
    twin: Twin, serve: Serve, answer: type[Answer], text: str, rows: list[dict[str, str]]
) -> None:
    """Whatever columns come, their cells come out as text under the header's names."""
    scripted = serve(lambda _: answer(text.encode(), headers=CSV))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        assert twin.collect(client.export_events({})) == rows


ROWS = [{"id": str(n), "text": f'"{n}", said\nsomebody'} for n in range(50)]
WHOLE = "id,text\n" + "".join(
    f'{row["id"]},"{row["text"].replace(chr(34), chr(34) * 2)}"\n' for row in ROWS
)


def test_cut_in_a_row(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A document that ends in the middle of a row raises behind the rows that are whole."""
    scripted = serve(lambda _: answer(WHOLE[:-6].encode(), headers=CSV))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        got: list[Any] = []
        with pytest.raises(errors.IncompleteBody) as caught:
            got.extend(twin.step(client.export_events({})))
    assert got == ROWS[:-1]
    assert caught.value.checkpoint is not None
    assert "somebody" not in str(caught.value)


def head(*lines: str) -> bytes:
    """Return the head of a raw response."""
    return "\r\n".join(["HTTP/1.1 200 OK", "Content-Type: text/csv", *lines, "", ""]).encode()


PACKED = gzip.compress(WHOLE.encode(), mtime=0)
CUTS: dict[str, list[bytes | float | str]] = {
    "by its length": [
        head(f"Content-Length: {len(WHOLE)}"),
        WHOLE.rpartition('"1"')[0].encode(),
        "close",
    ],
    "without a last chunk": [
        head("Transfer-Encoding: chunked"),
        f"{len(WHOLE):x}\r\n{WHOLE}\r\n".encode(),
        "close",
    ],
    "in its compression": [
        head("Content-Encoding: gzip", f"Content-Length: {len(PACKED) - 9}"),
        PACKED[:-9],
    ],
}


@pytest.mark.parametrize("cut", CUTS)
def test_cut_in_transit(twin: Twin, serve_raw: ServeRaw, cut: str) -> None:
    """A response that does not reach its end gives no rows, though they be whole, but an error."""
    raw = serve_raw(lambda _: CUTS[cut])
    with twin.open("Inkeep", api_key="key", base_url=raw.url) as client:
        pager = client.export_events({})
        with pytest.raises((errors.IncompleteBody, errors.ConnectionFailed)):
            twin.collect(pager)
    assert pager.stats.rows == 0


def test_cut_is_retried(twin: Twin, serve_raw: ServeRaw, answer: type[Answer]) -> None:
    """What was cut is asked for again: an export changes nothing, though it is a POST."""
    steps: Iterator[Any] = iter([CUTS["in its compression"], answer(WHOLE.encode(), headers=CSV)])
    raw = serve_raw(lambda _: next(steps))
    with twin.open("Inkeep", api_key="key", base_url=raw.url, max_retries=1) as client:
        pager = client.export_events({})
        assert twin.collect(pager) == ROWS
    assert (pager.stats.requests, pager.stats.retries) == (2, 1)


@pytest.mark.parametrize(
    ("media", "body"), [("application/json", b'{"data":[]}'), ("text/html", b"<html></html>")]
)
def test_other_media_are_refused(
    twin: Twin, serve: Serve, answer: type[Answer], media: str, body: bytes
) -> None:
    """A success that is not CSV is no export."""
    scripted = serve(lambda _: answer(body, headers={"content-type": media}))
    with (
        twin.open("Inkeep", api_key="key", base_url=scripted.url) as client,
        pytest.raises(errors.InvalidResponse, match="not the CSV"),
    ):
        twin.collect(client.export_events({}))


PLAIN = {"select": [{"type": "field", "field": name} for name in ("id", "eventType", "properties")]}


@pytest.mark.parametrize("as_batches", [False, True])
@pytest.mark.parametrize(
    "wrong",
    [
        b"upstream connect error or disconnect/reset before headers\n",
        b"Service Unavailable",
        b"Internal error\nplease retry\n",
        b'\xef\xbb\xbf{"error":"x"}\n',
        b"\xef\xbb\xbf\r\n<!doctype html>\n",
        b'"internal error"\n',
        b"null",
        b"id,event",
        "id,eventType\n1,a\n".encode("utf-16"),
        gzip.compress(b"id,eventType\n1,a\n", mtime=0),
    ],
)
def test_texts_are_no_exports(
    *, twin: Twin, serve: Serve, answer: type[Answer], wrong: bytes, as_batches: bool
) -> None:
    """A text that has none of the columns asked for is asked for again, and then refused."""
    bodies = [wrong, b"ID,event_type\n1,a\n"]
    scripted = serve(lambda _: answer(bodies.pop(0), headers=CSV))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url, max_retries=1) as client:
        for count in (1, None):
            pager = client.export_events(PLAIN)
            rows = pager.batches() if as_batches else pager
            if count is None:
                with pytest.raises(errors.InvalidResponse):
                    twin.collect(rows)
            else:
                assert len(twin.collect(rows)) == count
            assert len(bodies) == 0
            bodies += [wrong, wrong]
    assert len(scripted.asked) == 4


@pytest.mark.parametrize(
    "select",
    [
        "everything",
        [{"type": "field", "field": "properties"}],
        [{"type": "field", "field": "id", "path": ["a"]}, {"type": "field", "field": 7}, "id"],
        [{"type": "aggregation", "aggregation": "count"}],
    ],
)
def test_columns_that_nobody_can_know(
    twin: Twin, serve: Serve, answer: type[Answer], select: Any
) -> None:
    """Of what may be called anything no column is expected."""
    scripted = serve(lambda _: answer(b"Number of things\n12\n", headers=CSV))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        rows = twin.collect(client.export_events({"select": select}))
    assert rows == [{"Number of things": "12"}]


def test_resume(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A stopped export goes on behind the row it stands after, for the same query only."""
    scripted = serve(lambda _: answer(WHOLE.encode(), headers=CSV))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        for stop in (1, 25, 49, 50):
            pager = client.export_events({"notes": "a"}, page_size=7)
            got = twin.collect(pager, stop)
            saved = pager.checkpoint.to_json()
            assert "said" not in saved
            rest = client.export_events({"notes": "a"}, resume=saved)
            assert got + twin.collect(rest) == ROWS
            with pytest.raises(errors.CheckpointMismatch):
                client.export_events({"notes": "b"}, resume=saved)
            with pytest.raises(errors.CheckpointMismatch):
                client.export_feedback({"notes": "a"}, resume=saved)


def test_pages_are_pieces(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """Pages hold as many rows as are asked for, each with its checkpoint."""
    scripted = serve(lambda _: answer(WHOLE.encode(), headers=CSV))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        pages = twin.collect(client.export_events({}, page_size=20).pages())
        assert [len(page) for page in pages] == [20, 20, 10]
        rest = client.export_events({}, resume=pages[1].checkpoint)
        assert twin.collect(rest) == ROWS[40:]


def test_memory_is_flat_unpacked(twin: Twin, serve_raw: ServeRaw) -> None:
    """An export of 32 MB that is sent as it is waits in a file, not in memory, and is all read."""
    block = f"{'x' * 255}\n".encode() * 4096
    parts = [head(f"Content-Length: {32 * len(block) + 5}"), b"text\n", *[block] * 32]
    raw = serve_raw(lambda _: parts)
    with twin.open("Inkeep", api_key="key", base_url=raw.url) as client:
        tracemalloc.start()
        pager = client.export_events({}, page_size=4096)
        pages = [len(page) for page in twin.step(pager.pages())]
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert pages == [4096] * 32
    assert peak < 16_000_000, peak


def test_memory_is_flat(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """Rows are made one by one: 24 MB of them take a few MB, whatever is sent packed."""
    line = f"{'x' * 240}\n".encode()
    packed = gzip.compress(b"text\n" + line * 100_000)
    headers = {**CSV, "content-encoding": "gzip"}
    scripted = serve(lambda _: answer(packed, headers=headers))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        tracemalloc.start()
        count = sum(1 for _ in twin.step(client.export_events({}, max_items=2_000)))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert count == 2_000
    assert peak < 4_000_000
