"""Spoilt responses: whatever a server sends, a call ends in values or in an error of our own.

The responses of the sandbox to every call of each vendor are kept, spoilt in a way that a seed
draws, and given to the same call again: most through a transport in this process, a share over
sockets. `--soak` takes 100,000 of each vendor.
"""

from __future__ import annotations

import asyncio
import gzip
import pickle
import random
import threading
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, TypeAlias

import httpx
import pytest
from attrs import define, field

import dialytics
from dialytics import errors
from dialytics.sandbox import Sandbox
from dialytics.testing import no_waits
from tests.conftest import TRUST, Answer, Asked, Raw
from tests.mutations import Response, spoil

Call: TypeAlias = Callable[..., Any]

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SAMPLE, SOAK = 1_000, 100_000
# Of so many spoilt responses one is sent over a socket, one is given to the asynchronous client.
OVER_SOCKETS, ASYNCHRONOUS = 50, 5
MOST_REQUESTS = 60
DAY = {"start": date(2026, 10, 1), "end": date(2026, 10, 2)}
WEEK = {"start": date(2026, 10, 1), "end": date(2026, 10, 8)}
MONTH = {"start": date(2026, 9, 1), "end": date(2026, 11, 1)}
MESSAGE = {"id": "c-1", "type": "openai", "messages": [{"role": "user", "content": "Hi"}]}
FEEDBACK = {"id": "f-1", "type": "negative", "messageId": "conv_00000003-m1"}
SEARCH = {"id": "e-1", "type": "search", "entityType": "search", "searchQuery": "install"}


def select(*names: str) -> dict[str, Any]:
    return {"select": [{"type": "field", "field": name} for name in names]}


def hook(client: Any) -> Any:
    return client.create_subscription(
        "shop", target="https://hooks.example/x", secret="quasimodo", event_type="TRACKING_EVENT"
    )


RECORDS = [{"project_id": "p", "session_id": f"s{n}", "properties": {"rating": n}} for n in (1, -1)]
IN_DUTCH = ["en", "nl"]

CALLS: Mapping[str, Mapping[str, Call]] = {
    "DigitalCX": {
        "interactions": lambda c, **o: c.interactions(culture="en", **DAY, **o),
        "interactions json": lambda c, **o: c.interactions(culture="en", accept="json", **DAY, **o),
        "interactions columns": lambda c, **o: c.interactions(
            culture=IN_DUTCH, columns=["log_id", "session_uuid"], **DAY, **o
        ),
    },
    "Chatlayer": {
        "conversation_insights": lambda c: c.conversation_insights("bot", "num_messages", **WEEK),
        "conversations": lambda c: c.conversations("bot", **WEEK, bucket="1d", group_by="language"),
        "create_event_definition": lambda c: c.create_event_definition("shop", event="refund"),
        "create_subscription": hook,
        "delete_subscription": lambda c: c.delete_subscription("shop", "nobody"),
        "echo": lambda c: c.echo("hello"),
        "event_definitions": lambda c, **o: c.event_definitions("bot", **o),
        "events": lambda c, **o: c.events("bot", **DAY, **o),
        "flow_step_details": lambda c: c.flow_step_details("bot", "welcome", **WEEK),
        "flow_step_edges": lambda c: c.flow_step_edges("bot", "menu", "targets", **WEEK),
        "flows": lambda c: c.flows("bot", **WEEK, path=["welcome", "menu"]),
        "intent_insights": lambda c: c.intent_insights("bot", **WEEK, bucket="1d"),
        "intents": lambda c, **o: c.intents("bot", **WEEK, **o),
        "knowledge_base_usage": lambda c: c.knowledge_base_usage("team", **WEEK, bucket="1d"),
        "messages": lambda c: c.messages("bot", **DAY, bucket="1h", split=6),
        "subscriptions": lambda c, **o: c.subscriptions("bot", **o),
        "team_conversations": lambda c: c.team_conversations("team", **MONTH, bucket="1m"),
        "user_activity": lambda c: c.user_activity("bot", **WEEK),
        "users": lambda c: c.users("bot", **WEEK, bucket="1d"),
        "voice_minutes": lambda c: c.voice_minutes("team", **WEEK, bucket="1d"),
    },
    "Cognigy": {
        "update_record": lambda c: c.update_record(project_id="p", properties={"custom1": "x"}),
        "update_records": lambda c: c.update_records(RECORDS),
    },
    "Inkeep": {
        "conversation": lambda c: c.conversation("conv_00000003"),
        "conversation_by_external_id": lambda c: c.conversation_by_external_id("ticket-3"),
        "conversations": lambda c, **o: c.conversations(page_size=20, **o),
        "delete_conversation": lambda c: c.delete_conversation("conv_00000005"),
        "delete_feedback": lambda c: c.delete_feedback("feedback_00000001"),
        "export_conversations": lambda c, **o: c.export_conversations(select("id", "type"), **o),
        "export_events": lambda c, **o: c.export_events(select("createdAt", "type"), **o),
        "export_feedback": lambda c, **o: c.export_feedback(select("messageId", "type"), **o),
        "export_semantic_threads": lambda c, **o: c.export_semantic_threads(
            select("subject", "question"), **o
        ),
        "feedback": lambda c, **o: c.feedback(page_size=10, **o),
        "feedback_by_id": lambda c: c.feedback_by_id("feedback_00000002"),
        "log_conversation": lambda c: c.log_conversation(MESSAGE),
        "log_conversations": lambda c: c.log_conversations([MESSAGE, {**MESSAGE, "id": "c-2"}]),
        "log_event": lambda c: c.log_event(SEARCH),
        "log_feedback": lambda c: c.log_feedback(FEEDBACK),
        "property_keys": lambda c: c.property_keys("properties"),
        "property_values": lambda c: c.property_values("properties", "theme", limit=10),
        "query_conversations": lambda c: c.query_conversations(select("id", "type")),
        "query_events": lambda c: c.query_events(select("createdAt", "type")),
        "query_feedback": lambda c: c.query_feedback(select("details")),
        "query_semantic_threads": lambda c: c.query_semantic_threads(select("subject")),
        "top_search_queries": lambda c: c.top_search_queries(),
        "weekly_search_users": lambda c: c.weekly_search_users(),
    },
}
CREDENTIALS: Mapping[str, Mapping[str, str]] = {
    "DigitalCX": {"customer": "acme", "project": "shop", "auth": "token"},
    "Chatlayer": {"token_id": "id", "token_secret": "secret"},
    "Cognigy": {"api_key": "key"},
    "Inkeep": {"api_key": "key"},
}
PLAIN = {"max_retries": 0, "now": lambda: NOW}


class Recorder(httpx.BaseTransport):
    """Sends requests over sockets and keeps what comes back."""

    def __init__(self) -> None:
        self._transport = httpx.HTTPTransport(verify=TRUST)
        self.responses: list[Response] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._transport.handle_request(request)
        body = b"".join(response.stream)  # type: ignore[arg-type]  # a synchronous one
        if response.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        kept = ("content-type", "continuationtoken", "x-request-id")
        headers = tuple((n, v) for n, v in response.headers.multi_items() if n in kept)
        self.responses.append(Response(response.status_code, headers, body))
        return httpx.Response(response.status_code, headers=headers, stream=Pieces(body))

    def close(self) -> None:
        self._transport.close()


def record(name: str, call: Call, box: Sandbox) -> list[Response]:
    """Return the sandbox's responses to a call."""
    recorder = Recorder()
    url = box.url(name.lower())  # type: ignore[arg-type]  # a vendor's name
    with httpx.Client(transport=recorder) as wire:
        client = getattr(dialytics, name)(
            **CREDENTIALS[name], base_url=url, http_client=wire, now=box.now, max_retries=0
        )
        try:
            result = call(client)
            _ = [*result] if isinstance(result, Iterable) else result
        except errors.StatusError:
            assert name != "DigitalCX"
    return recorder.responses


@pytest.fixture(scope="module")
def recorded() -> Mapping[str, Mapping[str, list[Response]]]:
    """The sandbox's responses to every call of every vendor."""
    with Sandbox(now=NOW, rows_per_day=8, page_rows=4, events_per_day=30, conversations=45) as box:
        return {
            vendor: {name: record(vendor, call, box) for name, call in calls.items()}
            for vendor, calls in CALLS.items()
        }


@define
class Case:
    """One spoilt conversation: of a call's responses some are not what they were."""

    vendor: str
    seed: int
    recorded: Mapping[str, list[Response]]
    draw: random.Random = field(init=False)
    call: str = field(init=False)
    how: str = field(init=False)
    count: int = 0
    _spoilt: dict[int, Response] = field(factory=dict)
    _lock: threading.Lock = field(factory=threading.Lock)
    _odds: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.draw = random.Random(f"{self.vendor} {self.seed}")
        self.call = self.draw.choice([*self.recorded])
        self.how = self.draw.choice(
            ("rows", "rows", "pages", "batches", "raw", "kept", "kept batches")
        )
        self._odds = self.draw.choice((0.3, 1.0))

    def answer(self) -> Response:
        """Return the response to the next request."""
        with self._lock:
            # Pages may be asked for ahead, in threads.
            self.count += 1
            if self.count > MOST_REQUESTS:
                raise AssertionError("the requests do not end")
            responses = self.recorded[self.call]
            place = min(self.count, len(responses)) - 1
            if place not in self._spoilt:
                response, odds = responses[place], self.draw.random()
                self._spoilt[place] = spoil(self.draw, response) if odds < self._odds else response
            return self._spoilt[place]

    def start(self, client: Any) -> tuple[Any, list[Any]]:
        """Make the call; return what it gives, and where its bad rows go."""
        bad: list[Any] = []
        call = CALLS[self.vendor][self.call]
        options = {"on_bad_row": bad.append} if self.how.startswith("kept") else {}
        try:
            return call(client, **options), bad
        except TypeError:
            if not options:
                raise
            # No listing: it takes no such option.
            return call(client), bad


class Replay(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers in this process."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._respond()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self._respond()

    def _respond(self) -> httpx.Response:
        one = self._case.answer()
        headers = [(name.encode(), value.encode("latin-1")) for name, value in one.headers]
        return httpx.Response(one.status, headers=headers, stream=Pieces(one.body))


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in pieces."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        yield from (self._body[at : at + 5000] for at in range(0, len(self._body), 5000))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


def settings(case: Case) -> dict[str, Any]:
    return {"base_url": "http://127.0.0.1:9", **CREDENTIALS[case.vendor], **PLAIN}


def run(case: Case) -> None:
    """Replay a case with the synchronous client."""
    with httpx.Client(transport=Replay(case)) as wire:
        client = getattr(dialytics, case.vendor)(http_client=wire, **settings(case))
        result, bad = case.start(client)
        for one in iterate(result, case.how) if isinstance(result, Iterable) else [result]:
            use(one)
        use_bad(bad)


async def run_async(case: Case) -> None:
    """Replay a case with the asynchronous client."""
    async with httpx.AsyncClient(transport=Replay(case)) as wire:
        client = getattr(dialytics, f"Async{case.vendor}")(http_client=wire, **settings(case))
        result, bad = case.start(client)
        if hasattr(result, "__aiter__"):
            async with result:
                async for one in iterate(result, case.how):
                    use(one)
        else:
            use(await result)
        use_bad(bad)


def iterate(result: Any, how: str) -> Any:
    """Iterate a pager in one of its ways; other results have only one."""
    ways = {"pages": "pages", "batches": "batches", "raw": "raw_pages", "kept batches": "batches"}
    name = ways.get(how, "")
    return getattr(result, name)() if hasattr(result, name) else result


def use(value: Any) -> None:
    """Do with a value what a user may do: read its attributes, print it, take it apart."""
    repr(value)
    for name in dir(type(value)):
        if not name.startswith("_") and not callable(getattr(type(value), name)):
            getattr(value, name)
    if hasattr(value, "to_dict"):
        value.to_dict()
    if isinstance(value, (tuple, dialytics.Series)):
        for one in value:
            use(one)


def use_bad(rows: list[Any]) -> None:
    for row in rows:
        assert isinstance(row, dialytics.BadRow)
        assert str(row.error) in repr(row)


def complain(error: BaseException) -> str:
    """Name what went wrong, and where."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {last.filename.rpartition('/')[2]}:{last.lineno}: {error}"[
        :300
    ]


def check(error: errors.DialyticsError) -> None:
    """An error of ours can be shown, pickled and raised again."""
    assert str(error)
    other = pickle.loads(pickle.dumps(error))
    assert str(other) == str(error)


@pytest.mark.parametrize("vendor", CALLS)
def test_spoilt_responses_end_in_values_or_our_errors(
    vendor: str,
    recorded: Mapping[str, Mapping[str, list[Response]]],
    soak: bool,  # noqa: FBT001  # a fixture
    figures: Callable[..., None],
) -> None:
    """Of a thousand spoilt responses to each vendor's calls none ends in another way."""
    ends: Counter[str] = Counter()
    strange: dict[str, str] = {}
    count = SOAK if soak else SAMPLE
    with no_waits(), asyncio.Runner() as runner:
        for seed in range(count):
            case = Case(vendor, seed, recorded[vendor])
            try:
                if seed % ASYNCHRONOUS:
                    run(case)
                else:
                    runner.run(run_async(case))
                ends["values"] += 1
            except errors.DialyticsError as error:
                check(error)
                ends[type(error).__name__] += 1
            except Exception as error:  # noqa: BLE001  # that is the question
                strange.setdefault(complain(error), f"seed {seed}, {case.call} as {case.how}")
    figures(f"fuzz: {vendor}", spoilt=count, read=ends["values"], strange=len(strange))
    assert not strange, "\n".join(f"{where}: {what}" for what, where in strange.items())
    assert len(ends) > 2


FRAMES: tuple[str, ...] = ("length", "chunked", "close", "short", "unended")


def frame(response: Response, how: str) -> Iterator[bytes | str]:
    """Yield the bytes of a response, framed well or badly."""
    body = b"" if response.status in {204, 304} else response.body
    lines = [f"HTTP/1.1 {response.status} X", *(f"{n}: {v}" for n, v in response.headers)]
    if how in {"length", "short"}:
        lines.append(f"content-length: {len(body) + 7 * (how == 'short')}")
    elif how != "close":
        lines.append("transfer-encoding: chunked")
    yield "\r\n".join([*lines, "", ""]).encode("latin-1")
    if how in {"chunked", "unended"}:
        yield b"".join(
            b"%x\r\n%s\r\n" % (len(part), part)
            for at in range(0, len(body), 3000)
            if (part := body[at : at + 3000])
        )
        if how == "chunked":
            yield b"0\r\n\r\n"
    else:
        yield body
    if how not in {"length", "chunked"}:
        yield "close"


@pytest.mark.parametrize("vendor", CALLS)
def test_spoilt_responses_over_sockets(
    vendor: str,
    recorded: Mapping[str, Mapping[str, list[Response]]],
    serve_raw: Callable[[Callable[[Asked], Answer | Iterable[Any]]], Raw],
    soak: bool,  # noqa: FBT001  # a fixture
) -> None:
    """The same holds where responses come over the wire, framed as servers do and do not."""
    case: Case

    def script(_: Asked) -> Iterable[Any]:
        return frame(case.answer(), case.draw.choice(FRAMES))

    strange: dict[str, str] = {}
    with no_waits(), httpx.Client(verify=TRUST) as wire:
        raw = serve_raw(script)
        for seed in range((SOAK if soak else SAMPLE) // OVER_SOCKETS):
            case = Case(vendor, -1 - seed, recorded[vendor])
            client = getattr(dialytics, vendor)(
                http_client=wire, **{**settings(case), "base_url": raw.url}
            )
            try:
                result, _ = case.start(client)
                for one in iterate(result, case.how) if isinstance(result, Iterable) else [result]:
                    use(one)
            except errors.DialyticsError as error:
                check(error)
            except Exception as error:  # noqa: BLE001  # that is the question
                strange.setdefault(complain(error), f"seed {seed}, {case.call} as {case.how}")
    assert not strange, "\n".join(f"{where}: {what}" for what, where in strange.items())


@pytest.mark.parametrize("vendor", CALLS)
def test_every_call_is_spoilt(vendor: str) -> None:
    """The list of calls above is whole."""
    methods = {
        name
        for name in dir(getattr(dialytics, vendor))
        if not name.startswith("_") and name != "close"
    }
    assert methods == {name.split()[0] for name in CALLS[vendor]}
