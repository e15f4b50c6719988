"""Credentials and people's words: in no log, error, repr, traceback, pickle or checkpoint.

Marks are planted in all that is sent and in all that comes back; then everything that came out is
searched for them, in every spelling that the wire has for them.
"""

from __future__ import annotations

import base64
import html
import json
import logging
import pickle
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from attrs import Factory, define

from dialytics import ClientCredentials, PasswordGrant, RefreshGrant
from dialytics.errors import DialyticsError
from dialytics.testing import no_waits

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Raw, Step, Twin

    ServeRaw = Callable[[Callable[[Asked], Answer | Iterable[Step]]], Raw]

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOURS: Any = {
    "start": datetime(2026, 11, 10, 8, tzinfo=UTC),
    "end": datetime(2026, 11, 10, 10, tzinfo=UTC),
}
# Each is looked for by itself, by what follows the dash; a space and quotes are spelt in many ways.
CREDENTIALS = (
    *("mark-api-key", "mark-web-key", "mark-secret", "mark-password", "mark-refresh", "mark-token"),
    *("mark-access", "mark-cxone", "mark-pair", "mark-provided", "mark-renewed", "mark-proxy"),
)
SAID = (
    'mark-words "said" by/Zoë & mark-others',
    "mark-property of\nsomebody",
    "mark-filter words",
    "mark-search words",
    "mark-where words",
)
# Words behind what is spelt in many ways.
REST = ("mark-others", "somebody")
HEARD = ("mark-heard words", "mark-cell words", "mark-header")
MARKS = (*CREDENTIALS, *SAID, *REST, *HEARD)


@define
class Script:
    """A vendor that tells back whatever it is told, in one of several ways."""

    answer: type[Answer]
    url: str = ""
    way: str = ""
    seen: list[Asked] = Factory(list)

    def reply(self, asked: Asked) -> Any:
        self.seen.append(asked)
        if "token" in asked.path and self.way != "token endpoint fails":
            tokens = {"access_token": "mark-token", "refresh_token": "mark-renewed"}
            return self.answer.json({**tokens, "expires_in": 3600})
        return getattr(self, f"reply_{self.way.replace(' ', '_')}")(asked)

    def echo(self, asked: Asked) -> str:
        """Return all that came, as it came and as it was meant."""
        told = [*asked.headers.values(), *asked.query.values(), asked.body.decode()]
        pairs = [value[6:] for value in asked.headers.values() if value.startswith("Basic ")]
        told += [base64.b64decode(f"{pair}==").decode(errors="replace") for pair in pairs]
        with suppress(ValueError):
            body = json.loads(asked.body)
            told += [repr(body), *(text[:20] for text in texts(body))]
        return " | ".join(told)

    def headers(self, asked: Asked) -> dict[str, str]:
        """Return headers that tell back too; an id of the request that is a credential."""
        used = asked.headers.get("authorization") or asked.headers.get("x-api-key", "")
        told = {"set-cookie": "mark-header", "x-more": "mark-header", "x-request-id": used}
        return told | {"location": f"{self.url}/mark-header", "server": "mark-header"}

    def reply_problem(self, asked: Asked, status: int = 400) -> Any:
        echo = self.echo(asked)
        body: dict[str, Any] = {"title": echo, "detail": echo, "code": echo, "requestId": echo}
        body |= {"error": {"message": echo}, "traceId": echo, "details": [echo]}
        content = json.dumps(body).encode()
        return self.answer(content, status, self.headers(asked))

    def reply_text(self, asked: Asked) -> Any:
        return self.answer(self.echo(asked).encode(), 422, self.headers(asked))

    def reply_page(self, asked: Asked) -> Any:
        page = f"<html><title>{html.escape(self.echo(asked))}</title></html>"
        return self.answer(page.encode(), 500, {**self.headers(asked), "content-type": "text/html"})

    def reply_refusal(self, asked: Asked) -> Any:
        return self.reply_problem(asked, 401)

    def reply_token_endpoint_fails(self, asked: Asked) -> Any:
        return self.reply_problem(asked, 400)

    def reply_redirect(self, asked: Asked) -> Any:
        return self.answer(self.echo(asked).encode(), 307, self.headers(asked))

    def reply_patience(self, asked: Asked) -> Any:
        return self.answer(b"", 429, {**self.headers(asked), "retry-after": "86400"})

    def reply_reset(self, _: Asked) -> Any:
        return ["reset"]

    def reply_silence(self, _: Asked) -> Any:
        return ["hang"]

    def reply_cut(self, asked: Asked) -> Any:
        body = f'{{"message": "mark-heard words", "x": {json.dumps(self.echo(asked))}'
        return [b"HTTP/1.1 200 X\r\nContent-Length: 99999\r\n\r\n" + body.encode(), "close"]

    def reply_nonsense(self, asked: Asked) -> Any:
        body = f'{{"message": "mark-heard words", "x": {json.dumps(self.echo(asked))}'
        return self.answer(body.encode(), 200, self.headers(asked))

    def reply_other_shapes(self, asked: Asked) -> Any:
        wrong = {"said": "mark-heard words", "echo": self.echo(asked)}
        names = ("conversations", "events", "messages", "data", "positiveFeedback", "subscriptions")
        return self.answer.json(dict.fromkeys(names, wrong) | {"message": wrong})

    def reply_bad_rows(self, asked: Asked) -> Any:
        if "/interactions" in asked.path or "/export" in asked.path:
            names = "LogId,TimestampStart,OutputText,MainInteractionType"
            rows = "1,2026-11-10T08:00:00Z,mark-cell words,Event\r\nmark-heard words,x,mark-cell,y"
            return self.answer(f"{names}\r\n{rows}\r\n".encode(), 200, {"content-type": "text/csv"})
        row = {"id": 1, "timestamp": "mark-heard words", "messages": "mark-heard words"}
        row |= {"created_at": "mark-heard words", "count": "mark-heard words", "bot_id": ["x"]}
        lists = ("events", "conversations", "event_definitions", "subscriptions", "data")
        return self.answer.json({name: [row, "mark-heard words"] for name in lists})


WAYS = [name.removeprefix("reply_").replace("_", " ") for name in vars(Script) if "reply_" in name]


def texts(value: object) -> Iterator[str]:
    """Yield the texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)


CONVERSATION = {
    "type": "openai",
    "messages": [{"role": "user", "content": SAID[0]}],
    "properties": {"note": SAID[1]},
}
RECORD = {"project_id": "p", "properties": {"state": SAID[0], "custom1": SAID[1]}}
WHERE = {"condition": {"field": "type", "operator": "eq", "value": "mark-where words"}}
GRANT = ClientCredentials("id", "mark-secret")
PLACE = {"customer": "c", "project": "p"}
INTERACTIONS: Any = {"culture": "en", "filter_text": "mark-filter words", **HOURS}

# Vendor, settings, and what is called; what has stats is iterated.
CALLS: list[tuple[str, dict[str, Any], Callable[[Any], Any]]] = [
    ("DigitalCX", {**PLACE, "auth": GRANT}, lambda one: one.interactions(**INTERACTIONS)),
    ("DigitalCX", {**PLACE, "auth": "mark-token"}, lambda one: one.interactions(**INTERACTIONS)),
    (
        "DigitalCX",
        {**PLACE, "auth": lambda: "mark-provided"},
        lambda one: one.interactions(**INTERACTIONS, accept="json"),
    ),
    ("Cognigy", {"api_key": "mark-api-key"}, lambda one: one.update_record(**RECORD)),
    ("Cognigy", {"api_key": "mark-api-key"}, lambda one: one.update_records([RECORD, RECORD])),
    ("Cognigy", {"cxone_token": "mark-cxone"}, lambda one: one.update_record(**RECORD)),
    (
        "Cognigy",
        {"oauth": PasswordGrant("u", "mark-password", "id", "mark-secret")},
        lambda one: one.update_record(**RECORD),
    ),
    (
        "Cognigy",
        {"oauth": RefreshGrant("mark-refresh", "id", "mark-secret", "mark-access")},
        lambda one: one.update_record(**RECORD),
    ),
    (
        "Chatlayer",
        {"token_id": "id", "token_secret": "mark-secret"},
        lambda one: one.echo(SAID[0]),
    ),
    (
        "Chatlayer",
        {"auth": "Basic mark-pair"},
        lambda one: one.events("bot", **HOURS, concurrency=2),
    ),
    ("Chatlayer", {"auth": "Basic mark-pair"}, lambda one: one.intents("bot", **HOURS)),
    (
        "Chatlayer",
        {"auth": "Basic mark-pair"},
        lambda one: one.create_subscription(
            "bot",
            target="https://a.example/?key=mark-token",
            secret="mark-secret",
            event_type="MESSAGE_EVENT",
        ),
    ),
    ("Inkeep", {"api_key": "mark-api-key"}, lambda one: one.log_conversation(CONVERSATION)),
    ("Inkeep", {"web_key": "mark-web-key"}, lambda one: one.log_conversation(CONVERSATION)),
    ("Inkeep", {"api_key": "mark-api-key"}, lambda one: one.log_conversations([CONVERSATION] * 3)),
    ("Inkeep", {"auth": lambda: "mark-provided"}, lambda one: one.conversation("c")),
    ("Inkeep", {"api_key": "mark-api-key"}, lambda one: one.conversations()),
    ("Inkeep", {"api_key": "mark-api-key"}, lambda one: one.feedback()),
    (
        "Inkeep",
        {"api_key": "mark-api-key"},
        lambda one: one.log_event(
            {"type": "a", "entityType": "search", "searchQuery": "mark-search words"}
        ),
    ),
    (
        "Inkeep",
        {"api_key": "mark-api-key"},
        lambda one: one.query_events({"select": [{"field": "id"}], "where": WHERE}),
    ),
    (
        "Inkeep",
        {"api_key": "mark-api-key"},
        lambda one: one.export_events({"select": [{"field": "id"}], "where": WHERE}),
    ),
]


def spellings(mark: str) -> Iterator[str]:
    """Yield the ways in which a mark can be told."""
    # The first words are enough to be recognised.
    for text in (mark, mark[:14].rstrip()):
        yield text
        yield quote(text, safe="")
        yield json.dumps(text)[1:-1]
        yield html.escape(text)
    for offset in range(3):
        encoded = base64.b64encode(b" " * offset + mark.encode()).decode()
        yield encoded[4 if offset else 0 : -4][:12]


def find_marks(told: str) -> list[str]:
    """Return the marks that are in a text."""
    return [mark for mark in MARKS if any(one in told for one in spellings(mark))]


def tell_error(error: BaseException) -> Iterator[str]:
    """Yield all that an error, and what it leads back to, shows or holds."""
    seen: list[BaseException | None] = []
    chain: BaseException | None = error
    while chain is not None and chain not in seen:
        seen.append(chain)
        # A position of the vendor's own is what a checkpoint is for.
        held = {name: value for name, value in vars(chain).items() if name != "checkpoint"}
        yield from (str(chain), repr(chain), repr(chain.args), repr(held))
        if isinstance(chain, DialyticsError):
            yield repr(pickle.dumps(chain))
            if chain.checkpoint is not None:
                yield from (repr(chain.checkpoint), chain.checkpoint.to_json())
        chain = chain.__cause__ or chain.__context__
    # Not the lines of source, which hold the marks of this file.
    lines = traceback.format_exception(error)
    yield "".join(line for line in lines if not line.startswith("  File"))


def make(twin: Twin, script: Script, settings: dict[str, Any]) -> dict[str, Any]:
    """Return a client's settings for a server."""
    given = {"base_url": script.url, "now": lambda: NOW, "timeout": 0.1, "max_retries": 1}
    if isinstance(auth := settings.get("auth"), ClientCredentials):
        settings = {
            **settings,
            "auth": ClientCredentials("id", auth.client_secret, token_url=f"{script.url}/token"),
        }
    return {**given, **settings}


def use(twin: Twin, client: Any, call: Callable[[Any], Any]) -> Iterator[str]:
    """Make a call and yield all that it shows, the rows themselves excepted."""
    yield repr(client)
    result: Any = None
    try:
        result = call(client)
        if not hasattr(result, "stats"):
            twin.wait(result)
        elif hasattr(result, "pages"):
            for page in twin.step(result.pages()):
                yield from (repr(page), page.checkpoint.to_json())
        else:
            for outcome in twin.step(result):
                yield repr(outcome)
                if outcome.error is not None:
                    yield from tell_error(outcome.error)
    except DialyticsError as error:
        yield from tell_error(error)
    if hasattr(result, "stats"):
        yield from (repr(result), repr(result.stats), result.checkpoint.to_json())


@pytest.mark.parametrize("way", WAYS)
def test_nothing_comes_out(
    twin: Twin,
    serve_raw: ServeRaw,
    answer: type[Answer],
    caplog: pytest.LogCaptureFixture,
    way: str,
) -> None:
    """Whatever the vendor does, what goes out over the wire comes out nowhere else."""
    caplog.set_level(logging.DEBUG)
    for name in ("dialytics", "httpx", "httpcore", "httpcore.http11", "httpcore.connection"):
        caplog.set_level(logging.DEBUG, logger=name)
    script = Script(answer, way=way)
    script.url = serve_raw(script.reply).url
    told: list[str] = []
    with no_waits():
        for vendor, settings, call in CALLS:
            with twin.open(vendor, **make(twin, script, settings)) as client:
                told += use(twin, client, call)
    told += [
        repr((one.getMessage(), one.msg, one.args, one.exc_text, one.stack_info))
        for one in caplog.records
        # asyncio's own: what it selects.
        if one.name != "asyncio"
    ]
    assert sum("dialytics" in one.name for one in caplog.records) >= len(CALLS)
    assert [(mark, one) for one in told for mark in find_marks(one)] == []
    assert len(script.seen) >= len(CALLS)


def test_the_marks_are_planted(twin: Twin, serve_raw: ServeRaw, answer: type[Answer]) -> None:
    """Every mark of what is sent is on the wire, and found in what the vendor tells back."""
    script = Script(answer, way="refusal")
    script.url = serve_raw(script.reply).url
    with no_waits():
        for vendor, settings, call in CALLS:
            with twin.open(vendor, **make(twin, script, settings)) as client:
                assert list(use(twin, client, call))
    told = "".join(f"{script.echo(asked)} {asked.path}" for asked in script.seen)
    assert {*CREDENTIALS, *SAID, *REST} - {*find_marks(told)} == {"mark-proxy"}


@pytest.mark.parametrize("target", ["http://127.0.0.1:9", "https://host.example"])
def test_proxies_keep_their_passwords(
    twin: Twin,
    serve_raw: ServeRaw,
    answer: type[Answer],
    caplog: pytest.LogCaptureFixture,
    target: str,
) -> None:
    """A proxy's password is in nothing that fails, be it the proxy or what it answers."""
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    pair = base64.b64encode(b"user:mark-proxy").decode()

    def refuse(asked: Asked) -> Answer:
        said = f"not {asked.headers['proxy-authorization']}, which is user:mark-proxy"
        return answer(said.encode(), 407, {"proxy-authenticate": "Basic"})

    raw = serve_raw(refuse)
    for proxy in (raw.url, "http://127.0.0.1:9", "http://no-such-host.invalid:1"):
        url = proxy.replace("http://", "http://user:mark-proxy@")
        with twin.open("Inkeep", api_key="mark-api-key", base_url=target, proxy=url) as client:
            told += use(twin, client, lambda one: one.conversation("c"))
    with pytest.raises(DialyticsError) as caught:
        twin.find("Inkeep")(api_key="k", proxy="mark-proxy://user:mark-proxy@host")
    told += tell_error(caught.value)
    told += [repr((one.getMessage(), one.args)) for one in caplog.records if one.name != "asyncio"]
    assert find_marks("\n".join(told)) == []
    assert pair not in "\n".join(told)
    assert raw.asked


def test_credentials_do_not_follow_redirects(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer]
) -> None:
    """No scheme's credentials, and no words, reach the place that a redirect names."""
    other = serve_raw(lambda _: answer(b"{}"))
    script = Script(answer, way="redirect")
    raw = serve_raw(script.reply)
    script.url = raw.url

    def redirect(asked: Asked) -> Any:
        script.seen.append(asked)
        return answer(b"", 308, {"location": f"{other.url}{asked.path}"})

    moved = serve_raw(redirect)
    script.url = moved.url
    for vendor, settings, call in CALLS:
        with twin.open(vendor, **make(twin, script, settings)) as client:
            list(use(twin, client, call))
    assert other.asked == []
    assert len(script.seen) >= len(CALLS)


@pytest.mark.parametrize(
    ("told", "shown"), [("林美玲", False), ("Jürgen", False), ("conv-1", True)]
)
def test_names_in_a_path_are_no_ids(
    *, twin: Twin, serve_raw: ServeRaw, answer: type[Answer], told: str, shown: bool
) -> None:
    """A short text that is not ASCII may be somebody's name; other short ones are shown."""
    raw = serve_raw(lambda _: answer.json({"detail": f"there is no {told} here"}, 404))
    with (
        twin.open("Inkeep", api_key="key", base_url=raw.url, max_retries=0) as client,
        pytest.raises(DialyticsError, match="there is no") as caught,
    ):
        twin.wait(client.conversation(told))
    assert (told in "\n".join(tell_error(caught.value))) is shown
