"""What fault plans do: what a client then sees on the wire."""

from __future__ import annotations

import csv
import gzip
import json
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from io import StringIO
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

import dialytics
from dialytics.sandbox import Fault, FaultPlan, Sandbox, faults
from dialytics.sandbox.faults import Effect, Framing

from .conftest import NOW

BEARER = {"authorization": "Bearer token"}
LOG = "/digitalcx/acme/projects/shop/interactions"
DAY = {
    "culture": "en",
    "startDate": "2026-11-18",
    "endDate": "2026-11-19",
    "paginateData": "true",
}
BOT = "/chatlayer/v1/bots/bot"


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """A sandbox of its own for each test: faults change it."""
    with Sandbox(now=NOW, rows_per_day=30, page_rows=10, validate=False) as running:
        yield running


@pytest.fixture
def web(box: Sandbox) -> Iterator[httpx.Client]:
    """A client of its root, with credentials for all vendors but Chatlayer."""
    root = box.url("inkeep").removesuffix("/inkeep")
    with httpx.Client(base_url=root, headers=BEARER) as client:
        yield client


def read_log(web: httpx.Client, **more: str) -> httpx.Response:
    return web.get(LOG, params={**DAY, **more})


def read_ids(answer: httpx.Response) -> list[str]:
    return [row["LogId"] for row in csv.DictReader(StringIO(answer.text, newline=""))]


def read_raw(box: Sandbox, **headers: str) -> bytes:
    """Return a whole response as it comes over a plain socket."""
    parts = urlsplit(box.url("digitalcx"))
    query = "&".join(f"{name}={value}" for name, value in DAY.items())
    lines = [f"GET {LOG}?{query} HTTP/1.1", "host: x", "authorization: Bearer token"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as one:
        one.sendall("\r\n".join([*lines, "", ""]).encode())
        return b"".join(iter(lambda: one.recv(65536), b""))


def strike(box: Sandbox, effect: Effect, **when: Any) -> None:
    box.set_faults(FaultPlan(Fault(effect, **when)))


def test_what_struck_is_noted(box: Sandbox, web: httpx.Client) -> None:
    """The log of requests names the effects; none after the faults have ended."""
    plan = FaultPlan(Fault(faults.Latency(0), times=2), Fault(faults.WrongType(), first=2))
    box.set_faults(plan)
    for _ in range(2):
        read_log(web)
    box.set_faults(None)
    read_log(web)
    assert [one.faults for one in box.requests] == [("Latency",), ("Latency", "WrongType"), ()]


def test_token_endpoints_are_struck(box: Sandbox, web: httpx.Client) -> None:
    """Obtaining an access token is an operation too."""
    strike(box, faults.ErrorStatus(500), vendor="digitalcx", operation="token")
    form = {"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"}
    answers = [web.post("/digitalcx/oauth2/token", data=form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [500, 200]


# Errors


def test_errors_are_the_vendors_own(box: Sandbox, web: httpx.Client) -> None:
    """A status comes in the form that the vendor's errors have; statuses nobody knows, too."""
    strike(box, faults.ErrorStatus(520), times=None)
    log, feedback = read_log(web), web.get("/inkeep/feedback")
    events = web.get(f"{BOT}/events/stream")
    assert [one.status_code for one in (log, feedback, events)] == [520] * 3
    assert log.headers["content-type"].startswith("text/plain")
    assert feedback.json()["status"] == 520
    assert set(events.json()) == {"code", "message", "details"}


def test_retry_after(box: Sandbox, web: httpx.Client) -> None:
    """Retry-After is seconds, or a date by the vendor's clock, or not there."""
    given = []
    variants: list[dict[str, Any]] = [{"retry_after": 3}, {"retry_after": -5, "as_date": True}, {}]
    for options in variants:
        strike(box, faults.ErrorStatus(429, **options))
        given.append(read_log(web).headers.get("retry-after"))
    assert given == ["3", "Fri, 20 Nov 2026 11:59:55 GMT", None]


@pytest.mark.parametrize("status", [200, 502])
def test_error_pages(box: Sandbox, web: httpx.Client, status: int) -> None:
    """A proxy's page is HTML, whatever its status."""
    strike(box, faults.ErrorPage(status))
    answer = read_log(web)
    assert (answer.status_code, answer.text[:15]) == (status, "<!DOCTYPE html>")
    assert answer.headers["content-type"].startswith("text/html")


# Connections and bodies


def test_refused_connections(box: Sandbox, web: httpx.Client) -> None:
    """Open connections are reset, new ones refused, and when it ends the port is the same."""
    read_log(web)
    strike(box, faults.Refusal(0.3))
    with pytest.raises(httpx.ReadError):
        read_log(web)
    with pytest.raises(httpx.ConnectError):
        read_log(web)
    box.set_faults(None)
    assert read_log(web).status_code == 200


def test_stop_while_connections_are_refused(web: httpx.Client, box: Sandbox) -> None:
    """A sandbox that refuses connections stops all the same, and its port is free."""
    port = urlsplit(box.url("inkeep")).port
    strike(box, faults.Refusal(60))
    with pytest.raises(httpx.ReadError):
        read_log(web)
    box.stop()
    with socket.create_server(("127.0.0.1", port or 0)):
        pass


@pytest.mark.parametrize("at", [None, 0.0, 0.5])
def test_resets(box: Sandbox, web: httpx.Client, at: float | None) -> None:
    """A reset is one, not an end: before any byte, after the head, in the middle of the body."""
    strike(box, faults.Reset(at), times=2)
    for _ in range(2):
        with pytest.raises(httpx.ReadError, match="reset"):
            read_log(web)
    assert read_log(web).status_code == 200


@pytest.mark.parametrize("at", [0.0, 0.5])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_truncation_shows(box: Sandbox, web: httpx.Client, framing: Framing, at: float) -> None:
    """A body short of its length, or without its last chunk, is an error of the protocol."""
    strike(box, faults.Truncation(at, framing))
    with pytest.raises(httpx.RemoteProtocolError, match="peer closed"):
        read_log(web)


def test_faults_at_any_level_of_logging(caplog: pytest.LogCaptureFixture) -> None:
    """A body is cut also where uvicorn would record each message that passes."""
    caplog.set_level(1)
    with Sandbox(now=NOW) as own, httpx.Client(headers=BEARER) as web:
        strike(own, faults.Truncation(0.5))
        with pytest.raises(httpx.RemoteProtocolError, match="peer closed"):
            web.get(f"{own.url('digitalcx')}/acme/projects/shop/interactions", params=DAY)


def test_truncation_that_does_not_show(box: Sandbox, web: httpx.Client) -> None:
    """Ended by the close, or framed as if it were all, a cut body is a shorter one."""
    whole = read_log(web)
    framings: list[Framing] = ["close", "whole"]
    for framing in framings:
        strike(box, faults.Truncation(0.5, framing))
        answer = read_log(web)
        assert 0 < len(answer.content) < len(whole.content)
        assert ("content-length" in answer.headers) == (framing == "whole")


def test_truncation_at_the_end_of_a_row(box: Sandbox, web: httpx.Client) -> None:
    """A cut at a row's end leaves a CSV that is well-formed, and uncompressed."""
    whole = read_ids(read_log(web))
    strike(box, faults.Truncation(0.6, "close", row_end=True))
    answer = read_log(web)
    assert "content-encoding" not in answer.headers
    assert answer.content.endswith(b"\n")
    assert read_ids(answer) == whole[: len(read_ids(answer))] != whole


def test_compressed_truncation(box: Sandbox) -> None:
    """A body that the vendor would not compress is cut as a gzip stream, whole on the outside."""
    strike(box, faults.Truncation(0.5, "whole", gzip=True))
    head, _, body = read_raw(box, connection="close").partition(b"\r\n\r\n")
    assert b"content-encoding: gzip" in head.lower()
    assert f"content-length: {len(body)}".encode() in head.lower()
    with pytest.raises(EOFError):
        gzip.decompress(body)


def test_second_member(box: Sandbox) -> None:
    """Two gzip members follow each other; together they are the body."""
    plain = read_raw(box, connection="close").partition(b"\r\n\r\n")[2]
    strike(box, faults.SecondMember())
    body = read_raw(box, connection="close").partition(b"\r\n\r\n")[2]
    assert body.count(b"\x1f\x8b\x08") == 2
    assert gzip.decompress(body) == plain


def test_slow_answers(box: Sandbox, web: httpx.Client) -> None:
    """Latency and drip delay an answer and leave it whole."""
    whole = read_log(web).content
    for effect in (faults.Latency(0.05), faults.SlowDrip(5, 0.01)):
        strike(box, effect)
        started = time.monotonic()
        assert read_log(web).content == whole
        assert time.monotonic() - started >= 0.05


# Pages


def pages(web: httpx.Client, **more: str) -> list[list[str]]:
    """Follow DigitalCX's tokens to the end; return each page's ids."""
    found: list[list[str]] = []
    token: dict[str, str] = {}
    while True:
        answer = read_log(web, **token, **more)
        if answer.status_code == 204:
            return found
        found.append(read_ids(answer))
        if "continuationtoken" not in answer.headers:
            return found
        token = {"continuationToken": answer.headers["continuationtoken"]}


@pytest.mark.parametrize("first", [1, 2])
def test_empty_pages_lead_on(box: Sandbox, web: httpx.Client, first: int) -> None:
    """After an empty page its token leads to what it should have had, in every style."""
    whole = pages(web)
    strike(box, faults.EmptyPage(), first=first, times=2)
    with_empty = pages(web)
    assert [page for page in with_empty if page] == whole
    assert with_empty[first - 1 : first + 1] == [[], []]


def test_empty_pages_of_chatlayer(box: Sandbox) -> None:
    """Its tokens and its cursors lead on too, in both directions."""
    strike(box, faults.EmptyPage(), every=2, times=None)
    within: dict[str, Any] = {"start": NOW - timedelta(days=2), "end": NOW - timedelta(days=1)}
    with box.client(dialytics.Chatlayer) as chatlayer:
        assert len(list(chatlayer.events("bot", **within))) == 100
        for direction in ("forward", "backward"):
            assert len(list(chatlayer.intents("bot", **within, direction=direction))) == 37
    assert any("EmptyPage" in one.faults for one in box.requests)


def test_repeated_tokens(box: Sandbox, web: httpx.Client) -> None:
    """The token that was sent comes back; where pages are counted out, the offset is ignored."""
    token = read_log(web).headers["continuationtoken"]
    strike(box, faults.RepeatedToken(), times=2)
    assert read_log(web, continuationToken=token).headers["continuationtoken"] == token
    first = web.get("/inkeep/conversations").json()["conversations"]
    second = web.get("/inkeep/conversations?offset=20").json()["conversations"]
    assert second == first


def test_expired_tokens(box: Sandbox, web: httpx.Client) -> None:
    """A token is refused with 400; the first page, which has none, is not struck."""
    strike(box, faults.ExpiredToken())
    token = read_log(web).headers["continuationtoken"]
    answers = [read_log(web, continuationToken=token) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [400, 200]


@pytest.mark.parametrize("accept", ["text/csv", "application/json"])
def test_out_of_order(box: Sandbox, web: httpx.Client, accept: str) -> None:
    """A page's rows come in reverse, unchanged, with the page's own token."""
    web.headers["accept"] = accept
    straight = read_log(web)
    strike(box, faults.OutOfOrder())
    reverse = read_log(web)
    if accept == "text/csv":
        assert read_ids(reverse) == read_ids(straight)[::-1]
    else:
        assert reverse.json() == straight.json()[::-1]
    assert reverse.headers["continuationtoken"] == straight.headers["continuationtoken"]


@pytest.mark.parametrize("at", [0.0, 0.5, 1.0])
def test_malformed_rows(box: Sandbox, web: httpx.Client, at: float) -> None:
    """One row has a cell too many, or is a text in JSON; the others are as they were."""
    strike(box, faults.MalformedRow(at), times=2)
    struck = min(int(10 * at), 9)
    lines = list(csv.reader(StringIO(read_log(web).text, newline="")))
    assert [len(line) - len(lines[0]) for line in lines[1:]] == [
        int(number == struck) for number in range(10)
    ]
    web.headers["accept"] = "application/json"
    spoiled, whole = read_log(web).json(), read_log(web).json()
    assert json.loads(spoiled[struck]) == whole[struck]
    assert spoiled[:struck] + spoiled[struck + 1 :] == whole[:struck] + whole[struck + 1 :]


# Clocks and changes


def test_clock_skew(box: Sandbox, web: httpx.Client) -> None:
    """Dates, horizon and latest rows are by the wrong clock, for as long as it is wrong."""
    box.set_faults(
        FaultPlan(
            Fault(faults.ClockSkew(89 * 86_400)), Fault(faults.ClockSkew(-3 * 86_400), first=2)
        )
    )
    ahead, behind, right = (read_log(web) for _ in range(3))
    assert [one.status_code for one in (ahead, behind, right)] == [400, 200, 200]
    assert [len(read_ids(one)) for one in (behind, right)] == [0, 10]
    dates = [parsedate_to_datetime(one.headers["date"]) - NOW for one in (ahead, behind, right)]
    assert [moved.days for moved in dates] == [89, -3, 0]


def test_changes(box: Sandbox, web: httpx.Client) -> None:
    """Items come and go before the answer, and the clock goes on."""
    before = [item["id"] for item in web.get("/inkeep/conversations").json()["conversations"]]
    strike(box, faults.Change(insert=2, delete=1, advance=60), times=None)
    answer = web.get("/inkeep/conversations").json()
    after = [item["id"] for item in answer["conversations"]]
    assert (after[2:], answer["total"]) == (before[1:-1], 46)
    assert box.now() == NOW + timedelta(seconds=60)
    auth = httpx.BasicAuth("id", "secret")
    for kind, names in (("subscriptions", 2), ("events/definitions", 7 + 1 + 1)):
        found = web.get(f"{BOT}/{kind}", auth=auth).json()
        assert len(found[kind.rpartition("/")[2].replace("definitions", "event_definitions")]) == (
            names
        )
    box.set_now(NOW)
    assert box.now() == NOW


# Ready clients


@pytest.mark.parametrize("name", ["Chatlayer", "Cognigy", "DigitalCX", "Inkeep"])
def test_ready_clients(box: Sandbox, name: str) -> None:
    """Every client, of either kind, finds the sandbox without being told more; options override."""
    for prefix in ("", "Async"):
        client = box.client(getattr(dialytics, prefix + name), max_retries=0)
        assert box.url(name.lower()) in repr(client)  # type: ignore[arg-type]  # a vendor's name
    with pytest.raises(ValueError, match="there is no client Pager"):
        box.client(dialytics.Pager)


def test_ready_clients_work(box: Sandbox) -> None:
    """Their credentials are good, and their clock is the sandbox's."""
    with box.client(dialytics.DigitalCX) as digitalcx:
        assert len(list(digitalcx.interactions(culture="en", start=NOW - timedelta(days=1)))) == 30
    with box.client(dialytics.Inkeep) as inkeep:
        assert len(list(inkeep.conversations())) == 45


@pytest.mark.parametrize(
    "effect",
    [faults.EmptyPage(), faults.OutOfOrder(), faults.MalformedRow(), faults.SecondMember()],
)
def test_a_wrong_type_does_not_hinder_what_changes_rows(
    box: Sandbox, web: httpx.Client, effect: Effect
) -> None:
    """Several faults strike one answer, in whatever order they stand in the plan."""
    told = []
    for plan in ([faults.WrongType("text/html"), effect], [effect, faults.WrongType("text/html")]):
        box.set_faults(FaultPlan(*map(Fault, plan)))
        answer = read_log(web)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html")
        told.append(answer.text)
    assert told[0] == told[1]
