"""The sandbox's own life: starting, stopping, clock, log, violations, command line."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

import dialytics
from dialytics.sandbox import Fault, FaultPlan, Sandbox, faults
from dialytics.sandbox import __main__ as command
from dialytics.sandbox.chatlayer.api import ChatlayerBackend
from dialytics.sandbox.digitalcx.api import DigitalCXBackend
from dialytics.sandbox.exchange import answer_json
from dialytics.sandbox.server import VENDORS
from dialytics.sandbox.specification import load_specification

from .conftest import NOW

BEARER = {"authorization": "Bearer token"}
DAY = {"culture": "en", "startDate": "2026-11-19", "endDate": "2026-11-20"}


def test_stop_leaves_nothing_open(http: httpx.Client) -> None:
    """After stop there is no thread, the port can be bound again, a kept connection is closed."""
    before = threading.active_count()
    box = Sandbox(now=NOW, validate=False)
    box.start()
    port = int(box.url("inkeep").split(":")[2].split("/")[0])
    kept = socket.create_connection(("127.0.0.1", port))
    with kept:
        kept.sendall(b"GET /inkeep/feedback HTTP/1.1\r\nhost: x\r\n\r\n")
        assert kept.recv(12) == b"HTTP/1.1 401"
        box.stop()
        kept.settimeout(2)
        while kept.recv(65536):
            pass
    assert threading.active_count() == before
    with socket.create_server(("127.0.0.1", port)):
        pass
    box.stop()


def test_stop_ends_open_requests_quietly(caplog: pytest.LogCaptureFixture) -> None:
    """A request that still waits for its late answer is ended, and nothing is logged of it."""
    late = FaultPlan(Fault(faults.Latency(60)))
    with Sandbox(now=NOW, validate=False, faults=late) as box:
        port = int(box.url("inkeep").split(":")[2].split("/")[0])
        kept = socket.create_connection(("127.0.0.1", port))
        kept.settimeout(5)
        kept.sendall(b"GET /inkeep/feedback HTTP/1.1\r\nhost: x\r\n\r\n")
        assert box._server is not None
        while not box._server.server_state.tasks:
            time.sleep(0.002)
    with kept:
        while kept.recv(65536):
            pass
    assert [one.getMessage() for one in caplog.records if one.levelname != "DEBUG"] == []


def test_restart_keeps_the_state(http: httpx.Client) -> None:
    """A stopped sandbox can start again with what it had; starting twice is an error."""
    box = Sandbox(now=NOW, validate=False)
    conversation = {"type": "openai", "id": "c", "messages": [{"role": "user", "content": "Hi"}]}
    with box:
        http.post(f"{box.url('inkeep')}/conversations", json=conversation, headers=BEARER)
        with pytest.raises(RuntimeError, match="already runs"):
            box.start()
    with box:
        assert http.get(f"{box.url('inkeep')}/conversations/c", headers=BEARER).is_success


def test_taken_port() -> None:
    """A port that is taken is an OSError, and leaves the sandbox stopped."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        box = Sandbox(port=taken.getsockname()[1], validate=False)
        with pytest.raises(OSError, match="in use"):
            box.start()
        with pytest.raises(RuntimeError, match="does not run"):
            box.url("inkeep")


def test_only_loopback_is_bound(box: Sandbox) -> None:
    """By default the sandbox binds 127.0.0.1 and says so in its URLs."""
    assert box.url("cognigy").startswith("http://127.0.0.1:")
    with pytest.raises(ValueError, match="no such vendor"):
        box.url("other")  # type: ignore[arg-type]


def test_answers_do_not_wait_for_acknowledgements(box: Sandbox, http: httpx.Client) -> None:
    """A kept connection answers at once: Nagle's algorithm is off, which costs 40 ms a request."""
    url = f"{box.url('inkeep')}/conversations/none"
    http.get(url, headers=BEARER)
    started = time.perf_counter()
    for _ in range(20):
        http.get(url, headers=BEARER)
    assert time.perf_counter() - started < 20 * 0.030


def test_clock_fixed_callable_and_real() -> None:
    """The clock is an instant, a callable or the real time; naive datetimes are refused."""
    tokyo = datetime.fromisoformat("2026-11-20T21:00:00+09:00")
    ticks = iter([NOW, NOW + timedelta(hours=1), NOW + timedelta(hours=2)])
    ticking = Sandbox(now=lambda: next(ticks), validate=False)
    real = Sandbox(validate=False)
    fixed = Sandbox(now=tokyo, validate=False)
    assert fixed.now() == NOW
    assert fixed.now().tzinfo is UTC
    assert ticking.now() < ticking.now()
    assert abs(real.now() - datetime.now(UTC)) < timedelta(seconds=5)
    real.set_now(NOW)
    assert real.now() == NOW
    with pytest.raises(ValueError, match="aware"):
        real.set_now(datetime(2026, 11, 20))  # noqa: DTZ001
    with pytest.raises(ValueError, match="aware"):
        Sandbox(now=datetime(2026, 11, 20), validate=False)  # noqa: DTZ001


@pytest.mark.parametrize(
    "arguments",
    [
        {"rows_per_day": -1},
        {"rows_per_day": 86_400_001},
        {"page_rows": 0},
        {"events_per_day": -1},
        {"conversations": -1},
        {"rows_per_day": "x"},
        {"rows_per_day": 1.5},
        {"conversations": "5"},
    ],
)
def test_impossible_amounts(arguments: dict[str, int]) -> None:
    """Amounts that cannot be are refused when the sandbox is made."""
    with pytest.raises(ValueError, match=r"rows|events|conversations"):
        Sandbox(validate=False, **arguments)  # type: ignore[arg-type]


def test_a_clock_that_is_none() -> None:
    """A text is no clock, and is refused when the sandbox is made."""
    with pytest.raises(ValueError, match="now must be an aware datetime"):
        Sandbox(now="2026-01-01")  # type: ignore[arg-type]


def test_a_client_that_is_none(box: Sandbox) -> None:
    """What is no class of a client is named."""
    with pytest.raises(ValueError, match="no client 'DigitalCX'"):
        box.client("DigitalCX")  # type: ignore[arg-type]


def test_no_data_at_all(http: httpx.Client) -> None:
    """A sandbox can be empty."""
    with Sandbox(now=NOW, rows_per_day=0, events_per_day=0, conversations=0) as box:
        rows = f"{box.url('digitalcx')}/a/projects/b/interactions"
        assert http.get(rows, params=DAY, headers=BEARER).text.count("\n") == 1
        assert box.events("b", "LIVE", NOW - timedelta(days=9), NOW) == []
        body = http.get(f"{box.url('inkeep')}/conversations", headers=BEARER).json()
        assert body["conversations"] == []


def test_same_seed_same_bytes(http: httpx.Client) -> None:
    """All vendors answer the same bytes for the same seed, and others for another."""
    events = "/v1/bots/b/events/stream?version=LIVE&start_time=2026-11-01&end_time=2026-11-20"
    series = "/v1/bots/b/users?version=LIVE&start_time=2026-11-01&end_time=2026-11-20"
    intents = series.replace("users", "intents") + "&channel_type=web,facebook,whatsapp"

    def read(seed: int) -> list[bytes]:
        with Sandbox(seed=seed, now=NOW, validate=False) as box:
            dcx = f"{box.url('digitalcx')}/a/projects/b/interactions"
            pages = http.get(dcx, params={**DAY, "paginateData": "true"}, headers=BEARER)
            return [
                pages.content,
                pages.headers["continuationToken"].encode(),
                *(
                    http.get(box.url("chatlayer") + path, auth=("a", "b")).content
                    for path in (events, series, intents)
                ),
                http.get(f"{box.url('inkeep')}/conversations", headers=BEARER).content,
            ]

    first, again, other = read(1), read(1), read(2)
    assert first == again
    assert all(mine != theirs for mine, theirs in zip(first, other, strict=True))


def test_amounts_do_not_change_rows() -> None:
    """No row's value depends on the page size, and none on the window it is asked in."""
    start = NOW - timedelta(days=2)
    wide = Sandbox(now=NOW, page_rows=7, validate=False)
    narrow = Sandbox(now=NOW, page_rows=100, validate=False)
    whole = wide.interactions("nl", start, NOW)
    middle = narrow.interactions("nl", start + timedelta(hours=5), start + timedelta(hours=9))
    assert middle
    assert [row for row in whole if row in middle] == middle


def test_requests_are_logged(box: Sandbox, http: httpx.Client) -> None:
    """Each request is counted with its operation and status; credentials in it are blanked."""
    box.clear_requests()
    url = f"{box.url('cognigy')}/new/v2.0/analytics"
    http.patch(url, params={"api_key": "hush-hush"}, json={"projectId": "p"})
    http.get(f"{box.url('inkeep')}/nothing?a=1&a=2")
    first, second = box.requests
    assert (first.vendor, first.method, first.status) == ("cognigy", "PATCH", 204)
    assert first.path == "/new/v2.0/analytics"
    assert first.operation == load_operation_id()
    assert first.query == (("api_key", "***"),)
    assert (second.operation, second.status) == ("", 404)
    assert second.query == (("a", "1"), ("a", "2"))
    assert "hush-hush" not in repr(box.requests)
    box.clear_requests()
    assert box.requests == []


def load_operation_id() -> str:
    """Return the id the effective specification gives the update."""
    operation = load_specification("cognigy").find("PATCH", "/v2.0/analytics")
    assert operation is not None
    return operation.id


def test_request_violations_are_listed_and_refused(http: httpx.Client) -> None:
    """A request that breaks the specification is refused and listed, an odd one only listed."""
    with Sandbox(now=NOW) as box:
        url = f"{box.url('digitalcx')}/a/projects/b/interactions"
        missing = http.get(url, params={**DAY, "culture": ""}, headers=BEARER)
        odd = http.get(url, params={**DAY, "color": "red"}, headers=BEARER)
        violations = box.violations
    assert (missing.status_code, odd.status_code) == (400, 200)
    assert len(violations) == 2
    assert "culture is missing" in violations[0]
    assert "color is not declared" in violations[1]


def test_unknown_fields_of_a_body_are_listed(http: httpx.Client) -> None:
    """A misspelt field at the top of a body is a violation, though the vendor may ignore it."""
    with Sandbox(now=NOW) as box:
        url = f"{box.url('inkeep')}/query/events"
        bodies: list[Any] = [
            {"selct": []},
            {"select": []},
            [],
            {"select": [{"new": 1, "field": "type"}]},
        ]
        for body in bodies:
            http.post(url, json=body, headers=BEARER)
        record = {"projectId": "p", "properties": {"mine": 1}, "more": {}}
        assert http.patch(
            f"{box.url('cognigy')}/new/v2.0/analytics", json=record, headers={"x-api-key": "key"}
        ).is_success
        found = [text.rpartition(": ")[2] for text in box.violations if "field" in text]
    assert found == [
        "request body field selct is not declared",
        "request body field more is not declared",
    ]


@pytest.mark.parametrize("name", ["a/b", "a%2Fb", "ü ?#", "..a/", "/"])
def test_ids_may_hold_any_character(name: str) -> None:
    """An id is found again whatever is in it: paths are matched as they were sent."""
    with (
        Sandbox(now=NOW) as box,
        dialytics.Inkeep(api_key="key", base_url=box.url("inkeep"), max_retries=0) as client,
    ):
        message: Any = {"role": "user", "content": "Hi"}
        client.log_conversation({"type": "openai", "id": name, "messages": [message]})
        assert client.conversation(name).id == name
        client.delete_conversation(name)
        assert box.requests[-1].path == f"/conversations/{name}"
        assert box.violations == []


def test_clients_may_go_away(
    box: Sandbox, http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    """A client that leaves in the middle of its body is no failure, and nothing is logged."""
    host, port = box.url("inkeep").split("/")[2].split(":")
    head = b"POST /inkeep/events HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n"
    before = len(box.requests)
    for _ in range(3):
        with socket.create_connection((host, int(port))) as leaving:
            leaving.sendall(head + b"{")
    # Its turn comes after theirs.
    for _ in range(5):
        http.get(f"{box.url('inkeep')}/conversations", headers=BEARER)
    assert len(box.requests) == before + 5
    assert [one.getMessage() for one in caplog.records if one.levelname == "ERROR"] == []


WRONG_LOGINS: dict[str, dict[str, Any]] = {
    "Chatlayer": {"token_id": "id", "token_secret": "invalid"},
    "Cognigy": {"api_key": "invalid"},
    "DigitalCX": {"customer": "acme", "project": "shop", "auth": "invalid"},
    "Inkeep": {"api_key": "invalid"},
}


@pytest.mark.parametrize("word", ["invalid", "expired"])
@pytest.mark.parametrize("name", WRONG_LOGINS)
def test_refusals_do_not_repeat_the_word(box: Sandbox, name: str, word: str) -> None:
    """A reserved word is a secret like any other: the message is one that can be read."""
    login = {
        key: word if value == "invalid" else value for key, value in WRONG_LOGINS[name].items()
    }
    url = box.url(name.lower())  # type: ignore[arg-type]  # a vendor's name
    with getattr(dialytics, name)(base_url=url, max_retries=0, now=box.now, **login) as client:
        calls: dict[str, Callable[[], object]] = {
            "Chatlayer": lambda: client.echo("hi"),
            "Cognigy": lambda: client.update_record(project_id="p"),
            "DigitalCX": lambda: list(client.interactions(culture="en", start=NOW.date())),
            "Inkeep": lambda: client.conversation("c"),
        }
        with pytest.raises(dialytics.errors.StatusError) as caught:
            calls[name]()
    assert "redacted" not in str(caught.value)


def test_response_violations_are_listed_and_logged(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An answer of ours that breaks the specification goes out, is listed and is logged."""
    monkeypatch.setattr(ChatlayerBackend, "echo", lambda backend, call: answer_json({"message": 5}))
    with Sandbox(now=NOW) as box:
        url = f"{box.url('chatlayer')}/v1/echo"
        response = http.post(url, json={"message": "m"}, auth=("a", "b"))
        violations = box.violations
    assert response.json() == {"message": 5}
    assert len(violations) == 1
    assert violations[0].endswith("response body of status 200 breaks 'type' at /message")
    assert "breaks 'type' at /message" in caplog.text


def test_a_failure_of_ours_is_a_500(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An exception in the sandbox is the vendor's documented 500, and is logged."""

    def fail(backend: object, call: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(DigitalCXBackend, "answer_interactions", fail)
    with Sandbox(now=NOW) as box:
        url = f"{box.url('digitalcx')}/a/projects/b/interactions"
        response = http.get(url, params=DAY, headers=BEARER)
        assert box.requests[-1].status == 500
    assert (response.status_code, response.text) == (500, "Something went wrong")
    assert "ZeroDivisionError" in caplog.text


def test_without_validation_nothing_is_listed(http: httpx.Client) -> None:
    """With validate=False the vendors' own rules still hold, and no violation is listed."""
    with Sandbox(now=NOW, validate=False) as box:
        url = f"{box.url('digitalcx')}/a/projects/b/interactions"
        missing = http.get(url, params={**DAY, "culture": ""}, headers=BEARER)
        limit = http.get(f"{box.url('inkeep')}/conversations?limit=101", headers=BEARER)
        assert (missing.status_code, limit.status_code) == (400, 422)
        assert box.violations == []
        assert box.requests[0].operation == "getInteractions"


def test_unknown_vendor(box: Sandbox, http: httpx.Client) -> None:
    """A path outside the four vendors is a 404."""
    root = box.url("inkeep").removesuffix("/inkeep")
    assert http.get(f"{root}/other/x").status_code == 404
    assert http.get(root).status_code == 404


def test_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints each vendor's URL and a line of Python, serves, and stops."""
    stop = threading.Event()
    arguments = ["--seed", "2", "--rows-per-day", "5", "--now", "2026-11-20", "--no-validate"]
    thread = threading.Thread(target=command.main, args=(arguments, stop))
    thread.start()
    try:
        output = ""
        while "Ctrl-C" not in output and thread.is_alive():
            output += capsys.readouterr().out
            time.sleep(0.01)
        url = output.split()[1]
        assert httpx.get(f"{url}/nothing").status_code == 404
    finally:
        stop.set()
        thread.join(5)
    assert not thread.is_alive()
    for vendor in ("cognigy", "digitalcx", "chatlayer", "inkeep"):
        assert f"/{vendor}" in output
    assert "DigitalCX(base_url=" in output
    assert output.count("now=") == 4


@pytest.mark.parametrize("stopped", [NOW, None])
def test_printed_lines_are_python(box: Sandbox, stopped: datetime | None) -> None:
    """Each line of Python that the command prints makes a client, with the sandbox's clock."""
    for vendor in VENDORS:
        line = command.write_example(vendor, box.url(vendor), stopped)
        name = line.partition("(")[0]
        names = {name: getattr(dialytics, name), "datetime": datetime}
        with eval(line, names) as client:
            assert type(client).__name__ == name
            assert ("now=" in line) == (stopped is not None)
            if stopped:
                assert client._now() == stopped


def test_command_line_refuses_a_bad_instant() -> None:
    """An instant that is none ends the command with usage."""
    with pytest.raises(SystemExit):
        command.main(["--now", "soon"])
