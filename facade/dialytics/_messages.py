"""Requests and replies as plain values, so that only one room knows the HTTP client."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode

from attrs import evolve, field, frozen

from ._body import Body
from ._payloads import encode_body
from ._texts import NOT_UNICODE, is_unicode
from .errors import ArgumentError

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


def _query_value(value: object) -> str | Sequence[str]:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return [str(item) for item in value]
    return str(value)
