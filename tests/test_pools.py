"""Connections that the HTTP client's pool counts as used, although no request uses them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpcore
import httpx
import pytest

from dialytics import errors
from dialytics._pools import take_lost

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Scripted, Twin

    Serve = Callable[[Callable[[Asked], Answer]], Scripted]


def find_pool(wire: Any) -> Any:
    return wire._transport._pool  # as httpx has it; what looks for it is what is tested


def lose_connection(wire: Any, url: str) -> Any:
    """Leave a connection in a pool as a request does that is cancelled when it is given one."""
    parts, pool = httpx.URL(url), find_pool(wire)
    origin = httpcore.Origin(parts.raw_scheme, parts.raw_host, parts.port or 80)
    lost = pool.create_connection(origin)
    pool._connections.append(lost)
    return lost


def test_only_lost_connections_are_taken(serve: Serve, answer: type[Answer]) -> None:
    """Those in use, and those that wait for the next request, stay."""
    url = serve(lambda _: answer(b"12345")).url
    with (
        httpx.Client() as wire,
        wire.stream("GET", url) as one,
        wire.stream("GET", url) as other,
    ):
        other.read()
        pool = find_pool(wire)
        kept = [*pool.connections]
        assert [connection.is_idle() for connection in kept] == [False, True]
        assert take_lost(wire, httpx.URL(url)) == []
        lost = lose_connection(wire, url)
        assert take_lost(wire, httpx.URL(url)) == [lost]
        assert pool.connections == kept
        assert one.read() == b"12345"


@pytest.mark.parametrize(
    "wire",
    [httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200))), object()],
    ids=["a transport of one's own", "another client"],
)
def test_what_has_no_pool_loses_nothing(wire: object) -> None:
    """A transport of the user's own, or an HTTP client that is made in another way, is let be."""
    assert take_lost(wire, httpx.URL("http://host")) == []


def test_a_failed_request_mends_its_pool(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """Where all connections were lost, the next try has one again."""
    scripted = serve(lambda _: answer.json({"message": "hello"}))
    make: Any = httpx.AsyncClient if twin.is_async else httpx.Client
    limits, timeout = httpx.Limits(max_connections=1), httpx.Timeout(9, pool=0.1)
    settings: dict[str, Any] = {"auth": "token", "base_url": scripted.url}
    with (
        twin.enter(make(limits=limits, timeout=timeout)) as wire,
        twin.open("Chatlayer", **settings, http_client=wire, max_retries=0) as client,
    ):
        lose_connection(wire, scripted.url)
        with pytest.raises(errors.RequestTimeout, match="no connection"):
            twin.wait(client.echo("hello"))
        assert twin.wait(client.echo("hello")) == "hello"
        assert len(find_pool(wire).connections) == 1
