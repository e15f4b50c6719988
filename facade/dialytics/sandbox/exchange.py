"""What passes between the server and the vendors: a call, a route, a refusal, a log line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol
from urllib.parse import parse_qsl

import msgspec
from attrs import define, field, frozen
from starlette.responses import Response

Vendor = Literal["cognigy", "digitalcx", "chatlayer", "inkeep"]
Headers = Mapping[str, str]


class Refused(Exception):
    """A request that the vendor answers with an error; `code` is the vendor's own number."""

    def __init__(self, status: int, detail: str, code: int | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.detail = detail
        self.code = code


@define(repr=False)
class Call:
    """One received request; `path` starts below the vendor's name, headers ignore case."""

    method: str
    path: str
    path_parameters: Mapping[str, str]
    query: list[tuple[str, str]]
    headers: Headers
    body: bytes = b""

    def first(self, name: str) -> str | None:
        """Return the first value of a query parameter, or None."""
        return next((value for key, value in self.query if key == name), None)

    def form(self) -> dict[str, str]:
        """Return the fields of a form-encoded body; the last of a repeated name counts."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def json(self) -> Any:
        """Return the decoded JSON body; raise `ValueError` when it is not JSON."""
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            raise ValueError("not JSON") from None


@frozen
class Route:
    """One operation: its path template as documented, and what answers it.

    `operation` is the documented operation id; `spec` is the path template in the vendor's
    specification, None for what no specification describes (token endpoints).
    """

    method: str
    path: str
    operation: str
    answer: Callable[[Call], Response] = field(repr=False)
    spec: str | None
    body_limit: int | None = None
    open: bool = False


class Backend(Protocol):
    """One vendor, as the server sees it."""

    name: Vendor
    invalid_status: int

    def routes(self) -> Sequence[Route]:
        """Return every operation that this vendor has."""
        ...

    def normalise(self, call: Call) -> None:
        """Bring a request into the spelling that the specification has."""
        ...

    def admit(self, call: Call, route: Route) -> None:
        """Raise `Refused` unless the request carries a good credential."""
        ...

    def refuse(self, refused: Refused, call: Call) -> Response:
        """Return the error as this vendor writes it."""
        ...

    def change(self, call: Call, insert: int, delete: int) -> None:
        """Add and remove items behind the reader's back, where there are any."""
        ...


@frozen
class Received:
    """One request the sandbox received, as it is counted in tests.

    `query` keeps the order sent; values of keys that are credentials are blanked. `operation` is
    the id in the effective specification, `token` for a token endpoint, empty for a path that no
    operation has; `faults` are the classes of the effects that struck it.
    """

    method: str
    path: str
    vendor: str
    operation: str
    status: int
    query: tuple[tuple[str, str], ...] = field(repr=False)
    faults: tuple[str, ...] = ()


def answer_json(content: object, status: int = 200, media: str = "application/json") -> Response:
    """Return a JSON response."""
    return Response(msgspec.json.encode(content), status, media_type=media)
