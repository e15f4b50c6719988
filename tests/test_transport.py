"""Sending: statuses, bodies, retries, credentials, limits and logs, for all vendors and twins."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import logging
import pickle
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlencode

import httpx
import pytest
from attrs import define, evolve, field

import dialytics
from dialytics import ClientCredentials, PasswordGrant, Stats, errors
from dialytics._async.transport import AsyncTransport
from dialytics._auth import FixedAuth, bearer
from dialytics._connections import AsyncConnections, Connections
from dialytics._declarations import Operation
from dialytics._gates import Gate
from dialytics._http import USER_AGENT, new_timeout
from dialytics._limits import RateLimit
from dialytics._messages import Request
from dialytics._oauth import OAuth
from dialytics._retry import Replay, RetryPolicy
from dialytics._sync.transport import Transport
from dialytics._threads import Sleep
from dialytics.errors import DialyticsError, StatusError
from dialytics.testing import no_waits
from dialytics.vendors.cognigy.declarations import VENDOR as COGNIGY
from dialytics.vendors.digitalcx.declarations import INTERACTIONS
from dialytics.vendors.digitalcx.declarations import VENDOR as DIGITALCX
from dialytics.vendors.inkeep.declarations import CONVERSATION, LOG_CONVERSATION, LOG_FEEDBACK
from dialytics.vendors.inkeep.declarations import VENDOR as INKEEP

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Raw, Step, Twin

    ServeRaw = Callable[[Callable[[Asked], Answer | Iterable[Step]]], Raw]

MARK = "quasimodo"
HOUR = (datetime(2026, 11, 10, 9, tzinfo=UTC), datetime(2026, 11, 10, 10, tzinfo=UTC))
DAYS = (date(2026, 11, 10), date(2026, 11, 12))
EXAMPLES = Path(__file__).parent / "vendors" / "examples"
CSV = b"LogId,TimestampStart,MainInteractionType\r\n"
STORED = {"id": "c", "type": "openai", "messages": []}
SETTINGS: dict[str, dict[str, Any]] = {
    "Cognigy": {"api_key": "key-1"},
    "DigitalCX": {"customer": "c", "project": "p", "auth": "token-1"},
    "Chatlayer": {"token_id": "id-1", "token_secret": "secret-1"},
    "Inkeep": {"api_key": "key-2"},
}

# Each operation: its vendor, how it is called, and what a body needs to be one.
CALLS: dict[str, tuple[str, Callable[[Any], Any], dict[str, Any] | bytes | None]] = {
    "interactions": (
        "DigitalCX",
        lambda client: client.interactions(culture="en", start=HOUR[0], end=HOUR[1]),
        CSV,
    ),
    "update_record": (
        "Cognigy",
        lambda client: client.update_record(project_id="p", properties={"state": MARK}),
        None,
    ),
    "echo": ("Chatlayer", lambda client: client.echo("hi"), {"message": "hi"}),
    "events": (
        "Chatlayer",
        lambda client: client.events("b", start=HOUR[0], end=HOUR[1]),
        {"events": []},
    ),
    "event_definitions": (
        "Chatlayer",
        lambda client: client.event_definitions("b"),
        {"event_definitions": []},
    ),
    "subscriptions": (
        "Chatlayer",
        lambda client: client.subscriptions("b"),
        {"subscriptions": []},
    ),
    "intents": (
        "Chatlayer",
        lambda client: client.intents("b", start=HOUR[0], end=HOUR[1]),
        {"data": []},
    ),
    "conversations of Chatlayer": (
        "Chatlayer",
        lambda client: client.conversations("b", start=DAYS[0], end=DAYS[1]),
        {"data": {"x_axis": [], "series": []}},
    ),
    "conversation": ("Inkeep", lambda client: client.conversation("c"), STORED),
    "conversations": (
        "Inkeep",
        lambda client: client.conversations(),
        {"conversations": [], "total": 0},
    ),
    "log_conversation": (
        "Inkeep",
        lambda client: client.log_conversation({"type": "openai", "messages": []}),
        STORED,
    ),
}
OF_JSON = [name for name, (_, _, good) in CALLS.items() if isinstance(good, dict)]
ONE_EACH = ["interactions", "update_record", "echo", "conversations"]


@pytest.fixture(autouse=True)
def no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make chance choose the shortest wait before a retry, which is none."""
    monkeypatch.setattr("random.random", lambda: 0.0)


def settings_for(name: str, url: str) -> dict[str, Any]:
    """Return what a client of a vendor needs to talk to a server."""
    return {**SETTINGS[name], "base_url": url, "timeout": 10.0}


def call(twin: Twin, client: Any, name: str) -> Any:
    """Make a call and wait for all of it."""
    result = CALLS[name][1](client)
    return twin.collect(result) if hasattr(result, "checkpoint") else twin.wait(result)


def good_answer(answer: type[Answer], name: str, status: int = 200) -> Answer:
    """Return the simplest successful answer to an operation."""
    good = CALLS[name][2]
    if isinstance(good, dict):
        return answer.json(good, status)
    return answer(good or b"", status, {"content-type": "text/csv"} if good else {})


def success_statuses(name: str) -> set[int]:
    """Return what the vendors' documents promise."""
    return {"update_record": {204}, "interactions": {200, 204}}.get(name, {200})


@pytest.mark.parametrize("name", ONE_EACH)
def test_every_status_ends_in_its_class(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer], name: str
) -> None:
    """Each status from 200 to 599 but an operation's own successes raises the class it stands for.

    Interim statuses are no answers; see the tests of what follows them.
    """
    status = 200
    raw = serve_raw(lambda _: good_answer(answer, name, status))
    vendor = CALLS[name][0]
    found, wanted = {}, {}
    with twin.open(vendor, **settings_for(vendor, raw.url)) as client:
        for status in range(200, 600):
            if status not in success_statuses(name):
                cls = errors.status_class(status)
                wanted[status] = (cls, status, vendor.lower(), name, None)
            try:
                call(twin, client, name)
            except StatusError as error:
                place = (error.vendor, error.operation, error.__context__)
                found[status] = (type(error), error.status, *place)
    assert found == wanted
    # A window that takes too long is asked for again in shorter ones.
    assert len(raw.asked) == 400 or name == "interactions"


@pytest.mark.parametrize("name", CALLS)
def test_documented_statuses_are_successes(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer], name: str
) -> None:
    """Each operation takes the success that its document promises, and no other 2xx."""
    vendor = CALLS[name][0]
    script = iter(range(200, 210))
    raw = serve_raw(lambda _: good_answer(answer, name, next(script)))
    taken = set()
    with twin.open(vendor, **settings_for(vendor, raw.url)) as client:
        for status in range(200, 210):
            try:
                call(twin, client, name)
            except errors.UnexpectedStatus:
                continue
            taken.add(status)
    assert taken == success_statuses(name)


def test_interim_answers_are_passed(twin: Twin, serve_raw: ServeRaw) -> None:
    """Whatever interim status comes first, the answer that follows it counts."""
    head = "".join(f"HTTP/1.1 {status} X\r\n\r\n" for status in range(100, 200) if status != 101)
    last = b"HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n"
    raw = serve_raw(lambda _: [head.encode() + last])
    with (
        twin.open("Inkeep", **settings_for("Inkeep", raw.url)) as client,
        pytest.raises(errors.NotFound),
    ):
        call(twin, client, "conversation")


HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>nginx</h1></body></html>"
GRPC = b'{"code": 16, "message": "token expired", "details": []}'
PLAIN = b"The project 'p' for customer 'c' does not exist"
# name of the call, status, media type, body; class, title, detail, code, request id
BODIES: list[tuple[str, int, str, bytes | str, tuple[Any, ...]]] = [
    (
        "update_record",
        400,
        "application/problem+json",
        "cognigy-update-analytics-record.error.json",
        (
            errors.BadRequest,
            "Bad Request Error",
            "Validation failed. Missing payload.",
            "1000",
            "api--f84324f4-98eb-4f02-abdd-375a2e6c3c1f",
        ),
    ),
    *(
        (
            "log_conversation",
            status,
            "application/problem+json",
            f"inkeep-log-conversation.{status}.json",
            (cls, title, title, code, "req_1234567890"),
        )
        for status, cls, title, code in (
            (400, errors.BadRequest, "Bad Request", "bad_request"),
            (401, errors.Unauthorized, "Unauthorized", "unauthorized"),
            (403, errors.Forbidden, "Forbidden", "forbidden"),
            (422, errors.Unprocessable, "Unprocessable Entity", "unprocessable_entity"),
        )
    ),
    (
        "interactions",
        400,
        "text/plain",
        PLAIN,
        (errors.UnknownProject, None, PLAIN.decode(), None, None),
    ),
    (
        "interactions",
        400,
        "text/plain; charset=utf-8",
        b"The time window is too large",
        (errors.BadRequest, None, "The time window is too large", None, None),
    ),
    ("interactions", 403, "text/plain", b"", (errors.Forbidden, None, None, None, None)),
    (
        "events",
        401,
        "application/json",
        GRPC,
        (errors.Unauthorized, None, "token expired", "16", None),
    ),
    *(
        (name, 502, "text/html", HTML, (errors.BadGateway, "502 Bad Gateway", None, None, None))
        for name in ONE_EACH
    ),
]


@pytest.mark.parametrize(
    ("name", "status", "media", "body", "wanted"),
    BODIES,
    ids=[f"{case[0]}-{case[1]}-{index}" for index, case in enumerate(BODIES)],
)
def test_error_bodies_are_read(
    *,
    twin: Twin,
    serve_raw: ServeRaw,
    answer: type[Answer],
    name: str,
    status: int,
    media: str,
    body: bytes | str,
    wanted: tuple[Any, ...],
) -> None:
    """Each vendor's own form of an error fills the same fields."""
    content = (EXAMPLES / body).read_bytes() if isinstance(body, str) else body
    raw = serve_raw(lambda _: answer(content, status, {"content-type": media}))
    vendor = CALLS[name][0]
    with (
        twin.open(vendor, **settings_for(vendor, raw.url)) as client,
        pytest.raises(StatusError) as caught,
    ):
        call(twin, client, name)
    error = caught.value
    told = (error.title, error.detail, error.code, error.request_id)
    assert (type(error), *told) == wanted
    assert error.body == (content.decode() or None)
    assert str(error).startswith(f"{vendor.lower()} {name}: {status} {HTTPStatus(status).phrase}")


@pytest.mark.parametrize(
    "tail",
    [
        ["Content-Length: 99\r\n\r\nBusy", "close"],
        ["Transfer-Encoding: chunked\r\n\r\n4\r\nBusy\r\n", "close"],
        ["Transfer-Encoding: chunked\r\n\r\n4\r\nBusy\r\nno size\r\n"],
        ["Content-Length: 9\r\n\r\nBusy", "hang"],
    ],
)
def test_status_counts_more_than_its_body(twin: Twin, serve_raw: ServeRaw, tail: list[Any]) -> None:
    """An error's body that breaks off, or does not end in time, still leaves error and detail."""
    head = "HTTP/1.1 503 X\r\nContent-Type: text/plain\r\nRetry-After: 7\r\n"
    raw = serve_raw(lambda _: [(head + tail[0]).encode(), *tail[1:]])
    settings = {**settings_for("Inkeep", raw.url), "timeout": 0.2}
    with (
        twin.open("Inkeep", **settings) as client,
        pytest.raises(errors.Unavailable) as caught,
    ):
        call(twin, client, "conversation")
    assert (caught.value.detail, caught.value.retry_after) == ("Busy", 7.0)


@pytest.mark.parametrize(("encoding", "body"), [("br", b"\x0b\x02"), ("gzip", b"plain")])
def test_unreadable_error_bodies(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer], encoding: str, body: bytes
) -> None:
    """An error whose body is packed in another way than it can be read keeps its status."""
    raw = serve_raw(lambda _: answer(body, 403, {"content-encoding": encoding}))
    with (
        twin.open("Inkeep", **settings_for("Inkeep", raw.url)) as client,
        pytest.raises(errors.Forbidden) as caught,
    ):
        call(twin, client, "conversation")
    assert (caught.value.detail, caught.value.body) == (None, None)


def test_endless_error_bodies(twin: Twin, serve_raw: ServeRaw) -> None:
    """Of an error's body only the beginning is read."""
    left = iter(range(4_000))

    def drone(_: Asked) -> Iterator[bytes]:
        yield b"HTTP/1.1 500 X\r\n\r\n"
        for _number in left:
            yield b"x" * 8_192

    raw = serve_raw(drone)
    with (
        twin.open("Inkeep", **settings_for("Inkeep", raw.url)) as client,
        pytest.raises(errors.ServerError) as caught,
    ):
        call(twin, client, "conversation")
    assert caught.value.body == "x" * 2_000
    assert next(left, None) is not None


def test_cut_csv_is_asked_for_again(twin: Twin, serve_raw: ServeRaw, answer: type[Answer]) -> None:
    """A packed CSV that is cut is noticed before its first row is handed out, and asked anew."""
    packed = gzip.compress(CSV + b"1,2026-11-10T09:30:00Z,Event\r\n")
    script = iter([packed[:-1], packed])
    headers = {"content-type": "text/csv", "content-encoding": "gzip"}
    raw = serve_raw(lambda _: answer(next(script), 200, headers))
    settings = settings_for("DigitalCX", raw.url)
    with twin.open("DigitalCX", **settings, max_retries=1) as client:
        rows = call(twin, client, "interactions")
    assert len(rows) == 1
    assert len(raw.asked) == 2


WRONG_JSON = [
    (b"", "empty", 4),
    (b" \r\n", "empty", 4),
    (HTML, "an HTML page", 4),
    (b"null", "null", 1),
    (b"[]", "a list", 1),
    (b'"text"', "a text", 1),
    (b"1", "a number", 1),
    (b'{"data": {"x', "not valid JSON", 4),
    (b"[" * 100_000 + b"]" * 100_000, "nested too deeply", 4),
    (b'{"a": "\xff"}', "not valid JSON", 4),
]


@pytest.mark.parametrize("name", OF_JSON)
def test_wrong_json_is_refused(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer], name: str
) -> None:
    """A body that is no JSON is asked for again; JSON that is no object is not."""
    vendor, media = CALLS[name][0], {"content-type": "application/json"}
    body = b""
    raw = serve_raw(lambda _: answer(body, 200, media))
    with twin.open(vendor, **settings_for(vendor, raw.url), max_retries=3) as client, no_waits():
        for wrong, words, tries in WRONG_JSON:
            body = wrong
            raw.asked.clear()
            with pytest.raises(errors.InvalidResponse, match=words) as caught:
                call(twin, client, name)
            assert type(caught.value) is errors.InvalidResponse
            assert caught.value.garbled is (tries > 1)
            operation = name.partition(" ")[0]
            assert (caught.value.vendor, caught.value.operation) == (vendor.lower(), operation)
            assert len(raw.asked) == tries


WRONG_FIELDS: dict[str, tuple[str, list[Any]]] = {
    "events": ("events", [7, "x", {"x": 1}, [1], [None]]),
    "event_definitions": ("event_definitions", [True, {}, ["x"]]),
    "subscriptions": ("subscriptions", [0, "", [[]]]),
    "intents": ("data", [7, {"x": 1}, [1]]),
    "conversations of Chatlayer": ("data", [7, "x", []]),
    "conversation": ("messages", [7, "x", {"x": 1}, [1]]),
    "conversations": ("conversations", [7, {"x": 1}, [1]]),
    "log_conversation": ("messages", [7, "x", [1]]),
}


@pytest.mark.parametrize("name", WRONG_FIELDS)
def test_wrong_fields_are_refused(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer], name: str
) -> None:
    """A list or object that is something else is an invalid response, asked for once only."""
    vendor, (key, wrong) = CALLS[name][0], WRONG_FIELDS[name]
    script = iter(wrong)
    raw = serve_raw(lambda _: answer.json({**STORED, key: next(script)}))
    with twin.open(vendor, **settings_for(vendor, raw.url), max_retries=3) as client:
        for _ in wrong:
            with pytest.raises(errors.InvalidResponse) as caught:
                call(twin, client, name)
            assert caught.value.operation == name.partition(" ")[0]
    assert len(raw.asked) == len(wrong)


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("text/html", HTML),
        ("text/html; charset=utf-8", CSV),
        ("application/json", b"{}"),
        ("application/problem+json", b"{}"),
        ("text/csv", HTML),
        ("text/csv", b'{"error": "no"}'),
        (None, HTML),
    ],
)
def test_wrong_csv_is_refused(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer], media: str | None, body: bytes
) -> None:
    """HTML and JSON in the place of CSV are asked for again, whatever they are labelled."""
    raw = serve_raw(lambda _: answer(body, 200, {"content-type": media} if media else {}))
    settings = settings_for("DigitalCX", raw.url)
    with (
        twin.open("DigitalCX", **settings, max_retries=3) as client,
        no_waits(),
        pytest.raises(errors.InvalidResponse) as caught,
    ):
        call(twin, client, "interactions")
    assert type(caught.value) is errors.InvalidResponse
    assert caught.value.checkpoint is not None
    assert len(raw.asked) == 4


ROWS = CSV + b"1,2026-11-10T09:30:00Z,Event\r\n"


@pytest.mark.parametrize("how", ["its check sum", "a byte in the middle", "no gzip at all"])
def test_damaged_compression_is_asked_for_again(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer], how: str
) -> None:
    """What does not unpack has been damaged on its way; it is refused if it always does."""
    packed = bytearray(gzip.compress(ROWS))
    packed[{"its check sum": -6, "a byte in the middle": 20}.get(how, 0)] ^= 0x55
    headers = {"content-type": "text/csv", "content-encoding": "gzip"}
    bodies = [bytes(packed), gzip.compress(ROWS), bytes(packed), bytes(packed)]
    raw = serve_raw(lambda _: answer(bodies.pop(0), 200, headers))
    with twin.open("DigitalCX", **settings_for("DigitalCX", raw.url), max_retries=1) as client:
        assert len(call(twin, client, "interactions")) == 1
        with pytest.raises(errors.InvalidResponse, match="not valid gzip") as caught:
            call(twin, client, "interactions")
    assert caught.value.garbled
    assert len(raw.asked) == 4


@pytest.mark.parametrize("coding", ["", "gzip"])
@pytest.mark.parametrize(
    ("body", "tries", "count"),
    [
        (ROWS.rstrip(), 1, 1),
        (ROWS.rstrip() + b"\r", 1, 1),
        (ROWS + b'2,2026-11-10T09:30:00Z,"a\nb,""c"""', 1, 2),
        (ROWS[:-9], 2, None),
        (ROWS + b"2,2026", 2, None),
        (ROWS + b'2,2026-11-10T09:30:00Z,"a\nb', 2, None),
        (ROWS + b'2,2026-11-10T09:30:00Z,a 5" disk', 2, 2),
        (CSV[:5], 4, None),
        (CSV[:10], 4, None),
        (b"", 2, 0),
        (CSV, 1, 0),
    ],
)
def test_last_lines_without_an_end(
    *,
    twin: Twin,
    serve_raw: ServeRaw,
    answer: type[Answer],
    coding: str,
    body: bytes,
    tries: int,
    count: int | None,
) -> None:
    """With all cells they are rows; what seems to be half a row is asked for once more."""
    packed = gzip.compress(body) if coding else body
    headers = {"content-type": "text/csv", **({"content-encoding": coding} if coding else {})}
    raw = serve_raw(lambda _: answer(packed, 200, headers))
    settings = settings_for("DigitalCX", raw.url)
    with twin.open("DigitalCX", **settings, max_retries=3) as client, no_waits():
        if count is None:
            with pytest.raises(errors.InvalidResponse):
                call(twin, client, "interactions")
        else:
            assert len(call(twin, client, "interactions")) == count
    assert len(raw.asked) == tries


@pytest.mark.parametrize("name", CALLS)
def test_retries_until_it_works(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer], name: str
) -> None:
    """A passing failure is followed by another try, the very same request."""
    vendor = CALLS[name][0]
    script = iter([503, 429, 500])
    done = 204 if name == "update_record" else 200
    raw = serve_raw(lambda _: good_answer(answer, name, next(script, done)))
    with twin.open(vendor, **settings_for(vendor, raw.url), max_retries=3) as client:
        call(twin, client, name)
    assert len(raw.asked) == 4
    assert len({repr(evolve(asked, headers={})) for asked in raw.asked}) == 1


WAYS: list[tuple[str, Callable[[Any], Any], bool]] = [
    ("Inkeep", lambda client: client.log_conversation({"type": "openai"}), True),
    ("Inkeep", lambda client: client.log_conversation({"externalId": None}), True),
    ("Inkeep", lambda client: client.log_conversation({"id": ""}), False),
    ("Inkeep", lambda client: client.log_conversation({"id": "c"}), True),
    ("Inkeep", lambda client: client.log_conversation({"externalId": "c"}), False),
    ("Inkeep", lambda client: client.conversation("c"), True),
    ("Cognigy", lambda client: client.update_record(properties={"state": "x"}), True),
    ("Cognigy", lambda client: client.update_record(properties={"trackedGoals": []}), False),
    ("Chatlayer", lambda client: client.echo("hi"), True),
]


@pytest.mark.parametrize(("vendor", "make", "repeated"), WAYS)
@pytest.mark.parametrize("failure", ["500", "reset", "cut"])
def test_creations_are_not_repeated(
    *,
    twin: Twin,
    serve_raw: ServeRaw,
    answer: type[Answer],
    vendor: str,
    make: Callable[[Any], Any],
    repeated: bool,
    failure: str,
) -> None:
    """What may have been carried out is sent again only where twice is as good as once."""
    status = 204 if vendor == "Cognigy" else 200
    cut = f"HTTP/1.1 {status} X\r\nContent-Length: 9\r\n\r\n{{".encode()
    replies: dict[str, Any] = {"500": answer(b"", 500), "reset": ["reset"], "cut": [cut, "close"]}
    if status == 204:
        # It has no body that could be cut.
        replies["cut"] = ["close"]
    raw = serve_raw(lambda _: replies[failure])
    with (
        twin.open(vendor, **settings_for(vendor, raw.url), max_retries=2) as client,
        pytest.raises(DialyticsError),
    ):
        twin.wait(make(client))
    assert len(raw.asked) == (3 if repeated else 1)


@pytest.mark.parametrize("retries", [0, 1, 5])
def test_retries_are_counted(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer], retries: int
) -> None:
    """After so many retries the error is raised, and the listing has counted each request."""
    raw = serve_raw(lambda _: answer(b"", 503, {"retry-after": "0"}))
    settings = settings_for("Inkeep", raw.url)
    with twin.open("Inkeep", **settings, max_retries=retries) as client:
        pager = client.conversations()
        with pytest.raises(errors.Unavailable) as caught:
            twin.collect(pager)
    assert caught.value.checkpoint == pager.checkpoint
    assert (pager.stats.requests, pager.stats.retries) == (retries + 1, retries)
    assert caught.value.tries == retries + 1
    assert (f"tries {retries + 1}" in str(caught.value)) == (retries > 0)
    assert len(raw.asked) == retries + 1


def test_only_passing_statuses_are_retried(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer]
) -> None:
    """Of all error statuses exactly those that may pass are asked for again."""
    status = 0
    raw = serve_raw(lambda _: answer(b"", status, {"retry-after": "0"}))
    retried = set()
    with twin.open("Inkeep", **settings_for("Inkeep", raw.url), max_retries=1) as client:
        for status in range(300, 600):
            raw.asked.clear()
            with pytest.raises(StatusError):
                call(twin, client, "conversation")
            if len(raw.asked) == 2:
                retried.add(status)
    assert retried == {408, 429, 500, 502, 503, 504, *range(520, 525), *range(527, 600)}


@define
class Clock:
    """A clock that only sleeping moves; it remembers how long was slept."""

    is_async: bool
    now: float = 1_000.0
    waits: list[float] = field(factory=list)
    meanwhile: Callable[[], Any] | None = None

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> Any:
        self.waits.append(seconds)
        task, self.meanwhile = self.meanwhile, None
        if self.is_async:
            return self._sleep(seconds, task)
        if task is not None:
            task()
        self.now += seconds
        return None

    async def _sleep(self, seconds: float, task: Callable[[], Any] | None) -> None:
        if task is not None:
            await task()
        self.now += seconds


class Nap(Sleep):
    """Sleeps by such a clock, in threads."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def __call__(self, seconds: float) -> None:
        self._clock.sleep(seconds)


@define
class Sender:
    """A transport whose waits can be watched."""

    twin: Twin
    clock: Clock
    transport: Any

    def configure(self, **options: Any) -> Sender:
        """Return one that sends with a call's own options."""
        return evolve(self, transport=self.transport.configured(options))

    def start(self, operation: Operation, content: bytes | None = None, **more: Any) -> Any:
        """Begin to send a request; the reply's status comes back."""
        request = Request(operation.method, "/path", {"q": MARK}, content)
        more.setdefault("sleep", self.clock.sleep if self.clock.is_async else Nap(self.clock))
        return self.transport.send(request, operation, lambda reply: reply.status, **more)

    def send(self, operation: Operation, content: bytes | None = None, **more: Any) -> Any:
        return self.twin.wait(self.start(operation, content, **more))


@pytest.fixture
def open_sender(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return a function that makes a transport, its clock stopped."""

    @contextmanager
    def start(url: str, **changes: Any) -> Iterator[Sender]:
        clock = Clock(twin.is_async)
        for room in ("login", "attempts", "exchange"):
            monkeypatch.setattr(f"dialytics._{twin.kind}.{room}.time", clock)
        timeout = new_timeout(5.0, 5.0)
        connections = (AsyncConnections if twin.is_async else Connections)(timeout, None, True)  # noqa: FBT003  # verify
        settings: dict[str, Any] = {
            "vendor": INKEEP,
            "root": url,
            "auth": FixedAuth(bearer("t")),
            "connections": connections,
            "timeout": timeout,
            "policy": RetryPolicy(),
            "gate": Gate(None),
            "max_body": None,
            "trust_close": False,
            "now": lambda: datetime(2026, 11, 20, 12, tzinfo=UTC),
        }
        transport = (AsyncTransport if twin.is_async else Transport)(**{**settings, **changes})
        try:
            yield Sender(twin, clock, transport)
        finally:
            twin.close(connections)

    return start


def test_waits_grow(
    serve_raw: ServeRaw,
    answer: type[Answer],
    open_sender: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The waits before the retries double up to the cap, and are counted."""
    monkeypatch.setattr("random.random", lambda: 0.5)
    raw = serve_raw(lambda _: answer(b"", 500))
    stats = Stats()
    with (
        open_sender(raw.url, policy=RetryPolicy(max_retries=5, cap=4.0)) as sender,
        pytest.raises(errors.ServerError),
    ):
        sender.send(CONVERSATION, stats=stats)
    assert sender.clock.waits == [0.25, 0.5, 1.0, 2.0, 2.0]
    assert (stats.requests, stats.retries, stats.waited) == (6, 5, 5.75)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "waited"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("Fri, 20 Nov 2026 12:00:09 GMT", 9.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", 0.0),
        ("60", 60.0),
        ("61", None),
    ],
)
def test_vendor_says_when(
    *,
    serve_raw: ServeRaw,
    answer: type[Answer],
    open_sender: Callable[..., Any],
    status: int,
    header: str,
    waited: float | None,
) -> None:
    """Retry-After is obeyed to the second; if it is too long the error is raised at once."""
    script = iter([status])
    raw = serve_raw(lambda _: answer(b"", next(script, 200), {"retry-after": header}))
    with open_sender(raw.url) as sender:
        if waited is None:
            with pytest.raises(StatusError) as caught:
                sender.send(CONVERSATION)
            assert caught.value.retry_after == 61.0
            assert "asks for 61 s, more than retry_after_cap (60 s)" in str(caught.value)
        else:
            assert sender.send(CONVERSATION) == 200
    assert sender.clock.waits == ([] if waited is None else [waited])
    assert len(raw.asked) == (1 if waited is None else 2)


def test_others_wait_for_a_rate_limited_request(
    serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any]
) -> None:
    """While one request waits out a 429, another of the client is not sent either."""
    script = iter([429])
    raw = serve_raw(lambda _: answer(b"", next(script, 200), {"retry-after": "5"}))
    with open_sender(raw.url) as sender:
        sender.clock.meanwhile = lambda: sender.start(CONVERSATION)
        assert sender.send(CONVERSATION) == 200
    assert sender.clock.waits == [5.0, pytest.approx(5.0, abs=0.01)]
    assert len(raw.asked) == 3


def test_outages_are_not_hammered(
    serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any]
) -> None:
    """Calls share a budget of retries: used up, each is tried once and says so."""
    status = 503
    raw = serve_raw(lambda _: answer(b"", status))
    stats = Stats()
    with open_sender(raw.url, policy=RetryPolicy(budget=7)) as sender:
        for call in range(5):
            one = sender.configure(max_retries=3) if call % 2 else sender
            with pytest.raises(errors.Unavailable) as caught:
                one.send(CONVERSATION, stats=stats)
            assert ("retry budget is used up" in str(caught.value)) == (call >= 2)
        assert (stats.requests, stats.retries) == (5 + 7, 7)
        status = 200
        for _ in range(4):
            sender.send(CONVERSATION)
        status = 503
        raw.asked.clear()
        with pytest.raises(errors.Unavailable, match="budget"):
            sender.send(CONVERSATION)
        assert len(raw.asked) == 3


def test_budgets_can_be_removed(
    serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any]
) -> None:
    """Without a budget every call has all its retries."""
    raw = serve_raw(lambda _: answer(b"", 503))
    with open_sender(raw.url, policy=RetryPolicy(max_retries=300, budget=None)) as sender:
        with pytest.raises(errors.Unavailable) as caught:
            sender.send(CONVERSATION)
        assert "budget" not in str(caught.value)
    assert len(raw.asked) == 301


@pytest.mark.parametrize("steps", [["close"], [b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n"]])
def test_doubts_outlast_a_refused_connection(
    serve_raw: ServeRaw, open_sender: Callable[..., Any], steps: list[Step]
) -> None:
    """After a try that may have arrived, one that surely did not leaves it unknown."""
    raw = serve_raw(lambda _: steps)
    with open_sender(raw.url, policy=RetryPolicy(max_retries=1)) as sender:

        def refuse() -> Any:
            with socket.create_server(("127.0.0.1", 0)) as listener:
                port = listener.getsockname()[1]
            sender.transport._root = f"http://127.0.0.1:{port}"
            return async_nothing() if sender.twin.is_async else None

        sender.clock.meanwhile = refuse
        with pytest.raises(errors.ConnectionFailed, match="no connection") as caught:
            sender.send(CONVERSATION)
    assert caught.value.sent is None
    assert len(raw.asked) == 1


async def async_nothing() -> None:
    """Wait for nothing."""


@pytest.mark.parametrize(
    ("deadline", "waits", "sent"), [(100.0, [1, 2, 4], 4), (7.1, [1, 2, 4], 4), (7, [1, 2], 3)]
)
def test_waits_stay_before_the_deadline(
    *,
    serve_raw: ServeRaw,
    answer: type[Answer],
    open_sender: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    deadline: float,
    waits: list[float],
    sent: int,
) -> None:
    """A wait that would pass the deadline is not begun: the error comes at once, with its cause."""
    monkeypatch.setattr("random.random", lambda: 0.5)
    raw = serve_raw(lambda _: answer(b"", 500))
    with open_sender(raw.url, policy=RetryPolicy(base=2.0)) as sender:
        with pytest.raises(DialyticsError) as caught:
            sender.configure(deadline=deadline).send(CONVERSATION)
        assert sender.clock.waits == waits
        assert len(raw.asked) == sent
    error = caught.value
    assert (error.vendor, error.operation) == ("inkeep", "conversation")
    if deadline > 7:
        assert type(error) is errors.ServerError
        return
    assert type(error) is errors.DeadlineExceeded
    assert error.sent is True
    assert type(error.__cause__) is errors.ServerError
    assert "deadline of 7 s" in str(error)


def test_deadlines_tell_what_was_surely_not_sent(
    open_sender: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the connection was refused, the deadline's error says that nothing was sent."""
    monkeypatch.setattr("random.random", lambda: 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with open_sender(f"http://127.0.0.1:{port}", policy=RetryPolicy(base=9.0)) as sender:
        with pytest.raises(errors.DeadlineExceeded, match="no time for another try") as caught:
            sender.configure(deadline=1.0).send(CONVERSATION)
        assert sender.clock.waits == []
    assert caught.value.sent is False


def test_nothing_is_sent_after_the_deadline(
    serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any]
) -> None:
    """A call whose time is over sends no more, also where no wait takes time."""
    raw = serve_raw(lambda _: answer.json({}))
    with open_sender(raw.url) as sender, no_waits():
        call = sender.configure(deadline=5.0)
        assert call.send(CONVERSATION) == 200
        sender.clock.now += 5.0
        with pytest.raises(errors.DeadlineExceeded) as caught:
            call.send(CONVERSATION)
    assert caught.value.sent is False
    assert len(raw.asked) == 1


def test_deadlines_hold_for_rate_limits_and_pauses(
    serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any]
) -> None:
    """A turn that comes too late is not waited for, and nothing is sent."""
    raw = serve_raw(lambda _: answer(b""))
    gate = Gate(RateLimit(requests=1, seconds=60.0))
    with open_sender(raw.url, gate=gate) as sender:
        sender.send(CONVERSATION)
        hurried = sender.configure(deadline=59.0)
        with pytest.raises(errors.DeadlineExceeded, match="59 s: a rate limit, or") as caught:
            hurried.send(CONVERSATION)
        assert caught.value.sent is False
        assert sender.clock.waits == []
        assert len(raw.asked) == 1
        for _ in range(4):
            with pytest.raises(errors.DeadlineExceeded):
                hurried.send(CONVERSATION)
        # A turn that nobody waits for is not taken.
        sender.configure(deadline=61.0).send(CONVERSATION)
        assert sender.clock.waits == [pytest.approx(60.6, abs=0.01)]


def test_turns_given_up_are_free(
    serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any]
) -> None:
    """A task that is cancelled, or a thread that is stopped, while it waits takes no turn."""

    class Stop(BaseException):
        pass

    def stop() -> None:
        raise Stop

    async def stop_later() -> None:
        raise Stop

    raw = serve_raw(lambda _: answer(b""))
    with open_sender(raw.url, gate=Gate(RateLimit(requests=1, seconds=60.0))) as sender:
        sender.send(CONVERSATION)
        for _ in range(5):
            sender.clock.meanwhile = stop_later if sender.twin.is_async else stop
            with pytest.raises(Stop):
                sender.send(CONVERSATION)
        sender.clock.waits.clear()
        sender.send(CONVERSATION)
        assert sender.clock.waits == [pytest.approx(60.6, abs=0.01)]
        assert len(raw.asked) == 2


def test_pauses_move_a_turn(
    serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any]
) -> None:
    """Who meets a pause while waiting starts after it, and the next one a window later."""
    raw = serve_raw(lambda _: answer(b""))
    gate = Gate(RateLimit(requests=1, seconds=60.0))
    stats = Stats()
    with open_sender(raw.url, gate=gate) as sender:
        sender.send(CONVERSATION)

        def pause() -> None:
            gate.pause(1_100.0)

        async def pause_later() -> None:
            pause()

        sender.clock.meanwhile = pause_later if sender.twin.is_async else pause
        sender.send(CONVERSATION, stats=stats)
        assert sender.clock.now == pytest.approx(1_100.0, abs=0.01)
        assert stats.waited == pytest.approx(100.0, abs=0.01)
        sender.send(CONVERSATION)
        assert sender.clock.now == pytest.approx(1_160.6, abs=0.01)


@pytest.mark.parametrize(
    ("operation", "asked", "pause"),
    [(LOG_FEEDBACK, "7", 7.0), (LOG_FEEDBACK, "86400", 60.0), (CONVERSATION, "61", 60.0)],
)
def test_refused_requests_make_others_wait(
    *,
    serve_raw: ServeRaw,
    answer: type[Answer],
    open_sender: Callable[..., Any],
    operation: Operation,
    asked: str,
    pause: float,
) -> None:
    """A 429 pauses the client whether or not the request is sent again, up to the policy's cap."""
    script = iter([429])
    raw = serve_raw(lambda _: answer(b"", next(script, 200), {"retry-after": asked}))
    with open_sender(raw.url) as sender:
        with pytest.raises(errors.RateLimited):
            sender.send(operation)
        assert sender.clock.waits == []
        sender.send(CONVERSATION)
        assert sender.clock.waits == [pytest.approx(pause, abs=0.01)]


def test_no_waits_leaves_no_pause(
    serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any]
) -> None:
    """What a vendor asked for inside no_waits() is not waited for after it."""
    headers = {"retry-after": "3", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "30"}
    script = iter([429])
    raw = serve_raw(lambda _: answer(b"", next(script, 200), headers if len(raw.asked) < 3 else {}))
    with open_sender(raw.url) as sender:
        with no_waits():
            sender.send(CONVERSATION)
        sender.clock.waits.clear()
        sender.send(CONVERSATION)
        assert sender.clock.waits == []


def test_deadlines_hold_for_a_whole_iteration(
    serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any]
) -> None:
    """What is sent with one deadline shares its time, which begins with the first request."""
    raw = serve_raw(lambda _: answer(b""))
    with open_sender(raw.url) as sender:
        one = sender.configure(deadline=10.0)
        sender.clock.now += 1_000.0
        for _ in range(3):
            one.send(CONVERSATION)
            sender.clock.now += 4.0
        with pytest.raises(errors.DeadlineExceeded) as caught:
            one.send(CONVERSATION)
        assert caught.value.sent is False
        sender.configure(deadline=10.0).send(CONVERSATION)
        sender.send(CONVERSATION)
    assert len(raw.asked) == 5


def test_tokens_count_for_the_deadline(
    serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any]
) -> None:
    """A token endpoint that fails uses up a call's time as the call itself does."""
    raw = serve_raw(lambda _: answer(b"", 503, {"retry-after": "6"}))
    auth = OAuth(f"{raw.url}/token", FORM)
    with open_sender(raw.url, auth=auth) as sender:
        with pytest.raises(errors.DeadlineExceeded):
            sender.configure(deadline=15.0).send(CONVERSATION)
        assert sender.clock.waits == [6.0, 6.0]
    assert paths(raw) == ["/token"] * 3


@pytest.mark.parametrize("status", [429, 503])
def test_no_wait_takes_time_where_users_say_so(
    serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any], status: int
) -> None:
    """Inside no_waits() every wait is one of no time; what is decided and counted stays."""
    script = iter([status] * 3)
    raw = serve_raw(lambda _: answer(b"", next(script, 200), {"retry-after": "50"}))
    stats = Stats()
    gate = Gate(RateLimit(requests=1, seconds=60.0))
    with no_waits(), no_waits(), open_sender(raw.url, gate=gate) as sender:
        assert sender.send(CONVERSATION, stats=stats) == 200
        with no_waits():
            sender.send(CONVERSATION)
        script = iter([status])
        sender.send(CONVERSATION)
        # The rate limit asks for minutes by now.
        sender.configure(deadline=10.0).send(CONVERSATION)
        assert {*sender.clock.waits} == {0.0}
        assert (stats.retries, stats.waited) == (3, 150.0)
        script = iter([status])
        with pytest.raises(errors.DeadlineExceeded):
            sender.configure(deadline=49.0).send(CONVERSATION)
    with open_sender(raw.url) as sender:
        script = iter([status])
        sender.send(CONVERSATION)
        assert sender.clock.waits[0] == 50.0


def test_vendors_word_on_its_limit_is_kept(
    serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any]
) -> None:
    """No more requests than a response allows start before its reset, on any twin."""
    left = iter([2, 1, 0])

    def reply(_: Asked) -> Answer:
        count = next(left, None)
        headers = {} if count is None else {"X-RateLimit-Remaining": str(count)}
        return answer(b"", 200, {**headers, "X-RateLimit-Reset": "30", "X-RateLimit-Limit": "3"})

    raw = serve_raw(reply)
    with open_sender(raw.url) as sender:
        for _ in range(4):
            sender.send(CONVERSATION)
        assert sender.clock.waits == [pytest.approx(30.0, abs=0.01)]
    with open_sender(raw.url, gate=Gate(None, heeds=False)) as sender:
        left = iter([0])
        for _ in range(4):
            sender.send(CONVERSATION)
        assert sender.clock.waits == []


def test_limits_of_clients(twin: Twin, serve_raw: ServeRaw, answer: type[Answer]) -> None:
    """Declared limits hold on the vendor's hosts and are shared; they can be set and removed."""
    raw = serve_raw(lambda _: answer(b"", 204))
    shared = "https://api-trial.cognigy.ai"

    def gate(url: str, **settings: Any) -> Any:
        with twin.open("Cognigy", api_key="k", base_url=url, **settings) as client:
            return client._transport._attempts.gate

    one = gate(shared)
    assert one._throttle._limit == COGNIGY.rate_limit
    assert gate(shared) is one
    assert gate(shared, rate_limit=COGNIGY.rate_limit) is one
    assert gate("https://api-app.cognigy.ai") is not one
    assert gate(raw.url)._throttle._limit is None
    assert gate(raw.url)._heeds
    mine = RateLimit(5, 1)
    assert gate(raw.url, rate_limit=mine)._throttle._limit == mine
    removed = gate(shared, rate_limit=None)
    assert removed._throttle._limit is None
    assert not removed._heeds
    for wrong in ({"rate_limit": 5}, {"retry": 3}, {"trust_connection_close": "no"}):
        with pytest.raises(errors.ConfigurationError, match=next(iter(wrong))) as caught:
            gate(raw.url, **wrong)
        assert caught.value.vendor == "cognigy"


def test_policies_of_clients(twin: Twin, serve_raw: ServeRaw, answer: type[Answer]) -> None:
    """A client takes a whole policy; max_retries goes before it, the client's as the call's."""
    raw = serve_raw(lambda _: answer(b"", 503))
    settings = settings_for("Inkeep", raw.url)
    make = twin.find("Inkeep")
    sent = []
    for given in ({"retry": RetryPolicy(2)}, {"retry": RetryPolicy(2), "max_retries": 1}, {}):
        with twin.enter(make(**settings, **given)) as client, no_waits():
            for options in ({}, {"max_retries": 4}):
                raw.asked.clear()
                with pytest.raises(errors.Unavailable):
                    twin.wait(client.conversation("c", **options))
                sent.append(len(raw.asked))
    assert sent == [3, 5, 2, 5, 4, 5]


def test_calls_may_have_their_own_policy(
    serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any]
) -> None:
    """A call's policy replaces the client's, its max_retries that policy's; the budget stays."""
    raw = serve_raw(lambda _: answer(b"", 503))
    with open_sender(raw.url, policy=RetryPolicy(max_retries=0, budget=7)) as sender:
        for options, tries in (
            ({}, 1),
            ({"retry": RetryPolicy(max_retries=2)}, 3),
            ({"retry": RetryPolicy(max_retries=2), "max_retries": 1}, 2),
            ({"max_retries": 9}, 5),
        ):
            raw.asked.clear()
            with pytest.raises(errors.Unavailable):
                sender.configure(**options).send(CONVERSATION)
            assert len(raw.asked) == tries
        for wrong in (None, 3):
            with pytest.raises(errors.ArgumentError, match="retry must be a RetryPolicy"):
                sender.configure(retry=wrong)


def test_unsent_creations_are_repeated(open_sender: Callable[..., Any]) -> None:
    """A creation that surely was not sent is tried again."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with (
        open_sender(f"http://127.0.0.1:{port}") as sender,
        pytest.raises(errors.ConnectionFailed) as caught,
    ):
        sender.send(LOG_CONVERSATION, b"{}")
    assert caught.value.sent is False
    assert len(sender.clock.waits) == 3


def test_replay_is_the_operations(
    serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any]
) -> None:
    """Of the four ways to replay only `never` gives up after a failure that was sent."""
    raw = serve_raw(lambda _: answer(b"", 500))
    sent = {}
    with open_sender(raw.url) as sender:
        for replay in Replay:
            raw.asked.clear()
            with pytest.raises(errors.ServerError):
                sender.send(evolve(LOG_CONVERSATION, replay=replay), b"{}")
            sent[replay.value] = len(raw.asked)
    assert sent == {"read": 4, "sets": 4, "keyed": 4, "never": 1}


def test_rate_limit_is_kept(
    serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any]
) -> None:
    """Requests over the limit wait until their time, retries included."""
    starts: list[float] = []

    def reply(_: Asked) -> Answer:
        starts.append(sender.clock.now)
        return answer(b"", 500 if len(starts) == 2 else 200)

    raw = serve_raw(reply)
    with open_sender(raw.url, gate=Gate(RateLimit(requests=2, seconds=10.0))) as sender:
        for _ in range(5):
            sender.send(CONVERSATION)
    assert len(starts) == 6
    wanted = [0, 0, 10.25, 10.25, 20.5, 20.5]
    assert [start - 1_000.0 for start in starts] == pytest.approx(wanted, abs=0.01)


def test_limits_hold_for_the_vendors_hosts(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cognigy's limits hold on its shared hosts only; what is over them is never sent."""
    raw = serve_raw(lambda _: answer(b"", 204))
    large = {"state": "x" * 61_440}
    with twin.open("Cognigy", api_key="k", base_url=raw.url) as client:
        twin.wait(client.update_record(properties=large))
    assert len(raw.asked) == 1
    monkeypatch.setattr("dialytics.vendors.cognigy._sync.VENDOR", evolve(COGNIGY, limited_hosts=()))
    monkeypatch.setattr(
        "dialytics.vendors.cognigy._async.VENDOR", evolve(COGNIGY, limited_hosts=())
    )
    for settings in ({"base_url": raw.url}, {"base_url": "https://api-trial.cognigy.ai/new"}):
        with (
            twin.open("Cognigy", api_key="k", **settings) as client,
            pytest.raises(errors.PayloadTooLarge, match="not sent") as caught,
        ):
            twin.wait(client.update_record(properties=large))
        assert (caught.value.vendor, caught.value.operation) == ("cognigy", "update_record")
        assert caught.value.status == 413
    assert len(raw.asked) == 1


def test_size_limit_is_exact(
    serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any]
) -> None:
    """A body of the limit's size is sent, one byte more is not."""
    raw = serve_raw(lambda _: answer(b""))
    with open_sender(raw.url, max_body=10) as sender:
        assert sender.send(LOG_CONVERSATION, b"x" * 10) == 200
        with pytest.raises(errors.PayloadTooLarge):
            sender.send(LOG_CONVERSATION, b"x" * 11)
    assert [len(asked.body) for asked in raw.asked] == [10]


# --- Credentials -------------------------------------------------------------------------------


def basic(pair: str) -> str:
    """Return the header of RFC 7617."""
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


@pytest.mark.parametrize(
    ("name", "settings", "header", "value"),
    [
        ("echo", {"token_id": "id", "token_secret": "s:é"}, "authorization", basic("id:s:é")),
        ("echo", {"auth": "Basic eHg="}, "authorization", "Basic eHg="),
        ("echo", {"auth": lambda: "Token x"}, "authorization", "Token x"),
        ("interactions", {"auth": "t.1"}, "authorization", "Bearer t.1"),
        ("interactions", {"auth": "Bearer t.1"}, "authorization", "Bearer t.1"),
        ("interactions", {"auth": lambda: "t.2"}, "authorization", "Bearer t.2"),
        ("update_record", {"api_key": "k"}, "x-api-key", "k"),
        ("update_record", {"cxone_token": "c"}, "x-cxone-authorization", "Bearer c"),
        ("update_record", {"cxone_token": "Bearer c"}, "x-cxone-authorization", "Bearer c"),
        ("update_record", {"auth": "t"}, "authorization", "Bearer t"),
        ("conversation", {"api_key": "k"}, "authorization", "Bearer k"),
        ("conversation", {"web_key": "w"}, "authorization", "Bearer w"),
        ("conversation", {"auth": "Bearer a"}, "authorization", "Bearer a"),
    ],
)
def test_credentials_on_the_wire(
    *,
    twin: Twin,
    serve_raw: ServeRaw,
    answer: type[Answer],
    name: str,
    settings: dict[str, Any],
    header: str,
    value: str,
) -> None:
    """Each scheme sends exactly its header, no other scheme's, and nothing in the URL."""
    vendor = CALLS[name][0]
    raw = serve_raw(lambda _: good_answer(answer, name, 204 if vendor == "Cognigy" else 200))
    given = {"customer": "c", "project": "p"} if vendor == "DigitalCX" else {}
    with twin.open(vendor, base_url=raw.url, **given, **settings) as client:
        call(twin, client, name)
    (asked,) = raw.asked
    schemes = {"authorization", "x-api-key", "x-cxone-authorization"}
    assert {key: asked.headers[key] for key in schemes & set(asked.headers)} == {header: value}
    assert value not in repr((asked.path, asked.query))


@pytest.mark.parametrize("name", CALLS)
def test_other_headers(twin: Twin, serve_raw: ServeRaw, answer: type[Answer], name: str) -> None:
    """Each request says who asks, what it takes and what it sends, also on the user's client."""
    vendor = CALLS[name][0]
    raw = serve_raw(lambda _: good_answer(answer, name, 204 if vendor == "Cognigy" else 200))
    own = (httpx.AsyncClient if twin.is_async else httpx.Client)(headers={"X-Mine": "1"})
    with twin.enter(own):
        for settings in ({}, {"http_client": own}):
            with twin.open(vendor, **settings_for(vendor, raw.url), **settings) as client:
                call(twin, client, name)
    ours, borrowed = (asked.headers for asked in raw.asked)
    for headers in (ours, borrowed):
        assert headers["user-agent"] == USER_AGENT
        assert headers["accept-encoding"] == "gzip"
        assert headers["accept"] == ("text/csv" if vendor == "DigitalCX" else "application/json")
        has_body = raw.asked[0].method in {"POST", "PATCH"}
        assert headers.get("content-type") == ("application/json" if has_body else None)
    assert "x-mine" not in ours
    assert borrowed["x-mine"] == "1"


@define
class Tokens:
    """A vendor with a token endpoint: which tokens it gave, and which it takes."""

    answer: type[Answer]
    lifetime: object = "3600"
    given: int = 0
    taken: Callable[[str], bool] = lambda _: True
    refusal: int = 401
    refresh: bool = False
    pause: float = 0.0

    def reply(self, asked: Asked) -> Answer:
        if "/token" not in asked.path:
            right = self.taken(asked.headers.get("authorization", ""))
            return self.answer(CSV, 200 if right else self.refusal)
        time.sleep(self.pause)
        self.given += 1
        fields: dict[str, object] = {"access_token": f"t{self.given}", "expires_in": self.lifetime}
        if self.refresh:
            fields["refresh_token"] = f"r{self.given}"
        return self.answer.json(fields)


FORM = {
    "grant_type": "client_credentials",
    "client_id": "id",
    "client_secret": MARK,
    "resource": "https://r.example/api",
}


def paths(raw: Raw) -> list[str]:
    """Return what was asked for, in order."""
    return [asked.path for asked in raw.asked]


def test_one_token_for_all(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any]
) -> None:
    """Requests that start at once share one token, which is fetched once."""
    tokens = Tokens(answer, pause=0.05)
    raw = serve_raw(tokens.reply)
    with open_sender(raw.url, auth=OAuth(f"{raw.url}/token", FORM)) as sender:
        found = twin.together([lambda: sender.start(CONVERSATION)] * 8)
    assert found == [200] * 8
    assert Counter(paths(raw)) == {"/token": 1, "/path": 8}
    used = {asked.headers.get("authorization") for asked in raw.asked[1:]}
    assert used == {"Bearer t1"}
    first = raw.asked[0]
    assert (first.method, first.headers["accept"]) == ("POST", "application/json")
    assert first.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(first.body.decode()) == {name: [value] for name, value in FORM.items()}
    assert "authorization" not in first.headers


@pytest.mark.parametrize("lifetime", ["3600", 3600, 3600.0, None])
def test_tokens_are_renewed_in_time(
    serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any], lifetime: object
) -> None:
    """A token is used until ten minutes before it expires, and then another is fetched."""
    raw = serve_raw(Tokens(answer, lifetime=lifetime).reply)
    with open_sender(raw.url, auth=OAuth(f"{raw.url}/token", FORM)) as sender:
        for now in (0.0, 2_999.0, 3_000.0, 5_999.0):
            sender.clock.now = now
            sender.send(CONVERSATION)
    assert paths(raw) == ["/token", "/path", "/path", "/token", "/path", "/path"]


@pytest.mark.parametrize(
    ("operation", "refusal"), [(CONVERSATION, 401), (INTERACTIONS, 401), (INTERACTIONS, 403)]
)
def test_refused_tokens_are_renewed_once(
    serve_raw: ServeRaw,
    answer: type[Answer],
    open_sender: Callable[..., Any],
    operation: Operation,
    refusal: int,
) -> None:
    """A refused token is replaced by another; if that is refused too, the error is raised."""
    tokens = Tokens(answer, taken=lambda value: value != "Bearer t1", refusal=refusal)
    raw = serve_raw(tokens.reply)
    auth = OAuth(f"{raw.url}/token", FORM)
    with open_sender(raw.url, vendor=operation.vendor, auth=auth) as sender:
        assert sender.send(operation) == 200
        assert paths(raw) == ["/token", "/path", "/token", "/path"]
        raw.asked.clear()
        tokens.taken = lambda _: False
        with pytest.raises(errors.status_class(refusal)):
            sender.send(operation)
    assert paths(raw) == ["/path", "/token", "/path"]
    assert sender.clock.waits == []


def test_creations_are_sent_again_after_a_refusal(
    serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any]
) -> None:
    """A refused request was not carried out, so even a creation is sent again with a new token.

    Both are counted as requests, the token's is not.
    """
    raw = serve_raw(Tokens(answer, taken=lambda value: value != "Bearer t1").reply)
    stats = Stats()
    with open_sender(raw.url, auth=OAuth(f"{raw.url}/token", FORM)) as sender:
        assert sender.send(LOG_CONVERSATION, b"{}", stats=stats) == 200
    assert [asked.body for asked in raw.asked if asked.path == "/path"] == [b"{}", b"{}"]
    assert (stats.requests, stats.retries) == (2, 0)


def test_lack_of_rights_renews_nothing(
    serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any]
) -> None:
    """Where 403 means a lack of rights only, no token is fetched for it."""
    raw = serve_raw(Tokens(answer, taken=lambda _: False, refusal=403).reply)
    with (
        open_sender(raw.url, auth=OAuth(f"{raw.url}/token", FORM)) as sender,
        pytest.raises(errors.Forbidden),
    ):
        sender.send(CONVERSATION)
    assert paths(raw) == ["/token", "/path"]


@pytest.mark.parametrize("status", [401, 403])
def test_fixed_credentials_are_not_sent_twice(
    serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any], status: int
) -> None:
    """Credentials that cannot be renewed are refused once."""
    raw = serve_raw(lambda _: answer(b"", status))
    with (
        open_sender(raw.url, vendor=DIGITALCX) as sender,
        pytest.raises(errors.status_class(status)),
    ):
        sender.send(INTERACTIONS)
    assert len(raw.asked) == 1


def test_requests_refused_at_once_share_the_renewal(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any]
) -> None:
    """Of several requests whose token is refused at once, one fetches the next for all."""
    tokens = Tokens(answer, taken=lambda value: value != "Bearer t1")
    raw = serve_raw(tokens.reply)
    with open_sender(raw.url, auth=OAuth(f"{raw.url}/token", FORM)) as sender:
        assert twin.together([lambda: sender.start(CONVERSATION)] * 8) == [200] * 8
    assert tokens.given == 2


def test_refresh_tokens_are_used(
    serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any]
) -> None:
    """A refresh token is used first; when it is refused, the grant itself is, in the same call."""
    tokens = Tokens(answer, refresh=True)
    used_up = json.dumps({"error": "invalid_grant"}).encode()

    def reply(asked: Asked) -> Answer:
        if asked.path == "/token" and "refresh_token=r2" in asked.body.decode():
            return answer(used_up, 400, {"content-type": "application/json"})
        return tokens.reply(asked)

    raw = serve_raw(reply)
    with open_sender(raw.url, auth=OAuth(f"{raw.url}/token", FORM)) as sender:
        for now in (0.0, 4_000.0, 8_000.0):
            sender.clock.now = now
            assert sender.send(CONVERSATION) == 200
    forms = [parse_qs(asked.body.decode()) for asked in raw.asked if asked.path == "/token"]
    kinds = [form["grant_type"][0] for form in forms]
    assert kinds == ["client_credentials", "refresh_token", "refresh_token", "client_credentials"]
    assert sender.clock.waits == []


def test_refresh_tokens_survive_failures(
    serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any]
) -> None:
    """A token endpoint that is down for a while does not cost the refresh token."""
    tokens = Tokens(answer, refresh=True)
    down = False
    raw = serve_raw(lambda asked: answer(b"", 503) if down else tokens.reply(asked))
    auth = OAuth(f"{raw.url}/token", FORM)
    with open_sender(raw.url, auth=auth, policy=RetryPolicy(max_retries=1)) as sender:
        sender.send(CONVERSATION)
        sender.clock.now, down = 4_000.0, True
        with pytest.raises(errors.Unavailable):
            sender.send(CONVERSATION)
        down = False
        assert sender.send(CONVERSATION) == 200
    forms = [parse_qs(asked.body.decode()) for asked in raw.asked if asked.path == "/token"]
    refreshed = [form["refresh_token"] for form in forms if "refresh_token" in form]
    assert refreshed == [["r1"]] * 3
    assert len(forms) == 4


def test_refresh_tokens_survive_cancellation(serve_raw: ServeRaw, answer: type[Answer]) -> None:
    """A task that is cancelled while it refreshes leaves the refresh token to the next."""
    tokens = Tokens(answer, refresh=True)
    tried = threading.Event()

    def reply(asked: Asked) -> Any:
        if b"refresh_token=r1" in asked.body and not tried.is_set():
            tried.set()
            return ["hang"]
        return tokens.reply(asked) if asked.path == "/token" else answer(b"", 204)

    raw = serve_raw(reply)

    async def main() -> None:
        auth = OAuth(f"{raw.url}/token", FORM)
        async with dialytics.AsyncCognigy(auth=auth, base_url=raw.url) as client:
            await client.update_record(project_id="p")
            auth.refuse()
            task = asyncio.create_task(client.update_record(project_id="p"))
            assert await asyncio.to_thread(tried.wait, 10)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert task.cancelled()
            await client.update_record(project_id="p")

    asyncio.run(main())
    forms = [parse_qs(asked.body.decode()) for asked in raw.asked if asked.path == "/token"]
    assert [form.get("refresh_token") for form in forms] == [None, ["r1"], ["r1"]]


@pytest.mark.parametrize(
    ("status", "body", "wanted", "asked_for"),
    [
        (400, b'{"error": "invalid_client"}', errors.Unauthorized, 1),
        (401, b'{"error": "invalid_client"}', errors.Unauthorized, 1),
        (403, b"", errors.Forbidden, 1),
        (302, b"", errors.UnexpectedStatus, 1),
        (503, b"", errors.Unavailable, 4),
        (200, HTML, errors.InvalidResponse, 4),
        (200, b"", errors.InvalidResponse, 4),
        (200, b'{"access_tok', errors.InvalidResponse, 4),
        (200, b'{"access_token": ""}', errors.InvalidResponse, 1),
    ],
)
def test_failures_of_the_token_endpoint(
    *,
    serve_raw: ServeRaw,
    answer: type[Answer],
    open_sender: Callable[..., Any],
    status: int,
    body: bytes,
    wanted: type[DialyticsError],
    asked_for: int,
) -> None:
    """No token: the error says so, the tries are counted once, and nothing else is sent."""
    echo = body + MARK.encode() if status >= 400 else body
    raw = serve_raw(lambda _: answer(echo, status, {"content-type": "application/json"}))
    stats = Stats()
    with (
        open_sender(raw.url, auth=OAuth(f"{raw.url}/token", FORM)) as sender,
        pytest.raises(wanted) as caught,
    ):
        sender.send(CONVERSATION, stats=stats)
    assert type(caught.value) is wanted
    assert caught.value.vendor == "inkeep"
    assert MARK not in str(caught.value) + repr(vars(caught.value))
    assert paths(raw) == ["/token"] * asked_for


def test_tokens_are_fetched_again_for_creations(
    serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any]
) -> None:
    """A token endpoint that fails for a moment does not fail a creation, which is sent once."""
    tokens, script = Tokens(answer), iter([503, 500])

    def reply(asked: Asked) -> Answer:
        status = next(script, 200)
        return tokens.reply(asked) if status == 200 else answer(b"", status)

    raw = serve_raw(reply)
    with open_sender(raw.url, auth=OAuth(f"{raw.url}/token", FORM)) as sender:
        assert sender.send(LOG_CONVERSATION, b"{}") == 200
    assert paths(raw) == ["/token", "/token", "/token", "/path"]


def test_grants_of_the_clients(twin: Twin, serve_raw: ServeRaw, answer: type[Answer]) -> None:
    """DigitalCX and Cognigy fetch their tokens where their documents say, with their forms."""

    def reply(asked: Asked) -> Answer:
        if "token" in asked.path:
            return answer.json({"access_token": "t1", "expires_in": 60})
        return answer(b"", 204)

    raw = serve_raw(reply)
    grant = PasswordGrant("u", "p w&", "id", MARK)
    with twin.open("Cognigy", oauth=grant, base_url=f"{raw.url}/new/") as client:
        call(twin, client, "update_record")
    credentials = ClientCredentials("id", MARK, token_url=f"{raw.url}/t/token", resource="r")
    settings = {**settings_for("DigitalCX", raw.url), "auth": credentials}
    with twin.open("DigitalCX", **settings) as client:
        call(twin, client, "interactions")
    assert paths(raw) == [
        "/auth/oauth2/token",
        "/new/v2.0/analytics",
        "/t/token",
        "/c/projects/p/interactions",
    ]
    first, second = (parse_qs(raw.asked[index].body.decode()) for index in (0, 2))
    assert {key: value for key, (value,) in first.items()} == {
        "grant_type": "password",
        "username": "u",
        "password": "p w&",
        "client_id": "id",
        "client_secret": MARK,
    }
    assert {key: value for key, (value,) in second.items()} == {**FORM, "resource": "r"}


def test_callables_are_asked_until_refused(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer]
) -> None:
    """A callable is asked for a token at first and after a refusal; ours may be async."""
    tokens = Tokens(answer, taken=lambda value: value != "Bearer t1")
    given = iter(["t1", "t2", "t3"])

    def provide() -> str:
        return next(given)

    async def provide_later() -> str:
        await asyncio.sleep(0)
        return next(given)

    raw = serve_raw(lambda asked: evolve(tokens.reply(asked), body=json.dumps(STORED).encode()))
    auth = provide_later if twin.is_async else provide
    with twin.open("Inkeep", auth=auth, base_url=raw.url) as client:
        for _ in range(2):
            call(twin, client, "conversation")
    used = [asked.headers["authorization"] for asked in raw.asked]
    assert used == ["Bearer t1", "Bearer t2", "Bearer t2"]


def test_used_up_credentials_stay_secret(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer]
) -> None:
    """What a vendor tells of a token that it took no longer is hidden, then and later."""
    given = iter(["former-token", "second-token"])
    told = b"the former-token is revoked, not the second-token"
    script = iter([answer(b"", 401)])
    raw = serve_raw(lambda _: next(script, answer(told, 400)))
    with twin.open("Inkeep", auth=lambda: next(given), base_url=raw.url) as client:
        for _ in range(2):
            with pytest.raises(errors.BadRequest) as caught:
                call(twin, client, "conversation")
            assert caught.value.detail == "the [redacted] is revoked, not the [redacted]"
    assert len(raw.asked) == 3


def test_ids_in_paths_are_hidden(twin: Twin, serve_raw: ServeRaw, answer: type[Answer]) -> None:
    """An id of the caller's own, such as an address, is not told back; nor is a query's text."""
    raw = serve_raw(
        lambda asked: answer(f"no {quote(asked.path)}?{urlencode(asked.query)}".encode(), 404)
    )
    with (
        twin.open("Inkeep", api_key="k", base_url=raw.url) as client,
        pytest.raises(errors.NotFound) as caught,
    ):
        twin.wait(client.conversation_by_external_id("anna@example.org"))
    assert caught.value.detail == "no /conversations/external/[redacted]?"
    day = {"start": date(2026, 11, 10), "end": date(2026, 11, 11)}
    with twin.open("DigitalCX", **settings_for("DigitalCX", raw.url)) as client:
        pager = client.interactions(culture="en", filter_text="Where is Anna", **day)
        with pytest.raises(errors.NotFound) as caught:
            twin.collect(pager)
    assert "anna" not in str(caught.value.body).lower()
    assert "2026-11-10" in str(caught.value.body)


def test_token_requests_keep_the_limit(
    serve_raw: ServeRaw, answer: type[Answer], open_sender: Callable[..., Any]
) -> None:
    """The vendor counts them as well."""
    raw = serve_raw(Tokens(answer).reply)
    auth = OAuth(f"{raw.url}/token", FORM)
    with open_sender(raw.url, auth=auth, gate=Gate(RateLimit(1, 60.0))) as sender:
        sender.send(CONVERSATION)
    assert paths(raw) == ["/token", "/path"]
    assert sender.clock.waits == [pytest.approx(60.6, abs=0.01)]


def test_async_callables_need_async_clients(serve_raw: ServeRaw, answer: type[Answer]) -> None:
    """A synchronous client refuses a callable that has to be awaited, and leaves it unawaited."""
    raw = serve_raw(lambda _: answer())

    async def provide() -> str:
        raise AssertionError

    with (
        dialytics.Inkeep(auth=provide, base_url=raw.url) as client,
        pytest.raises(errors.ArgumentError, match="Async"),
    ):
        client.conversation("c")
    assert raw.asked == []


@pytest.mark.parametrize("token", [None, b"t", "", "t\nx", 7])
def test_callables_that_return_no_token(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer], token: Any
) -> None:
    """What a callable returns must be sendable; otherwise nothing is sent."""
    raw = serve_raw(lambda _: answer())
    with (
        twin.open("Inkeep", auth=lambda: token, base_url=raw.url) as client,
        pytest.raises(errors.ArgumentError),
    ):
        call(twin, client, "conversation")
    assert raw.asked == []


def test_errors_of_callables_are_the_users(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer]
) -> None:
    """What the user's callable raises comes out as it is, and the next call asks it again."""
    raw = serve_raw(lambda _: answer.json(STORED))
    script = iter([KeyError("mine")])

    def provide() -> str:
        for error in script:
            raise error
        return "t"

    with twin.open("Inkeep", auth=provide, base_url=raw.url) as client:
        with pytest.raises(KeyError, match="mine"):
            call(twin, client, "conversation")
        assert call(twin, client, "conversation").id == "c"


# --- Where requests go, and what is told of them -------------------------------------------------


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305, 307, 308])
def test_redirects_are_not_followed(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer], status: int
) -> None:
    """Credentials never reach the place that a redirect names, not even by the user's client."""
    other = serve_raw(lambda _: answer.json(STORED))
    raw = serve_raw(lambda _: answer(b"", status, {"location": f"{other.url}/conversations/c"}))
    make = httpx.AsyncClient if twin.is_async else httpx.Client
    with twin.enter(make(follow_redirects=True)) as own:
        for settings in ({}, {"http_client": own}):
            with (
                twin.open("Inkeep", **settings_for("Inkeep", raw.url), **settings) as client,
                pytest.raises(errors.UnexpectedStatus) as caught,
            ):
                call(twin, client, "conversation")
            assert caught.value.status == status
    assert other.asked == []
    assert len(raw.asked) == 2


def test_borrowed_clients_stay_open(twin: Twin, serve_raw: ServeRaw, answer: type[Answer]) -> None:
    """The user's HTTP client is left open; our own is closed, and says so when used again."""
    raw = serve_raw(lambda _: answer.json(STORED))
    settings = settings_for("Inkeep", raw.url)
    with twin.enter(httpx.AsyncClient() if twin.is_async else httpx.Client()) as own:
        with twin.open("Inkeep", **settings, http_client=own) as client:
            call(twin, client, "conversation")
        assert not own.is_closed
        assert call(twin, client, "conversation").id == "c"
    with twin.open("Inkeep", **settings) as client:
        call(twin, client, "conversation")
    twin.close(client)
    with pytest.raises(errors.ConfigurationError, match="closed") as caught:
        call(twin, client, "conversation")
    assert (caught.value.vendor, caught.value.operation) == ("inkeep", "conversation")
    assert len(raw.asked) == 3


def test_the_other_kind_of_client_is_refused(twin: Twin) -> None:
    """An HTTP client of the other kind is refused when it is passed, not when it is used."""
    with twin.enter(httpx.AsyncClient() if twin.is_async else httpx.Client()) as own:
        other = dialytics.Inkeep if twin.is_async else dialytics.AsyncInkeep
        wrong: Any = own
        with pytest.raises(errors.ConfigurationError, match="http_client must be"):
            other(api_key="k", http_client=wrong)


def mark(part: str) -> str:
    """Return a text that must not be shown, and can be told from others."""
    return f"{MARK}-{part}"


def talk(twin: Twin, raw: Raw) -> Iterator[DialyticsError]:
    """Call each vendor with marked words everywhere, and yield the errors that come of it."""
    calls: list[tuple[str, dict[str, Any], Callable[[Any], Any]]] = [
        (
            "DigitalCX",
            {
                "customer": "c",
                "project": "p",
                "auth": ClientCredentials(
                    "id", mark("secret"), token_url=f"{raw.url}/token", resource="r"
                ),
            },
            lambda client: twin.collect(
                client.interactions(
                    culture="en", start=HOUR[0], end=HOUR[1], filter_text=mark("filter")
                )
            ),
        ),
        (
            "Cognigy",
            {"api_key": mark("key")},
            lambda client: twin.wait(client.update_record(properties={"state": mark("words")})),
        ),
        (
            "Chatlayer",
            {"token_id": "id", "token_secret": mark("secret")},
            lambda client: twin.wait(client.echo(mark("words"))),
        ),
        (
            "Chatlayer",
            {"auth": f"Basic {mark('pair')}"},
            lambda client: twin.collect(
                client.intents(mark("bot"), start=HOUR[0], end=HOUR[1], language=mark("query"))
            ),
        ),
        (
            "Inkeep",
            {"api_key": mark("key")},
            lambda client: twin.wait(client.log_conversation({"messages": [mark("words")]})),
        ),
        (
            "Inkeep",
            {"auth": lambda: mark("token")},
            lambda client: twin.wait(client.conversation(mark("id"))),
        ),
    ]
    for name, settings, make in calls:
        with twin.open(name, base_url=raw.url, timeout=5.0, max_retries=1, **settings) as client:
            try:
                make(client)
            except DialyticsError as error:
                yield error


def reply_marked(asked: Asked, answer: type[Answer], status: int) -> Answer:
    """Return the credentials that came, in a body and headers that hold marked words too."""
    headers = {"content-type": "text/plain", "continuationToken": mark("page")}
    headers |= {"set-cookie": mark("cookie"), "location": f"/{mark('place')}"}
    if asked.path == "/token":
        return answer.json({"access_token": mark("token"), "expires_in": 3600})
    used = asked.headers.get("authorization") or asked.headers.get("x-api-key", "")
    return answer(f"bad: {used}, {used.rpartition(' ')[2]}".encode(), status, headers)


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 500, 0])
def test_nothing_is_told_of_what_was_said(
    twin: Twin,
    serve_raw: ServeRaw,
    answer: type[Answer],
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    """No log at any level, and no error in any form, shows credentials, words or query values.

    An error's body is the vendor's; where the vendor repeats credentials in it, they are redacted.
    """
    caplog.set_level(logging.DEBUG)
    for name in ("dialytics", "httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, logger=name)
    ids = iter(range(1_000))

    def reply(asked: Asked) -> Any:
        if status == 200 and asked.path.endswith("/interactions") and next(ids):
            return answer(CSV, 200, {"content-type": "text/csv"})
        if status == 0 and asked.path != "/token":
            return ["reset"]
        return reply_marked(asked, answer, status)

    raw = serve_raw(reply)
    found = list(talk(twin, raw))
    assert len(found) >= (4 if status == 204 else 5)
    told = [(one.getMessage(), repr(one.args), repr(one.msg)) for one in caplog.records]
    assert MARK not in repr(told)
    assert status == 0 or any(one.name == "dialytics" for one in caplog.records)
    for error in found:
        assert MARK not in str(error) + repr(error)
        secrets = (mark("key"), mark("secret"), mark("token"), mark("pair"), mark("words"))
        held = repr({**vars(error), "checkpoint": None}) + repr(pickle.dumps(error))
        assert [secret for secret in secrets if secret in held] == []
        assert base64.b64encode(f"id:{mark('secret')}".encode()).decode() not in held
        assert type(pickle.loads(pickle.dumps(error))) is type(error)


def test_each_exchange_is_logged(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer], caplog: pytest.LogCaptureFixture
) -> None:
    """A record for each try: vendor, method, path template, outcome, time and attempt."""
    caplog.set_level(logging.INFO, logger="dialytics")
    last = answer(b"", 404, {"X-Request-Id": "r-1"})
    script: list[Answer | list[str]] = [last, ["close"], answer(b"", 503)]
    raw = serve_raw(lambda _: script.pop())
    with (
        twin.open("Inkeep", **settings_for("Inkeep", raw.url), max_retries=2) as client,
        pytest.raises(errors.NotFound),
    ):
        call(twin, client, "conversation")
    lines = [one.getMessage() for one in caplog.records if one.name == "dialytics"]
    outcomes = ("503 (request -)", "ConnectionFailed", "404 (request r-1)")
    for line, outcome, attempt in zip(lines, outcomes, (1, 2, 3), strict=True):
        assert line.startswith(f"inkeep GET /conversations/{{id}}: {outcome} in ")
        assert line.endswith(f" s, attempt {attempt}")


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("my name is Ann", "-"),
        ("x" * 201, "-"),
        ("anna.smith", "[redacted]"),
        ("for-anna.smith", "for-[redacted]"),
        ("4bf92f35-77", "4bf92f35-77"),
    ],
)
def test_logged_ids_look_like_ids(
    *,
    twin: Twin,
    serve_raw: ServeRaw,
    answer: type[Answer],
    caplog: pytest.LogCaptureFixture,
    told: str,
    shown: str,
) -> None:
    """A header that is no id, or what was sent, is not logged as one."""
    caplog.set_level(logging.INFO, logger="dialytics")
    body = json.dumps(STORED).encode()
    raw = serve_raw(lambda _: answer(body, 200, {"X-Request-Id": told}))
    with twin.open("Inkeep", **settings_for("Inkeep", raw.url)) as client:
        messages = [{"role": "user", "content": "I am Anna.Smith"}]
        twin.wait(client.log_conversation({"type": "openai", "messages": messages}))
    assert f"200 (request {shown}) in" in caplog.text
