"""Bodies whose end only the connection's close marks: when they are taken as whole."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from dialytics import errors
from dialytics.testing import no_waits

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Raw, Step, Twin

    ServeRaw = Callable[[Callable[[Asked], Answer | Iterable[Step]]], Raw]

CSV = b"LogId,TimestampStart,MainInteractionType\r\n1,2026-11-10T09:30:00Z,Event\r\n"
ECHO = b'{"message": "hi"}'
START, END = (datetime(2026, 11, 10, hour, tzinfo=UTC) for hour in (9, 10))


def close_after(
    body: bytes, media: str, *headers: str, version: str = "1.1"
) -> Callable[[Asked], list[Step]]:
    """Return a script that sends a body without saying where it ends."""
    lines = [f"HTTP/{version} 200 X", f"Content-Type: {media}", *headers, "", ""]
    return lambda _: ["\r\n".join(lines).encode() + body, "close"]


def read_rows(twin: Twin, url: str, **settings: Any) -> int:
    """Return how many rows a listing of CSV has, after up to three retries."""
    given = {"customer": "c", "project": "p", "auth": "t", "base_url": url, "max_retries": 3}
    with twin.open("DigitalCX", **{**given, **settings}) as client, no_waits():
        return len(twin.collect(client.interactions(culture="en", start=START, end=END)))


def echo(twin: Twin, url: str, **settings: Any) -> Any:
    """Call what answers in JSON, with up to three retries."""
    given = {"token_id": "id", "token_secret": "s", "base_url": url, "max_retries": 3}
    with twin.open("Chatlayer", **{**given, **settings}) as client, no_waits():
        return twin.wait(client.echo("hi"))


@pytest.mark.parametrize("body", [CSV, CSV[:-9], CSV[:44], b""])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_csv_without_an_end_is_refused(
    twin: Twin, serve_raw: ServeRaw, body: bytes, version: str
) -> None:
    """It may be cut, even at a row's end: it is asked for once more, and then an error."""
    raw = serve_raw(close_after(body, "text/csv", version=version))
    with pytest.raises(errors.IncompleteBody, match="trust_connection_close=True") as caught:
        read_rows(twin, raw.url)
    assert caught.value.closed is True
    assert caught.value.checkpoint is not None
    assert len(raw.asked) == 2


def test_csv_without_an_end_may_be_followed_by_one_with(twin: Twin, serve_raw: ServeRaw) -> None:
    """The second answer counts, if its end is marked."""
    first = close_after(CSV[:44], "text/csv")
    whole = b"HTTP/1.1 200 X\r\nContent-Type: text/csv\r\nContent-Length: %d\r\n\r\n" % len(CSV)
    raw = serve_raw(lambda asked: [whole + CSV] if len(raw.asked) == 2 else first(asked))
    assert read_rows(twin, raw.url) == 1
    assert len(raw.asked) == 2


def test_csv_without_an_end_may_be_trusted(twin: Twin, serve_raw: ServeRaw) -> None:
    """Whoever knows that the server always does so gets the rows, from one request."""
    raw = serve_raw(close_after(CSV, "text/csv"))
    assert read_rows(twin, raw.url, trust_connection_close=True) == 1
    assert len(raw.asked) == 1


def test_a_row_cut_in_two_is_not_trusted(twin: Twin, serve_raw: ServeRaw) -> None:
    """Trust does not make half a row a whole one."""
    raw = serve_raw(close_after(CSV[:-20], "text/csv"))
    with pytest.raises(errors.IncompleteBody) as caught:
        read_rows(twin, raw.url, trust_connection_close=True)
    assert caught.value.closed is None


def test_a_packed_csv_marks_its_own_end(twin: Twin, serve_raw: ServeRaw) -> None:
    """What gzip ends is whole; what it does not end is asked for as often as anything cut."""
    packed = gzip.compress(CSV)
    raw = serve_raw(close_after(packed, "text/csv", "Content-Encoding: gzip"))
    assert read_rows(twin, raw.url) == 1
    assert len(raw.asked) == 1
    raw = serve_raw(close_after(packed[:-1], "text/csv", "Content-Encoding: gzip"))
    with pytest.raises(errors.IncompleteBody) as caught:
        read_rows(twin, raw.url)
    assert caught.value.closed is None
    assert len(raw.asked) == 4


@pytest.mark.parametrize("coding", ["gzip", "deflate", "x-gzip"])
def test_a_packed_csv_of_nothing_marks_no_end(twin: Twin, serve_raw: ServeRaw, coding: str) -> None:
    """Of a packed CSV that ends before it begins nothing is known; a length of 0 is asked twice."""
    raw = serve_raw(close_after(b"", "text/csv", f"Content-Encoding: {coding}"))
    with pytest.raises(errors.IncompleteBody) as caught:
        read_rows(twin, raw.url)
    assert caught.value.closed is True
    assert len(raw.asked) == 2
    headers = (f"Content-Encoding: {coding}", "Content-Length: 0")
    raw = serve_raw(close_after(b"", "text/csv", *headers))
    assert read_rows(twin, raw.url) == 0
    assert len(raw.asked) == 2


def test_json_that_parses_is_whole(twin: Twin, serve_raw: ServeRaw) -> None:
    """However it ended, JSON that is whole is taken, from one request."""
    for version in ("1.0", "1.1"):
        raw = serve_raw(close_after(ECHO, "application/json", version=version))
        assert echo(twin, raw.url) == "hi"
        assert len(raw.asked) == 1


@pytest.mark.parametrize("end", [0, 1, 9, -1])
@pytest.mark.parametrize("media", ["application/json; charset=utf-8", "text/plain"])
def test_json_that_does_not_parse_is_incomplete(
    twin: Twin, serve_raw: ServeRaw, end: int, media: str
) -> None:
    """JSON that breaks off with its connection is asked for once more, and then incomplete."""
    raw = serve_raw(close_after(ECHO[:end], media))
    with pytest.raises(errors.IncompleteBody) as caught:
        echo(twin, raw.url)
    assert caught.value.closed is True
    assert caught.value.__context__ is None
    assert len(raw.asked) == 2


def test_html_is_no_half_json(twin: Twin, serve_raw: ServeRaw) -> None:
    """A page that a proxy sends and closes after is an invalid response, and asked for again."""
    raw = serve_raw(close_after(b"<html>no</html>", "text/html"))
    with pytest.raises(errors.InvalidResponse) as caught:
        echo(twin, raw.url)
    assert type(caught.value) is errors.InvalidResponse
    assert len(raw.asked) == 4


@pytest.mark.parametrize(
    "marked",
    [
        b"Content-Length: %d\r\n\r\n%b" % (len(CSV), CSV),
        b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(CSV), CSV),
        b"Transfer-Encoding: Chunked\r\nConnection: close\r\n\r\n%x\r\n%b\r\n0\r\n\r\n"
        % (len(CSV), CSV),
        b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(CSV), CSV),
    ],
)
def test_marked_ends_are_believed(twin: Twin, serve_raw: ServeRaw, marked: bytes) -> None:
    """A length, or a last chunk, is an end, whether the connection closes or not."""
    raw = serve_raw(lambda _: [b"HTTP/1.1 200 X\r\nContent-Type: text/csv\r\n" + marked, "close"])
    assert read_rows(twin, raw.url) == 1
    assert len(raw.asked) == 1


def test_no_content_has_no_end_to_mark(twin: Twin, serve_raw: ServeRaw) -> None:
    """A 204 is complete without a length."""
    raw = serve_raw(lambda _: [b"HTTP/1.1 204 X\r\n\r\n", "close"])
    assert read_rows(twin, raw.url) == 0
    assert len(raw.asked) == 1


def test_the_users_http_client_is_no_exception(twin: Twin, serve_raw: ServeRaw) -> None:
    """Their own httpx client on the network is held to the same; a transport of theirs is not."""
    raw = serve_raw(close_after(CSV, "text/csv"))
    make: Any = httpx.AsyncClient if twin.is_async else httpx.Client
    with twin.enter(make()) as own, pytest.raises(errors.IncompleteBody):
        read_rows(twin, raw.url, http_client=own)

    def reply(_: httpx.Request) -> httpx.Response:
        stream = httpx.ByteStream(CSV)
        return httpx.Response(200, headers={"content-type": "text/csv"}, stream=stream)

    mock = httpx.MockTransport(reply)
    with twin.enter(make(transport=mock)) as own:
        assert read_rows(twin, raw.url, http_client=own) == 1


@pytest.mark.parametrize("packed", [False, True])
def test_what_the_users_client_has_read_is_taken(twin: Twin, *, packed: bool) -> None:
    """A response that a transport or hook of theirs has read, and so unpacked, counts as it is."""
    make: Any = httpx.AsyncClient if twin.is_async else httpx.Client
    headers = {"content-type": "text/csv"} | ({"content-encoding": "gzip"} if packed else {})
    content = gzip.compress(CSV) if packed else CSV
    replies = [
        lambda _: httpx.Response(204),
        lambda _: httpx.Response(200, headers=headers, content=content),
    ]
    for rows, reply in enumerate(replies):
        with twin.enter(make(transport=httpx.MockTransport(reply))) as own:
            assert read_rows(twin, "https://a.example", http_client=own) == rows


def test_a_failure_that_was_read_keeps_its_text(twin: Twin) -> None:
    """The status and text of an error count, whoever read it."""
    make: Any = httpx.AsyncClient if twin.is_async else httpx.Client
    mock = httpx.MockTransport(lambda _: httpx.Response(403, text="Not for you"))
    with (
        twin.enter(make(transport=mock)) as own,
        pytest.raises(errors.Forbidden, match="Not for you"),
    ):
        read_rows(twin, "https://a.example", http_client=own)
