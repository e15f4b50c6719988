"""What can go wrong on purpose: the effects that a fault plan is made of.

    from dialytics.sandbox import Fault, FaultPlan, Sandbox, faults

    plan = FaultPlan(
        Fault(faults.ErrorStatus(503, retry_after=0), vendor="chatlayer", times=2),
        Fault(faults.Truncation(0.5), vendor="digitalcx", first=3),
        Fault(faults.Latency(0.05), times=None, probability=0.1),
        seed=7,
    )
    with Sandbox(faults=plan) as box:
        ...

Several faults may strike one request: what delays it comes first, then what replaces the answer,
what changes it, and what happens to its bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

from attrs import field, frozen
from attrs.validators import optional

from .checks import (
    at_least,
    check_error_status,
    check_flag,
    check_offset,
    check_page_status,
    check_seconds,
    check_share,
    check_text,
    one_of,
)

Framing: TypeAlias = Literal["length", "chunked", "close", "whole"]
_FRAMINGS: tuple[Framing, ...] = get_args(Framing)


@frozen
class Latency:
    """The answer begins so many seconds late."""

    seconds: float = field(default=0.05, validator=check_seconds)


@frozen
class SlowDrip:
    """The body comes in so many pieces, with so many seconds before each."""

    pieces: int = field(default=5, validator=at_least(1))
    seconds: float = field(default=0.01, validator=check_seconds)


@frozen
class ErrorStatus:
    """An error in the vendor's own form; Retry-After as seconds, or as a date by its clock."""

    status: int = field(default=503, validator=check_error_status)
    retry_after: float | None = field(default=None, validator=optional(check_offset))
    as_date: bool = field(default=False, validator=check_flag)


@frozen
class ErrorPage:
    """A proxy's page in HTML; with status 200, one that does not even say that it is an error."""

    status: int = field(default=502, validator=check_page_status)


@frozen
class Refusal:
    """For so many seconds nobody listens: connections are refused, open ones are reset."""

    seconds: float = field(default=0.05, validator=check_seconds)


@frozen
class Reset:
    """The connection is reset when so much of the body (0 to 1) is sent; None: before any byte."""

    at: float | None = field(default=None, validator=optional(check_share))


@frozen
class Truncation:
    """Only so much of the body (0 to 1) comes, and then the connection is closed.

    `framing` is what the response said before: "length" has a content-length that is not reached,
    "chunked" lacks its last chunk, "close" has neither, and "whole" is framed as if the body that
    was cut were all: only what is in it can tell. `row_end` moves the cut back to the end of a
    line and sends it uncompressed; `gzip` compresses what the vendor would not.
    """

    at: float = field(default=0.5, validator=check_share)
    framing: Framing = field(default="length", validator=one_of(_FRAMINGS))
    row_end: bool = field(default=False, validator=check_flag)
    gzip: bool = field(default=False, validator=check_flag)


@frozen
class SecondMember:
    """The body is compressed with gzip as two members, of which most clients read only one."""


@frozen
class WrongType:
    """The response says it has another content type."""

    media: str = field(default="application/octet-stream", validator=check_text)


@frozen
class RepeatedToken:
    """The next page's token is the one that was sent; an offset is ignored. Later pages only."""


@frozen
class ExpiredToken:
    """The continuation token is refused as one that the vendor never gave. Later pages only."""


@frozen
class EmptyPage:
    """A page has no rows, and (where there are tokens) a token that leads on to what it had."""


@frozen
class OutOfOrder:
    """A page's rows come in reverse."""


@frozen
class MalformedRow:
    """One row of a page, so far down it (0 to 1), is none.

    In CSV it has a cell too many; in JSON it is a text that holds it.
    """

    at: float = field(default=0.5, validator=check_share)


@frozen
class ClockSkew:
    """The vendor's clock is off by so many seconds: for its Date, horizon and latest rows."""

    seconds: float = field(default=3600.0, validator=check_offset)


@frozen
class Change:
    """Before the answer the data changes: items are added or removed, the clock goes on.

    Inkeep: the newest conversations, feedback and events. Chatlayer: event definitions and
    subscriptions of the bot that is asked for. Everything else grows with the clock (`advance`).
    """

    insert: int = field(default=0, validator=at_least(0))
    delete: int = field(default=0, validator=at_least(0))
    advance: float = field(default=0.0, validator=check_seconds)


Effect: TypeAlias = (
    Latency
    | SlowDrip
    | ErrorStatus
    | ErrorPage
    | Refusal
    | Reset
    | Truncation
    | SecondMember
    | WrongType
    | RepeatedToken
    | ExpiredToken
    | EmptyPage
    | OutOfOrder
    | MalformedRow
    | ClockSkew
    | Change
)
EFFECTS: Mapping[str, type[Effect]] = {kind.__name__: kind for kind in Effect.__args__}
