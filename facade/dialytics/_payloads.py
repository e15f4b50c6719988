"""Bodies of requests: as builders take them, and as they are sent."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from ._texts import NOT_UNICODE, is_unicode
from .errors import ArgumentError

_POSITION = re.compile(r"\[\d")
_NAME = re.compile(r"[A-Za-z_]\w{,63}", re.ASCII)


class _Payload:
    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields

    def to_dict(self) -> Mapping[str, Any]:
        return self._fields


def payload(fields: Mapping[str, Any]) -> Any:
    """Stand in for a generated request model, so that a body is sent as it is.

    The models' own round trip would drop nulls and rewrite times; builders call ``to_dict`` only.
    """
    if not isinstance(fields, Mapping):
        raise ArgumentError(f"the body must be a mapping; got {type(fields).__name__}")
    return _Payload(fields)


def encode_body(body: object) -> bytes:
    """Encode a request's body as JSON; times become ISO 8601.

    Raises:
        ArgumentError: It holds what JSON cannot, or a time without an offset.
    """
    from msgspec.json import encode  # noqa: PLC0415  # the first client needs none of it

    try:
        fault = _find_fault(body)
        if fault is None:
            return encode(body)
        reason = f"{fault.problem} (at {fault.place})" if fault.place else fault.problem
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        reason = _reason(error)
    # Outside of the handler: the error that it handles may hold the text.
    raise ArgumentError(f"the body cannot be sent as JSON: {reason}")


class _Fault(NamedTuple):
    """What is wrong in a body, and where: names of fields and positions, never a value."""

    problem: str
    place: str = ""

    def below(self, part: str) -> _Fault:
        dot = "." if self.place and not _POSITION.match(self.place) else ""
        return self._replace(place=f"{part}{dot}{self.place}")


def _find_fault(value: object) -> _Fault | None:
    """Find what the encoder would refuse as a whole, or pass on as something else."""
    if isinstance(value, Mapping):
        return _find_in_fields(value)
    if isinstance(value, (list, tuple)):
        for position, item in enumerate(value):
            if fault := _find_fault(item):
                return fault.below(f"[{position}]")
    elif problem := _problem(value):
        return _Fault(problem)
    return None


def _find_in_fields(fields: Mapping[object, object]) -> _Fault | None:
    for name, item in fields.items():
        if not isinstance(name, str):
            return _Fault(f"the name of a field must be a text; got {type(name).__name__}")
        if not is_unicode(name):
            return _Fault(f"the name of a field is {NOT_UNICODE}")
        if fault := _find_fault(item):
            # Free-form fields may be called by what somebody said, or by an address.
            return fault.below(name if _NAME.fullmatch(name) else "[a field]")
    return None


def _problem(value: object) -> str | None:
    """Say what is wrong with what is no list or object: NaN would be null, and bytes base64."""
    if isinstance(value, str):
        return None if is_unicode(value) else f"a text is {NOT_UNICODE}"
    if isinstance(value, (set, frozenset)):
        return f"{type(value).__name__} is no JSON; pass a list"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"{type(value).__name__} is no JSON; pass a text"
    if isinstance(value, datetime) and value.utcoffset() is None:
        return "a time has no offset; make it aware"
    if isinstance(value, float) and not math.isfinite(value):
        return "a number is not finite"
    return None


def _reason(error: Exception) -> str:
    # The encoder names types ("Encoding objects of type range is unsupported"), never values.
    return str(error) if isinstance(error, TypeError) else type(error).__name__
