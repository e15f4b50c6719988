"""Requests under way: what is known of each."""

from __future__ import annotations

from math import inf
from typing import Any

import httpcore
import pytest

from dialytics._sending import Sending


def test_what_was_sent_once_was_sent() -> None:
    """Whatever another connection is made for afterwards, it is not said that nothing was sent."""
    sending, told = Sending(lambda: inf), list[object]()
    for event in ("connect_tcp.started", "send_request_headers.started", "connect_tcp.started"):
        sending.note(f"connection.{event}", {"timeout": 3.0})
        told.append((sending.connects, sending.limit_step(None)))
    assert told == [(True, 3.0), (False, None), (False, 3.0)]


def test_what_asks_a_proxy_is_not_sent_yet() -> None:
    """Until the proxy has let us have a connection, nothing of the request was sent."""
    sending, asks = Sending(lambda: inf), httpcore.Request("CONNECT", "http://host:1")
    sending.note("connection.connect_tcp.started", {"timeout": 3.0})
    sending.note("http11.send_request_headers.started", {"request": asks})
    assert (sending.connects, sending.begun) == (True, False)
    sending.note("http11.send_request_headers.started", {"request": httpcore.Request("GET", "a:b")})
    assert (sending.connects, sending.begun) == (False, True)


@pytest.mark.parametrize("event", ["http11.send_request_headers", "http2.send_connection_init"])
def test_a_connection_is_unfinished_until_it_is_used(event: str) -> None:
    """What fails afterwards closes no connection that others may have."""
    sending, stream = Sending(lambda: inf), object()
    told: list[Any] = []
    for step in ("connection.connect_tcp.complete", f"{event}.started"):
        sending.note(step, {"return_value": stream})
        told.append(sending.unfinished)
    assert told == [[stream], []]
