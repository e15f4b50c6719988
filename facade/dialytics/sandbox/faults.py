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
from typing import Any, Literal, Self, TypeAlias, get_args

import attrs
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
from .exchange import Vendor

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
    | ClockSkew
    | Change
)
EFFECTS: Mapping[str, type[Effect]] = {kind.__name__: kind for kind in Effect.__args__}
_LATER_PAGES = (RepeatedToken, ExpiredToken)


def _check_effect(_fault: object, _attribute: object, effect: Any) -> None:
    if isinstance(effect, type) and issubclass(effect, Effect.__args__):
        name = effect.__name__
        raise ValueError(f"effect is the class {name}: write {name}(), with parentheses")
    if not isinstance(effect, Effect.__args__):
        raise ValueError(f"effect must be one of {', '.join(EFFECTS)}; got {effect!r}")


def _check_times(_fault: object, _attribute: object, times: object) -> None:
    if times is not None and (type(times) is not int or times < 1):
        raise ValueError(f"times must be a whole number, 1 or more, or None; got {times!r}")


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

    Raises `ValueError` for what is not so.
    """

    effect: Effect = field(validator=_check_effect)
    vendor: Vendor | None = field(
        default=None, kw_only=True, validator=optional(one_of(get_args(Vendor)))
    )
    operation: str | None = field(default=None, kw_only=True, validator=optional(check_text))
    first: int = field(default=1, kw_only=True, validator=at_least(1))
    every: int = field(default=1, kw_only=True, validator=at_least(1))
    times: int | None = field(default=1, kw_only=True, validator=_check_times)
    probability: float = field(default=1.0, kw_only=True, validator=check_share)

    def matches(self, vendor: Vendor, operations: Collection[str], *, later: bool) -> bool:
        """Tell whether a request is one of those that are counted; `later`: it has a token."""
        return (
            self.vendor in (None, vendor)
            and (self.operation is None or self.operation in operations)
            and (later or not isinstance(self.effect, _LATER_PAGES))
        )


@frozen(init=False)
class FaultPlan:
    """All that is to go wrong; which of several chances come true follows from the seed.

    Raises `ValueError` for what is no `Fault`, or a seed that is no whole number.
    """

    faults: tuple[Fault, ...]
    seed: int

    def __init__(self, *faults: Fault, seed: int = 1) -> None:
        for one in faults:
            _check_fault(one)
        if type(seed) is not int:
            raise ValueError(f"seed must be a whole number; got {seed!r}")
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
        except (TypeError, ValueError) as error:
            raise ValueError(f"this is no fault plan: it is no JSON ({error})") from None
        try:
            found = _take(content, "the plan", ("faults",), ("seed",))
            faults = [read_fault(one) for one in _require_list(found["faults"])]
            return cls(*faults, seed=found.get("seed", 1))
        except ValueError as error:
            raise ValueError(f"this is no fault plan: {error}") from None


def read_fault(content: object) -> Fault:
    """Return the fault that an object describes; raise `ValueError` for what is none."""
    own = tuple(one.name for one in attrs.fields(Fault) if one.name != "effect")
    fields = _take(content, "a fault", ("effect",), own)
    effect = fields.pop("effect")
    kind = effect.get("kind") if isinstance(effect, dict) else None
    if not isinstance(kind, str) or kind not in EFFECTS:
        raise ValueError(f"an effect's kind must be one of {', '.join(EFFECTS)}; got {kind!r}")
    names = tuple(one.name for one in attrs.fields(EFFECTS[kind]))
    found = _take(effect, kind, ("kind",), names)
    del found["kind"]
    return Fault(EFFECTS[kind](**found), **fields)


def _require_list(faults: object) -> list[object]:
    if not isinstance(faults, list):
        raise ValueError("faults must be a list")
    return faults


def _take(
    content: object, what: str, needed: tuple[str, ...], others: tuple[str, ...]
) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise ValueError(f"{what} must be an object with {', '.join(needed)}")
    for name in needed:
        if name not in content:
            raise ValueError(f"{what} lacks {name}")
    for name in content:
        if name not in (*needed, *others):
            raise ValueError(f"{what} has no {name}; it has {', '.join((*needed, *others))}")
    return dict(content)


def _check_fault(one: object) -> None:
    if isinstance(one, Fault):
        return
    if isinstance(one, Effect.__args__):
        raise ValueError(f"an effect goes into a fault: write Fault({one!r})")
    got = one.__name__ if isinstance(one, type) else type(one).__name__
    problem = (
        f"the plan's arguments must be Faults, one by one, as in FaultPlan(one, two); got {got}"
    )
    raise ValueError(problem)
