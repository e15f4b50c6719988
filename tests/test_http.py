"""The HTTP client underneath: what its failures become, on the wire and in the logs."""

from __future__ import annotations

import asyncio
import gc
import gzip
import importlib
import inspect
import logging
import math
import pickle
import pkgutil
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

import httpcore
import httpx
import pytest

from dialytics import AsyncChatlayer, errors
from dialytics._connections import Connections
from dialytics._http import (
    USER_AGENT,
    WIRE_ERRORS,
    Phase,
    new_timeout,
    wire_error,
    wire_errors,
)
from dialytics.errors import DialyticsError

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Raw, Step, Twin

    ServeRaw = Callable[[Callable[[Asked], Answer | Iterable[Step]]], Raw]

MARK = "quasimodo"
URL = f"https://host.example/{MARK}?q={MARK}"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
ECHO = b'{"message": "hi"}'


def walk_errors() -> list[type[Exception]]:
    """Return every exception class that httpx defines, wherever it is."""
    roots = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError)
    public = [one for one in vars(httpx).values() if inspect.isclass(one)]
    found = {one for one in public if issubclass(one, Exception)}
    pending: list[type[Exception]] = [*roots]
    while pending:
        cls = pending.pop()
        found.add(cls)
        pending.extend(cls.__subclasses__())
    return sorted(found, key=lambda cls: cls.__name__)


def make_error(cls: Any) -> Any:
    """Build an exception of httpx that holds what must not be shown."""
    request = httpx.Request("GET", URL, headers={"Authorization": MARK})
    if issubclass(cls, httpx.HTTPStatusError):
        return cls(URL, request=request, response=httpx.Response(418, request=request))
    wanted = inspect.signature(cls).parameters
    values = {"message": URL, "request": request}
    return cls(**{name: values[name] for name in wanted})


EXPECTED: dict[str, tuple[type[DialyticsError], bool | None]] = {
    "CloseError": (errors.ConnectionFailed, True),
    "ConnectError": (errors.ConnectionFailed, True),
    "ConnectTimeout": (errors.RequestTimeout, True),
    "CookieConflict": (errors.ConnectionFailed, True),
    "DecodingError": (errors.InvalidResponse, None),
    "HTTPError": (errors.ConnectionFailed, True),
    "HTTPStatusError": (errors.ClientError, None),
    "InvalidURL": (errors.ConfigurationError, None),
    "LocalProtocolError": (errors.ConnectionFailed, True),
    "NetworkError": (errors.ConnectionFailed, True),
    "PoolTimeout": (errors.RequestTimeout, True),
    "ProtocolError": (errors.ConnectionFailed, True),
    "ProxyError": (errors.ConnectionFailed, True),
    "ReadError": (errors.ConnectionFailed, True),
    "ReadTimeout": (errors.RequestTimeout, True),
    "RemoteProtocolError": (errors.ConnectionFailed, True),
    "RequestError": (errors.ConnectionFailed, True),
    "RequestNotRead": (errors.ConnectionFailed, True),
    "ResponseNotRead": (errors.ConnectionFailed, True),
    "StreamClosed": (errors.ConnectionFailed, True),
    "StreamConsumed": (errors.ConnectionFailed, True),
    "StreamError": (errors.ConnectionFailed, True),
    "TimeoutException": (errors.RequestTimeout, True),
    "TooManyRedirects": (errors.ConnectionFailed, True),
    "TransportError": (errors.ConnectionFailed, True),
    "UnsupportedProtocol": (errors.ConfigurationError, None),
    "WriteError": (errors.ConnectionFailed, True),
    "WriteTimeout": (errors.RequestTimeout, True),
}
# Until something of it may have been sent, nothing was.
BEFORE = {"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError"}
IN_THE_BODY = {
    "ReadError",
    "RemoteProtocolError",
    "RequestNotRead",
    "ResponseNotRead",
    "StreamClosed",
    "StreamConsumed",
    "StreamError",
}


def test_every_error_of_the_http_client_is_known() -> None:
    """The table above names each exception that httpx has, and each is one that is caught."""
    found = walk_errors()
    assert {cls.__name__ for cls in found} == set(EXPECTED)
    assert [cls for cls in found if not issubclass(cls, WIRE_ERRORS)] == []


@pytest.mark.parametrize("phase", [None, "connect", "send", "read"])
@pytest.mark.parametrize("cls", walk_errors(), ids=lambda cls: cls.__name__)
def test_errors_of_the_http_client_become_ours(cls: type[Exception], phase: Phase) -> None:
    """Each becomes one of our errors, says if the request may have arrived, and shows no URL."""
    error = wire_error(make_error(cls), phase)
    wanted, sent = EXPECTED[cls.__name__]
    if phase == "read" and cls.__name__ in IN_THE_BODY:
        wanted, sent = errors.IncompleteBody, None
    if sent and (phase == "connect" or (phase is None and cls.__name__ in BEFORE)):
        sent = False
    assert type(error) is wanted
    assert getattr(error, "sent", None) is sent
    assert MARK not in str(error) + repr(error) + repr(vars(error))


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (RuntimeError("Cannot send a request, as the client has been closed."), "closed"),
        (RuntimeError(URL), "connection failed"),
        (OSError(URL), "connection failed"),
        (TimeoutError(URL), "no answer"),
        (UnicodeEncodeError("ascii", URL, 0, 1, "x"), "URL cannot be used"),
    ],
)
def test_errors_below_the_http_client_become_ours(error: Exception, wanted: str) -> None:
    """What slips through httpx from sockets and codecs is told apart, and shows no URL."""
    mapped = wire_error(error, "send")
    assert wanted in str(mapped)
    assert MARK not in repr(mapped)


@pytest.mark.parametrize("timeout", [0, -1.0, math.inf, math.nan, True, "3", b"1"])
def test_timeouts_are_finite(timeout: Any) -> None:
    """A timeout that is not a finite number of seconds above 0 is refused."""
    with pytest.raises(errors.ArgumentError, match="finite number of seconds"):
        new_timeout(timeout, 60.0)


def test_timeouts_of_connecting_are_shorter() -> None:
    """Connecting has ten seconds at most, waiting in our own queue no limit, the rest as asked."""
    own = httpx.Timeout(1.0)
    assert new_timeout(own, 60.0) is own
    for given, read in ((None, 300.0), (20, 20), (3.0, 3.0)):
        timeout = new_timeout(given, 300.0)
        assert (timeout.read, timeout.write, timeout.pool) == (read, read, None)
        assert timeout.connect == min(10.0, read)


def echo(twin: Twin, url: str, **settings: Any) -> Any:
    """Call the vendor's check of the connection."""
    settings = {"token_secret": MARK, "base_url": url, "timeout": 5.0, **settings}
    with twin.open("Chatlayer", token_id="id", **settings) as client:
        return twin.wait(client.echo(MARK))


def fail(twin: Twin, url: str, wanted: type[DialyticsError], **settings: Any) -> Any:
    """Call it, expect an error of exactly this class, and look for what it must not hold."""
    with pytest.raises(DialyticsError) as caught:
        echo(twin, url, **settings)
    error = caught.value
    assert type(error) is wanted
    assert (error.vendor, error.operation) == ("chatlayer", "echo")
    assert MARK not in str(error) + repr(error) + repr(vars(error))
    assert MARK.encode() not in pickle.dumps(error)
    # Neither does it lead back to the HTTP client's error, which has the whole request.
    assert error.__cause__ is None
    assert not isinstance(error.__context__, WIRE_ERRORS)
    return error


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def test_refused_connection(twin: Twin) -> None:
    """Nobody listens: the connection failed, and surely nothing was sent."""
    error = fail(twin, f"http://127.0.0.1:{free_port()}", errors.ConnectionFailed)
    assert error.sent is False


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port whose queue of connections is full, so that it does not answer any more."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        port = listener.getsockname()[1]
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0.05)
            try:
                waiting.connect(("127.0.0.1", port))
            except TimeoutError:
                break
        else:
            pytest.skip("this system's queue of connections is never full")
        yield port


def test_timeout_of_the_connection(twin: Twin, full_port: int) -> None:
    """A connection that is not accepted in time is a timeout before anything was sent."""
    error = fail(twin, f"http://127.0.0.1:{full_port}", errors.RequestTimeout, timeout=0.1)
    assert error.sent is False


def test_timeout_of_the_answer(twin: Twin, serve_raw: ServeRaw) -> None:
    """No answer in time, or none for so long within it, is a timeout after sending."""
    for steps in (["hang"], [HEAD, "hang"], [HEAD + b"Content-Length: 9\r\n\r\n{", "hang"]):
        raw = serve_raw(lambda _, steps=steps: steps)  # type: ignore[misc]
        assert fail(twin, raw.url, errors.RequestTimeout, timeout=0.1).sent is True
        assert len(raw.asked) == 1


def test_slow_answers_are_waited_for(twin: Twin, serve_raw: ServeRaw) -> None:
    """A timeout is between two pieces, not for the whole: an answer that drips in arrives."""
    pieces = [b"%x\r\n%c\r\n" % (1, byte) for byte in ECHO]
    drip: list[Step] = [HEAD + b"Transfer-Encoding: chunked\r\n\r\n"]
    for piece in pieces:
        drip += [0.03, piece]
    raw = serve_raw(lambda _: [*drip, b"0\r\n\r\n"])
    started = time.monotonic()
    assert echo(twin, raw.url, timeout=0.3) == "hi"
    assert time.monotonic() - started > 0.3


@pytest.mark.parametrize(
    "steps",
    [
        ["reset"],
        ["close"],
        [b"HTTP/1.1 200 O", "close"],
        [HEAD, "reset"],
        [b"HTTP/1.1 100 Continue\r\n\r\n", "close"],
        [b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", "close"],
        [b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"],
        [b"SSH-2.0-OpenSSH_9.6\r\n", "close"],
        [b"HTTP/1.1 2x0 OK\r\n\r\n"],
        [b"HTTP/1.1 99 Low\r\n\r\n"],
        [HEAD + b"Bad Name: 1\r\n\r\n"],
        [HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n"],
        [HEAD + b"Content-Length: five\r\n\r\n"],
        [HEAD + b"X-Long: " + b"x" * 200_000 + b"\r\n\r\n"],
    ],
    ids=lambda steps: repr(steps)[:40],
)
def test_no_answer_at_all(twin: Twin, serve_raw: ServeRaw, steps: list[Step]) -> None:
    """A connection that ends, or talks nonsense, before the headers are whole has failed."""
    raw = serve_raw(lambda _: steps)
    assert fail(twin, raw.url, errors.ConnectionFailed).sent is True
    assert len(raw.asked) == 1


def chunked(content: bytes) -> bytes:
    """Return the content as one chunk, without the last one that ends a body."""
    return b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(content), content)


PACKED = gzip.compress(ECHO, mtime=0)
GZIP = HEAD + b"Content-Encoding: gzip\r\n"


@pytest.mark.parametrize(
    "steps",
    [
        [HEAD + b"Content-Length: 99\r\n\r\n" + ECHO, "close"],
        [HEAD + b"Content-Length: 99\r\n\r\n" + ECHO, 0.05, "reset"],
        [HEAD + chunked(ECHO), "close"],
        [HEAD + chunked(ECHO), 0.05, "reset"],
        [HEAD + chunked(ECHO) + b"no size\r\n"],
        [GZIP + b"Content-Length: %d\r\n\r\n" % (len(PACKED) - 9) + PACKED[:-9]],
        [GZIP + chunked(PACKED[:-1]) + b"0\r\n\r\n"],
        [GZIP + b"Content-Length: %d\r\n\r\n" % (2 * len(PACKED)) + PACKED * 2],
        [GZIP + b"\r\n" + PACKED[:-9], "close"],
    ],
    ids=lambda steps: repr(steps)[-40:],
)
def test_half_an_answer(twin: Twin, serve_raw: ServeRaw, steps: list[Step]) -> None:
    """A body that is cut in transit or in its compression is incomplete, even if it is JSON."""
    raw = serve_raw(lambda _: steps)
    fail(twin, raw.url, errors.IncompleteBody)
    assert len(raw.asked) == 1


@pytest.mark.parametrize(
    ("header", "body"), [(b"gzip", ECHO), (b"br", PACKED), (b"gzip, gzip", PACKED)]
)
def test_wrongly_packed_answers(
    twin: Twin, serve_raw: ServeRaw, header: bytes, body: bytes
) -> None:
    """A body that is not packed as it says, or as was asked for, is an invalid response."""
    head = HEAD + b"Content-Encoding: %b\r\nContent-Length: %d\r\n\r\n" % (header, len(body))
    raw = serve_raw(lambda _: [head + body])
    fail(twin, raw.url, errors.InvalidResponse)
    assert len(raw.asked) == 1


@pytest.mark.parametrize(
    "head", [GZIP + chunked(PACKED) + b"0\r\n\r\n", HEAD + b"Content-Length: 17\r\n\r\n" + ECHO]
)
def test_whole_answers(twin: Twin, serve_raw: ServeRaw, head: bytes) -> None:
    """The same bodies, when they are whole, are read; interim answers before them are passed."""
    raw = serve_raw(lambda _: [b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\n\r\n", head])
    assert echo(twin, raw.url) == "hi"
    assert raw.asked[0].headers["user-agent"] == USER_AGENT
    assert raw.asked[0].headers["accept-encoding"] == "gzip"


def test_plain_server_behind_https(twin: Twin, serve_raw: ServeRaw) -> None:
    """A server that speaks no TLS is a failed connection, before anything was sent."""
    raw = serve_raw(lambda _: [HEAD])
    error = fail(twin, raw.url.replace("http://", "https://"), errors.ConnectionFailed)
    assert error.sent is False
    assert raw.asked == []


def test_broken_proxy(twin: Twin, serve_raw: ServeRaw) -> None:
    """A proxy that refuses the tunnel is a failed connection; it never sees the request."""
    raw = serve_raw(lambda _: [b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"])
    error = fail(twin, "https://host.example", errors.ConnectionFailed, proxy=raw.url)
    assert error.sent is False
    assert "the proxy answered 407" in error.message
    assert [asked.method for asked in raw.asked] == ["CONNECT"]
    assert MARK not in repr(raw.asked)


@pytest.mark.parametrize(
    ("step", "cls"),
    [("hang", errors.RequestTimeout), ("close", errors.ConnectionFailed)],
)
def test_silent_proxy(
    twin: Twin, serve_raw: ServeRaw, step: str, cls: type[errors.ConnectionFailed]
) -> None:
    """A proxy that lets us have no connection lets nothing be sent."""
    raw = serve_raw(lambda _: [step])
    url, settings = "https://host.example", {"proxy": raw.url, "timeout": 0.2}
    assert fail(twin, url, cls, **settings).sent is False
    assert raw.settle() == 0


@pytest.mark.parametrize("kind", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
def test_what_fails_after_a_request_does_not_deny_it(
    twin: Twin, serve: Callable[..., Any], answer: type[Answer], kind: type[httpx.RequestError]
) -> None:
    """A user's hook that finds no connection of its own has no creation sent again."""
    scripted = serve(lambda _: answer.json({}))
    make: Any = httpx.AsyncClient if twin.is_async else httpx.Client

    def spoil(_: object) -> None:
        raise kind("the hook's own")

    async def spoil_later(_: object) -> None:
        spoil(_)

    hooks: Any = {"response": [spoil_later if twin.is_async else spoil]}
    with (
        twin.enter(make(event_hooks=hooks)) as given,
        twin.open(
            "Inkeep", api_key="k", base_url=scripted.url, http_client=given, max_retries=3
        ) as client,
        pytest.raises(errors.ConnectionFailed) as caught,
    ):
        twin.wait(client.log_event({"type": "chat_share_button_clicked"}))
    assert caught.value.sent is True
    assert len(scripted.asked) == 1


def test_a_package_that_is_being_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread may have begun to import what a SOCKS proxy needs."""
    monkeypatch.setitem(sys.modules, "socksio", ModuleType("socksio"))
    assert {*WIRE_ERRORS} < {*wire_errors()}


def test_a_handshake_that_is_cancelled_leaves_no_connection() -> None:
    """Who waits for TLS and is cancelled has his connection closed at once."""

    async def main(listener: socket.socket) -> bytes:
        port = listener.getsockname()[1]
        async with AsyncChatlayer(auth="t", base_url=f"https://127.0.0.1:{port}") as client:
            task = asyncio.create_task(client.echo("hi"))
            theirs = (await asyncio.to_thread(listener.accept))[0]
            with theirs:
                theirs.settimeout(5.0)
                await asyncio.to_thread(theirs.recv, 1 << 16)
                task.cancel()
                await asyncio.wait([task])
                return await asyncio.to_thread(theirs.recv, 1)

    gc.disable()
    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            assert asyncio.run(main(listener)) == b""
    finally:
        gc.enable()


@pytest.fixture
def start_socks() -> Iterator[Callable[[Sequence[bytes]], str]]:
    """Return a function that starts a SOCKS proxy, which says one thing after another."""
    with ExitStack() as stack:

        def serve(listener: socket.socket, says: Sequence[bytes]) -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    connection.settimeout(5.0)
                    stack.callback(connection.close)
                    for one in says:
                        connection.recv(1 << 16)
                        connection.sendall(one)
                    if says and not says[-1]:
                        connection.close()

        def start(says: Sequence[bytes]) -> str:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            thread = threading.Thread(target=serve, args=(listener, says), daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(listener.shutdown, socket.SHUT_RDWR)
            return f"socks5://127.0.0.1:{listener.getsockname()[1]}"

        yield start


_CHOSEN = b"\x05\x00"


@pytest.mark.parametrize(
    ("says", "cls"),
    [
        ([], errors.RequestTimeout),
        ([_CHOSEN], errors.RequestTimeout),
        ([b""], errors.ConnectionFailed),
        ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], errors.ConnectionFailed),
        ([_CHOSEN[:1], b""], errors.ConnectionFailed),
        ([_CHOSEN, b""], errors.ConnectionFailed),
        ([_CHOSEN, b"\x05\x05\x00\x01" + bytes(6)], errors.ConnectionFailed),
    ],
    ids=["silent", "silent later", "gone", "HTTP", "half", "gone later", "refused"],
)
def test_broken_socks_proxy(
    twin: Twin,
    start_socks: Callable[[Sequence[bytes]], str],
    says: Sequence[bytes],
    cls: type[errors.ConnectionFailed],
) -> None:
    """A SOCKS proxy that is silent, ends or talks nonsense is no connection; nothing was sent."""
    error = fail(
        twin, "http://127.0.0.1:9", cls, proxy=start_socks(says), timeout=0.2, max_retries=0
    )
    assert error.sent is False


def test_socks_proxy(twin: Twin, start_socks: Callable[[Sequence[bytes]], str]) -> None:
    """What is asked through a SOCKS proxy is answered."""
    answered = HEAD + b"Content-Length: %d\r\n\r\n" % len(ECHO) + ECHO
    says = [_CHOSEN, b"\x05\x00\x00\x01" + bytes(6), answered]
    assert echo(twin, "http://127.0.0.1:9", proxy=start_socks(says)) == "hi"


def test_ids_that_make_a_url_too_long(twin: Twin) -> None:
    """An address that httpx refuses is a mistake of configuration, not a failure of the network."""
    with (
        twin.open("Inkeep", api_key="key", base_url=f"http://127.0.0.1:{free_port()}") as client,
        pytest.raises(errors.ConfigurationError, match="URL cannot be used"),
    ):
        twin.wait(client.conversation("x" * 70_000))


def test_use_after_close(twin: Twin) -> None:
    """A client that has been closed says so, as does one whose own HTTP client was closed."""
    with twin.open("Inkeep", api_key="key", base_url="http://127.0.0.1:9") as client:
        pass
    own = httpx.AsyncClient() if twin.is_async else httpx.Client()
    with twin.enter(own):
        pass
    borrowed = twin.find("Inkeep")(api_key="key", http_client=own)
    for closed in (client, borrowed):
        with pytest.raises(errors.ConfigurationError, match="has been closed"):
            twin.wait(closed.conversation("c"))


def test_hooks_that_raise(twin: Twin, serve_raw: ServeRaw, answer: type[Answer]) -> None:
    """A hook of the user's HTTP client that raises httpx's own error ends in our tree."""
    raw = serve_raw(lambda _: answer(b"", 418))

    def refuse(response: httpx.Response) -> None:
        response.raise_for_status()

    async def refuse_later(response: httpx.Response) -> None:
        refuse(response)

    hooks = {"response": [refuse_later if twin.is_async else refuse]}
    make = httpx.AsyncClient if twin.is_async else httpx.Client
    with twin.enter(make(event_hooks=hooks)) as own:
        error = fail(twin, raw.url, errors.ClientError, http_client=own)
    assert error.status == 418


def test_hooks_that_raise_change_no_rule(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer]
) -> None:
    """What a response asks for is done also where a hook calls ``raise_for_status``."""
    busy = answer(b'{"error": {"message": "slow down"}}', 429, {"Retry-After": "7"})
    raw = serve_raw(lambda _: busy)

    def read_and_raise(response: httpx.Response) -> None:
        response.read()
        response.raise_for_status()

    async def read_and_raise_later(response: httpx.Response) -> None:
        await response.aread()
        response.raise_for_status()

    hooks = {"response": [read_and_raise_later if twin.is_async else read_and_raise]}
    make = httpx.AsyncClient if twin.is_async else httpx.Client
    with twin.enter(make(event_hooks=hooks)) as own:
        error = fail(twin, raw.url, errors.RateLimited, http_client=own)
    assert isinstance(error, errors.RateLimited)
    assert error.retry_after == 7
    assert "slow down" in str(error)


@pytest.mark.parametrize(
    ("status", "error"), [(418, errors.ClientError), (None, errors.ConnectionFailed)]
)
def test_hooks_that_raise_for_no_request(
    twin: Twin,
    serve_raw: ServeRaw,
    answer: type[Answer],
    status: int | None,
    error: type[errors.DialyticsError],
) -> None:
    """A status error that a hook has made without what it is about is no foreign exception."""
    raw = serve_raw(lambda _: answer(b"", 418))

    def refuse(response: httpx.Response) -> None:
        about: Any = response if status else None
        raise httpx.HTTPStatusError("no", request=cast("Any", None), response=about)

    async def refuse_later(response: httpx.Response) -> None:
        refuse(response)

    hooks = {"response": [refuse_later if twin.is_async else refuse]}
    make = httpx.AsyncClient if twin.is_async else httpx.Client
    with twin.enter(make(event_hooks=hooks)) as own:
        assert getattr(fail(twin, raw.url, error, http_client=own), "status", None) == status


def test_loggers_of_the_http_client_are_silenced() -> None:
    """Each logger that httpx and httpcore write to drops what it is told during our requests."""
    for package in (httpx, httpcore):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            with suppress(ImportError):  # those of extras that are not installed
                importlib.import_module(module.name)
    ours = [
        name
        for name in logging.Logger.manager.loggerDict
        if name.split(".")[0] in {"httpx", "httpcore"}
        and logging.getLogger(name).name != "httpcore"  # the package's own, which it never uses
    ]
    assert {"httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy"} <= {*ours}
    for name in ours:
        filters = [type(one).__name__ for one in logging.getLogger(name).filters]
        assert filters == ["_Silence"], name


def test_whole_hierarchies_are_silenced() -> None:
    """Also what HTTP/2 records, and what a library records in a module that is new to us."""
    with httpx.Client() as own:
        logging.getLogger("httpcore.new.part")
        Connections(new_timeout(5, 5), None, True, own)  # noqa: FBT003  # verify
    for name in ("hpack.hpack", "hpack.table", "h2.connection", "h11", "httpcore.new.part"):
        filters = [type(one).__name__ for one in logging.getLogger(name).filters]
        assert filters == ["_Silence"], name


def test_logs_of_others_stay(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer], caplog: pytest.LogCaptureFixture
) -> None:
    """What the user's code asks with httpx is logged as ever, also while we ask; ours is not."""
    whole = HEAD + b"Content-Length: %d\r\n\r\n" % len(ECHO) + ECHO
    raw = serve_raw(lambda asked: [0.0 if asked.path == "/mine" else 0.2, whole])
    caplog.set_level(logging.DEBUG)
    settings = {"token_id": "id", "token_secret": MARK, "base_url": raw.url}
    with (
        twin.enter(httpx.AsyncClient() if twin.is_async else httpx.Client()) as own,
        twin.open("Chatlayer", **settings, http_client=own) as client,
    ):
        caplog.clear()
        assert twin.wait(client.echo("hi")) == "hi"
        theirs = {"httpx", "httpcore"}
        assert [one for one in caplog.records if one.name.split(".")[0] in theirs] == []
        twin.together([lambda: client.echo("hi"), lambda: own.get(f"{raw.url}/mine")])
    requests = [one.getMessage() for one in caplog.records if one.name == "httpx"]
    assert len(requests) == 1
    assert f"{raw.url}/mine" in requests[0]
    assert any(one.name == "httpcore.http11" for one in caplog.records)
