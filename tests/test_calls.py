"""Errors of calls: whose they are, and nothing of others behind them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dialytics import Inkeep
from dialytics._calls import forget_foreign
from dialytics._decode.json_rows import read_list
from dialytics.errors import ArgumentError, FailedWindow, InvalidResponse, WindowsFailed
from dialytics_clients.chatlayer.rows import TrackingEvent

MARK = "quasimodo"


def fail() -> InvalidResponse:
    """Return an error that was raised while a decoder's was handled, whose text has words."""
    row_class: type[Any] = TrackingEvent
    content = json.dumps([{"id": "1", MARK: 1}, 5]).encode()
    with pytest.raises(InvalidResponse) as caught:
        list(read_list(content, row_class))
    return caught.value


def test_decoders_are_forgotten() -> None:
    """What the error was raised beside is not reached from it any more, suppressed or not."""
    error = fail()
    forget_foreign(error)
    assert (error.__context__, error.__cause__) == (None, None)


def test_own_errors_stay() -> None:
    """Our own errors stay behind one another, and lead to nobody else's, also in a circle."""
    first, second = fail(), ArgumentError("a")
    assert first.__context__ is not None
    second.__cause__ = first
    forget_foreign(second)
    assert second.__cause__ is first
    assert first.__context__ is None
    first.__context__ = second
    forget_foreign(second)
    assert first.__context__ is second


def test_failures_of_windows_lead_nowhere() -> None:
    """Also the errors that another one holds are cleared."""
    inner = fail()
    inner.__context__ = KeyError(MARK)
    whole = WindowsFailed("two", failures=(FailedWindow(None, None, inner),))
    forget_foreign(whole)
    assert inner.__context__ is None


def test_what_the_caller_handles_stays() -> None:
    """A call in a handler of the caller's own tells what was handled, as Python's own errors do."""
    outer = KeyError(MARK)
    found: list[BaseException | None] = []
    try:
        raise outer
    except KeyError:
        with pytest.raises(ArgumentError) as caught:
            Inkeep(api_key="key", timeout=-1)
        found.append(caught.value.__context__)
    assert found == [outer]
