"""Fault plans: which requests are struck by what; a plan is a value, and can be written as JSON."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, Self, get_args

import attrs
from attrs import field, frozen
from attrs.validators import optional

from .._texts import suggest
from .checks import at_least, check_share, check_text, one_of
from .exchange import Vendor
from .faults import EFFECTS, Effect, ExpiredToken, RepeatedToken

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
        hint = suggest(kind, [*EFFECTS], "it must be one of")
        raise ValueError(f"an effect's kind cannot be {kind!r}; {hint}")
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
            raise ValueError(f"{what} has no {name}; {suggest(name, (*needed, *others), 'it has')}")
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
