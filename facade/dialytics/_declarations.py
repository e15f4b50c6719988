"""What a vendor's module declares: facts as data, read by the shared rooms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import Factory, evolve, field, frozen

from ._instants import format_instant
from ._retry import Replay

if TYPE_CHECKING:
    from ._limits import RateLimit
    from ._paging import Paging
    from ._ranges import WindowRule
    from ._windows import Window
    from .errors import StatusError

Stability: TypeAlias = Literal["snapshot", "append", "shifting"]
"""How a listing behaves while it is read: fixed, growing at its end, or moving under the reader."""


@frozen
class ErrorRule:
    """A vendor's quirk: this status with a detail in which the pattern is found means the error.

    The pattern is a regular expression, searched (not matched from the start), case-sensitive.
    """

    status: int
    pattern: str = field(validator=lambda _self, _attribute, value: re.compile(value))
    error: type[StatusError]


@frozen(kw_only=True, eq=False)
class Vendor:
    """What holds for all operations of a vendor.

    Attributes:
        name: The short name in errors, logs, environment variables and the sandbox's URLs.
        base_url: Where requests go unless the caller says otherwise; ``None``: no default.
        api_root: The path under the base URL that operations' paths are appended to.
        refused_statuses: Statuses that also mean an expired token: it is renewed once.
        error_rules: Messages that mean more than their status does.
        read_timeout: Seconds to wait for the next bytes of a response.
        rate_limit: Requests per period that the vendor documents.
        limited_hosts: Hosts that the rate and body limits hold for; empty: for all.
        max_body: Bytes of a request's body that the vendor documents as its limit.
    """

    name: str
    base_url: str | None = None
    api_root: str = ""
    refused_statuses: frozenset[int] = frozenset({401})
    error_rules: tuple[ErrorRule, ...] = ()
    read_timeout: float = 60.0
    rate_limit: RateLimit | None = None
    limited_hosts: tuple[str, ...] = ()
    max_body: int | None = None


@frozen(kw_only=True, eq=False)
class Operation:
    """What the shared rooms need to know of one operation.

    Attributes:
        vendor: Whose it is.
        name: The façade's method.
        method: The HTTP method in the spec.
        path: The path template in the spec; also what logs show.
        replay: How it may be sent a second time.
        keyed_by: Fields of the body that hold an id of the client's own: with one, it is ``KEYED``.
        once_with: Fields of the body whose repetition may do harm: with one, it is ``NEVER``.
        accept: The media type that is asked for.
        success: The statuses that the documentation promises on success.
        paging: How it pages, if it is a listing.
        pagings: The ways to page that a call chooses from, by the word it chooses with.
        items: The field of the response that holds a listing's items, or several fields that hold
            a list each; none of them: the only list that there is, its fields matched as CSV's
            columns are; ``None`` for CSV.
        items_required: Whether a response without that field is none of the documented ones.
        total: The field of the response that says how many items there are in all.
        key: The row's attribute that identifies it, so that a repetition can be dropped.
        time: The row's attribute that the date range is about.
        window: Which date ranges it takes, if it is ranged.
        window_query: The query parameters that the window's start and end go to.
        max_page_size: The largest page that the vendor gives.
        cursor_refusals: Statuses that may mean that a continuation is accepted no longer: its
            window is read again from its start.
        excesses: Statuses that mean that a window takes the vendor too long, or that its response
            would be too large: it is halved.
        stability: What a listing promises while it is read.
        fills: A query parameter and the row's attributes that it fills where it is true. If they
            are empty in every row, the vendor has withheld them.
        bulk: The façade's method that sends many of them.
    """

    vendor: Vendor
    name: str
    method: str
    path: str
    replay: Replay
    keyed_by: tuple[str, ...] = ()
    once_with: tuple[str, ...] = ()
    accept: str = "application/json"
    success: frozenset[int] = frozenset({200})
    paging: Paging | None = None
    pagings: Mapping[str, Paging] = Factory(dict)
    items: str | tuple[str, ...] | None = None
    items_required: bool = False
    total: str | None = None
    key: str | None = None
    time: str | None = None
    window: WindowRule | None = None
    window_query: tuple[str, str] | None = None
    max_page_size: int | None = None
    # None of the vendors documents what it answers to an expired token: these are usual.
    cursor_refusals: frozenset[int] = frozenset({400, 404, 410})
    excesses: frozenset[int] = frozenset({408, 413, 504, 524})
    stability: Stability | None = None
    fills: tuple[str, tuple[str, ...]] | None = None
    bulk: str | None = None

    @property
    def id(self) -> str:
        """Vendor and method, as errors, logs and checkpoints name them."""
        return f"{self.vendor.name}.{self.name}"

    def for_body(self, body: Mapping[str, object] | None) -> Operation:
        """Return the operation as it may be replayed with this body."""
        sent = body or {}
        if any(name in sent for name in self.once_with):
            return evolve(self, replay=Replay.NEVER)
        if any(sent.get(name) for name in self.keyed_by):
            return evolve(self, replay=Replay.KEYED)
        return self


class Quirks:
    """What a client has learned of its vendor while running.

    Attributes:
        strict_span: The vendor refuses windows of exactly its limit.
    """

    def __init__(self) -> None:
        self.strict_span = False


def window_query(operation: Operation, window: Window | None) -> dict[str, str]:
    """Return the query parameters that ask for a window."""
    rule, names = operation.window, operation.window_query
    if window is None or rule is None or names is None:
        return {}
    bounds = (window.start, window.end)
    return {
        name: format_instant(bound, rule.resolution)
        for name, bound in zip(names, bounds, strict=True)
    }
