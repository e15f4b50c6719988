"""JSON documents: what decodes, what is refused, and pages of items."""

from __future__ import annotations

import json
from contextlib import suppress
from traceback import format_exception
from typing import Any, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dialytics._decode.json_rows import (
    decode_json,
    decode_lists,
    decode_object,
    find_list,
    read_list,
    split_lists,
)
from dialytics.errors import InvalidResponse
from dialytics_clients.digitalcx.rows import Interaction

MARK: Final = "quasimodo"
BOM: Final = b"\xef\xbb\xbf"
SCALARS: Final = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
VALUES: Final = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
# Pieces that make documents which are nearly JSON.
TOKENS: Final = st.sampled_from(
    [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        '"',
        "a",
        "1",
        "-",
        "e9",
        ".5",
        "null",
        "true",
        "\\u12",
        " ",
        "\x00",
    ]
)


HALVES: Final = st.lists(
    st.sampled_from(["a", "\\", '"', "u", "\n", "é", "\ud83d", "\ude00", "d83d", "\U0001f600"])
)


@given(HALVES)
def test_halves_of_characters_are_replaced(parts: list[str]) -> None:
    """A text that was cut inside of a character is read, with U+FFFD for the half."""
    text = json.loads(json.dumps("".join(parts)))
    whole = "".join("\ufffd" if "\ud800" <= one <= "\udfff" else one for one in text)
    content = json.dumps({"text": text, "other": [text]}).encode()
    assert decode_json(content) == {"text": whole, "other": [whole]}


@given(
    value=VALUES,
    ascii_only=st.booleans(),
    bom=st.sampled_from([b"", BOM]),
    space=st.sampled_from([b"", b" \r\n"]),
)
def test_any_value_comes_back(*, value: Any, ascii_only: bool, bom: bytes, space: bytes) -> None:
    """What the stdlib wrote is read back, also behind a byte order mark or white space."""
    text = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert decode_json(bom + space + text + space) == value


@given(st.binary(max_size=40) | st.lists(TOKENS, max_size=12).map("".join).map(str.encode))
@example(b"")
@example(BOM)
@example(b"\xed\xa0\x80")
@example(b'"\\ud800"')
@example(b"1e999")
@example(b"9" * 5_000)
@example(b"NaN")
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
@example(b"[" * 100_000 + b"]" * 100_000)
def test_any_bytes_end_in_value_or_our_error(content: bytes) -> None:
    """Whatever bytes come, reading them gives a value or raises InvalidResponse."""

    def lists(content: bytes) -> object:
        return decode_lists(content, ["a"])

    for read in (decode_json, decode_object, find_list, lists):
        with suppress(InvalidResponse):
            read(content)


@given(VALUES, st.integers(1, 10_000))
def test_cut_documents_are_refused(value: Any, cut: int) -> None:
    """A JSON object cut anywhere is no JSON."""
    text = json.dumps({"a": value}).encode()
    with pytest.raises(InvalidResponse):
        decode_json(text[: -(1 + cut % len(text))])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \r\n", "is empty"),
        (b"<html>quasimodo</html>", "is an HTML page"),
        (b'{"a": quasimodo}', "is not valid JSON"),
        (b'{"a": "quasimodo', "is not valid JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"null", "is null where a JSON object"),
        (b'["quasimodo"]', "is a list where a JSON object"),
        (b'"quasimodo"', "is a text where a JSON object"),
        (b"true", "is a truth value where a JSON object"),
        (b"1.5", "is a number where a JSON object"),
        (b'{"a": "quasimodo"}', "a is a text where a list"),
        (b'{"a": {"quasimodo": 1}}', "a is an object where a list"),
    ],
)
def test_refusals_say_what_came_not_its_words(content: bytes, words: str) -> None:
    """A refusal names the kind of what came; what it said is in no attribute and no traceback."""
    with pytest.raises(InvalidResponse, match=words) as caught:
        decode_lists(content, ["a"])
    shown = [repr(caught.value), repr(vars(caught.value)), *format_exception(caught.value)]
    assert MARK not in "".join(shown)


@pytest.mark.parametrize("content", [b"{}", b'{"a": null}', b'{"a": []}'])
def test_absent_lists_are_empty(content: bytes) -> None:
    """Gateways leave out what is zero: an absent or null list has no items."""
    (items,), envelope = decode_lists(content, ["a"])
    assert items == []
    assert envelope == json.loads(content)


@given(st.lists(VALUES, max_size=4), st.dictionaries(st.text(max_size=3), SCALARS, max_size=3))
def test_items_come_in_order_with_their_envelope(
    items: list[Any], envelope: dict[str, Any]
) -> None:
    """Items are those of the named field, nulls and non-objects too; the rest stays beside them."""
    whole = {**envelope, "the items": items}
    assert decode_lists(json.dumps(whole).encode(), ["the items"]) == ([items], whole)


@given(
    st.lists(st.none() | st.integers(), max_size=4),
    st.dictionaries(st.text(max_size=3), st.integers() | st.dictionaries(st.just("a"), st.none())),
    st.text(max_size=3),
)
def test_the_only_list_is_found(items: list[Any], beside: dict[str, Any], name: str) -> None:
    """A list is found as the whole page, or in an object under any name beside what is none."""
    assert find_list(json.dumps(items).encode()) == items
    assert find_list(json.dumps({**beside, name: items}).encode()) == items


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"errors": [], "Details": []}', "an object with 0 lists"),
        (b'{"quasimodo": {"a": []}}', "an object with 0 lists"),
        (b'{"quasimodo": [1], "b": []}', "an object with 2 lists"),
        (b'{"data": null, "error": "quasimodo"}', "an object with 0 lists"),
        (b'{"data": null, "success": false}', "an object with 0 lists"),
        (b'{"error": null}', "an object with 0 lists"),
        (b'{"rows": [], "Errors": ["quasimodo"]}', "errors, and no rows"),
        (b'{"rows": [], "error": {"quasimodo": 1}}', "errors, and no rows"),
        (b'{"code": 0}', "an object with 0 lists"),
        (b"null", "null where"),
        (b'"quasimodo"', "a text where"),
        (b"7", "a number where"),
        (b"true", "a truth value where"),
        (b"", "empty where JSON was due"),
    ],
)
def test_no_list_or_several_are_refused(content: bytes, words: str) -> None:
    """Without one list to choose, the refusal tells what came and not its words."""
    with pytest.raises(InvalidResponse, match=words) as caught:
        find_list(content)
    assert MARK not in repr(caught.value) + repr(vars(caught.value))


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b'{"data": null}',
        b'{"interactions": [], "links": []}',
        b'{"interactions": [], "warnings": ["none that day"], "errors": []}',
        b'{"data": null, "errors": [], "total": 0, "next": ""}',
    ],
)
def test_nothing_is_an_empty_page(content: bytes) -> None:
    """An object that holds nothing at all, and no list of errors only, has no rows."""
    assert find_list(content) == []


@pytest.mark.parametrize("content", [b'{"quasimodo": 1}', b'{"A": [], "error": "quasimodo"}'])
def test_other_objects_are_garbled(content: bytes) -> None:
    """An object with fields but none that is known is another than was asked for."""
    for read in (decode_lists, split_lists, decode_object):
        with pytest.raises(InvalidResponse, match="none of the fields that were due") as caught:
            read(content, ["a", "next"])
        assert caught.value.garbled
        assert MARK not in repr(caught.value) + repr(vars(caught.value))


@pytest.mark.parametrize(
    "content", [b"{}", b'{"next": ""}', b'{"a": [], "new": 1}', b'{"a": null}']
)
def test_objects_without_items_are_none(content: bytes) -> None:
    """What is empty may be left out, as long as nothing or another known field is there."""
    assert decode_lists(content, ["a"], ["next"])[0] == [[]]
    assert split_lists(content, ["a"], ["next"])[0] == [b"[]"]


TIMES: Final = st.builds(
    "2026-11-10{}{:02}:00:59{}{}{}".format,
    st.sampled_from("Tt "),
    st.integers(0, 23),
    st.just("") | st.just("."),
    st.text("0123456789", max_size=9),
    st.sampled_from(["", "Z", "z", "+01:00", "-0530"]),
)
FIELDS: Final = st.fixed_dictionaries(
    {},
    optional={
        "TimestampStart": TIMES
        | st.sampled_from(["20261110", "1700000000", "null", "", 1_700_000_000, 1.5, None]),
        "SessionIsActive": st.sampled_from([True, "True", "true", "tRUE", "1", 0, 1.0, "null", ""]),
        "RecognitionQuality": st.sampled_from([1, 2.5, "3.5", "-0", "1e3", "null", "x"]),
        "InteractionValue": st.sampled_from(["null", 1, None, "x"]),
        "LogId": st.sampled_from([1, 2.0, "3", "1e0", "4.0", "null", 2**70]),
        "New": st.sampled_from([1, "x"]),
    },
).map(lambda fields: {"LogId": 1, **fields})


@given(st.lists(FIELDS, min_size=2, max_size=4))
@example([{"LogId": 1, "TimestampStart": "2026-11-10T09:30:00.1234567Z"}, {"LogId": 2, "New": 1}])
@example([{"LogId": 1, "TimestampStart": "2026-11-10t09:30:00z"}, {"LogId": 2, "New": 1}])
@example([{"LogId": 1, "TimestampStart": 1_700_000_000}, {"LogId": 2, "New": 1}])
def test_rows_do_not_depend_on_their_neighbours(items: list[dict[str, Any]]) -> None:
    """A row has the values, or is refused, that it has and is alone."""
    kind: type[Any] = Interaction

    def read(*items: dict[str, Any]) -> list[object]:
        found: list[object] = []
        came = read_list(
            json.dumps(items).encode(), kind, lambda error, _: found.append(error.column)
        )
        found.extend(repr(row.to_dict()) for rows in came for row in rows)
        return found

    assert read(*items) == [one for item in items for one in read(item)]


def test_lists_of_errors_are_no_rows() -> None:
    """Beside a page's list there may be one of what went wrong."""
    assert find_list(b'{"errors": ["x"], "rows": [1], "warnings": []}') == [1]
