"""What the tests of the façade share: both twins behind one face, and servers that follow a script.

The two kinds of client are driven alike from plain test functions: `twin` is one of them, and its
methods wait where the asynchronous one has to.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, aclosing, closing, contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import pytest
from attrs import Factory, define, field, frozen
from hypothesis import HealthCheck, settings

import dialytics

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PATIENCE = 10.0
# Loading certificates takes longer than most tests.
TRUST = ssl.create_default_context()

# A busy machine is no fault of what is tested.
settings.register_profile("dialytics", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("dialytics")

Figure: TypeAlias = tuple[str, dict[str, int | list[str]]]
_FIGURES = pytest.StashKey[list[Figure]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the long tests whole")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if found := config.stash.get(_FIGURES, []):
        terminalreporter.section("figures")
        terminalreporter.write_line("\n".join(add_figures(found)))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Give the figures of one of several processes to the one that has the terminal."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["figures"] = session.config.stash.get(_FIGURES, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    found = getattr(node, "workeroutput", {}).get("figures", [])
    node.config.stash.setdefault(_FIGURES, []).extend(found)


def add_figures(found: Iterable[Figure]) -> list[str]:
    """Return a line for each name: counts are added up, and of names the different ones counted."""
    sums: dict[str, dict[str, int]] = {}
    names: dict[tuple[str, str], set[str]] = {}
    for name, values in found:
        line = sums.setdefault(name, {})
        for what, value in values.items():
            if isinstance(value, int):
                line[what] = line.get(what, 0) + value
            else:
                line[what] = len(names.setdefault((name, what), set()).union(value))
                names[name, what].update(value)
    return sorted(map(_show_figures, sums.items()))


def _show_figures(line: tuple[str, dict[str, int]]) -> str:
    name, values = line
    told = ", ".join(f"{value:,} {what.replace('_', ' ')}" for what, value in values.items())
    return f"{name}: {told}" if told else name


@pytest.fixture(scope="session")
def soak(request: pytest.FixtureRequest) -> bool:
    """Whether long tests run whole (`--soak`), or only a seeded sample of them."""
    return bool(request.config.getoption("--soak"))


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Return what adds a line to the figures that stand at the end of the run.

    Counts of the same line are added up, also those of several processes; see `add_figures`.
    """
    found = request.config.stash.setdefault(_FIGURES, [])

    def add(name: str, **values: int | list[str]) -> None:
        found.append((name, values))

    return add


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
        # A client of the test's own knows whom it trusts.
        trust = {} if settings.get("http_client") else {"verify": TRUST}
        client = self.find(name)(**{"max_retries": 0, **trust, **settings})
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

    def pause(self, seconds: float) -> None:
        """Let time pass for tasks or threads."""
        if self.is_async:
            self._runner.run(asyncio.sleep(seconds))
        else:
            time.sleep(seconds)

    def close(self, thing: Any) -> None:
        """Close a pager, a client or its connections."""
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
                yield self._runner.run(_next(iterator))
            except StopAsyncIteration:
                return

    def together(self, calls: Sequence[Callable[[], Any]]) -> list[Any]:
        """Return what calls give that are made at once: as tasks, or in threads."""
        if self.is_async:
            return self._runner.run(_gather(calls))
        with ThreadPoolExecutor(len(calls)) as pool:
            return [future.result() for future in [pool.submit(call) for call in calls]]

    def leftovers(self) -> list[str]:
        """Return the names of what still runs: our threads, or tasks."""
        if self.is_async:
            return self._runner.run(_pending())
        return [one.name for one in threading.enumerate() if one.name == "dialytics"]


async def _next(iterator: Any) -> Any:
    # Called in the loop, which then knows the iterator and closes it if it is dropped.
    return await anext(iterator)


async def _collect(iterable: Any, count: int | None) -> list[Any]:
    items: list[Any] = []
    async with aclosing(aiter(iterable)) as iterator:
        async for item in iterator:
            items.append(item)
            if len(items) == count:
                break
    return items


async def _gather(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    return await asyncio.gather(*[call() for call in calls])


async def _pending() -> list[str]:
    # An abandoned iterator is closed by the loop, some turns after it was collected.
    give_up = time.monotonic() + PATIENCE
    while True:
        await asyncio.sleep(0.01)
        pending = asyncio.all_tasks() - {asyncio.current_task()}
        if not pending or time.monotonic() > give_up:
            return [task.get_name() for task in pending]


@pytest.fixture(scope="module", params=["sync", "async"])
def twin(request: pytest.FixtureRequest) -> Iterator[Twin]:
    """Each kind of client in turn."""
    with asyncio.Runner() as runner:
        yield Twin(request.param, runner)


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the environment's settings out of the tests."""
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
    connections_made: int = 0
    lock: threading.Lock = field(factory=threading.Lock)

    def settle(self) -> int:
        """Return how many connections stay open."""
        return _settle(self)


def _settle(server: Scripted | Raw) -> int:
    give_up = time.monotonic() + PATIENCE
    while server.connections and time.monotonic() < give_up:
        time.sleep(0.005)
    return server.connections


def _make_handler(scripted: Scripted) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def setup(self) -> None:
            super().setup()
            with scripted.lock:
                scripted.connections += 1
                scripted.connections_made += 1

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

        do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815  # the names that the base looks for

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


Step: TypeAlias = bytes | float | str
"""What a raw server does next: send bytes, wait seconds, or end with "reset", "close" or "hang"."""


_TLS_HANDSHAKE = b"\x16"


@define
class Raw:
    """A server that sends the very bytes of its script, and remembers what it was asked."""

    script: Callable[[Asked], Answer | Iterable[Step]]
    url: str = ""
    asked: list[Asked] = field(factory=list)
    connections: int = 0
    stopped: threading.Event = field(factory=threading.Event)
    lock: threading.Lock = field(factory=threading.Lock)

    def settle(self) -> int:
        """Return how many connections stay open."""
        return _settle(self)

    def serve(self, listener: socket.socket) -> None:
        """Accept connections until the listener is shut."""
        while not self.stopped.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with self.lock:
            self.connections += 1
        try:
            self._answer(connection)
        finally:
            with self.lock:
                self.connections -= 1

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError, ValueError), connection.makefile("rb") as stream:
            if stream.peek(1)[:1] == _TLS_HANDSHAKE:
                connection.sendall(b"HTTP/1.1 400 X\r\nContent-Length: 0\r\n\r\n")
                return
            while (asked := _read_request(stream)) is not None:
                with self.lock:
                    self.asked.append(asked)
                reply = self.script(asked)
                for step in [_render(reply)] if isinstance(reply, Answer) else reply:
                    if isinstance(step, bytes):
                        connection.sendall(step)
                    elif isinstance(step, float):
                        self.stopped.wait(step)
                    elif step == "hang":
                        self._hang(connection)
                    else:
                        _hang_up(connection, reset=step == "reset")
                        return

    def _hang(self, connection: socket.socket) -> None:
        """Send nothing, until the other end hangs up."""
        give_up = time.monotonic() + PATIENCE
        while not self.stopped.is_set() and time.monotonic() < give_up:
            if select.select([connection], [], [], 0.01)[0]:
                return


def _read_request(stream: Any) -> Asked | None:
    method, _, rest = stream.readline().decode("latin-1").partition(" ")
    if not rest:
        return None
    lines = iter(lambda: stream.readline().decode("latin-1").strip(), "")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    parts = urlsplit(rest.split(" ", maxsplit=1)[0])
    body = stream.read(int(headers.get("content-length") or 0))
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Asked(method, parts.path, query, headers, body)


def _render(answer: Answer) -> bytes:
    headers, body = dict(answer.headers), answer.body
    if answer.status in {204, 304}:
        body = b""
    else:
        headers["content-length"] = str(len(body))
    lines = [f"HTTP/1.1 {answer.status} X", *(f"{name}: {headers[name]}" for name in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def _hang_up(connection: socket.socket, *, reset: bool) -> None:
    if reset:
        # Closing without lingering sends RST instead of FIN.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    else:
        connection.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def serve_raw() -> Iterator[Callable[[Callable[[Asked], Answer | Iterable[Step]]], Raw]]:
    """Return a function that starts a raw server with a script."""
    with ExitStack() as stack:

        def start(script: Callable[[Asked], Answer | Iterable[Step]]) -> Raw:
            raw = Raw(script)
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=128))
            thread = threading.Thread(target=raw.serve, args=(listener,), daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(listener.shutdown, socket.SHUT_RDWR)
            stack.callback(raw.stopped.set)
            raw.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            return raw

        yield start
