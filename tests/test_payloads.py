"""Payloads: what is given becomes what is sent, or is refused with its place."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics._payloads import encode_body, payload
from dialytics.errors import ArgumentError

MARK: Final = "quasimodo"
JSON: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(JSON)
def test_any_json_is_encoded(value: Any) -> None:
    """Whatever JSON can hold is sent as it is, nulls included."""
    assert json.loads(encode_body({"a": value})) == {"a": value}


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 3, 25, 9, 30, 22, 605000, UTC), "2026-03-25T09:30:22.605000Z"),
        (
            datetime(2026, 3, 25, 9, 30, tzinfo=timezone(timedelta(hours=2))),
            "2026-03-25T09:30:00+02:00",
        ),
        (date(2026, 3, 25), "2026-03-25"),
    ],
)
def test_times_become_iso_8601(moment: object, text: str) -> None:
    """Aware times and dates are sent in ISO 8601, each at its own offset."""
    assert json.loads(encode_body([moment])) == [text]


def nested(value: object) -> list[object]:
    return [value, {"a": value}, [value], ({"a": [{"b": (value,)}]},)]


def cyclic() -> dict[str, Any]:
    ring: dict[str, Any] = {}
    ring["again"] = ring
    return ring


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (datetime(2026, 3, 25), "a time has no offset"),  # noqa: DTZ001 - that is the point
        (math.nan, "not finite"),
        (math.inf, "not finite"),
        ("\ud800", "a text is not valid Unicode"),
        (object(), "unsupported"),
        (MARK + "\udfff", "a text is not valid Unicode"),
        ({"\udfff" + MARK: 1}, "the name of a field is not valid Unicode"),
        ({7: MARK}, "the name of a field must be a text; got int"),
        ({None: MARK}, "the name of a field must be a text; got NoneType"),
        ({b"a": MARK}, "the name of a field must be a text; got bytes"),
        (MARK.encode(), "bytes is no JSON"),
        (bytearray(MARK.encode()), "bytearray is no JSON"),
        (memoryview(MARK.encode()), "memoryview is no JSON"),
        ({MARK}, "set is no JSON; pass a list"),
        (frozenset({MARK}), "frozenset is no JSON; pass a list"),
        (cyclic(), "RecursionError"),
    ],
)
def test_what_json_cannot_hold_is_refused(value: object, words: str) -> None:
    """What would be lost, changed or misread on the way is refused before sending, unshown."""
    for body in nested(value):
        with pytest.raises(ArgumentError, match=f"cannot be sent as JSON: .*{words}") as caught:
            encode_body(body)
        assert MARK not in f"{caught.value!r} {vars(caught.value)}"
        assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"messages": [{"content": "fine"}, {"content": b"x"}]}, "at messages[1].content"),
        ({"a": {"b": {"c": b"x"}}}, "at a.b.c"),
        ({"a": [[b"x"]]}, "at a[0][0]"),
        ({"a": {"b": {1: 2}}}, "at a.b"),
        ({"properties": {"quasimodo@x.com": {"b": b"x"}}}, "at properties.[a field].b"),
        ({"a quasimodo": [b"x"]}, "at [a field][0]"),
        ([b"x"], "at [0]"),
    ],
)
def test_faults_are_placed(body: Any, place: str) -> None:
    """What cannot be sent is found by the names of the fields that it is in."""
    with pytest.raises(ArgumentError) as caught:
        encode_body(body)
    assert str(caught.value).endswith(f"({place})")


def test_payloads_are_sent_as_they_are() -> None:
    """A user's mapping reaches the builder without a model's round trip."""
    fields = {"a": None, "at": "2026-03-25T09:30:22.605+02:00", "new": [1]}
    assert payload(fields).to_dict() is fields
    assert MARK not in repr(payload({"a": MARK}))


@pytest.mark.parametrize("fields", [None, [], MARK, [("a", 1)]])
def test_payloads_are_mappings(fields: Any) -> None:
    """A body that is no mapping raises at the call, named by its type only."""
    with pytest.raises(ArgumentError, match=f"got {type(fields).__name__}$"):
        payload(fields)
