"""What of an error's JSON says why it failed, and what may be somebody's data."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics._records import prune, read_json, write_json

SAID: Final[dict[str, Any]] = {"id": "1", "messages": [{"role": "user", "content": "my words"}]}
CUT: Final = {"": 0}
OTHERS: Final = {"…": "[redacted]"}
VALUES: Final = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "detail", "title", "code", "id", ""]), inner)
    ),
)


@pytest.mark.parametrize(
    "value",
    [
        {"conversations": [SAID], "total": 1},
        SAID,
        [SAID],
        [[SAID]],
        {"id": "1", "properties": {"a": "my words"}},
        [{"LogId": 1, "Input": "my words"}],
        {"log_id": 1, "output_text": "my words"},
        {"LogId": "1", "InteractionValue": "my words"},
        {"id": "e", "message": "my words", "role": "user"},
        {"title": "my words", "LogId": "1"},
        {"content": "my words"},
        {"searchQuery": "my words", "type": "search"},
        {"id": "f1", "type": "negative", "details": "my words"},
        {"type": "negative", "details": "my words"},
        {"message": "my words", "timestamp": 1, "user": "u"},
        [{"type": "a", "title": "my words", "links": []}],
        ["my words", "more words"],
        {},
        [],
        None,
        7,
        {"status": 200, "id": 1, "text": "my words"},
        {"id": "1", "message": "my words", "error": ""},
        {"id": "1", "message": "my words", "error": False},
        {"id": "1", "title": "my words", "errors": []},
        {"id": "1", "title": "my words", "error": {}},
        {"sessionId": "1", "message": "my words", "exception": None, "stack": ""},
    ],
)
def test_data_alone_says_nothing(value: Any) -> None:
    """An object that is not told to be an error by its names is somebody's data, and left out."""
    assert prune(value, 500) is None


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"message": "in part", "events": [SAID]}, {"message": "in part", **OTHERS}),
        ({"title": "Dup", "conflictsWith": {"a": "my words"}}, {"title": "Dup", **OTHERS}),
        ({"message": "no", "session": {"lastMessage": "my words"}}, {"message": "no", **OTHERS}),
        ({"message": "no", "attributes": {"iban": "my words"}}, {"message": "no", **OTHERS}),
        ({"message": "no", "data": {"message": "my words"}}, {"message": "no", **OTHERS}),
        ({"detail": "no", "inputText": "my words"}, {"detail": "no", **OTHERS}),
        ({"content": "my words", "detail": "no"}, {"detail": "no", **OTHERS}),
        (
            {"detail": "no", "type": "negative", "details": "my words", "id": 1},
            {"detail": "no", **OTHERS},
        ),
        ({"error": "no", "message": "my words", "id": 1}, {"error": "no", **OTHERS}),
        (
            {"Message": "no", "ExceptionMessage": "my words", "ExceptionType": "E"},
            {"Message": "no", **OTHERS},
        ),
        ({"error": "no", "title": "my words", "id": 1}, {"error": "no", **OTHERS}),
        ({"detail": "no", "title": "my words", "id": 1}, {"detail": "no", **OTHERS}),
        (
            {"error": "no", "message": "bad", "status": 500, "reference": "my words"},
            {"error": "no", "message": "bad", "status": 500, **OTHERS},
        ),
        ({"detail": "no", "details": [SAID]}, {"detail": "no", "details": [OTHERS]}),
        ({"detail": "no", "details": [[SAID]]}, {"detail": "no", "details": [[OTHERS]]}),
        ({"detail": "no", "errors": {"a": SAID}}, {"detail": "no", "errors": OTHERS}),
        ({"detail": "no", "details": {"a": ["my words"]}}, {"detail": "no", "details": OTHERS}),
        ({"detail": "no", "errors": {"a": "my words"}}, {"detail": "no", "errors": OTHERS}),
        (
            {"detail": "no", "details": [{"type": "negative", "details": "my words"}]},
            {"detail": "no", "details": [OTHERS]},
        ),
        ({"error": {"inputText": "my words"}}, {"error": OTHERS}),
        (
            {"error": {"message": "no", "context": {"rows": [SAID]}}},
            {"error": {"message": "no", **OTHERS}},
        ),
        ({"detail": "row: 1,my words", "code": 7}, {"detail": "[redacted]", "code": 7}),
        ({"detail": 4111222233334444}, {"detail": None}),
        ({"detail": "no", "code": "my words"}, {"detail": "no", "code": None}),
        ({"detail": json.dumps(SAID)}, {"detail": "[redacted]"}),
        ([SAID, {"detail": "no"}], [OTHERS, {"detail": "no"}]),
        (
            {"detail": "no", "errors": {"my words": ["bad"]}},
            {"detail": "no", "errors": {"[redacted]": ["bad"]}},
        ),
    ],
)
def test_data_beside_an_error_is_left_out(value: Any, told: Any) -> None:
    """Whatever data comes with an error, in it or in its lists, what the error says is kept."""
    assert prune(value, 500) == told


ZOD: Final = {"code": "invalid_type", "path": ["messages", 0], "message": "Required"}


@pytest.mark.parametrize(
    "value",
    [
        {"status": 400, "reason": "quota"},
        {"errors": [{"field": "start", "message": "missing"}]},
        {"Error": {"code": "x", "Details": [{"message": "no"}]}},
        {"message": "bad", "validationErrors": [{"field": "a", "message": "no"}]},
        {"detail": [{"loc": ["query", "culture"], "msg": "field required", "type": "missing"}]},
        {
            "code": 3,
            "message": "bad",
            "details": [
                {
                    "@type": "type.googleapis.com/google.rpc.BadRequest",
                    "fieldViolations": [{"field": "start", "description": "too late"}],
                },
            ],
        },
        {
            "type": "https://tools.ietf.org/html/rfc7231#section-6.5.1",
            "title": "One or more validation errors occurred.",
            "status": 400,
            "traceId": "00-abc-1-00",
            "errors": {"culture": ["The value is not valid."], "toDate": ["It is required."]},
        },
        {"message": ["start must be a date"], "error": "Bad Request", "statusCode": 400},
        {"timestamp": 1, "status": 404, "error": "Not Found", "message": "no", "path": "/x"},
        {"error": {"message": "no", "type": "invalid_request", "param": None, "code": "x"}},
        {"errors": [{"title": "no", "detail": "too short", "source": {"pointer": "/data/a"}}]},
        {"errors": ["start is missing", "end is missing"]},
        {"success": False, "error": {"issues": [ZOD]}},
        {"title": "Bad Request", "detail": json.dumps([ZOD])},
        {"message": "Forbidden"},
        {"message": "Forbidden", "error": ""},
        {"message": "no route", "request_id": "abc"},
        {"error": "bad", "details": "it is too long"},
        {"errors": [{"code": "E1", "message": "no", "path": "$.a", "timestamp": 1}]},
        {
            "error": {
                "issues": [
                    {**ZOD, "maximum": 9, "inclusive": True, "exact": False, "type": "number"},
                    {**ZOD, "validation": "datetime", "options": ["a", "b"], "keys": ["c"]},
                    {**ZOD, "origin": "number", "minimum": 1, "format": "uuid", "pattern": "a+"},
                    {**ZOD, "unionErrors": [{"issues": [ZOD]}]},
                ]
            }
        },
    ],
)
def test_errors_are_told_whole(value: Any) -> None:
    """What the vendors and the usual frameworks say of an error is kept to the last word."""
    assert prune(value, 400) == value


@given(VALUES, st.none() | st.just(500))
def test_anything_is_pruned(value: Any, status: int | None) -> None:
    """No value makes it raise, and what is left says the same again."""
    told = prune(value, status)
    assert told is None or isinstance(told, dict | list)
    read_json(write_json(told))


@given(VALUES, st.integers(0, 400))
def test_json_that_breaks_off_is_read_as_far_as_it_goes(value: Any, size: int) -> None:
    """Cut anywhere, JSON gives a value, or is none; whole, it gives itself."""
    text = json.dumps(value)
    assert read_json(text) == (value, True)
    begun = f'{{"a": {text}, "b": '
    mended, whole = read_json(begun[: size + 1])
    assert (isinstance(mended, dict), whole) == (True, False)
    assert read_json(begun)[0].keys() == {"a", ""}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"title": "Bad Request", "det', {"title": "Bad Request", **CUT}),
        ('{"message": "cut in the mid', CUT),
        ('{"a": "b\\u00', CUT),
        ('{"a": [1, {"b": 2}, {"c": "d"}', {"a": [1, {"b": 2}, {"c": "d"}], **CUT}),
        ('{"a": [1, {"b": 2}, {"c": "d"}]', {"a": [1, {"b": 2}, {"c": "d"}], **CUT}),
        ('{"a": [1, {"b": 2}], "c"', {"a": [1, {"b": 2}], **CUT}),
        ('{"a": {"b": 2, "c": 3} and more', {"a": {"b": 2, **CUT}, **CUT}),
        ("[{", [CUT]),
    ],
)
def test_breaks(text: str, value: Any) -> None:
    """What is whole before the break is kept, and marked as cut; half a text is not."""
    assert read_json(text) == (value, False)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"message": "my words", "us', None),
        ('{"detail": "no", "details": [{"message": "my words", "us', [OTHERS]),
        ('{"detail": "no", "details": [{"message": "late"}, {"mess', [{"message": "late"}, OTHERS]),
    ],
)
def test_what_breaks_off_may_be_a_row(text: str, told: Any) -> None:
    """An object that is not whole is an error only if a name says so that no row has."""
    pruned = prune(read_json(text)[0])
    assert (pruned["details"] if isinstance(pruned, dict) else None) == told


@pytest.mark.parametrize("text", ["", "text", "[ERROR] no", "{a}", '{"a": 1}\n{"b": 2}', '"cut'])
def test_other_texts_are_no_json(text: str) -> None:
    """A text that only begins like JSON is none."""
    with pytest.raises(ValueError, match=r".*"):
        read_json(text)


def test_names_that_come_twice_are_noticed() -> None:
    """Of two fields of one name, none is shown unseen."""
    value, _ = read_json('{"detail": "no", "details": {"a": "my words"}, "details": {}}')
    assert prune(value) == {"detail": "no", "details": {}, **OTHERS}


BAD: Final = {"code": "E1", "message": "no"}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"error": {**BAD, "target": "my words"}}, {"error": {**BAD, **OTHERS}}),
        (
            {"error": {"name": "BadRequestError", "message": "no", "expose": "my words"}},
            {"error": {"message": "no", **OTHERS}},
        ),
        ({"errors": [{**BAD, "x": "my words"}]}, {"errors": [{**BAD, **OTHERS}]}),
        ({**BAD, "details": [{**BAD, "target": "a"}]}, {**BAD, "details": [{**BAD, **OTHERS}]}),
        ({"error": {**BAD, "id": "1", "details": "my words"}}, {"error": {**BAD, **OTHERS}}),
        ({"error": {"name": "Anna", "message": "my words"}}, {"error": OTHERS}),
        ({"error": {"code": "my words", "message": "my words", "id": 1}}, {"error": OTHERS}),
        ({"error": {"code": None, "message": "my words", "id": 1}}, {"error": OTHERS}),
        ({"error": {"code": True, "message": "my words", "id": 1}}, {"error": OTHERS}),
    ],
)
def test_an_error_with_a_code_is_no_row(value: Any, told: Any) -> None:
    """Where errors are told of, a code, or an error's name, tells one from a row."""
    assert prune(value, 400) == told


@pytest.mark.parametrize("name", ["reference", "category", "documentation_url", "path"])
def test_a_message_with_what_errors_have(name: str) -> None:
    """At the top it takes a name that no row has, and a response that is an error."""
    value = {"message": "no", name: "/x"}
    shown = {"path": "/x"} if name == "path" else OTHERS
    assert prune(value, 400) == {"message": "no", **shown}
    assert prune(value, 302) is prune(value) is prune({**value, "id": 1}, 400) is None
    assert prune({"message": "my words", "path": "my words"}, 400) is None


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"type": "about:blank", "title": "no", "balance": 30}, {"title": "no", **OTHERS}),
        ({"type": "a:b", "title": "no", "balance": 30}, None),
        (
            {"type": "urn:a", "title": "no", "accounts": [1]},
            {"type": "urn:a", "title": "no", **OTHERS},
        ),
        ({"type": "openai", "title": "my words", "id": 1}, None),
        ({"title": "my words", "id": 1}, None),
    ],
)
def test_a_problem_says_so(value: Any, told: Any) -> None:
    """Where the media type says so, what has a problem's type is one; it may be a row else."""
    assert prune(value, 400, is_problem=True) == told
