"""What of a failed response is somebody's data, and what says why it failed."""

from __future__ import annotations

import json
from time import perf_counter
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics._records import is_records, is_table

ROW: Final = '3,0000-00,000-12,True,2026,2026,en,QA,"[""QA""]",my words'
SAID: Final[dict[str, Any]] = {"id": "1", "messages": [{"role": "user", "content": "my words"}]}
VALUES: Final = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
)


@pytest.mark.parametrize(
    ("value", "told", "wanted"),
    [
        ({"conversations": [SAID], "total": 1}, False, True),
        ({"message": "in part", "events": [SAID]}, True, True),
        (SAID, False, True),
        ({"id": "1", "properties": {"a": "my words"}}, False, True),
        ([{"LogId": 1, "Input": "my words"}], False, True),
        ([SAID], True, True),
        ({}, False, False),
        ([], False, False),
        ("text", False, False),
        ({"status": 500, "reason": "quota"}, False, False),
        ({"errors": [{"field": "start", "message": "missing"}]}, False, False),
        ({"Error": {"code": "x", "Details": [{"a": 1}]}}, True, False),
        ({"code": 3, "message": "bad", "details": [{"@type": "x"}]}, True, False),
        ({"detail": "bad", "extra": {"a": 1}, "codes": [7]}, True, False),
        ([{"detail": "bad"}], True, False),
        ({"message": "bad", "data": {"id": "c", "messages": [{"a": 1}]}}, True, True),
        ({"error": {"message": "bad", "context": {"rows": [{"a": 1}]}}}, True, True),
        ({"message": "bad", "details": [{"row": [[{"a": 1}]]}]}, True, True),
        ({"message": "bad", "details": [SAID["messages"][0]]}, True, True),
        ({"log_id": 1, "output_text": "my words"}, False, True),
        ({"LogId": "1", "OutputText": "my words"}, False, True),
        ({"LogId": "1", "InteractionValue": "my words"}, False, True),
        ({"id": "f1", "type": "negative", "details": "my words"}, False, True),
        ({"id": "e1", "message": "bad"}, True, False),
        ({"detail": [{"loc": ["query", "culture"], "msg": "field required"}]}, False, False),
        ({"message": "bad", "validationErrors": [{"field": "a"}]}, True, False),
        ({"message": "bad", "fieldErrors": [{"field": "a"}]}, True, False),
        ({"message": "bad", "errors": {"content": "too long", "role": ["no"]}}, True, False),
        ({"message": "bad", "errors": {"context": {"rows": [{"a": 1}]}}}, True, True),
    ],
)
def test_records_in_json(value: Any, *, told: bool, wanted: bool) -> None:
    """Lists of objects are data, however deep, unless of errors; so is what somebody said."""
    assert is_records(value, told=told) is wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (ROW, True),
        (f"LogId,Input\r\n{ROW}", True),
        ("LogId,Input\n1,my words\n", True),
        ('LogId|Input\n1|"my\nwords"\n', True),
        (f"500 Internal Server Error\n{ROW}\n", True),
        (json.dumps({"total": 1, "conversations": [SAID]})[:-9], True),
        (json.dumps([SAID])[:-9], True),
        ('{"a":"my words"}\n{"a":"x"}\n', True),
        ("", False),
        ("No such project, or no access", False),
        ("No such project, or no access\nTry again, please\n", False),
        ("Culture must be one of: en,nl,de,fr", False),
        ("Culture must be one of en,de,fr,nl,es,it,pt,pl,cs", False),
        ("Culture must be one of: en-US,de-DE,fr,nl,es,it,pt,pl,cs.\nTry again\n", False),
        ("my words are,en,de,fr,nl,es,it,pt,pl,some more", True),
        ("my words,3,2026,fr,nl,es,it,pt,pl", True),
        ("Invalid request;code=17\nTrace;id=4711", False),
        ("Invalid request;code=17;a=1\nTrace;id=4711;a=2", False),
        ("Error,something went wrong\nHint,try later", False),
        ("Log Id,Input Text,Culture\n1,my words,en\n", True),
        ("  at a.b(C.java:1)\n  at d.e(F.java:2)\n", False),
        ('{"title": "bad", "errors": [{"field": "a', False),
        ('{"message": "cut in the mid', False),
        ("<html><style>a,b,c,d,e,f,g,h,i,j,k,l</style>", False),
    ],
)
def test_records_in_texts(text: str, *, wanted: bool) -> None:
    """Rows of CSV and JSON that breaks off in a list of objects are data; sentences are not."""
    assert is_table(text) is wanted


@pytest.mark.parametrize(
    "text", ["Error,something went wrong\nHint,try later", "1,my words\n2,my words"]
)
def test_labelled_tables(text: str) -> None:
    """What its type says is a table need not name its columns; a sentence is one none the less."""
    assert is_table(text, labelled=True)
    assert not is_table(text)
    assert not is_table("No such project, or no access\nTry again, please\n", labelled=True)


@given(value=VALUES, text=st.text(st.sampled_from('[{"a,; \n:}|')), told=st.booleans())
def test_anything_is_judged(value: Any, text: str, *, told: bool) -> None:
    """No value and no text makes it raise."""
    assert is_records(value, told=told) in {True, False}
    assert is_table(text) in {True, False}


@pytest.mark.parametrize("part", [",", "}\n", "} ", '"a" ', '{"', "[ ", "\n", '"', '"a" :'])
def test_hostile_texts_are_judged_in_bounded_time(part: str) -> None:
    """A text made to be searched for ever is not."""
    began = perf_counter()
    for begin in ("", "{", "x\n"):
        is_table(begin + part * 100_000)
    assert perf_counter() - began < 5
