"""What the tests of the façade share: both twins behind one face, and servers that follow a script.

The two kinds of client are driven alike from plain test functions: `twin` is one of them, and its
methods wait where the asynchronous one has to.
"""

from __future__ import annotations

import asyncio
import gc
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, aclosing, closing, contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import dialytics
import pytest
from attrs import Factory, define, field, frozen

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PATIENCE = 10.0


class Twin:
    """One kind of client, driven from synchronous code."""

    def __init__(self, kind: str, runner: asyncio.Runner) -> None:
        self.kind = kind
        self.is_async = kind == "async"
        self._runner = runner

    def find(self, name: str) -> Any:
        """Return a public class by the name of the synchronous one."""
        return getattr(dialytics, f"Async{name}" if self.is_async else name)

    @contextmanager
    def open(self, name: str, **settings: Any) -> Iterator[Any]:
        """Use a client as the context manager that it is; no retries unless asked for."""
        client = self.find(name)(**{"max_retries": 0, **settings})
        with self.enter(client) as entered:
            assert entered is client
            yield client

    @contextmanager
    def enter(self, manager: Any) -> Iterator[Any]:
        """Enter and leave a context manager of this kind."""
        if not self.is_async:
            with manager as entered:
                yield entered
            return
        entered = self.wait(manager.__aenter__())
        try:
            yield entered
        finally:
            self.wait(manager.__aexit__(None, None, None))

    def wait(self, result: Any) -> Any:
        """Return what a call gives."""
        if not self.is_async:
            return result

        async def finish() -> Any:
            return await result

        return self._runner.run(finish())

    def close(self, thing: Any) -> None:
        """Close a pager or a client."""
        self.wait(thing.aclose() if self.is_async else thing.close())

    def collect(self, iterable: Any, count: int | None = None) -> list[Any]:
        """Return all items, or the first few, and close the iterator."""
        if self.is_async:
            return self._runner.run(_collect(iterable, count))
        items: list[Any] = []
        with closing(iter(iterable)) as iterator:
            for item in iterator:
                items.append(item)
                if len(items) == count:
                    break
        return items

    def step(self, iterable: Any) -> Iterator[Any]:
        """Yield items one by one, as a loop of this kind meets them."""
        if not self.is_async:
            yield from iterable
            return
        iterator = aiter(iterable)
        while True:
            try:
                yield self.wait(anext(iterator))
            except StopAsyncIteration:
                return

    def leftovers(self) -> list[str]:
        """Return the names of what still runs: our threads, or tasks."""
        gc.collect()
        if self.is_async:
            return self._runner.run(_pending())
        return [one.name for one in threading.enumerate() if one.name == "dialytics"]


async def _collect(iterable: Any, count: int | None) -> list[Any]:
    items: list[Any] = []
    async with aclosing(aiter(iterable)) as iterator:
        async for item in iterator:
            items.append(item)
            if len(items) == count:
                break
    return items


async def _pending() -> list[str]:
    # An abandoned iterator is closed by the loop, a turn after it was collected.
    await asyncio.sleep(0.01)
    return [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]


@pytest.fixture(scope="module", params=["sync", "async"])
def twin(request: pytest.FixtureRequest) -> Iterator[Twin]:
    """Each kind of client in turn."""
    with asyncio.Runner() as runner:
        yield Twin(request.param, runner)


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the environment's settings out of the tests."""
    import os  # noqa: PLC0415  # for this only

    for name in os.environ:
        if name.startswith("DIALYTICS_"):
            monkeypatch.delenv(name)


@frozen
class Asked:
    """One request that a scripted server received; names of headers are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@frozen
class Answer:
    """What a scripted server sends."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = Factory(dict)

    @classmethod
    def json(cls, content: object, status: int = 200, media: str = "application/json") -> Answer:
        """Return a JSON response."""
        return cls(json.dumps(content).encode(), status, {"content-type": media})

    @classmethod
    def csv(cls, *lines: str, token: str | None = None, status: int = 200) -> Answer:
        """Return a CSV response, with a continuation token if there is one."""
        headers = {"content-type": "text/csv"}
        if token is not None:
            headers["continuationToken"] = token
        return cls("".join(f"{line}\r\n" for line in lines).encode(), status, headers)


@define
class Scripted:
    """A server that answers as its script says, and remembers what it was asked."""

    script: Callable[[Asked], Answer]
    url: str = ""
    asked: list[Asked] = field(factory=list)
    connections: int = 0
    lock: threading.Lock = field(factory=threading.Lock)

    def settle(self) -> int:
        """Return how many connections stay open."""
        give_up = time.monotonic() + PATIENCE
        while self.connections and time.monotonic() < give_up:
            time.sleep(0.005)
        return self.connections


def _make_handler(scripted: Scripted) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def setup(self) -> None:
            super().setup()
            with scripted.lock:
                scripted.connections += 1

        def finish(self) -> None:
            super().finish()
            with scripted.lock:
                scripted.connections -= 1

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                self.close_connection = True

        def answer(self) -> None:
            parts = urlsplit(self.path)
            size = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            asked = Asked(self.command, parts.path, query, headers, self.rfile.read(size))
            with scripted.lock:
                scripted.asked.append(asked)
            answer = scripted.script(asked)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status != 204:
                self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PATCH = answer  # noqa: N815  # the names that the base looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
            """Keep quiet."""

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[Asked], Answer]], Scripted]]:
    """Return a function that starts a server with a script."""
    with ExitStack() as stack:

        def start(script: Callable[[Asked], Answer]) -> Scripted:
            scripted = Scripted(script)
            server = stack.enter_context(_Server(("127.0.0.1", 0), _make_handler(scripted)))
            thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            scripted.url = f"http://127.0.0.1:{server.server_port}"
            return scripted

        yield start


@pytest.fixture(scope="session")
def answer() -> type[Answer]:
    """The answers that a script gives."""
    return Answer
