"""Pages asked for ahead: before the former one is there, never another one, never too many."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from dialytics import _batches, errors
from tests.clients import NOW, reach

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Raw, Scripted, Step, Twin

    Serve = Callable[[Callable[[Asked], Answer]], Scripted]
    ServeRaw = Callable[[Callable[[Asked], Answer | Iterable[Step]]], Raw]

DAY: dict[str, Any] = {"culture": "en", "start": date(2026, 11, 10), "end": date(2026, 11, 11)}
PATIENCE = 5.0


def head(length: int, token: str | None, status: int = 200) -> bytes:
    """Return a response up to its body."""
    more = f"continuationToken: {token}\r\n" if token else ""
    return (
        f"HTTP/1.1 {status} X\r\nContent-Type: text/csv\r\nContent-Length: {length}\r\n{more}\r\n"
    ).encode()


def body(number: int) -> bytes:
    """Return a page of one row."""
    return f"LogId,TimestampStart\r\n{number},2026-11-10T0{number}:00:00Z\r\n".encode()


class Pages:
    """A window of so many pages, each of which may be held back once its head was sent."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.asked = [threading.Event() for _ in range(count)]

    def number(self, asked: Asked) -> int:
        """Return which page is asked for."""
        return int(asked.query.get("continuationToken", "t0")[1:])

    def token(self, number: int) -> str | None:
        """Return what leads to the page after."""
        return f"t{number + 1}" if number + 1 < self.count else None


def test_the_next_page_is_asked_for_before_the_body(twin: Twin, serve_raw: ServeRaw) -> None:
    """A page's body may wait for the next request: it comes as soon as the head's token has."""
    pages = Pages(4)
    in_time: list[bool] = []

    def script(asked: Asked) -> Iterator[Step]:
        number = pages.number(asked)
        pages.asked[number].set()
        content = body(number)
        yield head(len(content), pages.token(number)) + content[:10]
        if number + 1 < pages.count:
            in_time.append(pages.asked[number + 1].wait(PATIENCE))
        yield content[10:]

    raw = serve_raw(script)
    with twin.open("DigitalCX", **reach(raw)) as client:
        pager = client.interactions(**DAY)
        assert [row.log_id for row in twin.collect(pager)] == [0, 1, 2, 3]
    assert in_time == [True] * 3
    assert (len(raw.asked), pager.stats.requests, twin.leftovers()) == (4, 4, [])


def test_few_pages_are_under_way(twin: Twin, serve_raw: ServeRaw) -> None:
    """Of an endless window, no more than four pages are asked for ahead of a slow consumer."""
    pages = Pages(9)

    def script(asked: Asked) -> Iterator[Step]:
        number = pages.number(asked)
        content = body(number)
        yield head(len(content), f"t{number + 1}") + content

    raw = serve_raw(script)
    with twin.open("DigitalCX", **reach(raw)) as client:
        pager = client.interactions(**DAY)
        steps = twin.step(pager)
        assert next(steps).log_id == 0
        twin.pause(0.2)
        assert 4 <= len(raw.asked) <= 5
        twin.close(pager)
        assert twin.leftovers() == []


@pytest.mark.parametrize(("of", "ahead"), [("batches", 2), ("raw_pages", 1)])
def test_what_is_decoded_meanwhile_is_one_page_more(
    twin: Twin, serve_raw: ServeRaw, of: str, ahead: int
) -> None:
    """With several windows, each has one page more under way where pages are decoded ahead."""
    asked_for = [Pages(5), Pages(5)]
    reached: list[bool] = []

    def script(asked: Asked) -> Iterator[Step]:
        pages = asked_for[asked.query["startDate"].startswith("2026-11-11")]
        number = pages.number(asked)
        pages.asked[number].set()
        content = body(number)
        yield head(len(content), pages.token(number)) + content[:10]
        if number == 0:
            reached.append(
                pages.asked[ahead].wait(PATIENCE) and not pages.asked[ahead + 1].is_set()
            )
        yield content[10:]

    raw = serve_raw(script)
    with twin.open("DigitalCX", **reach(raw)) as client:
        pager = client.interactions(**{**DAY, "end": date(2026, 11, 12)}, concurrency=2)
        twin.collect(getattr(pager, of)())
    assert reached == [True, True]
    assert (len(raw.asked), twin.leftovers()) == (10, [])


def test_windows_that_wait_to_be_decoded_are_under_way(
    twin: Twin, serve: Serve, answer: type[Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No window is asked for before one of those at once is decoded: what waits is bounded."""
    third, both, early = threading.Event(), threading.Barrier(2), list[bool]()
    read_batch = _batches.read_batch

    def script(asked: Asked) -> Answer:
        if asked.query["startDate"].startswith("2026-11-12"):
            third.set()
        return answer.csv("LogId,InteractionValue", f"{asked.query['startDate'][8:10]},a")

    def read_late(listing: Any, page: Any) -> Any:
        if page.place.partition.index < 2:
            both.wait(PATIENCE)
            early.append(third.wait(0.2))
            both.wait(PATIENCE)
        return read_batch(listing, page)

    monkeypatch.setattr(_batches, "read_batch", read_late)
    scripted = serve(script)
    with twin.open("DigitalCX", **reach(scripted)) as client:
        pager = client.interactions(**{**DAY, "end": date(2026, 11, 13)}, concurrency=2)
        table = twin.wait(pager.to_arrow())
    assert table.column("log_id").to_pylist() == [10, 11, 12]
    assert early == [False, False]
    assert (len(scripted.asked), twin.leftovers()) == (3, [])


def test_max_items_asks_for_nothing_ahead(twin: Twin, serve_raw: ServeRaw) -> None:
    """Who wants one row of a page causes one request."""

    def script(asked: Asked) -> Iterator[Step]:
        content = body(0)
        yield head(len(content), "t1") + content

    raw = serve_raw(script)
    with twin.open("DigitalCX", **reach(raw)) as client:
        assert len(twin.collect(client.interactions(**DAY, max_items=1))) == 1
    assert len(raw.asked) == 1


def test_a_repeated_response_that_leads_elsewhere_is_followed(
    twin: Twin, serve_raw: ServeRaw
) -> None:
    """When a broken page's second try names another next page, that one is read, not the first."""
    tries = 0

    def script(asked: Asked) -> Iterator[Step]:
        nonlocal tries
        token = asked.query.get("continuationToken")
        if token is None:
            tries += 1
            content = body(0)
            if tries == 1:
                yield head(len(content), "wrong") + content[:10]
                yield 0.1
                yield "close"
            yield head(len(content), "right") + content
        else:
            content = body(1 if token == "right" else 9)
            yield head(len(content), None) + content

    raw = serve_raw(script)
    with twin.open("DigitalCX", **reach(raw)) as client:
        pager = client.interactions(**DAY, max_retries=1)
        assert [row.log_id for row in twin.collect(pager)] == [0, 1]
    assert twin.leftovers() == []
    asked = [one.query.get("continuationToken") for one in raw.asked]
    assert (asked.count(None), asked.count("right")) == (2, 1)


def test_an_error_ahead_waits_for_its_turn(twin: Twin, serve_raw: ServeRaw) -> None:
    """A page that fails while the former is under way ends the listing after the former's rows."""

    def script(asked: Asked) -> Iterator[Step]:
        if "continuationToken" in asked.query:
            yield head(0, None, 403)
        else:
            content = body(0)
            yield head(len(content), "t1")
            yield 0.1
            yield content

    raw = serve_raw(script)
    with twin.open("DigitalCX", **reach(raw)) as client:
        pager = client.interactions(**DAY)
        steps = twin.step(pager)
        assert next(steps).log_id == 0
        with pytest.raises(errors.Forbidden) as caught:
            next(steps)
    assert caught.value.checkpoint is not None
    (position,) = caught.value.checkpoint.positions
    assert (position.cursor, position.page, position.rows) == ("t1", 1, 1)


def _asked(twin: Twin, event: threading.Event) -> bool:
    """Wait for a request, while tasks go on too."""
    give_up = time.monotonic() + PATIENCE
    while not event.is_set() and time.monotonic() < give_up:
        twin.pause(0.005)
    return event.is_set()


def test_pages_are_asked_for_ahead_to_the_end(twin: Twin, serve_raw: ServeRaw) -> None:
    """Whenever a page has been taken, one more is asked for, up to the window's last."""
    pages = Pages(9)

    def script(asked: Asked) -> Iterator[Step]:
        number = pages.number(asked)
        pages.asked[number].set()
        content = body(number)
        yield head(len(content), pages.token(number)) + content

    raw = serve_raw(script)
    with twin.open("DigitalCX", **reach(raw)) as client:
        rows = []
        for row in twin.step(client.interactions(**DAY)):
            rows.append(row.log_id)
            ahead = pages.asked[row.log_id : row.log_id + 4]
            assert all(_asked(twin, event) for event in ahead)
        assert rows == [*range(9)]
    assert len(raw.asked) == 9


def test_tokens_in_bodies_lead_ahead(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """Where only the body tells the next page, it is asked for once that is read, not taken."""
    fourth = threading.Event()

    def script(asked: Asked) -> Answer:
        number = int(asked.query.get("page_token", "t0")[1:])
        if number == 3:
            fourth.set()
        following = {"next_page_token": f"t{number + 1}"} if number < 6 else {}
        moment = f"2026-11-10T00:00:0{number}Z"
        event = {"id": f"e{number}", "name": "order", "created_at": moment, "timestamp": moment}
        return answer.json({"events": [event], **following})

    settings = {"auth": "t", "base_url": serve(script).url, "now": lambda: NOW}
    with twin.open("Chatlayer", **settings) as client:
        steps = twin.step(client.events("bot", start=DAY["start"], end=DAY["end"]))
        next(steps)
        assert _asked(twin, fourth)
        assert len([*steps]) == 6


def test_a_ring_is_not_run_round_ahead(twin: Twin, serve_raw: ServeRaw) -> None:
    """A token that leads to a page under way is no further page: the loop costs no request."""
    pages = Pages(3)

    def script(asked: Asked) -> Iterator[Step]:
        number = pages.number(asked)
        pages.asked[number].set()
        content = body(number)
        if number < 2:
            yield head(len(content), f"t{number + 1}") + content[:10]
            assert pages.asked[number + 1].wait(PATIENCE)
            yield 0.1
            yield content[10:]
        else:
            yield head(len(content), "t1") + content

    raw = serve_raw(script)
    with twin.open("DigitalCX", **reach(raw)) as client:
        steps = twin.step(client.interactions(**DAY))
        assert [next(steps).log_id for _ in range(3)] == [0, 1, 2]
        with pytest.raises(errors.PaginationLoop):
            next(steps)
    assert len(raw.asked) == 3


def test_a_ring_is_noticed_from_where_a_listing_is_resumed(twin: Twin, serve_raw: ServeRaw) -> None:
    """A page that names itself as the next is a loop, also if it is the first after a resume."""
    pages = Pages(2)

    def script(asked: Asked) -> Iterator[Step]:
        content = body(pages.number(asked))
        yield head(len(content), "t1") + content

    raw = serve_raw(script)
    with twin.open("DigitalCX", **reach(raw)) as client:
        pager = client.interactions(**DAY)
        twin.collect(pager.pages(), 1)
    # At a server of its own: what was asked ahead of the first may still come in.
    raw = serve_raw(script)
    with twin.open("DigitalCX", **reach(raw)) as client:
        steps = twin.step(client.interactions(**DAY, resume=pager.checkpoint))
        assert next(steps).log_id == 1
        with pytest.raises(errors.PaginationLoop):
            next(steps)
    assert len(raw.asked) == 1


def test_a_repeated_response_that_ends_the_window_ends_it(twin: Twin, serve_raw: ServeRaw) -> None:
    """The page that only a broken try had named is not asked for once there is room for it."""
    pages, tries = Pages(5), [0]
    repeated = threading.Event()

    def script(asked: Asked) -> Iterator[Step]:
        number = pages.number(asked)
        content = body(number)
        if number == 0:
            # The first page is under way until the fourth has been sent twice.
            yield head(len(content), "t1") + content[:10]
            assert repeated.wait(PATIENCE)
            yield 0.1
            yield content[10:]
        elif number == 3:
            tries[0] += 1
            if tries[0] == 1:
                yield head(len(content), "t4") + content[:10]
                yield 0.1
                yield "close"
                return
            repeated.set()
            yield head(len(content), None) + content
        else:
            yield head(len(content), pages.token(number)) + content

    raw = serve_raw(script)
    with twin.open("DigitalCX", **reach(raw)) as client:
        pager = client.interactions(**DAY, max_retries=1)
        assert [row.log_id for row in twin.collect(pager)] == [0, 1, 2, 3]
    assert sorted(pages.number(one) for one in raw.asked) == [0, 1, 2, 3, 3]


def test_closing_waits_once_for_all_pages(
    twin: Twin, serve_raw: ServeRaw, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages whose bodies do not come are given up together, not one after the other."""
    monkeypatch.setattr("dialytics._threads._JOIN_SECONDS", 1.0)
    pages, release = Pages(9), threading.Event()

    def script(asked: Asked) -> Iterator[Step]:
        number = pages.number(asked)
        pages.asked[number].set()
        yield head(len(body(number)), pages.token(number))
        if number:
            release.wait(30)
        yield body(number)

    raw = serve_raw(script)
    with twin.open("DigitalCX", **reach(raw)) as client:
        pager = client.interactions(**DAY, concurrency=1)
        rows = twin.step(pager)
        assert next(rows).log_id == 0
        while not pages.asked[3].is_set():
            twin.pause(0.01)
        began = time.monotonic()
        twin.close(pager)
        assert time.monotonic() - began < 2.5
        release.set()
