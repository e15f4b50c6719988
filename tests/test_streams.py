"""Connections' streams: which request uses each, and how it is shut from outside."""

from __future__ import annotations

import asyncio
import contextvars
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any

import httpcore
import httpx
import pytest
from attrs import define, field

from dialytics._sending import SHORTEST_SECONDS, Sending
from dialytics._streams import AsyncWatch, WatchedStream, watch

if TYPE_CHECKING:
    from tests.conftest import Answer, Scripted


@define(eq=False, slots=False)
class Stream:
    """A connection as the HTTP client has it; it remembers what it was asked."""

    connection: object
    asked: list[tuple[Any, float | None]] = field(factory=list)
    read: Any = None
    write: Any = None
    readable: bool = False
    closed: bool = False

    def __attrs_post_init__(self) -> None:
        self.read = self.write = self._note

    def _note(self, what: Any, timeout: float | None = None) -> None:
        self.asked.append((what, timeout))

    def close(self) -> None:
        self.closed = True

    def get_extra_info(self, name: str) -> object:
        return self.connection if name == "socket" else self.readable

    @property
    def watched(self) -> WatchedStream:
        """What reads from it in its place."""
        watched = self.read.__self__
        assert isinstance(watched, WatchedStream)
        return watched


@pytest.fixture
def make_stream() -> Iterator[Callable[[], tuple[Stream, socket.socket]]]:
    """Return a function that makes a connection; it returns both of its ends."""
    with ExitStack() as stack:

        def make() -> tuple[Stream, socket.socket]:
            plain, theirs = (stack.enter_context(one) for one in socket.socketpair())
            theirs.settimeout(0.0)
            return Stream(stack.enter_context(Tls(fileno=plain.detach()))), theirs

        yield make


class Tls(socket.socket):
    """A socket whose own shutdown would change what others use at the moment."""

    def shutdown(self, how: int) -> None:
        raise AssertionError(how)


def is_shut(theirs: socket.socket) -> bool:
    try:
        return theirs.recv(1) == b""
    except BlockingIOError:
        return False


def connect(sending: Sending, stream: Stream, kept: float = inf) -> None:
    """Let a request have a connection."""
    watch(sending, kept, "connection.connect_tcp.complete", {"return_value": stream})
    watch(sending, kept, "http11.send_request_headers.started", {})


MakeStream = Callable[[], tuple[Stream, socket.socket]]


@pytest.mark.parametrize("use", ["read", "write"])
def test_connections_in_use_are_shut(make_stream: MakeStream, use: str) -> None:
    """Whoever reads or writes at the moment is told that the connection has ended."""
    (stream, theirs), sending = make_stream(), Sending(lambda: inf)
    connect(sending, stream)
    with sending:
        getattr(stream, use)(b"")
        assert not is_shut(theirs)
        sending.give_up()
    assert sending.given_up
    assert is_shut(theirs)


def test_connections_that_come_too_late_are_shut(make_stream: MakeStream) -> None:
    """A request that is given up while it waits for a connection sends nothing."""
    (stream, theirs), sending = make_stream(), Sending(lambda: inf)
    sending.give_up()
    connect(sending, stream)
    with sending:
        stream.write(b"")
    assert is_shut(theirs)


def test_connections_that_others_share_stay(make_stream: MakeStream) -> None:
    """With HTTP/2 one request's end is not the connection's."""
    (stream, theirs), sending = make_stream(), Sending(lambda: inf)
    # A proxy is spoken to in HTTP/1.1 first, whatever comes after it.
    connect(sending, stream)
    with sending:
        stream.write(b"")
        watch(sending, inf, "http2.send_request_headers.started", {})
        sending.give_up()
        stream.write(b"")
        sending.give_up()
    assert not is_shut(theirs)


@pytest.mark.parametrize("ours", [True, False])
def test_connections_that_others_use_stay(make_stream: MakeStream, *, ours: bool) -> None:
    """One that another request has by now is not shut, be it ours or the user's own."""
    stream, theirs = make_stream()
    first, second = Sending(lambda: inf), Sending(lambda: inf)
    connect(first, stream)
    watch(second, inf, "http11.send_request_headers.started", {})
    with first:
        stream.read(1)
        contextvars.Context().run(partial(use_in, second if ours else nullcontext(), stream))
        first.give_up()
    assert not is_shut(theirs)


def test_connections_given_back_stay(make_stream: MakeStream) -> None:
    """A request that is over has no connection, whenever it is given up."""
    (stream, theirs), sending = make_stream(), Sending(lambda: inf)
    connect(sending, stream)
    with sending:
        stream.read(1)
    sending.give_up()
    assert not is_shut(theirs)


def test_a_connection_in_use_has_nothing_to_read_for_a_pool(make_stream: MakeStream) -> None:
    """What has come for a request makes no pool close the connection, as it does an idle one."""
    (stream, _), first = make_stream(), Sending(lambda: inf)
    stream.readable = True
    connect(first, stream)
    with first:
        stream.write(b"")
        assert stream.get_extra_info("is_readable") is False
        assert stream.get_extra_info("socket") is stream.connection
    assert stream.get_extra_info("is_readable") is True


def test_what_others_use_is_not_freed(make_stream: MakeStream) -> None:
    """A request whose connection another has by now leaves it to that one when it is over."""
    (stream, _), first, second = make_stream(), Sending(lambda: inf), Sending(lambda: inf)
    stream.readable = True
    connect(first, stream)
    second.begin(alone=True)
    elsewhere = contextvars.Context()
    with first:
        stream.read(1)
        elsewhere.run(second.__enter__)
        elsewhere.run(stream.read, 1)
    assert stream.watched.user is second
    assert stream.get_extra_info("is_readable") is False


def test_a_hook_that_sends_leaves_no_connection_in_use(make_stream: MakeStream) -> None:
    """What a user's hook sends amid a request has another connection; both are freed."""
    (one, _), (other, _), sending = make_stream(), make_stream(), Sending(lambda: inf)
    connect(Sending(lambda: inf), other)
    connect(sending, one)
    with sending:
        one.write(b"ours")
        other.write(b"the hook's")
        other.read(1)
        one.read(1)
        in_use = one.watched.user
        # It may also send our own once more.
        watch(sending, inf, "http11.send_request_headers.started", {})
        other.write(b"ours again")
    assert (in_use, one.watched.user, other.watched.user) == (sending, None, None)


def test_nobody_waits_for_a_connection_with_another_in_hand(make_stream: MakeStream) -> None:
    """Two requests may change connections at the same time, and none waits for the other."""
    (one, _), (other, _), sending = make_stream(), make_stream(), Sending(lambda: inf)
    connect(Sending(lambda: inf), other)
    connect(sending, one)

    def change() -> None:
        with sending:
            one.write(b"1")
            begun.set()
            go.wait()
            other.write(b"2")

    begun, go, thread = threading.Event(), threading.Event(), threading.Thread(target=change)
    thread.start()
    begun.wait()
    with one.watched.lock:
        go.set()
        thread.join(0.1)
        assert other.watched.lock.acquire(blocking=False)
        other.watched.lock.release()
    thread.join()
    assert other.asked == [(b"2", None)]


@pytest.mark.parametrize(("kept", "readable"), [(inf, True), (-1.0, False)], ids=["ended", "old"])
def test_a_connection_that_a_pool_closes_is_passed_by(
    make_stream: MakeStream, kept: float, *, readable: bool
) -> None:
    """A request that was given it before, and has not begun, takes another; nothing is sent."""
    stream, _ = make_stream()
    first, second = Sending(lambda: inf), Sending(lambda: inf)
    connect(first, stream, kept)
    with first:
        stream.write(b"1")
    stream.readable = readable
    assert stream.get_extra_info("is_readable") is True
    watch(second, inf, "http11.send_request_headers.started", {})
    with second, pytest.raises(httpcore.ConnectionNotAvailable):
        stream.write(b"2")
    assert [what for what, _ in stream.asked] == [b"1"]


def test_what_others_have_sent_is_not_sent_again(make_stream: MakeStream) -> None:
    """A request of the user's own, on a connection that a pool closes meanwhile, just fails."""
    (stream, _), first = make_stream(), Sending(lambda: inf)
    connect(first, stream)
    with first:
        stream.write(b"1")
    stream.write(b"2")
    stream.readable = True
    assert stream.get_extra_info("is_readable") is True
    stream.read(1)
    # That may be the rest of it: whose use it is nobody knows.
    stream.write(b"3")
    second = Sending(lambda: inf)
    watch(second, inf, "http11.send_request_headers.started", {})
    with second, pytest.raises(httpcore.ConnectionNotAvailable):
        stream.write(b"4")
    assert [what for what, _ in stream.asked] == [b"1", b"2", 1, b"3"]


def test_connections_are_spoken_to_as_the_http_client_does(make_stream: MakeStream) -> None:
    """A SOCKS proxy's client names what others give by place, in both kinds of client."""
    stream, _ = make_stream()
    connect(Sending(lambda: inf), stream)
    stream.read(max_bytes=4)
    stream.read(5, 2.0)
    stream.write(buffer=b"6")
    stream.write(b"7", timeout=3.0)
    assert stream.asked == [(4, None), (5, 2.0), (b"6", None), (b"7", 3.0)]
    other, _ = make_stream()
    asyncio.run(AsyncWatch()("connection.connect_tcp.complete", {"return_value": other}))
    other.read(max_bytes=1 << 20)
    assert other.asked == [(1 << 20, None)]


def use_in(block: AbstractContextManager[object], stream: Stream) -> None:
    with block:
        stream.read(1)


def test_what_was_given_up_amid_it_is_not_sent_again(make_stream: MakeStream) -> None:
    """A request of which something was sent takes no other connection."""
    (stream, _), sending = make_stream(), Sending(lambda: inf)
    connect(sending, stream)
    with sending:
        stream.write(b"headers")
        sending.give_up()
        stream.write(b"body")
    assert stream.asked == [(b"headers", None), (b"body", None)]


def test_what_is_closed_amid_it_is_not_sent_again(make_stream: MakeStream) -> None:
    """The user may close his own HTTP client in another thread, at any moment."""
    (stream, _), sending = make_stream(), Sending(lambda: inf)
    connect(sending, stream)
    with sending:
        stream.write(b"all of it")
        contextvars.Context().run(stream.close)
        stream.write(b"")
    assert stream.asked == [(b"all of it", None), (b"", None)]


def test_what_a_hook_has_sent_is_not_sent_again(make_stream: MakeStream) -> None:
    """A user's hook sends before our request; what a pool does meanwhile repeats nothing."""
    (stream, _), sending = make_stream(), Sending(lambda: inf)
    connect(Sending(lambda: inf), stream)
    with sending:
        stream.write(b"the hook's headers")
        stream.readable = True
        assert stream.get_extra_info("is_readable") is True
        stream.write(b"and body")
    assert len(stream.asked) == 2


def test_what_passes_by_has_not_begun(make_stream: MakeStream) -> None:
    """Of a request that takes another connection nothing was sent, if nothing was before."""
    (stream, _), first = make_stream(), Sending(lambda: inf)
    connect(first, stream)
    with first:
        stream.write(b"1")
    stream.readable = True
    assert stream.get_extra_info("is_readable") is True
    for before in (False, True):
        second = Sending(lambda: inf)
        if before:
            watch(second, inf, "http11.send_request_headers.started", {})
        watch(second, inf, "http11.send_request_headers.started", {})
        with second, pytest.raises(httpcore.ConnectionNotAvailable):
            stream.write(b"2")
        assert second.begun is before


@pytest.mark.parametrize("user", ["nobody", "ours", "another"])
def test_a_connection_is_closed_by_its_user(make_stream: MakeStream, user: str) -> None:
    """What another thread reads from is shut now, and closed once it does so no more."""
    (stream, theirs), sending = make_stream(), Sending(lambda: inf)
    connect(sending, stream)
    with sending:
        if user != "nobody":
            stream.read(1)
        context = contextvars.copy_context() if user == "ours" else contextvars.Context()
        context.run(stream.close)
        assert stream.closed is (user != "another")
        assert is_shut(theirs) is (user == "another")
    assert stream.closed


@pytest.mark.parametrize(("method", "over"), [("GET", True), ("CONNECT", False)])
def test_watching_ends_when_the_connection_stays(method: str, *, over: bool) -> None:
    """Once it is sent on one, nothing more is told; what is said to a proxy makes way for more."""
    for trace in (partial(watch, Sending(lambda: inf), inf), AsyncWatch()):
        shared: dict[str, Any] = {"trace": trace, "timeout": {}}
        request = httpcore.Request(method, "http://host", extensions=shared)
        for step in ("send_request_headers.started", "send_request_body.started"):
            told = trace(f"http11.{step}", {"request": request})
            if told is not None:
                asyncio.run(told)
        assert ("trace" not in request.extensions) is over
        assert "timeout" in request.extensions
        # Whoever sends it again does so with these.
        assert "trace" in shared


FORKING = """
import os, socket
from math import inf
from httpcore import SyncBackend
from dialytics._sending import Sending
from dialytics._streams import watch

server = socket.create_server(("127.0.0.1", 0))
stream = SyncBackend().connect_tcp(*server.getsockname())
theirs, _ = server.accept()
with Sending(lambda: inf) as sending:
    watch(sending, inf, "connection.connect_tcp.complete", {"return_value": stream})
    watch(sending, inf, "http11.send_request_headers.started", {})
    stream.write(b"1")
    child = os.fork()
    if not child:
        sending.give_up()
        os._exit(0)
    os.waitpid(child, 0)
    stream.write(b"2")
    assert theirs.recv(2, socket.MSG_WAITALL) == b"12"
stream.close()
theirs.close()
server.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_shuts_nothing_of_its_parents() -> None:
    """What a child gives up of requests that it did not send goes on in its parent."""
    command = [sys.executable, "-W", "error", "-c", FORKING]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_each_use_is_noted_for_its_own_request(make_stream: MakeStream) -> None:
    """A connection made for one request and used by another belongs to the other."""
    stream, theirs = make_stream()
    first, second = Sending(lambda: inf), Sending(lambda: inf)
    connect(first, stream)
    watch(second, inf, "http11.send_request_headers.started", {})
    with second:
        stream.read(1)
        first.give_up()
        assert not is_shut(theirs)
        second.give_up()
    assert is_shut(theirs)


def test_nobody_else_uses_what_was_shut(make_stream: MakeStream) -> None:
    """Given up with its response already here, a request leaves no connection to others."""
    stream, _ = make_stream()
    first, second = Sending(lambda: inf), Sending(lambda: inf)
    connect(first, stream)
    with first:
        stream.read(1)
        first.give_up()
        stream.read(1)
    watch(second, inf, "http11.send_request_headers.started", {})
    with second, pytest.raises(httpcore.ConnectionNotAvailable):
        stream.write(b"")
    with pytest.raises(httpcore.ConnectionNotAvailable):
        stream.write(b"")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_requests_pass_by_what_was_shut(
    serve: Callable[..., Scripted], answer: type[Answer], method: str
) -> None:
    """A connection shut between two looks of the pool costs the next request nothing.

    The one that it makes instead is watched like any other.
    """
    scripted, streams = serve(lambda _: answer(b"12345")), list[Any]()
    first, second = Sending(lambda: inf), Sending(lambda: inf)

    def trace(sending: Sending, event: str, info: Any) -> None:
        watch(sending, inf, event, info)
        if event == "connection.connect_tcp.complete":
            streams.append(info["return_value"])

    with httpx.Client() as client:
        with (
            first,
            client.stream(
                "GET", scripted.url, extensions={"trace": partial(trace, first)}
            ) as response,
        ):
            pieces = response.iter_raw(1)
            taken = [next(pieces)]
            first.give_up()
            # The pool looks at it before, and not again.
            streams[0].get_extra_info = lambda _: None
            taken += pieces
        with second:
            other = client.request(
                method,
                scripted.url,
                content=b"body",
                extensions={"trace": partial(trace, second)},
            )
    assert b"".join(taken) == other.content == b"12345"
    assert len(streams) == 2
    assert len(scripted.asked) == 2
    assert scripted.asked[1].body == b"body"


@pytest.mark.parametrize("connection", [None, "a user's own"])
def test_what_is_no_socket_is_left(connection: object) -> None:
    """A stream without a socket, or with one that is closed already, does no harm."""
    sending = Sending(lambda: inf)
    connect(sending, stream := Stream(connection))
    with sending:
        stream.read(1)
        sending.give_up()
    closed = socket.socket()
    closed.close()
    connect(sending, stream := Stream(closed))
    with sending:
        stream.read(1)


@pytest.mark.parametrize(
    ("left", "timeout", "wanted"),
    [
        (inf, None, None),
        (inf, 5.0, 5.0),
        (3.0, None, 3.0),
        (3.0, 5.0, 3.0),
        (3.0, 1.0, 1.0),
        (-1.0, 5.0, SHORTEST_SECONDS),
    ],
)
def test_each_use_ends_with_the_calls_time(
    make_stream: MakeStream, left: float, timeout: float | None, wanted: float | None
) -> None:
    """The shorter of what the HTTP client allows and what is left; outside, the former."""
    (stream, _), sending = make_stream(), Sending(lambda: left)
    connect(sending, stream)
    with sending:
        stream.read(9, timeout)
        stream.write(b"x", timeout=timeout)
    stream.read(9, timeout)
    assert stream.asked == [(9, wanted), (b"x", wanted), (9, timeout)]


def test_tls_is_watched_as_well(make_stream: MakeStream) -> None:
    """The stream that TLS makes of another is the one that is used."""
    (stream, theirs), sending = make_stream(), Sending(lambda: 2.0)
    watch(sending, inf, "connection.start_tls.complete", {"return_value": stream})
    watch(sending, inf, "http11.send_request_headers.started", {})
    with sending:
        stream.read(9)
        sending.give_up()
    assert (stream.asked, is_shut(theirs)) == ([(9, 2.0)], True)


def test_asynchronous_reads_take_what_there_is() -> None:
    """An asynchronous connection is asked for all that the loop may have, and its timeout kept."""
    asked: list[tuple[int, float | None]] = []

    async def read(most: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109  # as httpcore's
        asked.append((most, timeout))
        return b"x"

    async def run() -> bytes:
        stream, trace = Stream(None), AsyncWatch()
        stream.read = read
        await trace("connection.connect_tcp.started", {})
        await trace("connection.connect_tcp.complete", {"return_value": stream})
        await stream.read(1 << 20, timeout=3)
        return bytes(await stream.read(1 << 16, 5))

    assert asyncio.run(run()) == b"x"
    assert asked == [(1 << 20, 3), (1 << 18, 5)]
