"""JSON responses: one object, or a page of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ..errors import InvalidResponse

_decode = msgspec.json.Decoder().decode


def decode_json(content: bytes) -> Any:
    """Return a JSON document's value.

    Raises:
        InvalidResponse: It is empty, cut, nested too deeply, or no JSON at all.
    """
    if not content.strip():
        raise InvalidResponse("the response is empty where JSON was due")
    try:
        return _decode(content.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError):
        kind = "an HTML page" if content.lstrip()[:1] == b"<" else "not valid JSON"
        raise InvalidResponse(f"the response is {kind} where JSON was due") from None
    except RecursionError:
        raise InvalidResponse("the response is nested too deeply to be read") from None


def decode_object(content: bytes) -> Mapping[str, Any]:
    """Return the JSON object that a response consists of."""
    value = decode_json(content)
    if not isinstance(value, Mapping):
        raise InvalidResponse(f"the response is {_kind(value)} where a JSON object was due")
    return value


def decode_lists(
    content: bytes, fields: Sequence[str], *, required: bool = False
) -> tuple[list[list[Any]], Mapping[str, Any]]:
    """Return a page's lists of items and the whole object that they come in.

    Unless they are required, an absent or null list is empty: gateways leave out what is zero.
    """
    envelope = decode_object(content)
    lists = [_list(envelope.get(field), field, required=required) for field in fields]
    return lists, envelope


def find_list(content: bytes) -> list[Any]:
    """Return the only list that a page has: the page itself, or a field of it by any name.

    For vendors that do not document the shape of their JSON.

    Raises:
        InvalidResponse: There is none, or several to choose from.
    """
    value = decode_json(content)
    if isinstance(value, list):
        return value
    held = value.values() if isinstance(value, Mapping) else ()
    lists = [one for one in held if isinstance(one, list)]
    if len(lists) != 1:
        came = f"an object with {len(lists)} lists" if isinstance(value, Mapping) else _kind(value)
        raise InvalidResponse(
            f"the response is {came} where a list, or an object with one, was due"
        )
    return lists[0]


def _list(items: object, field: str, *, required: bool) -> list[Any]:
    if items is None and not required:
        return []
    if not isinstance(items, list):
        raise InvalidResponse(f"the response's {field} is {_kind(items)} where a list was due")
    return items


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "a truth value"}
    return "null" if value is None else names.get(type(value), "a number")
