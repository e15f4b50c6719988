"""Raw pages: the very bytes that the server sent, in order, and checkpoints that follow them."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from dialytics import _spool, errors

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Scripted, Twin

    Serve = Callable[[Callable[[Asked], Answer]], Scripted]

NOW: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
ASKED: Final[dict[str, Any]] = {
    "culture": "en",
    "start": date(2026, 11, 10),
    "end": date(2026, 11, 13),
}
PAGES: Final = 3


class Log:
    """A vendor with three pages a day, whose bodies only it could have made."""

    def __init__(self, answer: type[Answer], *, packed: bool = False, size: int = 40) -> None:
        self._answer = answer
        self._packed = packed
        self._size = size

    def body(self, day: int, number: int) -> bytes:
        """Return a page's content: bytes that no decoder would let through."""
        return b"LogId\r\n" + random.Random(day * 10 + number).randbytes(self._size)

    def __call__(self, asked: Asked) -> Answer:
        day = datetime.fromisoformat(asked.query["startDate"]).day
        number = int(asked.query.get("continuationToken", "0")[-1])
        headers = {"content-type": "text/csv"}
        if number < PAGES - 1:
            headers["continuationToken"] = f"{day}-{number + 1}"
        body = self.body(day, number)
        if self._packed:
            return self._answer(gzip.compress(body), 200, {**headers, "content-encoding": "gzip"})
        return self._answer(body, 200, headers)


@pytest.fixture
def reach(twin: Twin, serve: Serve) -> Iterator[Callable[..., Any]]:
    """Return a function that gives a client of a script and the server's memory."""
    opened = []

    def start(script: Callable[[Asked], Answer], **settings: Any) -> tuple[Any, Scripted]:
        scripted = serve(script)
        manager = twin.open(
            "DigitalCX",
            customer="acme",
            project="shop",
            auth="token",
            base_url=scripted.url,
            now=lambda: NOW,
            **settings,
        )
        client = manager.__enter__()
        opened.append(manager)
        return client, scripted

    yield start
    for manager in opened:
        manager.__exit__(None, None, None)


def place(page: Any) -> tuple[int, int]:
    return page.window.start.day, page.number


EVERY: Final = [(day, number) for day in (10, 11, 12) for number in range(PAGES)]


@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize("packed", [False, True])
def test_pages_hold_what_was_sent(
    twin: Twin, reach: Any, answer: type[Answer], concurrency: int, *, packed: bool
) -> None:
    """Each page's content is what the server sent, unpacked; its length is that of the transfer."""
    log = Log(answer, packed=packed)
    client, scripted = reach(log)
    pager = client.interactions(**ASKED, concurrency=concurrency)
    pages = twin.collect(pager.raw_pages())
    if concurrency == 1:
        assert [place(page) for page in pages] == EVERY
    for page in pages:
        body = log.body(page.window.start.day, page.number)
        assert page.content == b"".join(page.pieces()) == body
        assert len(page) == len(gzip.compress(body) if packed else body)
        assert page.skip == 0
    assert len(scripted.asked) == len(pages)
    assert (pager.stats.pages, pager.stats.requests) == (len(pages), len(pages))
    assert (pager.stats.rows, pager.stats.partitions_done) == (0, pager.stats.partitions)


def test_windows_at_once_come_in_order(twin: Twin, reach: Any, answer: type[Answer]) -> None:
    """However many windows are read at once, pages come window by window, each window's in turn."""
    client, _ = reach(Log(answer))
    pages = twin.collect(client.interactions(**ASKED, concurrency=3).raw_pages())
    assert [place(page) for page in pages] == EVERY
    unordered = client.interactions(**ASKED, concurrency=3, ordered=False)
    pages = twin.collect(unordered.raw_pages())
    assert sorted(map(place, pages)) == EVERY
    for day in (10, 11, 12):
        assert [page.number for page in pages if page.window.start.day == day] == [0, 1, 2]


def test_large_pages_are_read_from_a_file(
    twin: Twin, reach: Any, answer: type[Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that is kept in a file comes whole, piece by piece, and more than once."""
    monkeypatch.setattr(_spool, "_MOST_IN_MEMORY", 1000)
    log = Log(answer, size=700_000)
    client, _ = reach(log)
    pages = twin.collect(client.interactions(**ASKED, concurrency=1).raw_pages(), 2)
    for page, number in zip(pages, range(2), strict=True):
        assert not isinstance(page._body.raw, bytes)
        pieces = list(page.pieces())
        assert len(pieces) > 1
        assert b"".join(pieces) == page.content == log.body(10, number)


@pytest.mark.parametrize("stop", range(1, len(EVERY)))
def test_checkpoints_go_on_after_the_page(
    twin: Twin, reach: Any, answer: type[Answer], stop: int
) -> None:
    """From the checkpoint of any page the next one follows, and none comes again."""
    client, _ = reach(Log(answer))
    pager = client.interactions(**ASKED, concurrency=1)
    first = twin.collect(pager.raw_pages(), stop)
    assert pager.checkpoint == first[-1].checkpoint
    # Of a server of its own: at the other one, what was asked ahead may still come in.
    client, scripted = reach(Log(answer))
    again = client.interactions(**ASKED, concurrency=1, resume=first[-1].checkpoint.to_json())
    rest = twin.collect(again.raw_pages())
    assert [place(page) for page in rest] == EVERY[stop:]
    assert [page.skip for page in rest] == [0] * len(rest)
    assert len(scripted.asked) == len(EVERY) - stop
    assert again.stats.partitions_done == again.stats.partitions == 3


def test_a_page_that_rows_were_taken_of_says_how_many(
    twin: Twin, reach: Any, answer: type[Answer]
) -> None:
    """Resumed within a page, that page comes whole, and says how many of its rows are known."""

    def script(asked: Asked) -> Answer:
        day = datetime.fromisoformat(asked.query["startDate"]).day
        if "continuationToken" in asked.query:
            return answer.csv("LogId", f"{day}4", f"{day}5")
        return answer.csv("LogId", f"{day}1", f"{day}2", f"{day}3", token="more")

    client, _ = reach(script)
    pager = client.interactions(**ASKED, concurrency=1)
    rows = twin.collect(pager, 5 + 3 + 1)
    assert rows[-1].log_id == 114
    again = client.interactions(**ASKED, concurrency=1, resume=pager.checkpoint)
    pages = twin.collect(again.raw_pages())
    assert [(*place(page), page.skip) for page in pages] == [
        (11, 1, 1),
        (12, 0, 0),
        (12, 1, 0),
    ]
    assert pages[0].content == b"LogId\r\n114\r\n115\r\n"


def test_failures_say_where_to_go_on(twin: Twin, reach: Any, answer: type[Answer]) -> None:
    """The error's checkpoint stands after the page that was handed out last."""
    log, refused = Log(answer), [True]

    def script(asked: Asked) -> Answer:
        if asked.query.get("continuationToken") == "11-1" and refused[0]:
            return answer(status=403)
        return log(asked)

    client, _ = reach(script)
    seen: list[tuple[int, int]] = []
    with pytest.raises(errors.Forbidden) as caught:
        seen.extend(
            place(page)
            for page in twin.step(client.interactions(**ASKED, concurrency=1).raw_pages())
        )
    assert seen == EVERY[:4]
    refused.clear()
    refused.append(False)
    again = client.interactions(**ASKED, resume=caught.value.checkpoint, concurrency=1)
    assert [place(page) for page in twin.collect(again.raw_pages())] == EVERY[4:]


def test_cut_transfers_are_no_pages(twin: Twin, reach: Any, answer: type[Answer]) -> None:
    """Nothing is decoded, but a compressed body that was cut is found out all the same."""
    whole = gzip.compress(b"LogId\r\n" + b"1\r\n" * 5000)

    def script(_: Asked) -> Answer:
        headers = {"content-type": "text/csv", "content-encoding": "gzip"}
        return answer(whole[:-9], 200, headers)

    client, scripted = reach(script, max_retries=1)
    with pytest.raises(errors.IncompleteBody):
        twin.collect(client.interactions(**ASKED, concurrency=1).raw_pages())
    assert len(scripted.asked) == 2


def test_items_cannot_be_counted(twin: Twin, reach: Any, answer: type[Answer]) -> None:
    """``max_items`` would mean rows, which raw pages do not know: it is refused at the call."""
    client, scripted = reach(Log(answer))
    pager = client.interactions(**ASKED, max_items=5)
    with pytest.raises(errors.ArgumentError, match="leave out max_items"):
        pager.raw_pages()
    assert scripted.asked == []
    twin.close(pager)


def test_pages_show_nothing_of_what_they_hold(twin: Twin, reach: Any, answer: type[Answer]) -> None:
    """The repr of a raw page has its window and number, and not a byte of it."""

    def script(_: Asked) -> Answer:
        return answer.csv("LogId,OutputText", "1,quasimodo")

    client, _ = reach(script)
    (page,) = twin.collect(client.interactions(**ASKED, concurrency=1).raw_pages(), 1)
    assert "quasimodo" in page.content.decode()
    assert "quasimodo" not in repr(page)
