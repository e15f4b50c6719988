"""Events from JSON pages as a bare generated client reads them, and as structs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import msgspec

from dialytics_clients.chatlayer.models import ListEventsResponse

from ..harness import Outcome
from ..inmemory import InMemory
from ..ours import EVENT_FIELDS
from ..scenario import FIRST_DAY, Scenario
from ..site import Site

Read = Callable[[bytes], tuple[list[Any], str | None]]

_Event = msgspec.defstruct(
    "_Event",
    [(name, datetime if name == "timestamp" else Any, None) for name in EVENT_FIELDS],
)
_Page = msgspec.defstruct("_Page", [("events", list[_Event]), ("next_page_token", str)])  # type: ignore[valid-type]  # made above
_decode_page = msgspec.json.Decoder(_Page).decode


def read_stock(content: bytes) -> tuple[list[Any], str | None]:
    """Read a page with ``json`` and the generated ``from_dict``."""
    page = ListEventsResponse.from_dict(json.loads(content))
    return list(page.events or ()), page.next_page_token or None


def read_structs(content: bytes) -> tuple[list[Any], str | None]:
    """Read a page with a struct decoder."""
    page: Any = _decode_page(content)
    return page.events, page.next_page_token


def read_events(
    site: Site, scenario: Scenario, read: Read, each: Callable[[Any], object]
) -> Outcome:
    """Read all events with a bare httpx client in front of a site in memory."""
    url = f"http://127.0.0.1{scenario.path}/v1/bots/bot/events/stream"
    query = {
        "version": "LIVE",
        "start_time": f"{FIRST_DAY}T00:00:00Z",
        "end_time": f"{scenario.end}T00:00:00Z",
        "page_size": "100",
    }
    with httpx.Client(transport=InMemory(site)) as client:
        started, amount = time.perf_counter(), 0
        while True:
            events, token = read(client.get(url, params=query).content)
            for event in events:
                each(event)
            amount += len(events)
            if not token:
                return Outcome(time.perf_counter() - started, amount)
            query = {**query, "page_token": token}
