"""Requests and replies as plain values, so that only one room knows the HTTP client."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias, TypeVar
from urllib.parse import quote, urlencode

from attrs import define, evolve, field, frozen

from ._body import Body
from ._texts import NOT_UNICODE, is_unicode
from .errors import ArgumentError

_POSITION = re.compile(r"\[\d")
_NAME = re.compile(r"[A-Za-z_]\w{,63}", re.ASCII)

T = TypeVar("T")
U = TypeVar("U")

Query: TypeAlias = Mapping[str, str | Sequence[str]]
Meet: TypeAlias = Callable[[int, Mapping[str, str]], None]
"""Called with status and headers, names in lower case, of a response whose body is to come."""


@frozen(eq=False)
class Request:
    """One request, without its credentials.

    What it holds may be somebody's words, so its repr shows the method only.
    """

    method: str
    path: str = field(repr=False)
    query: Query = field(factory=dict, repr=False)
    content: bytes | None = field(default=None, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def from_builder(cls, built: Mapping[str, Any]) -> Request:
        """Take over what a generated request builder returns, and which ``secrets`` are in it."""
        query = {name: _query_value(value) for name, value in built.get("params", {}).items()}
        content = encode_body(built["json"]) if "json" in built else None
        secrets = built.get("secrets", ())
        return cls(built["method"].upper(), built["url"], query, content, secrets)

    def __attrs_post_init__(self) -> None:
        for name, value in self.query.items():
            if not is_unicode("".join(value)):
                raise ArgumentError(f"{name} is {NOT_UNICODE}")

    def with_query(self, query: Query) -> Request:
        """Add query parameters; those of the same name are replaced."""
        return evolve(self, query={**self.query, **query}) if query else self

    def url(self, root: str, credentials: Query) -> str:
        """Return the absolute URL below an API root."""
        query = urlencode({**self.query, **credentials}, doseq=True, quote_via=quote)
        return f"{root}{self.path}{'?' if query else ''}{query}"


@frozen(eq=False)
class Reply:
    """One complete response; header names are in lower case.

    ``closed``: only the connection's close marked the body's end, so that it may have been cut.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: Body = field(repr=False)
    closed: bool = field(default=False, repr=False)

    @property
    def media_type(self) -> str:
        """The Content-Type without its parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@frozen(eq=False)
class _Payload:
    fields: Mapping[str, Any] = field(repr=False)

    def to_dict(self) -> Mapping[str, Any]:
        return self.fields


def payload(fields: Mapping[str, Any]) -> Any:
    """Stand in for a generated request model, so that a body is sent as it is.

    The models' own round trip would drop nulls and rewrite times; builders call ``to_dict`` only.
    """
    if not isinstance(fields, Mapping):
        raise ArgumentError(f"the body must be a mapping; got {type(fields).__name__}")
    return _Payload(fields)


def given(value: T | None, unset: U) -> T | U:
    """Return an optional argument in the way that builders want it left out."""
    return unset if value is None else value


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


@define
class _Fault:
    """What is wrong in a body, and where: names of fields and positions, never a value."""

    problem: str
    place: str = ""

    def below(self, part: str) -> _Fault:
        dot = "." if self.place and not _POSITION.match(self.place) else ""
        self.place = f"{part}{dot}{self.place}"
        return self


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


def _query_value(value: object) -> str | Sequence[str]:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return [str(item) for item in value]
    return str(value)
