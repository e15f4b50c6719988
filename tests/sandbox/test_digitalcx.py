"""DigitalCX in the sandbox, over real sockets."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest

from dialytics.sandbox import Sandbox

START = datetime(2026, 11, 19, tzinfo=UTC)
DAY = {"culture": "en", "startDate": "2026-11-19", "endDate": "2026-11-20"}
BEARER = {"authorization": "Bearer token"}


def get(box: Sandbox, http: httpx.Client, path: str = "acme/projects/shop", **query: Any) -> Any:
    """Ask for interactions; keywords that are headers go there."""
    headers = {**BEARER, **query.pop("headers", {})}
    url = f"{box.url('digitalcx')}/{path}/interactions"
    return http.get(url, params={**DAY, **query}, headers=headers)


def read_csv(response: httpx.Response) -> list[dict[str, str]]:
    """Read a CSV answer."""
    return list(csv.DictReader(io.StringIO(response.text, newline="")))


def read_pages(box: Sandbox, http: httpx.Client, **query: Any) -> Iterator[list[dict[str, str]]]:
    """Follow the continuation tokens to the end, as documented."""
    token = ""
    while True:
        response = get(box, http, paginateData="true", continuationToken=token, **query)
        if response.status_code == 204:
            assert not response.content
            return
        rows = read_csv(response)
        assert rows or not token
        yield rows
        token = response.headers.get("continuationToken", "")
        if not token:
            return


def as_text(row: dict[str, Any]) -> dict[str, str]:
    """Write a generated row as CSV shows it."""
    return {name: "" if value is None else str(value) for name, value in row.items()}


def test_day_is_what_the_generator_says(box: Sandbox, http: httpx.Client) -> None:
    """A day without pagination holds every row of the generator, with all columns, in order."""
    rows = read_csv(get(box, http))
    truth = box.interactions("en", START, START + timedelta(days=1))
    assert len(rows) == 200
    assert rows == [as_text(row) for row in truth]
    assert len(rows[0]) == 28


def test_json_has_the_same_rows(box: Sandbox, http: httpx.Client) -> None:
    """Accept: application/json gives the same rows as an array of objects."""
    response = get(box, http, headers={"accept": "application/json"})
    assert response.headers["content-type"] == "application/json"
    assert response.json() == box.interactions("en", START, START + timedelta(days=1))


@pytest.mark.parametrize("page_rows", [1, 7, 40, 200, 999])
def test_pages_sum_to_the_truth(http: httpx.Client, page_rows: int) -> None:
    """Pages of any size, followed to their end, give each row once and in order."""
    with Sandbox(now=START + timedelta(days=1), rows_per_day=80, page_rows=page_rows) as box:
        pages = list(read_pages(box, http))
        truth = box.interactions("en", START, START + timedelta(days=1))
        last = box.requests[-1].status
    assert [row for page in pages for row in page] == [as_text(row) for row in truth]
    assert all(len(page) == page_rows for page in pages[:-1])
    assert last == (204 if 80 % page_rows == 0 else 200)


def test_windows_tile_the_day(box: Sandbox, http: httpx.Client) -> None:
    """Adjacent windows of odd lengths give together what the day gives, endDate being exclusive."""
    cuts = [0, 1, 3599, 40_000, 40_001, 86_400]
    moments = [(START + timedelta(seconds=cut)).isoformat() for cut in cuts]
    found = []
    for start, end in pairwise(moments):
        found += read_csv(get(box, http, startDate=start, endDate=end))
    assert found == read_csv(get(box, http))


def test_log_ids_are_unique_and_ascend(box: Sandbox) -> None:
    """LogId is unique over cultures, modes and days, fits 63 bits and ascends in time."""
    seen: set[int] = set()
    for culture, mode in (("en", "Public"), ("en-us", "Public"), ("nl", "Test"), ("zz-zz", "Test")):
        rows = box.interactions(culture, START - timedelta(days=3), START, session_mode=mode)
        ids = [int(str(row["LogId"])) for row in rows]
        assert ids == sorted(ids)
        assert 0 < ids[0] <= ids[-1] < 2**63
        assert seen.isdisjoint(ids)
        seen.update(ids)
    assert len(seen) == 4 * 600


def test_text_is_awkward(box: Sandbox, http: httpx.Client) -> None:
    """A few days hold quotes, commas, newlines, U+2028 and non-ASCII text in quoted fields."""
    rows = box.interactions("en", START - timedelta(days=5), START)
    text = "".join(str(row["InteractionValue"]) for row in rows)
    assert all(character in text for character in '",\n\u2028ß🙂')


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"culture": ""}, "culture"),
        ({"startDate": ""}, "startDate"),
        ({"endDate": "soon"}, "endDate"),
        ({"endDate": "2026-11-18"}, "End date cannot be earlier than start date."),
        ({"endDate": "2026-11-20T00:00:01Z"}, "more than one day"),
        ({"startDate": "2026-08-21", "endDate": "2026-08-22"}, "90 days"),
        ({"startDate": "2024-12-14", "endDate": "2024-12-15"}, "90 days"),
        ({"environment": "production"}, "environment"),
        ({"sessionMode": "public"}, "sessionMode"),
        ({"interactionTypes": "QA"}, "interactionTypes"),
        ({"paginateData": "perhaps"}, "paginateData"),
    ],
)
def test_bad_requests(
    box: Sandbox, http: httpx.Client, query: dict[str, str], message: str
) -> None:
    """What the documentation rules out is answered with 400 and plain text."""
    response = get(box, http, **query)
    assert response.status_code == 400
    assert message in response.text
    assert response.headers["content-type"].startswith("text/plain")


def test_horizon_moves_with_the_clock(http: httpx.Client) -> None:
    """The day 90 days back is served, the day before is not, and the clock moves the horizon."""
    with Sandbox(now=datetime(2026, 11, 20, 23, tzinfo=UTC)) as box:
        oldest = {"startDate": "2026-08-22", "endDate": "2026-08-23"}
        assert get(box, http, **oldest).status_code == 200
        box.set_now(datetime(2026, 11, 21, tzinfo=UTC))
        assert get(box, http, **oldest).status_code == 400


def test_nothing_before_the_first_day(http: httpx.Client) -> None:
    """December 15th 2024 is served and the day before is not, though it is not 90 days back."""
    with Sandbox(now=datetime(2025, 1, 10, tzinfo=UTC)) as box:
        first = get(box, http, startDate="2024-12-15", endDate="2024-12-16")
        before = get(box, http, startDate="2024-12-14", endDate="2024-12-15")
    assert (first.status_code, before.status_code) == (200, 400)


def test_unknown_project(box: Sandbox, http: httpx.Client) -> None:
    """The reserved key is answered with the documented message."""
    response = get(box, http, "acme/projects/unknown")
    assert response.status_code == 400
    assert response.text == "Customer key acme with project unknown does not exist."


@pytest.mark.parametrize(
    "value", ["Bearer invalid", "Bearer expired", "Bearer", "token", "Basic YTpi", ""]
)
def test_bad_tokens_answer_403(box: Sandbox, http: httpx.Client, value: str) -> None:
    """A refused, expired, malformed or missing token answers 403 with a body, not 401."""
    response = get(box, http, headers={"authorization": value})
    assert response.status_code == 403
    assert response.text


def test_filters(box: Sandbox, http: httpx.Client) -> None:
    """Each filter gives exactly the rows of the truth that match it."""
    truth = [as_text(row) for row in box.interactions("en", START, START + timedelta(days=1))]
    kinds = {1: "Event", 2: "QA", 128: "TransactionalDialog"}
    cases: list[tuple[dict[str, str], Any]] = [
        ({"filterText": "order"}, lambda row: "order" in row["InteractionValue"]),
        ({"filterText": "ORDER"}, lambda row: False),
        (
            {"interactionTypes": "131"},
            lambda row: any(f'"{name}"' in row["AllInteractionTypes"] for name in kinds.values()),
        ),
        ({"mainInteractionType": "1"}, lambda row: row["MainInteractionType"] == "Event"),
        ({"mainInteractionTypes": "8"}, lambda row: row["MainInteractionType"] == "Dialog"),
        ({"activeSessionOnly": "true"}, lambda row: row["SessionIsActive"] == "True"),
        ({"interactionTypes": "All"}, lambda row: True),
    ]
    for query, fits in cases:
        expected = [row for row in truth if fits(row)]
        assert read_csv(get(box, http, **query)) == expected, query
        paged = [row for page in read_pages(box, http, **query) for row in page]
        assert paged == expected, query


def test_active_sessions_have_a_real_interaction(box: Sandbox) -> None:
    """A session is active exactly when it has more than events, retrievals and dialog starts."""
    rows = box.interactions("en", START - timedelta(days=2), START)
    idle = {"Event", "DataRetrieval", "Dialog"}
    sessions: dict[Any, list[Any]] = {}
    for row in rows:
        sessions.setdefault(row["SessionUuid"], []).append(row)
    whole = [rows for rows in sessions.values() if len(rows) == 5]
    assert {True, False} == {rows[0]["SessionIsActive"] for rows in whole}
    for session in whole:
        kinds = {row["MainInteractionType"] for row in session}
        assert session[0]["SessionIsActive"] == bool(kinds - idle)


def test_environment_and_mode_have_their_own_rows(box: Sandbox, http: httpx.Client) -> None:
    """Staging in test mode has other rows than the default, production in public."""
    rows = read_csv(get(box, http, environment="Staging", sessionMode="Test"))
    truth = box.interactions(
        "en", START, START + timedelta(days=1), environment="Staging", session_mode="Test"
    )
    assert rows == [as_text(row) for row in truth]
    assert rows[0]["LogId"] != read_csv(get(box, http))[0]["LogId"]


def test_culture_is_case_sensitive(box: Sandbox, http: httpx.Client) -> None:
    """A culture in upper case has no rows: a header line, no token, no error."""
    response = get(box, http, culture="EN", paginateData="true")
    assert response.status_code == 200
    assert read_csv(response) == []
    assert response.text.startswith("LogId,")
    assert "continuationToken" not in response.headers


def test_user_columns(box: Sandbox, http: httpx.Client) -> None:
    """The user columns are empty text unless asked for with a role that may see them."""
    names = ("AdditionalSessionInfo", "Variables")
    hidden = read_csv(get(box, http))[0]
    shown = read_csv(get(box, http, includeUserInfo="TRUE"))[0]
    limited = {"authorization": "Bearer limited"}
    refused = read_csv(get(box, http, includeUserinfo="true", headers=limited))[0]
    assert [hidden[name] for name in names] == ["", ""]
    assert all(shown[name] for name in names)
    assert refused == hidden
    truth = box.interactions("en", START, START + timedelta(hours=1), user_info=True)
    assert as_text(truth[0]) == shown


def test_parameter_names_ignore_case(box: Sandbox, http: httpx.Client) -> None:
    """Parameter names are matched without regard to case."""
    url = f"{box.url('digitalcx')}/acme/projects/shop/interactions"
    query = {name.upper(): value for name, value in DAY.items()}
    before = len(box.violations)
    assert read_csv(http.get(url, params=query, headers=BEARER)) == read_csv(get(box, http))
    assert len(box.violations) == before


def test_tokens_are_bound_to_the_query(box: Sandbox, http: httpx.Client) -> None:
    """A token from another query, a changed one and an invented one are answered with 400."""
    token = get(box, http, paginateData="true").headers["continuationToken"]
    flipped = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    assert get(box, http, paginateData="true", continuationToken=token).status_code == 200
    for query in (
        {"continuationToken": token, "culture": "nl"},
        {"continuationToken": token, "filterText": "order"},
        {"continuationToken": flipped},
        {"continuationToken": "ünknown"},
    ):
        assert get(box, http, paginateData="true", **query).status_code == 400


def test_gzip_only_when_accepted(box: Sandbox, http: httpx.Client) -> None:
    """A body is compressed exactly when the client accepts it, and is the same text."""
    for accept, encoding in (("gzip", "gzip"), ("identity", None), ("gzip;q=0", None)):
        url = f"{box.url('digitalcx')}/acme/projects/shop/interactions"
        headers = {**BEARER, "accept-encoding": accept}
        with http.stream("GET", url, params=DAY, headers=headers) as response:
            raw = b"".join(response.iter_raw())
        assert response.headers.get("content-encoding") == encoding
        body = gzip.decompress(raw) if encoding else raw
        assert body.decode() == get(box, http).text


def test_no_rows_from_the_future(http: httpx.Client) -> None:
    """A window over the present ends at the clock, and grows with it."""
    with Sandbox(now=START + timedelta(hours=6)) as box:
        first = read_csv(get(box, http))
        box.set_now(START + timedelta(hours=12))
        second = read_csv(get(box, http))
    assert 0 < len(first) < len(second) < 200
    assert second[: len(first)] == first
    assert max(row["TimestampStart"] for row in first) < "2026-11-19T06"


def test_token_endpoint(http: httpx.Client) -> None:
    """Tokens come with a lifetime as text, are new each time, and expire by the clock."""
    with Sandbox(now=START + timedelta(days=1)) as box:
        form = {"grant_type": "client_credentials", "client_id": "a", "client_secret": "s"}
        url = f"{box.url('digitalcx')}/oauth2/token"
        first, second = (http.post(url, data=form).json() for _ in range(2))
        bearer = {"authorization": f"Bearer {first['access_token']}"}
        assert first["expires_in"] == "86399"
        assert first["access_token"] != second["access_token"]
        assert get(box, http, headers=bearer).status_code == 200
        box.set_now(box.now() + timedelta(seconds=86_399))
        assert get(box, http, headers=bearer).status_code == 403
        forged = {"authorization": "Bearer sandbox-forged"}
        assert get(box, http, headers=forged).status_code == 403


@pytest.mark.parametrize(
    ("change", "status", "word"),
    [
        ({"client_id": "invalid"}, 400, "AADSTS700016"),
        ({"client_secret": "invalid"}, 401, "AADSTS7000215"),
        ({"client_secret": ""}, 401, "AADSTS7000215"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_token_endpoint_refuses(
    box: Sandbox, http: httpx.Client, change: dict[str, str], status: int, word: str
) -> None:
    """Wrong clients, secrets and grants are refused with the observed codes."""
    form = {"grant_type": "client_credentials", "client_id": "a", "client_secret": "s", **change}
    response = http.post(f"{box.url('digitalcx')}/oauth2/token", data=form)
    assert response.status_code == status
    assert word in response.text
