"""What is answered to a request: pure, so that a server and an in-memory transport share it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from attrs import frozen

from .datasets import Pieces, open_objects, open_packed, open_rows
from .rows import HEADER, write_event
from .scenario import Scenario

_DAY = 86_400_000


@frozen(eq=False)
class Answer:
    """A response's status, headers and body; the body comes in parts."""

    status: int
    headers: Mapping[str, str]
    parts: tuple[bytes | memoryview, ...] = ()


class Site:
    """Both vendors, answering out of prepared pages."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened: dict[tuple[object, ...], Pieces] = {}

    def prepare(self, scenario: Scenario, *, objects: bool = False) -> None:
        """Make what a scenario needs, so that no request waits for it."""
        self._open(open_rows, scenario)
        if scenario.packed:
            self._open(open_packed, scenario)
        if objects:
            self._open(open_objects, scenario)

    def answer(self, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer one request; names of headers are in lower case."""
        parts = urlsplit(target)
        segment, _, path = parts.path[1:].partition("/")
        query = dict(parse_qsl(parts.query))
        scenario = Scenario.parse(segment)
        if path.endswith("/interactions"):
            return self._interactions(scenario, query, headers)
        if path.endswith("/events/stream"):
            return _events(scenario, query)
        return _json(body) if path.endswith("/echo") else Answer(404, {})

    def _interactions(
        self, scenario: Scenario, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> Answer:
        first, last = _window(scenario, query["startDate"], query["endDate"])
        begin = first + scenario.page * int(query.get("continuationToken", "p0")[1:])
        end = min(begin + scenario.page, last)
        if begin >= last:
            return Answer(204, {}) if scenario.explicit_end else _csv({}, HEADER)
        token: dict[str, str] = {}
        if end < last or scenario.explicit_end:
            token = {"continuationToken": f"p{(end - first - 1) // scenario.page + 1}"}
        if begin % scenario.page == 0 and end - begin == scenario.page:
            page = begin // scenario.page
            if headers.get("accept") == "application/json":
                content = self._open(open_objects, scenario).slice(page, page + 1)
                return Answer(200, token | {"content-type": "application/json"}, (content,))
            if scenario.packed and "gzip" in headers.get("accept-encoding", ""):
                content = self._open(open_packed, scenario).slice(page, page + 1)
                return _csv(token | {"content-encoding": "gzip"}, content)
        return _csv(token, HEADER, self._open(open_rows, scenario).slice(begin, end))

    def _open(self, kind: Callable[[Path, Scenario], Pieces], scenario: Scenario) -> Pieces:
        key = (kind, scenario.rows, scenario.days, scenario.page)
        if key not in self._opened:
            self._opened[key] = kind(self._folder, scenario)
        return self._opened[key]


def _events(scenario: Scenario, query: Mapping[str, str]) -> Answer:
    first, last = _window(scenario, query["start_time"], query["end_time"])
    begin = max(first, int(query.get("page_token", first)))
    # Pages larger than what is asked for show the decoder, and less of the HTTP client.
    size = scenario.page if scenario.page > 100 else int(query.get("page_size", 100))
    end = min(begin + size, last)
    token = str(end) if end < last else ""
    events = b",".join(_write_events(scenario.rows, scenario.days)[begin:end])
    return _json(b'{"events":[' + events + b'],"next_page_token":"' + token.encode() + b'"}')


@cache
def _write_events(rows: int, days: int) -> list[bytes]:
    return [write_event(number, number * _DAY // rows) for number in range(rows * days)]


def _window(scenario: Scenario, start: str, end: str) -> tuple[int, int]:
    return scenario.find_rows(datetime.fromisoformat(start), datetime.fromisoformat(end))


def _csv(headers: Mapping[str, str], *parts: bytes | memoryview) -> Answer:
    return Answer(200, {"content-type": "text/csv", **headers}, parts)


def _json(content: bytes) -> Answer:
    return Answer(200, {"content-type": "application/json"}, (content,))
