"""Deadlines of calls, listings and bulk calls, over real connections."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from dialytics import AsyncChatlayer, ClientCredentials, errors
from tests.conftest import PATIENCE

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Raw, Step, Twin

    ServeRaw = Callable[[Callable[[Asked], Answer | Iterable[Step]]], Raw]

LOGIN: Any = {"token_id": "id", "token_secret": "secret"}
DAY = date(2026, 11, 1)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HEAD = b"HTTP/1.1 200 X\r\nContent-Type: application/json\r\n"
# What a wait on a busy machine may take longer.
SLACK = 5.0


def drip(_: Asked) -> Iterator[Step]:
    """Send a body of which each piece comes in time, and the whole never."""
    yield HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    for _number in range(1_000):
        yield b"1\r\n \r\n"
        yield 0.02


def hang(_: Asked) -> list[Step]:
    """Send nothing."""
    return ["hang"]


@pytest.mark.parametrize("script", [drip, hang])
def test_calls_end_in_time(twin: Twin, serve_raw: ServeRaw, script: Callable[[Asked], Any]) -> None:
    """Neither silence nor a body that drips for ever keeps a call beyond its deadline."""
    raw = serve_raw(script)
    with twin.open("Chatlayer", **LOGIN, base_url=raw.url, timeout=60, max_retries=3) as client:
        began = time.monotonic()
        with pytest.raises(errors.DeadlineExceeded, match=r"deadline of 0\.3 s") as caught:
            twin.wait(client.echo("hi", deadline=0.3))
        assert 0.25 < time.monotonic() - began < SLACK
    error = caught.value
    assert (error.vendor, error.operation, error.sent) == ("chatlayer", "echo", True)
    assert isinstance(error, TimeoutError)
    assert len(raw.asked) == 1


def test_requests_sent_again_by_the_users_transport_end_in_time(
    twin: Twin, serve_raw: ServeRaw
) -> None:
    """Also the connection is watched on which a transport of the user's own sends once more."""
    import httpx  # noqa: PLC0415  # the only one here

    class Again(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            super().handle_request(request).close()
            return super().handle_request(request)

    class AsyncAgain(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await (await super().handle_async_request(request)).aclose()
            return await super().handle_async_request(request)

    def script(_: Asked) -> Iterator[Step]:
        if len(raw.asked) == 1:
            yield b"HTTP/1.1 503 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        else:
            yield b"HTTP/1.1 200 X\r\nX-Drip: "
            for _number in range(1_000):
                yield b"x"
                yield 0.02

    raw = serve_raw(script)
    make: Any = httpx.AsyncClient if twin.is_async else httpx.Client
    again: Any = AsyncAgain if twin.is_async else Again
    settings: dict[str, Any] = {**LOGIN, "base_url": raw.url, "max_retries": 0}
    with (
        twin.enter(make(transport=again(), timeout=60)) as given,
        twin.open("Chatlayer", **settings, http_client=given) as client,
    ):
        began = time.monotonic()
        with pytest.raises(errors.DeadlineExceeded):
            twin.wait(client.echo("hi", deadline=0.5))
        assert time.monotonic() - began < SLACK
    assert len(raw.asked) == 2


def test_a_late_piece_leaves_nothing(serve_raw: ServeRaw) -> None:
    """A call that ends while its body still comes leaves no generator for the loop to end."""
    begun, late, sent = threading.Event(), threading.Event(), threading.Event()

    def script(_: Asked) -> Iterator[Step]:
        yield HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n \r\n"
        begun.set()
        late.wait(PATIENCE)
        yield b"1\r\n \r\n"
        sent.set()
        yield "hang"

    def block() -> None:
        late.set()
        sent.wait(PATIENCE)
        time.sleep(0.4)

    async def ask() -> None:
        sys.set_asyncgen_hooks(finalizer=left.append)
        async with AsyncChatlayer(**LOGIN, base_url=raw.url, max_retries=0) as client:
            call = asyncio.create_task(client.echo("hi", deadline=0.3))
            await asyncio.to_thread(begun.wait, PATIENCE)
            await asyncio.sleep(0.01)
            block()
            with pytest.raises(errors.DeadlineExceeded):
                await call

    raw, left = serve_raw(script), list[object]()
    asyncio.run(ask())
    assert left == []


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"HTTP/1.1 200 X\r\n", b"X-More: 1\r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5;", b"x"),
        (HEAD + b"Content-Length: 20000\r\n\r\n", b" "),
    ],
)
@pytest.mark.parametrize("warm", [False, True])
def test_heads_and_frames_that_drip_end_in_time(
    *, twin: Twin, serve_raw: ServeRaw, answer: type[Answer], begin: bytes, piece: bytes, warm: bool
) -> None:
    """Headers, a chunk's extension or a body in drips end on time, on new and used connections."""

    def script(_: Asked) -> Any:
        if warm and len(raw.asked) == 1:
            return answer.json({"message": "hi"})
        return [begin, *[0.05, piece] * 300]

    raw = serve_raw(script)
    with twin.open("Chatlayer", **LOGIN, base_url=raw.url, timeout=60) as client:
        if warm:
            assert twin.wait(client.echo("hi")) == "hi"
        began = time.monotonic()
        with pytest.raises(errors.DeadlineExceeded):
            twin.wait(client.echo("hi", deadline=0.3))
        assert time.monotonic() - began < SLACK


def test_timeouts_stay_timeouts(twin: Twin, serve_raw: ServeRaw) -> None:
    """A try that takes longer than its own timeout is one, as long as there is time."""
    raw = serve_raw(hang)
    with (
        twin.open("Chatlayer", **LOGIN, base_url=raw.url) as client,
        pytest.raises(errors.RequestTimeout),
    ):
        twin.wait(client.echo("hi", timeout=0.1, deadline=60))


def test_wrong_deadlines_are_refused(twin: Twin) -> None:
    """At the call, whatever kind of call it is, before anything is sent; None is none."""
    with twin.open("Inkeep", api_key="k", base_url="http://127.0.0.1:9") as client:
        for wrong in (0, -1, "3", float("inf")):
            calls: list[Callable[..., Any]] = [
                lambda **options: twin.wait(client.conversation("c", **options)),
                client.conversations,
                lambda **options: client.log_conversations([], **options),
            ]
            for call in calls:
                with pytest.raises(errors.ArgumentError, match="deadline must be") as caught:
                    call(deadline=wrong)
                assert caught.value.vendor == "inkeep"
        client.conversations(deadline=None)


def test_others_logins_do_not_outlast_a_deadline(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer]
) -> None:
    """A call that waits for the token which another call fetches gives up in time."""
    asked_for = threading.Event()

    def script(asked: Asked) -> Any:
        if asked.path == "/token":
            asked_for.set()
            return [1.5, b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"]
        return answer(b"", 204)

    raw = serve_raw(script)
    login = {"customer": "c", "project": "p", "base_url": raw.url, "now": lambda: NOW}
    auth = ClientCredentials("id", "secret", token_url=f"{raw.url}/token", resource="r")
    found: list[Any] = []
    with twin.open("DigitalCX", **login, auth=auth) as client:

        def read(**options: Any) -> Any:
            pager = client.interactions(culture="en", start=DAY, max_items=1, **options)
            return read_later(pager) if twin.is_async else read_now(pager)

        def read_now(pager: Any) -> None:
            try:
                list(pager)
            except errors.DialyticsError as error:
                found.append(error)

        async def read_later(pager: Any) -> None:
            try:
                await anext(aiter(pager))
            except errors.DialyticsError as error:
                found.append(error)

        def hurry() -> Any:
            # Tasks start in their order, threads need not.
            assert twin.is_async or asked_for.wait(10)
            return read(deadline=0.2)

        twin.together([read, hurry])
    assert [type(one) for one in found] == [errors.DeadlineExceeded, errors.ServerError]
    assert found[0].sent is False
    assert [asked.path for asked in raw.asked] == ["/token"]


@pytest.mark.parametrize("concurrency", [1, 8])
def test_listings_end_with_a_checkpoint(
    twin: Twin, serve: Any, answer: type[Answer], concurrency: int
) -> None:
    """What came in time is handed out; then the error, from whose checkpoint the rest resumes."""
    free = threading.Event()

    def script(asked: Asked) -> Answer:
        start, page = asked.query["start_time"], int(asked.query.get("page_token", "0"))
        if page == 2:
            free.wait(10)
        events = [{"id": f"{start} {page} {row}", "timestamp": start} for row in range(5)]
        return answer.json({"events": events, "next_page_token": str(page + 1) if page < 3 else ""})

    server = serve(script)
    days = {"start": date(2026, 11, 1), "end": date(2026, 11, 5), "concurrency": concurrency}
    with twin.open("Chatlayer", **LOGIN, base_url=server.url, max_retries=3) as client:
        pager = client.events("bot", **days, deadline=0.5)
        rows: list[str] = []
        with pytest.raises(errors.DeadlineExceeded) as caught:
            rows.extend(row.id for row in twin.step(pager))
        error = caught.value
        assert error.checkpoint == pager.checkpoint
        assert (error.vendor, error.operation) == ("chatlayer", "events")
        assert len(rows) == 10
        free.set()
        assert twin.leftovers() == []
        rows += [
            one.id for one in twin.collect(client.events("bot", **days, resume=pager.checkpoint))
        ]
        whole = [one.id for one in twin.collect(client.events("bot", **days))]
    assert rows == whole
    assert len({*whole}) == len(whole) > 40


def test_bulk_calls_end_with_a_checkpoint(twin: Twin, serve: Any, answer: type[Answer]) -> None:
    """Records that were not done in time are no outcomes: resuming sends them."""
    done = threading.Event()

    def script(asked: Asked) -> Answer:
        if b'"3"' in asked.body and not done.is_set():
            done.wait(10)
        return answer(b"", 204)

    server = serve(script)
    records = [
        {"project_id": "p", "input_id": str(number), "properties": {"state": str(number)}}
        for number in range(6)
    ]
    with twin.open("Cognigy", api_key="k", base_url=server.url, max_retries=2) as client:
        outcomes = client.update_records(records, concurrency=1, deadline=0.4)
        handed: list[int] = []
        with pytest.raises(errors.DeadlineExceeded) as caught:
            handed.extend(outcome.position for outcome in twin.step(outcomes))
        done.set()
        error = caught.value
        assert (error.vendor, error.operation) == ("cognigy", "update_records")
        rest = client.update_records(records, resume=error.checkpoint)
        handed += [outcome.position for outcome in twin.collect(rest)]
    assert handed == list(range(6))
    assert outcomes.checkpoint == error.checkpoint
