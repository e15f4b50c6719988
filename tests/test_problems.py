"""Error bodies of every vendor and of everything between us and them, read without raising."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from time import process_time
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics import errors
from dialytics._declarations import ErrorRule
from dialytics._problems import (
    Problem,
    parse_problem,
    parse_retry_after,
    status_error,
)

NOW: Final = datetime(2026, 10, 1, 12, tzinfo=UTC)
SECRET: Final = "s3cr3t/key+with=odd&chars"
PHRASE: Final = 'a pass/phrase: "ü" & ?>?>?>'
COGNIGY_400: Final = {
    "type": "Bad Request",
    "title": "Bad Request Error",
    "status": 400,
    "detail": "Validation failed. Missing payload.",
    "instance": "/v2.0/flows/5ce7c2d833ea1e04d7e6c432",
    "code": 1000,
    "traceId": "api--f84324f4-98eb-4f02-abdd-375a2e6c3c1f",
    "details": {},
}
COGNIGY_404: Final = {
    "type": "Not Found",
    "title": "Not Found Error",
    "status": 404,
    "instance": "/v2.0/flows/5ce7c2d833ea1e04d7e6c432",
    "code": "1000",
    "traceId": "api--f84324f4-98eb-4f02-abdd-375a2e6c3c1f",
    "details": {},
    "logLevel": "error",
}
INKEEP: Final = [
    (400, "Bad Request", "bad_request", errors.BadRequest),
    (401, "Unauthorized", "unauthorized", errors.Unauthorized),
    (403, "Forbidden", "forbidden", errors.Forbidden),
    (422, "Unprocessable Entity", "unprocessable_entity", errors.Unprocessable),
    (500, "Internal Server Error", "internal_server_error", errors.ServerError),
]
ENTRA_ID: Final = {
    "error": "invalid_client",
    "error_description": "AADSTS7000215: Invalid client secret provided.",
    "error_codes": [7000215],
    "trace_id": "0b1c2d3e",
    "correlation_id": "9f8e7d6c",
}
END_DATE: Final = "End date cannot be earlier than start date."
NO_PROJECT: Final = "Customer key acme with project shop does not exist."
DIGITALCX_RULES: Final = (ErrorRule(400, r"does not exist", errors.UnknownProject),)


def parse_json(value: object) -> Problem:
    """Parse a value sent as JSON."""
    return parse_problem(json.dumps(value).encode(), "application/json")


def map_response(
    status: int,
    body: object = b"",
    headers: dict[str, str] | None = None,
    **options: Any,
) -> errors.StatusError:
    """Map a response with the usual operation and clock."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return status_error(
        status, headers or {}, raw, vendor="acme", operation="list_rows", now=NOW, **options
    )


def test_cognigy_problem_with_a_numeric_code() -> None:
    """Cognigy's own 400 example keeps title, detail and trace id, its number 1000 as text."""
    assert parse_json(COGNIGY_400) == Problem(
        title="Bad Request Error",
        detail="Validation failed. Missing payload.",
        code="1000",
        request_id="api--f84324f4-98eb-4f02-abdd-375a2e6c3c1f",
    )


def test_cognigy_problem_with_a_text_code_and_no_detail() -> None:
    """Cognigy's 404 example, whose code is text and whose detail is absent, is read as well."""
    problem = parse_json(COGNIGY_404)
    assert (problem.title, problem.detail, problem.code) == ("Not Found Error", None, "1000")


@pytest.mark.parametrize(("status", "title", "code", "cls"), INKEEP)
def test_inkeep_examples(status: int, title: str, code: str, cls: type[errors.StatusError]) -> None:
    """Each of Inkeep's five example bodies gives its class, code and request id."""
    body = {
        "title": title,
        "status": status,
        "detail": title,
        "instance": "/conversations/123",
        "requestId": "req_1234567890",
        "code": code,
        "error": {"code": code, "message": title},
    }
    error = map_response(status, body, {"content-type": "application/problem+json"})
    assert type(error) is cls
    assert (error.title, error.detail, error.code) == (title, title, code)
    assert error.request_id == "req_1234567890"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (
            {"error": {"code": "forbidden", "message": "No."}},
            Problem(code="forbidden", detail="No."),
        ),
        ({"error": "No such conversation"}, Problem(detail="No such conversation")),
        ({"error": "text"}, Problem(detail="text")),
        ({"error": "no", "code": 7}, Problem(detail="no", code="7")),
        ({"error": "invalid_grant"}, Problem(code="invalid_grant")),
        ({"error": "too_bad", "message": "no", "code": 7}, Problem(detail="no", code="7")),
        ({"error": {"detail": "no", "traceId": "t1"}}, Problem(detail="no", request_id="t1")),
        ({"code": 5, "message": "not found", "details": []}, Problem(code="5", detail="not found")),
        ({"code": 5.0, "message": ""}, Problem(code="5")),
        ({"Message": "An error has occurred."}, Problem(detail="An error has occurred.")),
        ({"Error": "No such key."}, Problem(detail="No such key.")),
        ({"errorMessage": "Too wide.", "errorCode": 17}, Problem(detail="Too wide.", code="17")),
        ({"ErrorMessage": "No.", "ErrorCode": "E1"}, Problem(detail="No.", code="E1")),
        ({"errorMessage": "Timed out.", "errorType": "Late"}, Problem(detail="Timed out.")),
        ({"Message": "", "message": "Too wide."}, Problem(detail="Too wide.")),
        (
            {"Code": None, "message": "Too wide.", "code": 17},
            Problem(detail="Too wide.", code="17"),
        ),
        ({"Error": {"Code": "X", "Message": "No."}}, Problem(detail="No.", code="X")),
        (
            {"message": ["Not two.", "Not one."], "error": "Bad Request", "statusCode": 400},
            Problem(detail="Not two.; Not one.", code="Bad Request"),
        ),
        ({"message": "first", "Message": "second"}, Problem(detail="first")),
        ({"message": "Slow down.", "retryAfter": 30}, Problem(detail="Slow down.")),
        ({"detail": None, "title": 3, "code": True, "requestId": []}, Problem()),
        ({"detail": "  ", "message": " spaced "}, Problem(detail="spaced")),
        ([{"detail": "first"}, {"detail": "second"}], Problem(detail="first")),
        (["alone"], Problem(detail="alone")),
        ([], Problem()),
        ([[["deep"]]], Problem()),
        ({}, Problem()),
        (END_DATE, Problem(detail=END_DATE)),
        (42, Problem()),
        (None, Problem()),
        (float("inf"), Problem()),
        ({"code": float("nan")}, Problem()),
    ],
)
def test_other_json_shapes(value: object, problem: Problem) -> None:
    """Legacy, OAuth, gRPC-gateway, list, string and senseless JSON give what they say."""
    assert parse_json(value) == problem


def test_oauth_error() -> None:
    """An OAuth error's name is the code, its description the detail, Entra's trace id the id."""
    assert parse_json(ENTRA_ID) == Problem(
        code="invalid_client",
        detail="AADSTS7000215: Invalid client secret provided.",
        request_id="0b1c2d3e",
    )


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/json", "text/html"])
def test_plain_text_is_the_detail(content_type: str | None) -> None:
    """DigitalCX's sentence is the detail, whatever the content type says it is."""
    assert parse_problem(f" {END_DATE}\r\n".encode(), content_type) == Problem(detail=END_DATE)


@pytest.mark.parametrize(
    ("page", "content_type", "title"),
    [
        (
            "<html>\r\n<head><title>502 Bad Gateway</title></head><body><h1>no</h1></body></html>",
            "text/html",
            "502 Bad Gateway",
        ),
        ("<!DOCTYPE html><TITLE\n lang='en'> A &amp;\n B </TITLE>", None, "A & B"),
        ("<center><h1>504 <b>Time-out</b></h1></center>", "text/plain", "504 Time-out"),
        ("<p>no title</p>", "text/html", None),
        ("Sorry <b>down</b>", "text/html; charset=utf-8", None),
        ("<title>cut", "text/html", None),
        ("<title></title>", "text/html", None),
        ("Error: <html><title>Oops</title>", "text/plain", "Oops"),
        ('<?xml version="1.0"?><Error><Code>X</Code></Error>', "application/xml", None),
    ],
)
def test_html_gives_its_title_and_no_detail(
    page: str, content_type: str | None, title: str | None
) -> None:
    """Of a proxy's page only the title's text is kept, never a tag."""
    assert parse_problem(page.encode(), content_type) == Problem(title=title)


def test_comparison_signs_are_no_tags() -> None:
    """Plain text that begins with or holds a comparison sign is still the detail."""
    assert parse_problem(b"<3 days: a < b", "text/plain") == Problem(detail="<3 days: a < b")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("Ungültig".encode(), None),
        ("Ungültig".encode("latin-1"), None),
        ("Ungültig".encode("latin-1"), "text/plain; charset=utf-8"),
        ("Ungültig".encode(), "text/plain; charset=iso-8859-1"),
        ("Ungültig".encode("utf-8-sig"), None),
        ("Ungültig".encode("utf-16"), None),
        ("Ungültig".encode("utf-32"), "application/json"),
        ("Ungültig".encode("utf-16-le"), 'text/plain; charset="UTF-16LE"'),
        ("Ungültig".encode("utf-16-be"), "text/plain;charset=utf-16be"),
        ("Ungültig".encode() + "€".encode()[:2], None),
        ('{"detail": "Ungültig"}'.encode("utf-8-sig"), "application/json"),
        ('{"detail": "Ungültig"}'.encode("cp1252"), "application/json"),
    ],
)
def test_encodings(body: bytes, content_type: str | None) -> None:
    """Byte order marks, right and wrong labels and a character cut in two still give the text."""
    assert parse_problem(body, content_type).detail == "Ungültig"


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", None),
        (b"  \r\n", None),
        (b'{"detail": "Bad Request", "titl', "Bad Request"),
        (b'{"status": 400, "detail": "Bad Requ', None),
        (b"\x1f\x8b\x08\x00\x00\x00", None),
        (b"\x1b[31mred", None),
        (b"PK\x03\x04", None),
        (b"no encoding has \x81\xff", "no encoding has \ufffd\xff"),
        (b'{"detail": "\\ud800 alone"}', "? alone"),
    ],
)
def test_broken_bodies(body: bytes, detail: str | None) -> None:
    """Cut JSON, binary data, escapes and lone surrogates give a harmless detail or None."""
    assert parse_problem(body, "application/json").detail == detail


def test_json_that_breaks_off_gives_its_whole_parts() -> None:
    """What is read before the break fills the fields that it would have filled."""
    cut = json.dumps(COGNIGY_400)
    assert parse_problem(cut[:-3].encode(), None) == parse_json(COGNIGY_400)
    error = map_response(400, cut[: cut.index('"instance"')].encode())
    assert (error.title, error.detail) == (COGNIGY_400["title"], COGNIGY_400["detail"])


@pytest.mark.parametrize("opening", [b"[", b'{"error":'])
def test_deep_nesting_does_not_escape(opening: bytes) -> None:
    """A hundred thousand nested brackets raise no RecursionError."""
    assert parse_problem(opening * 100_000, None).title is None
    closing = b"]" if opening == b"[" else b"}"
    parse_problem(opening * 100_000 + b"1" + closing * 100_000, None)


def test_hostile_page_is_read_in_bounded_time() -> None:
    """A megabyte of unclosed titles is given up on (the test would run for minutes)."""
    assert parse_problem(b"<title>" * 150_000, "text/html") == Problem()
    assert parse_problem(b"<title" * 150_000, "text/html") == Problem()


def test_huge_number_does_not_escape() -> None:
    """A code of ten thousand digits, which Python refuses to read, raises nothing."""
    parse_problem(b'{"code": ' + b"9" * 10_000 + b"}", None)


JSON_VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["title", "detail", "code", "error", "message", "requestId", "x"]),
            inner,
        )
    ),
    max_leaves=8,
)
BODIES: Final = st.binary() | JSON_VALUES.map(lambda value: json.dumps(value).encode())
LABELS: Final = (
    st.none()
    | st.text()
    | st.sampled_from(
        ["text/html", "text/plain; charset=utf-16", "text/plain; charset=idna", "a; charset=\x00"]
    )
)


@given(body=BODIES, content_type=LABELS)
def test_parse_problem_never_raises(body: bytes, content_type: str | None) -> None:
    """Any bytes under any label give a problem whose texts can be printed and are not empty."""
    problem = parse_problem(body, content_type)
    for text in (problem.title, problem.detail, problem.code, problem.request_id):
        assert text is None or text.strip().encode()


@given(
    st.integers(-1, 1_000),
    st.dictionaries(
        st.sampled_from(["content-type", "retry-after", "x-request-id", "traceparent"]), st.text()
    ),
    BODIES,
)
def test_status_error_never_raises(status: int, headers: dict[str, str], body: bytes) -> None:
    """Any response at all gives an error that prints as one line."""
    error = map_response(status, body, headers, secrets=[SECRET, ""], rules=DIGITALCX_RULES)
    assert error.status == status
    assert str(error).isprintable()


YEARS: Final = datetime(9999, 10, 1, 12, 1, tzinfo=UTC) - NOW


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        (" 120 ", 120.0),
        ("1.5", 1.5),
        ("-1", None),
        ("+1", None),
        ("inf", None),
        ("nan", None),
        ("1e3", None),
        ("9" * 400, 1e9),
        ("5, 120, 7", 120.0),
        ("0,Thu, 01 Oct 2026 12:01:00 GMT", 60.0),
        ("Thu, 01 Oct 2026 12:00:30 GMT, Thursday, 01-Oct-26 12:01:00 GMT", 60.0),
        ("Thu, 01 Oct 2026 12:01:00 PDT", 7 * 3_600 + 60.0),
        (
            "Thu, 01 Oct 9999 12:01:00 GMT",
            (datetime(9999, 10, 1, 12, 1, tzinfo=UTC) - NOW).total_seconds(),
        ),
        ("\u0661\u0662", None),
        ("soon", None),
        ("2026-10-01T12:01:00Z", None),
        ("Thu, 01 Oct 2026 12:01:00 GMT", 60.0),
        ("Thursday, 01-Oct-26 12:01:00 GMT", 60.0),
        ("Thu Oct  1 12:01:00 2026", 60.0),
        ("Thu, 01 Oct 2026 14:01:00 +0200", 60.0),
        ("Thu, 01 Oct 2026 12:01:00 -0000", 60.0),
        ("Thu, 01 Oct 2026 11:59:59 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Thu, 99 Oct 2026 12:01:00 GMT", None),
        ("Thu, 01 Oct 2026 12:01:00 +9999", None),
        ("Thu, 01 Oct 99999999999 12:01:00 GMT", None),
        ("Thu", None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    """Seconds and all three HTTP dates are understood, a past date is 0, all else is None.

    Of several the longest counts; what no float holds is as long as can be.
    """
    assert parse_retry_after(value, NOW) == seconds


def test_retry_after_compares_across_time_zones() -> None:
    """`now` may be in any time zone."""
    now = NOW.astimezone(timezone(timedelta(hours=-7)))
    assert parse_retry_after("Thu, 01 Oct 2026 12:01:00 GMT", now) == 60.0


@given(st.text() | st.from_regex(r"(Mon|Thu|)[,a-z]* [\w :+\-]*", fullmatch=True))
def test_retry_after_is_a_finite_wait_or_nothing(value: str) -> None:
    """No header value raises, or gives a wait that is negative or endless."""
    seconds = parse_retry_after(value, NOW)
    assert seconds is None or 0.0 <= seconds < float("inf")


def test_unknown_project_of_digitalcx() -> None:
    """DigitalCX's rule turns its 400 about a missing project into UnknownProject."""
    error = map_response(400, NO_PROJECT.encode(), rules=DIGITALCX_RULES)
    assert type(error) is errors.UnknownProject
    assert str(error) == f"acme list_rows: 400 Bad Request: {NO_PROJECT}"


def test_a_rule_needs_its_status_and_its_pattern() -> None:
    """A rule applies neither to another status nor to another detail; the first that fits wins."""
    rules = (*DIGITALCX_RULES, ErrorRule(400, "exist", errors.Conflict))
    assert type(map_response(400, END_DATE.encode(), rules=rules)) is errors.BadRequest
    assert type(map_response(404, NO_PROJECT.encode(), rules=rules)) is errors.NotFound
    assert type(map_response(400, NO_PROJECT.encode(), rules=rules)) is errors.UnknownProject
    assert type(map_response(400, rules=rules)) is errors.BadRequest


def test_a_rule_is_checked_when_it_is_declared() -> None:
    """A pattern that is no regular expression fails at once, not at the first error."""
    with pytest.raises(re.error):
        ErrorRule(400, "(", errors.BadRequest)


def test_status_error_fills_every_field() -> None:
    """Vendor, operation, status, problem, retry-after and body all arrive."""
    error = map_response(429, COGNIGY_400, {"retry-after": "7"})
    assert type(error) is errors.RateLimited
    assert (error.vendor, error.operation, error.status) == ("acme", "list_rows", 429)
    assert (error.code, error.retry_after) == ("1000", 7.0)
    assert error.message == "Too Many Requests"
    assert error.body == json.dumps(COGNIGY_400)


def test_empty_body_gives_no_body() -> None:
    """DigitalCX's empty 403 has no body, and a status without a standard name still has a text."""
    assert map_response(403).body is None
    assert str(map_response(520)) == "acme list_rows: 520 unnamed status"


@pytest.mark.parametrize(
    ("headers", "request_id"),
    [
        ({}, None),
        ({"x-request-id": "a", "cf-ray": "b"}, "a"),
        ({"x-request-id": " ", "x-trace-id": "t"}, "t"),
        ({"traceparent": f"00-{'4bf92f35' * 4}-00f067aa0ba902b7-01"}, "4bf92f35" * 4),
        ({"traceparent": "nonsense", "cf-ray": "230b030023ae2822-SJC"}, "230b030023ae2822-SJC"),
        ({"x-amzn-requestid": "c", "x-amz-request-id": "d"}, "c"),
        ({"x-amz-request-id": "d"}, "d"),
    ],
)
def test_request_id_from_headers(headers: dict[str, str], request_id: str | None) -> None:
    """Without an id in the body the first usable header gives it."""
    assert map_response(500, headers=headers).request_id == request_id


def test_request_id_of_the_body_comes_first() -> None:
    """The vendor's own id in the body beats a header that any hop may have set."""
    error = map_response(400, COGNIGY_400, {"x-request-id": "hop"})
    assert error.request_id == COGNIGY_400["traceId"]


def test_fields_are_bounded() -> None:
    """No field of an error grows with the body."""
    body = dict.fromkeys(["title", "detail", "code", "requestId"], "x" * 9_000)
    error = map_response(400, body)
    fields = (error.title, error.detail, error.code, error.request_id, error.body)
    assert [len(text or "") for text in fields] == [300, 2_000, 100, 0, 2_000]
    assert map_response(400, {"requestId": "x" * 200}).request_id == "x" * 200


@pytest.mark.parametrize("wrong", ["my name is Ann", "Zoë", "x" * 201, "a\tb", "<b>"])
def test_request_ids_look_like_ids(wrong: str) -> None:
    """A header or field that is no id is not held as one: it may be what somebody said."""
    assert map_response(400, {"requestId": wrong}, {"x-request-id": wrong}).request_id is None
    assert map_response(400, {"requestId": wrong}, {"x-request-id": "r-1"}).request_id == "r-1"


def test_request_ids_say_nothing_that_was_sent() -> None:
    """Also what looks like an id may be a sent word."""
    error = map_response(400, headers={"x-request-id": "Wilhelmina"}, sent=b'["for wilhelmina"]')
    assert error.request_id == "[redacted]"


@pytest.mark.parametrize("media", ["text/csv", "text/plain", "application/octet-stream", None])
def test_rows_are_kept_out_of_errors(media: str | None) -> None:
    """A failed response of rows is data, whatever its type; a sentence is what the vendor says."""
    headers = {} if media is None else {"content-type": media}
    for body in (b"LogId,Input\r\n1,my words\r\n", b'[{"LogId": 1, "Input": "my words"'):
        rows = map_response(400, body, headers)
        assert (rows.title, rows.detail, rows.body) == (None, None, None)
    told = map_response(400, b"No such project, or no access\r\n", headers)
    assert told.detail == "No such project, or no access"


def test_records_are_kept_out_of_errors() -> None:
    """Records in JSON are no part of an error; what is said beside them is."""
    records = [{"id": "1", "messages": [{"content": "my words"}]}]
    silent = map_response(500, {"conversations": records, "total": 1})
    assert (silent.detail, silent.body) == (None, None)
    told = map_response(500, {"message": "cut short", "conversations": records})
    assert told.detail == "cut short"
    assert json.loads(told.body or "") == {"message": "cut short", "…": "[redacted]"}
    listed = map_response(422, {"detail": "bad", "errors": [{"field": "start"}]})
    assert json.loads(listed.body or "") == {"detail": "bad", "errors": [{"field": "start"}]}


def test_stored_messages_are_kept_out_of_errors() -> None:
    """A body that is what somebody said gives the error no text at all."""
    for body in ({"id": "e", "message": "my words", "role": "user"}, {"content": "my words"}):
        error = map_response(500, body)
        assert "my words" not in f"{vars(error)}{error}"
    told = map_response(422, {"detail": [{"loc": ["query", "culture"], "msg": "field required"}]})
    assert "field required" in (told.body or "")


def test_tables_are_kept_out_of_errors() -> None:
    """What looks like a table is one, whatever its columns are called, and its type is."""
    body = b"some words,more\r\nmy words,else\r\n"
    assert map_response(400, body, {"content-type": "text/csv; charset=utf-8"}).body is None
    assert map_response(400, body, {"content-type": "text/plain"}).body is None


@pytest.mark.parametrize("words", ["numbers", "texts"])
def test_errors_of_long_requests_take_bounded_work(words: str) -> None:
    """Very many short texts that were sent are no more work than their length (once: minutes)."""
    numbers = range(100_000, 340_000)
    sent = json.dumps([n if words == "numbers" else f"w{n // 10}" for n in numbers]).encode()
    began = process_time()
    error = map_response(400, b"x error 123456 w12345 is here " * 2_000, sent=sent)
    assert process_time() - began < 20
    assert (error.detail or "").startswith("x error ")
    assert (error.detail or "").count("[redacted]") > 10


def test_retry_after_is_told_by_the_servers_clock() -> None:
    """A date is judged by the response's own one, where it has one."""
    sent, until = "Fri, 20 Nov 2026 13:00:00 GMT", "Fri, 20 Nov 2026 13:00:02 GMT"
    for zone in ("GMT", "-0000"):
        headers = {"date": sent.replace("GMT", zone), "retry-after": until}
        assert map_response(503, headers=headers).retry_after == 2.0


def test_secrets_are_redacted_everywhere() -> None:
    """No field, text or copy of an error shows a secret."""
    texts = ["title", "detail", "code"]
    problem = {**dict.fromkeys(texts, f"{SECRET} is bad, {SECRET}"), "requestId": SECRET}
    for body in (problem, f"key {SECRET} is bad".encode(), f"<title>{SECRET}</title>".encode()):
        error = map_response(401, body, {"x-request-id": SECRET}, secrets=["", SECRET])
        assert SECRET not in f"{vars(error)}{error}{error!r}"
        assert "[redacted]" in str(error)
    assert map_response(401, {"requestId": "abcdef"}, secrets=["abcdef"]).request_id == "[redacted]"


def test_secrets_are_redacted_before_and_after_data_is_left_out() -> None:
    """Neither a secret that looks like data, nor one that only JSON makes whole, leaves a part."""
    odd = 'x9Q7-{"x":'
    assert map_response(401, f"no {odd}".encode(), secrets=[odd]).detail == "no [redacted]"
    escaped = b'{"detail": "no \\u0073ecret-key"}'
    error = map_response(401, escaped, secrets=["secret-key"])
    assert error.detail == "no [redacted]"
    said = map_response(401, b'{"detail": "no \\u0073ecret-key", "a": 1}', secrets=["secret-key"])
    assert "secret" not in f"{said.body}"


def test_a_secret_across_the_cut_is_redacted_whole() -> None:
    """A secret that straddles a field's bound leaves no part of itself."""
    error = map_response(400, ("x" * 1_990 + SECRET).encode(), secrets=[SECRET])
    assert error.detail == error.body == "x" * 1_990 + "[redacted]"


@pytest.mark.parametrize("status", [200, 204, 299])
def test_data_is_kept_out_of_errors(status: int) -> None:
    """The body of an undocumented success is somebody's data, and no part of an error."""
    error = map_response(status, [{"detail": "Hello", "code": "Hello"}], {"x-request-id": "r"})
    assert (error.title, error.detail, error.code, error.body) == (None, None, None, None)
    assert error.request_id == "r"


def test_what_was_sent_is_kept_out_of_errors() -> None:
    """Where the vendor tells the request's words back, no field has them, cut or not."""
    sent = json.dumps({"messages": [{"role": "user", "content": "Where is my order?"}]}).encode()
    told = f"bad content 'Where is my order?', in {sent.decode()}, near 'Where is my' "
    problem = dict.fromkeys(["title", "detail", "code", "requestId"], told)
    for body in (problem, told.encode(), f"<title>{told}</title>".encode()):
        error = map_response(422, body, sent=sent)
        assert "order" not in f"{vars(error)}{error}"
        assert "Where" not in f"{vars(error)}{error}"
        assert "bad content '[redacted]', in" in str(error)


def test_rules_see_what_is_redacted() -> None:
    """What the vendor says decides the class, even if it repeats what was sent."""
    error = map_response(
        400, NO_PROJECT.encode(), rules=DIGITALCX_RULES, sent=b'["does not exist"]'
    )
    assert type(error) is errors.UnknownProject
    assert error.detail == "Customer key acme with project shop [redacted]."


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("Anna Bo\nlives at 5", "unknown: Anna Bo\nlives at 5"),
        ('Anna B {"x": 1}', 'unknown: Anna B {"x": 1}'),
        ("Anna,Bo", "unknown: Anna,Bo"),
        ('An {"x"\nna', 'unknown: An {"x"\nna'),
        ("An\nna, Bo: lives", "\n unknown:  An\nna, Bo: lives"),
    ],
)
def test_what_was_sent_is_hidden_before_texts_are_cut(sent: str, said: str) -> None:
    """Of the caller's words none is left because data, or another line, begins in their midst."""
    content = json.dumps({"words": sent}).encode()
    for body in (said.encode(), {"message": said}, {"message": json.dumps([{"detail": said}])}):
        error = map_response(400, body, sent=content)
        assert "An" not in f"{vars(error)}{error}"
    error = map_response(400, b"unknown: Anna Bo\nlives", sent=b'["Anna Bo\\nlives"]')
    assert error.detail == "unknown: [redacted]"


def test_the_media_type_says_that_it_is_a_problem() -> None:
    """By RFC 9457 a problem may have fields of its own; nothing else tells it from a row then."""
    body = {"type": "about:blank", "title": "Not enough credit", "balance": 30}
    told = map_response(403, body, {"content-type": "Application/Problem+JSON; charset=utf-8"})
    assert told.title == "Not enough credit"
    assert map_response(403, body, {"content-type": "application/json"}).title is None
