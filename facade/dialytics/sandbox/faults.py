"""What can go wrong on purpose: a fault plan is a value, and can be written as JSON.

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

import json
from collections.abc import Collection, Mapping
from typing import Any, Literal, Self, TypeAlias

import attrs
from attrs import field, frozen
from attrs.validators import ge, in_, le, optional

from .exchange import Vendor

Framing: TypeAlias = Literal["length", "chunked", "close", "whole"]


@frozen
class Latency:
    """The answer begins so many seconds late."""

    seconds: float = field(default=0.05, validator=ge(0))


@frozen
class SlowDrip:
    """The body comes in so many pieces, with so many seconds before each."""

    pieces: int = field(default=5, validator=ge(1))
    seconds: float = field(default=0.01, validator=ge(0))


@frozen
class ErrorStatus:
    """An error in the vendor's own form; Retry-After as seconds, or as a date by its clock."""

    status: int = 503
    retry_after: float | None = None
    as_date: bool = False


@frozen
class ErrorPage:
    """A proxy's page in HTML; with status 200, one that does not even say that it is an error."""

    status: int = 502


@frozen
class Refusal:
    """For so many seconds nobody listens: connections are refused, open ones are reset."""

    seconds: float = field(default=0.05, validator=ge(0))


@frozen
class Reset:
    """The connection is reset when so much of the body (0 to 1) is sent; None: before any byte."""

    at: float | None = field(default=None, validator=optional([ge(0), le(1)]))


@frozen
class Truncation:
    """Only so much of the body (0 to 1) comes, and then the connection is closed.

    `framing` is what the response said before: "length" has a content-length that is not reached,
    "chunked" lacks its last chunk, "close" has neither, and "whole" is framed as if the body that
    was cut were all: only what is in it can tell. `row_end` moves the cut back to the end of a
    line and sends it uncompressed; `gzip` compresses what the vendor would not.
    """

    at: float = field(default=0.5, validator=[ge(0), le(1)])
    framing: Framing = field(
        default="length", validator=in_(("length", "chunked", "close", "whole"))
    )
    row_end: bool = False
    gzip: bool = False


@frozen
class SecondMember:
    """The body is compressed with gzip as two members, of which most clients read only one."""


@frozen
class WrongType:
    """The response says it has another content type."""

    media: str = "application/octet-stream"


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
class ClockSkew:
    """The vendor's clock is off by so many seconds: for its Date, horizon and latest rows."""

    seconds: float = 3600.0


@frozen
class Change:
    """Before the answer the data changes: items are added or removed, the clock goes on.

    Inkeep: the newest conversations, feedback and events. Chatlayer: event definitions and
    subscriptions of the bot that is asked for. Everything else grows with the clock (`advance`).
    """

    insert: int = field(default=0, validator=ge(0))
    delete: int = field(default=0, validator=ge(0))
    advance: float = field(default=0.0, validator=ge(0))


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
    | ClockSkew
    | Change
)
EFFECTS: Mapping[str, type[Effect]] = {kind.__name__: kind for kind in Effect.__args__}
_LATER_PAGES = (RepeatedToken, ExpiredToken)


def _check_times(_fault: object, _attribute: object, times: int | None) -> None:
    if times is not None and times < 1:
        raise ValueError(f"times must be 1 or more, or None; got {times}")


@frozen
class Fault:
    """An effect, and which requests it strikes.

    Args:
        effect: what happens.
        vendor: only this vendor's requests; None: all.
        operation: only requests of this operation id, as docs/operations.md names it, or `token`
            for a token endpoint; None: all.
        first: the first request that is struck, from 1, of those that vendor and operation leave
            (and for effects on later pages, of those with a token).
        every: from there on, one in so many.
        times: how often it strikes in all; None: for ever.
        probability: the chance that such a request is struck, drawn from the plan's seed.
    """

    effect: Effect
    vendor: Vendor | None = field(default=None, kw_only=True)
    operation: str | None = field(default=None, kw_only=True)
    first: int = field(default=1, kw_only=True, validator=ge(1))
    every: int = field(default=1, kw_only=True, validator=ge(1))
    times: int | None = field(default=1, kw_only=True, validator=_check_times)
    probability: float = field(default=1.0, kw_only=True, validator=[ge(0), le(1)])

    def matches(self, vendor: Vendor, operations: Collection[str], *, later: bool) -> bool:
        """Tell whether a request is one of those that are counted; `later`: it has a token."""
        return (
            self.vendor in (None, vendor)
            and (self.operation is None or self.operation in operations)
            and (later or not isinstance(self.effect, _LATER_PAGES))
        )


@frozen(init=False)
class FaultPlan:
    """All that is to go wrong; which of several chances come true follows from the seed."""

    faults: tuple[Fault, ...]
    seed: int

    def __init__(self, *faults: Fault, seed: int = 1) -> None:
        object.__setattr__(self, "faults", faults)
        object.__setattr__(self, "seed", seed)

    def to_json(self) -> str:
        """Return the plan as JSON text; an effect is an object with its class as `kind`."""
        faults = [
            {
                **attrs.asdict(fault, recurse=False),
                "effect": {"kind": type(fault.effect).__name__, **attrs.asdict(fault.effect)},
            }
            for fault in self.faults
        ]
        return json.dumps({"seed": self.seed, "faults": faults})

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read what `to_json` wrote; defaults may be left out.

        Raises `ValueError` for what is no fault plan.
        """
        try:
            content = json.loads(text)
            faults = [read_fault(dict(one)) for one in content["faults"]]
            return cls(*faults, seed=int(content.get("seed", 1)))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"this is no fault plan: {error!r}") from None


def read_fault(content: dict[str, Any]) -> Fault:
    """Return the fault that an object describes."""
    effect = dict(content.pop("effect"))
    return Fault(EFFECTS[effect.pop("kind")](**effect), **content)
