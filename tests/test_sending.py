"""Requests under way: what is known of each."""

from __future__ import annotations

from math import inf

from dialytics._sending import Sending


def test_what_was_sent_once_was_sent() -> None:
    """Whatever another connection is made for afterwards, it is not said that nothing was sent."""
    sending, told = Sending(lambda: inf), list[object]()
    for event in ("connect_tcp.started", "send_request_headers.started", "connect_tcp.started"):
        sending.note(f"connection.{event}", {"timeout": 3.0})
        told.append((sending.connects, sending.patience))
    assert told == [(True, 3.0), (False, None), (False, 3.0)]
