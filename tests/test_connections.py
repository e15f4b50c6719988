"""Connections: none before the first request, and what is wrong with them is told at once."""

from __future__ import annotations

import asyncio
import gc
import os
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from dialytics import AsyncChatlayer, Chatlayer, ClientCredentials, _connections, _http, errors
from dialytics._auth import Credentials
from dialytics._connections import AsyncConnections, Connections
from dialytics._http import new_timeout
from dialytics._sending import Sending

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Raw, Scripted, Twin

    Serve = Callable[[Callable[[Asked], Answer]], Scripted]
    ServeRaw = Callable[[Callable[[Asked], Any]], Raw]


def count_builds(monkeypatch: pytest.MonkeyPatch) -> list[type]:
    """Return a list that grows whenever an HTTP client is made."""
    built: list[type] = []
    build = _http.build

    def counted(kind: Any, *settings: Any) -> Any:
        built.append(kind)
        return build(kind, *settings)

    monkeypatch.setattr(_connections, "build", counted)
    return built


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[type]:
    """The HTTP clients that were made, in an environment that has no say in it."""
    monkeypatch.setattr(_connections, "_environment_tells", lambda: False)
    return count_builds(monkeypatch)


def test_the_first_request_makes_the_connections(
    twin: Twin, serve: Serve, answer: type[Answer], built: list[type]
) -> None:
    """Making a client makes no HTTP client; all requests, at once or in turn, share one."""
    scripted = serve(lambda _: answer.json({"message": "hi"}))
    with twin.open("Chatlayer", auth="t", base_url=scripted.url) as client:
        assert built == []
        twin.together([lambda: client.echo("hi")] * 6)
        twin.wait(client.echo("hi"))
        assert len(built) == 1
    assert scripted.settle() == 0


def test_a_client_that_asked_nothing_closes(twin: Twin, built: list[type]) -> None:
    """Closing what was never used makes no HTTP client, nor does a request afterwards."""
    with twin.open("Chatlayer", auth="t", base_url="http://127.0.0.1:9") as client:
        pass
    with pytest.raises(errors.ConfigurationError, match="has been closed"):
        twin.wait(client.echo("hi"))
    assert built == []


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # nobody can close its connection
def test_a_client_that_outlives_its_loop(serve: Serve, answer: type[Answer]) -> None:
    """Closing it in another event loop says what is wrong, in our own terms."""
    scripted = serve(lambda _: answer.json({"message": "hi"}))
    client = AsyncChatlayer(auth="t", base_url=scripted.url)
    assert asyncio.run(client.echo("hi")) == "hi"
    with pytest.raises(errors.ConfigurationError, match="event loop"):
        asyncio.run(client.aclose())
    del client
    gc.collect()


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("HTTPS_PROXY", "quasimodo://secret@nowhere", "check proxy= and the environment's"),
        ("all_proxy", "quasimodo://nowhere", "check proxy= and the environment's"),
        ("SSL_CERT_FILE", "/nowhere/quasimodo.pem", "SSL_CERT_FILE or SSL_CERT_DIR .*No such file"),
    ],
)
def test_a_wrong_environment_is_told_at_once(
    twin: Twin, monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    """What the environment says of proxies and certificates is looked at with the constructor."""
    monkeypatch.setenv(name, value)
    with pytest.raises(errors.ConfigurationError, match=problem) as caught:
        twin.find("Chatlayer")(auth="t", base_url="http://127.0.0.1:9")
    assert "quasimodo" not in str(caught.value)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "http_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("value", ["user:quasimodo@127.0.0.1:9", "127.0.0.1:9", "nowhere.invalid"])
def test_a_proxy_of_the_environment_needs_no_scheme(
    twin: Twin, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """It is a host of plain HTTP then, whose password is known as one."""
    monkeypatch.setenv(name, value)
    with twin.open("Chatlayer", auth="t", base_url="https://host.invalid") as client:
        assert ("quasimodo" in client._connections.secrets) is ("quasimodo" in value)


def test_what_is_not_used_of_the_environment_does_no_harm(
    twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no host has a proxy, what is said of proxies may be anything."""
    monkeypatch.setenv("HTTPS_PROXY", "quasimodo://nowhere")
    monkeypatch.setenv("NO_PROXY", "*")
    with twin.open("Chatlayer", auth="t", base_url="https://host.invalid") as client:
        assert client._connections.secrets == ()


def test_a_socks_proxy_says_what_it_needs(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where its package is missing, the error names it."""
    monkeypatch.setitem(sys.modules, "socksio", None)
    with pytest.raises(errors.ConfigurationError, match="needs the package socksio"):
        twin.find("Chatlayer")(auth="t", base_url="http://127.0.0.1:9", proxy="socks5://host:1")


@pytest.mark.parametrize(
    "setting",
    [
        {"proxy": "http://127.0.0.1:9"},
        {"proxy": {"all://": "http://127.0.0.1:9"}},
        {"proxy": True},
        {"verify": ssl.create_default_context()},
    ],
)
def test_the_users_own_client_has_its_own_proxy(twin: Twin, setting: dict[str, Any]) -> None:
    """What would be passed over in silence is refused."""
    given: Any = httpx.AsyncClient() if twin.is_async else httpx.Client()
    with twin.enter(given), pytest.raises(errors.ConfigurationError, match="own http_client"):
        twin.find("Chatlayer")(
            auth="t", base_url="http://127.0.0.1:9", http_client=given, **setting
        )


def test_a_wrong_proxy_is_told_at_once(twin: Twin) -> None:
    """A proxy that cannot be used is refused by the constructor."""
    with pytest.raises(errors.ConfigurationError, match="check proxy="):
        twin.find("Chatlayer")(auth="t", base_url="http://127.0.0.1:9", proxy="quasi://modo")


def test_threads_share_the_client_that_is_made_first(built: list[type]) -> None:
    """Threads that ask for connections at the same moment get the same ones."""
    connections = Connections(new_timeout(5.0, 5.0), None, True)  # noqa: FBT003  # verify
    start, found = threading.Barrier(8), []

    def ask() -> None:
        start.wait()
        found.append(connections.open())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connections.close()
    assert len(built) == len(set(map(id, found))) == 1
    assert found[0].is_closed


# What would ask for another answer, or frame the request in another way.
_HEADERS = {
    "Range": "bytes=0-3",
    "If-None-Match": "x",
    "content-length": "7",
    "Transfer-Encoding": "chunked",
    "Accept": "text/html",
    "Authorization": "Basic bWU6d29yZA==",
}


@pytest.mark.parametrize(
    "defaults",
    [{"params": {"x": "1"}}, {"auth": ("me", "word")}, {"headers": _HEADERS}],
    ids=["params", "auth", "headers"],
)
def test_the_users_defaults_change_no_request(
    twin: Twin, serve: Serve, answer: type[Answer], defaults: dict[str, Any]
) -> None:
    """What the user's client would say of its own requests stays out of ours."""
    import httpx  # noqa: PLC0415

    scripted = serve(lambda _: answer.csv("LogId"))
    make: Any = httpx.AsyncClient if twin.is_async else httpx.Client
    settings: dict[str, Any] = {"customer": "c", "project": "p", "auth": "token"}
    queries, headers = [], []
    for own in ({}, defaults):
        with (
            twin.enter(make(**own)) as given,
            twin.open("DigitalCX", **settings, base_url=scripted.url, http_client=given) as client,
        ):
            day = {"start": date(2026, 10, 1), "end": date(2026, 10, 2)}
            assert twin.collect(client.interactions(culture="en", **day)) == []
        queries.append([asked.query for asked in scripted.asked])
        headers.append([asked.headers for asked in scripted.asked])
        assert {asked.headers["authorization"] for asked in scripted.asked} == {"Bearer token"}
        scripted.asked.clear()
    assert queries[0] == queries[1]
    assert headers[0] == headers[1]
    assert "culture" in queries[0][0]


def test_the_users_client_adds_to_requests(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """Headers and cookies of the user's own go along; what is sent stays whole, for hooks too."""
    import httpx  # noqa: PLC0415

    seen: list[bytes] = []

    def see(request: Any) -> None:
        seen.append(request.content)

    async def see_later(request: Any) -> None:
        see(request)

    scripted = serve(lambda asked: answer(asked.body, headers={"content-type": "application/json"}))
    make: Any = httpx.AsyncClient if twin.is_async else httpx.Client
    own = {
        "headers": {**_HEADERS, "X-Own": "yes", "Connection": "close", "hOST": "elsewhere"},
        "cookies": {"a": "b"},
        "event_hooks": {"request": [see_later if twin.is_async else see]},
    }
    with (
        twin.enter(make(**own)) as given,
        twin.open(
            "Chatlayer", auth="token", base_url=scripted.url, http_client=given, max_retries=0
        ) as client,
    ):
        assert twin.wait(client.echo("hello")) == "hello"
    (asked,) = scripted.asked
    assert seen == [asked.body]
    told = {name: asked.headers.get(name) for name in ("x-own", "cookie", "connection", "range")}
    assert told == {"x-own": "yes", "cookie": "a=b", "connection": "close", "range": None}
    # A gateway, or a tunnel, may go by it.
    assert asked.headers["host"] == "elsewhere"
    assert asked.headers["content-length"] == str(len(asked.body))


_MARK = "quasimodo"


class OwnAuth:
    """A scheme of the user's own, with headers that never change."""

    def __init__(self, headers: Any) -> None:
        self._fixed = Credentials(headers=headers, secrets=(_MARK,))

    def credentials(self) -> Credentials:
        return self._fixed

    def due(self, clock: float) -> None:
        return None

    def accept(self, reply: bytes | str, clock: float) -> None:
        raise AssertionError

    def refuse(self) -> bool:
        return False


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"X-Key": _MARK.encode()}, "header X-Key must be a text; got bytes"),
        ({"X-Key": 5}, "header X-Key must be a text; got int"),
        ({"X-Key": None}, "header X-Key must be a text; got NoneType"),
        ({"X-Key": f"{_MARK}\u00fc"}, "header X-Key cannot be sent"),
        ({"X-Key": f"{_MARK}\n"}, "header X-Key cannot be sent"),
        ({"X-Key": f" {_MARK}"}, "header X-Key cannot be sent"),
        ({"X-K\u00fc": _MARK}, r"'X-K\\xfc' is no header's name"),
        ({"X Key": _MARK}, "'X Key' is no header's name"),
        ({b"X-Key": _MARK}, "b'X-Key' is no header's name"),
    ],
)
def test_headers_that_cannot_be_sent_are_refused(
    twin: Twin, serve: Serve, answer: type[Answer], headers: Any, told: str
) -> None:
    """What an auth object gives wrongly is told at once, by its name, and nothing is sent."""
    scripted = serve(lambda _: answer.json({"message": "hello"}))
    auth = OwnAuth(headers)
    with (
        twin.open("Chatlayer", auth=auth, base_url=scripted.url) as client,
        pytest.raises(errors.ArgumentError, match=told) as caught,
    ):
        twin.wait(client.echo("hello"))
    assert _MARK not in str(caught.value)
    assert caught.value.tries == 1
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert scripted.asked == []


@pytest.mark.parametrize("own", [{}, {"Host": "elsewhere"}], ids=["none", "the client's"])
def test_credentials_may_name_the_host(
    twin: Twin, serve: Serve, answer: type[Answer], own: dict[str, str]
) -> None:
    """A Host out of an auth object is the only one that is sent; odd values go out as they are."""
    import httpx  # noqa: PLC0415

    scripted = serve(lambda _: answer.json({"message": "hello"}))
    make: Any = httpx.AsyncClient if twin.is_async else httpx.Client
    auth: Any = OwnAuth({"Host": "gateway", "X-Empty": "", "X-Odd": "a \t;b", "x!1": "~"})
    with (
        twin.enter(make(headers=own)) as given,
        twin.open("Chatlayer", auth=auth, base_url=scripted.url, http_client=given) as client,
    ):
        assert twin.wait(client.echo("hello")) == "hello"
    (asked,) = scripted.asked
    told = [asked.headers[name] for name in ("host", "x-empty", "x-odd", "x!1")]
    assert told == ["gateway", "", "a \t;b", "~"]


@pytest.mark.parametrize("elsewhere", [True, False])
def test_the_clients_host_is_the_apis(
    twin: Twin, serve: Serve, answer: type[Answer], *, elsewhere: bool
) -> None:
    """Where tokens come from another host than the API's, the Host of the user's client stays."""
    import httpx  # noqa: PLC0415

    def reply(asked: Asked) -> Answer:
        token = {"access_token": "t1", "expires_in": 60}
        return answer.json(token) if "token" in asked.path else answer.csv("LogId")

    scripted = serve(reply)
    other = serve(reply) if elsewhere else scripted
    make: Any = httpx.AsyncClient if twin.is_async else httpx.Client
    login = ClientCredentials("id", "secret", token_url=f"{other.url}/token", resource="r")
    settings: dict[str, Any] = {"customer": "c", "project": "p", "auth": login}
    with (
        twin.enter(make(headers={"Host": "gateway"})) as given,
        twin.open("DigitalCX", **settings, base_url=scripted.url, http_client=given) as client,
    ):
        day = {"start": date(2026, 10, 1), "end": date(2026, 10, 2)}
        assert twin.collect(client.interactions(culture="en", **day)) == []
    assert scripted.asked[-1].headers["host"] == "gateway"
    own = other.url.rpartition("/")[2]
    assert other.asked[0].headers["host"] == (own if elsewhere else "gateway")


@pytest.mark.parametrize("length", ["9" * 5_000, "9" * 19, "\u0663", "-1", "1.5"])
def test_lengths_that_tell_nothing_are_passed(twin: Twin, length: str) -> None:
    """What a transport of the user's own says of a body's length is believed within reason."""
    import httpx  # noqa: PLC0415

    def reply(_: httpx.Request) -> httpx.Response:
        body = httpx.ByteStream(b'{"message": "hello"}')
        headers = [(b"Content-Type", b"application/json"), (b"Content-Length", length.encode())]
        return httpx.Response(200, headers=headers, stream=body)

    make: Any = httpx.AsyncClient if twin.is_async else httpx.Client
    settings: dict[str, Any] = {"auth": "t", "base_url": "http://127.0.0.1:9", "max_retries": 0}
    with (
        twin.enter(make(transport=httpx.MockTransport(reply))) as given,
        twin.open("Chatlayer", **settings, http_client=given) as client,
    ):
        assert twin.wait(client.echo("hello")) == "hello"


def test_hooks_that_spoil_a_request_are_no_foreign_failure(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """What cannot be sent as the user's hook wants it fails as a connection does."""
    import httpx  # noqa: PLC0415

    def spoil(request: Any) -> None:
        request.headers["Content-Length"] = "1"

    async def spoil_later(request: Any) -> None:
        spoil(request)

    scripted = serve(lambda _: answer(b"{}"))
    make: Any = httpx.AsyncClient if twin.is_async else httpx.Client
    hooks = {"request": [spoil_later if twin.is_async else spoil]}
    settings: dict[str, Any] = {"auth": "token", "base_url": scripted.url, "max_retries": 0}
    with (
        twin.enter(make(event_hooks=hooks)) as given,
        twin.open("Chatlayer", **settings, http_client=given) as client,
        pytest.raises(errors.ConnectionFailed, match="LocalProtocolError"),
    ):
        twin.wait(client.echo("hello"))


def test_the_users_own_client_stays_open(twin: Twin) -> None:
    """A client that was given is used as it is, and not closed."""
    import httpx  # noqa: PLC0415  # the only one here

    given: Any = httpx.AsyncClient() if twin.is_async else httpx.Client()
    kind: Any = AsyncConnections if twin.is_async else Connections
    connections = kind(given.timeout, None, True, given)  # noqa: FBT003  # verify
    twin.close(connections)
    assert connections.open() is given
    assert not given.is_closed
    twin.close(given)


@pytest.mark.parametrize(("kept", "made"), [(60.0, 1), (-1.0, 3)])
def test_connections_that_waited_too_long_are_not_used(  # noqa: PLR0917  # parameters
    twin: Twin,
    serve: Serve,
    answer: type[Answer],
    monkeypatch: pytest.MonkeyPatch,
    kept: float,
    made: int,
) -> None:
    """A connection serves one request after the other, until it has been unused for so long."""
    monkeypatch.setattr(_connections, "KEPT_SECONDS", kept)
    limits = httpx.Limits(keepalive_expiry=kept)
    monkeypatch.setattr(AsyncConnections, "_limits", limits)
    scripted = serve(lambda _: answer.json({"message": "hi"}))
    with twin.open("Chatlayer", auth="t", base_url=scripted.url) as client:
        for _ in range(3):
            twin.wait(client.echo("hi"))
    assert scripted.connections_made == made
    assert scripted.settle() == 0


@pytest.mark.parametrize("kind", [Connections, AsyncConnections])
def test_there_are_no_more_connections_than_files(kind: type[Any]) -> None:
    """However many calls are made at once, connections are bounded; an idle one is not too many."""
    made = kind(new_timeout(1.0, 0), None, verify=True)
    pool: Any = made.open()._transport._pool  # as httpx has it
    assert pool._max_connections == pool._max_keepalive_connections == 100
    assert pool._keepalive_expiry == (None if kind is Connections else _connections.KEPT_SECONDS)


FORKING = """
import os, sys
from datetime import date, datetime, UTC
import httpx
from dialytics import DigitalCX, errors

url, given = sys.argv[1], sys.argv[2] != "own"
own = httpx.Client() if given else None

def read(day):
    start, end = date(2026, 11, day), date(2026, 11, day + 1)
    return [row.culture for row in client.interactions(culture="en", start=start, end=end)]

def make():
    return DigitalCX(
        customer="acme", project="shop", auth="s3cret", base_url=url, http_client=own,
        now=lambda: datetime(2026, 11, 20, tzinfo=UTC), max_retries=0,
    )

client = make()
assert read(1) == ["2026-11-01"]
if sys.argv[2] == "shared":
    # Whoever makes another client of it has the same connections.
    del client
child = os.fork()
if sys.argv[2] == "shared":
    client = make()
if not child:
    try:
        got = read(2)
    except errors.ConfigurationError as error:
        got = str(error)
    client.close()
    os._exit(0 if (("each process" in got) if given else (got == ["2026-11-02"])) else 7)
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == 0
assert read(3) == ["2026-11-03"]
client.close()
if given:
    own.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize(("kind", "connections"), [("own", 2), ("given", 1), ("shared", 1)])
def test_a_forked_process_has_connections_of_its_own(
    serve: Serve, answer: type[Answer], kind: str, connections: int
) -> None:
    """A child takes no answer that is its parent's: it connects anew, or is told that it cannot."""

    def script(asked: Asked) -> Answer:
        day = asked.query["startDate"][:10]
        return answer.csv("LogId,TimestampStart,Culture", f"1,{day}T00:00:00Z,{day}")

    scripted = serve(script)
    command = [sys.executable, "-W", "error", "-c", FORKING, scripted.url, kind]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert scripted.connections_made == connections


def test_clients_that_are_equal_are_not_the_same(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """A user's client may say that it equals others, as data classes do; it has no hash then."""
    scripted = serve(lambda _: answer.json({"message": "hi"}))
    kind: Any = httpx.AsyncClient if twin.is_async else httpx.Client
    equal = type("Equal", (kind,), {"__eq__": lambda *_: True, "__hash__": None})
    given = equal()
    with (
        twin.enter(given),
        twin.open("Chatlayer", auth="t", base_url=scripted.url, http_client=given) as client,
    ):
        assert twin.wait(client.echo("hi")) == "hi"


def test_a_close_sends_nothing_that_waits_for_a_connection(
    serve_raw: ServeRaw, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests that are given up make no room for those that wait, which are given up as well."""
    monkeypatch.setattr(Connections, "_limits", httpx.Limits(max_connections=2))
    give_up = Sending.give_up

    def give_up_slowly(sending: Sending) -> None:
        give_up(sending)
        time.sleep(0.02)

    monkeypatch.setattr(Sending, "give_up", give_up_slowly)
    raw = serve_raw(lambda _: ["hang"])
    client = Chatlayer(
        auth="t", base_url=raw.url, allow_insecure=True, max_retries=0, rate_limit=None
    )
    with ThreadPoolExecutor(12) as pool:
        jobs = [pool.submit(client.echo, "hi") for _ in range(12)]
        while len(raw.asked) < 2 or len(client._connections._under_way) < 12:
            time.sleep(0.01)
        client.close()
        assert all(isinstance(job.exception(), errors.ConnectionFailed) for job in jobs)
    assert len(raw.asked) == 2


def test_what_waited_for_a_connection_was_not_sent(
    serve_raw: ServeRaw, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call whose time ends before it had a connection says that nothing was sent."""
    monkeypatch.setattr(AsyncConnections, "_limits", httpx.Limits(max_connections=1))
    raw = serve_raw(lambda _: ["hang"])

    async def main() -> errors.DeadlineExceeded:
        async with AsyncChatlayer(
            auth="t", base_url=raw.url, allow_insecure=True, rate_limit=None
        ) as client:
            first = asyncio.create_task(client.echo("first"))
            while not raw.asked:  # noqa: ASYNC110  # a thread's
                await asyncio.sleep(0.01)
            with pytest.raises(errors.DeadlineExceeded) as caught:
                await client.echo("second", deadline=0.2)
            first.cancel()
            await asyncio.wait([first])
            return caught.value

    assert asyncio.run(main()).sent is False
    assert len(raw.asked) == 1
