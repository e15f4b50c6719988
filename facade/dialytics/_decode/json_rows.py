"""JSON responses: one object, or a page of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from .._faults import FAULTS
from ..errors import InvalidResponse
from .values import R, Reject, record_reader

_decode = msgspec.json.Decoder().decode
# Escapes of halves of characters, whole pairs, and what only looks like one behind a backslash.
_SURROGATE = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
# Beside these an empty list says nothing; beside warnings it may be right.
_ERRORS = frozenset({"error", "errors"})
_HALF = len(rb"\ud83d")
_decode_parts = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def _replace_lone(found: re.Match[bytes]) -> bytes:
    """Return U+FFFD for half a character: a text that was cut there is JSON all the same."""
    return rb"\ufffd" if len(found[0]) == _HALF else found[0]


def decode_json(content: bytes, decode: Callable[[bytes], Any] = _decode) -> Any:
    """Return a JSON document's value.

    Raises:
        InvalidResponse: It is empty, cut, nested too deeply, or no JSON at all.
    """
    if not content.strip():
        raise InvalidResponse("the response is empty where JSON was due")
    try:
        return decode(content.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError):
        mended = _SURROGATE.sub(_replace_lone, content)
        if mended != content:
            return decode_json(mended, decode)
        kind = "an HTML page" if content.lstrip()[:1] == b"<" else "not valid JSON"
        raise InvalidResponse(f"the response is {kind} where JSON was due") from None
    except RecursionError:
        raise InvalidResponse("the response is nested too deeply to be read") from None


def decode_object(content: bytes, known: Collection[str] = ()) -> Mapping[str, Any]:
    """Return the JSON object that a response consists of.

    Raises:
        InvalidResponse: It is no object, or has fields but none of the known ones.
    """
    value = decode_json(content)
    if not isinstance(value, Mapping):
        raise _no_object(value)
    _check_fields(value, known)
    return value


def decode_lists(
    content: bytes, fields: Sequence[str], known: Collection[str] = (), *, required: bool = False
) -> tuple[list[list[Any]], Mapping[str, Any]]:
    """Return a page's lists of items and the whole object that they come in.

    Unless they are required, an absent or null list is empty: gateways leave out what is zero. An
    object that has neither these nor other known fields is another than was asked for.
    """
    envelope = decode_object(content, {*fields, *known})
    lists = [_list(envelope.get(field), field, required=required) for field in fields]
    return lists, envelope


def split_lists(
    content: bytes, fields: Sequence[str], known: Collection[str] = (), *, required: bool = False
) -> tuple[list[bytes], Mapping[str, Any]]:
    """Return a page's lists of items as JSON, and the other fields of the object they come in.

    What ``decode_lists`` refuses is refused.
    """
    try:
        parts = decode_json(content, _decode_parts)
    except InvalidResponse:
        # Any other value than an object is named.
        decode_object(content)
        raise
    others = {name: decode_json(bytes(part)) for name, part in parts.items() if name not in fields}
    _check_fields(parts, {*fields, *known})
    lists = [bytes(parts.get(field, b"null")) for field in fields]
    for field, part in zip(fields, lists, strict=True):
        if not part.startswith(b"["):
            _list(decode_json(part), field, required=required)
    return [b"[]" if part == b"null" else part for part in lists], others


def read_list(
    content: bytes, row_class: type[R], reject: Reject | None = None
) -> Iterator[list[R]]:
    """Yield the rows of a JSON list.

    Raises:
        InvalidResponse: An item is not what was promised, and there is no ``reject``; the rows
            before it have come.
    """
    try:
        rows: list[R] = _row_decoder(row_class).decode(content)
    except (msgspec.DecodeError, ValueError, RecursionError):
        # An unknown field, or a value that is read with more patience.
        yield from read_each(decode_json(content), record_reader(row_class), reject)
        return
    if rows:
        yield rows


def read_each(
    items: Sequence[Any], read: Callable[[Any, int], R], reject: Reject | None = None
) -> Iterator[list[R]]:
    """Yield the rows that a reader makes of items, also those before a bad one."""
    rows: list[R] = []
    for position, item in enumerate(items):
        try:
            rows.append(read(item, position))
        except InvalidResponse as error:
            if rows:
                yield rows
                rows = []
            if reject is None:
                raise
            reject(error, item)
    if rows:
        yield rows


@lru_cache(maxsize=64)
def _row_decoder(row_class: type[Any]) -> msgspec.json.Decoder[list[Any]]:
    # Not lenient: it would take numbers for times, and a text "null" for none.
    return msgspec.json.Decoder(list[row_class])  # type: ignore[valid-type]  # made here


def find_list(content: bytes) -> list[Any]:
    """Return the only list that a page has: the page itself, or a field of it by any name.

    For vendors that do not document the shape of their JSON. Lists of errors do not count, and an
    object that holds nothing at all is an empty page.

    Raises:
        InvalidResponse: There is none, or several to choose from, or it is empty beside errors.
    """
    value = decode_json(content)
    if isinstance(value, list):
        return value
    held = value.items() if isinstance(value, Mapping) else ()
    lists = [one for name, one in held if isinstance(one, list) and name.lower() not in FAULTS]
    if isinstance(value, Mapping) and len(lists) != 1 and _is_empty(value):
        return []
    if len(lists) != 1:
        came = f"an object with {len(lists)} lists" if isinstance(value, Mapping) else _kind(value)
        raise _another(f"the response is {came} where a list, or an object with one, was due")
    if not lists[0] and any(one for name, one in held if name.lower() in _ERRORS):
        raise _another("the response holds errors, and no rows")
    return lists[0]


def _is_empty(page: Mapping[str, Any]) -> bool:
    """Tell whether nothing is in a page, and that it is not only errors that are not."""
    if any(value or isinstance(value, bool) for value in page.values()):
        return False
    places = (name for name, value in page.items() if value is None or value == [])
    return not page or any(name.lower() not in FAULTS for name in places)


def _check_fields(found: Collection[str], known: Collection[str]) -> None:
    # Gateways leave out what is zero or empty, so that nothing may be left of an answer.
    if found and known and set(found).isdisjoint(known):
        raise _another("the response is an object with none of the fields that were due")


def _another(message: str) -> InvalidResponse:
    error = InvalidResponse(message)
    error.garbled = True
    return error


def _no_object(value: object) -> InvalidResponse:
    return InvalidResponse(f"the response is {_kind(value)} where a JSON object was due")


def _list(items: object, field: str, *, required: bool) -> list[Any]:
    if items is None and not required:
        return []
    if not isinstance(items, list):
        raise InvalidResponse(f"the response's {field} is {_kind(items)} where a list was due")
    return items


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "a truth value"}
    return "null" if value is None else names.get(type(value), "a number")
