"""What breaks in a generated client: functions, models and their parts, old and new."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ._document import METHODS, as_map
from ._report import Change
from ._surface import Argument, Function, Model, Surface
from ._unions import find_difference, is_taken

_STRICT = {"breaking": "error", "risky": "warning", "compatible": "info"}


class _Role(NamedTuple):
    """In what directions arguments go, in which operations, and what they are."""

    ways: set[str]
    operations: list[str]
    noun: str


class Changes:
    """Collects changes of both axes."""

    def __init__(self, document: dict[str, Any], *, strict: bool) -> None:
        self.found: list[Change] = []
        self.strict = strict
        self.paths = {
            f"{method.upper()} {_shape(path)}": f"{method.upper()} {path}"
            for path, item in as_map(document.get("paths")).items()
            for method in METHODS
            if method in as_map(item)
        }

    def add(
        self,
        name: str,
        level: str,
        symbol: str | None,
        *told: Any,
        axis: str = "python",
        operations: Iterable[str] = (),
    ) -> None:
        before, after = told or (None, None)
        level = _STRICT[level] if self.strict else level
        given = dict.fromkeys(self.name(one) for one in operations if one)
        self.found.append(Change(axis, name, level, "", list(given), symbol, before, after))

    def name(self, operation: str) -> str:
        """Return an operation with its path as in the old document."""
        method, _, path = operation.partition(" ")
        return self.paths.get(f"{method} {_shape(path)}", operation)


def _shape(path: str) -> str:
    return re.sub(r"{[^{}]*}", "{}", path)


def compare_surfaces(changes: Changes, old: Surface, new: Surface) -> None:
    for symbol, function in old.functions.items():
        if symbol in new.functions:
            _compare_function(changes, function, new.functions[symbol])
        else:
            operations = [function.operation]
            changes.add("function-removed", "breaking", symbol, symbol, None, operations=operations)
    for symbol, function in new.functions.items():
        if symbol not in old.functions:
            operations = [function.operation]
            changes.add("function-added", "compatible", symbol, None, symbol, operations=operations)
    before, after = old.reach(), new.reach()
    for name, model in old.models.items():
        reached = {way: sorted(before[name][way]) for way in ("request", "response")}
        everywhere = [*reached["request"], *reached["response"]]
        if name not in new.models:
            told = model.symbol, model.symbol, None
            changes.add("model-removed", "breaking", *told, operations=everywhere)
            continue
        ways = {way for way in reached if before[name][way] or after[name][way]}
        _compare_model(changes, model, new.models[name], ways, everywhere)
    for name, model in new.models.items():
        if name not in old.models:
            changes.add("model-added", "compatible", model.symbol, None, model.symbol)


def _compare_function(changes: Changes, old: Function, new: Function) -> None:
    role = _Role({"request"}, [old.operation], "parameter")
    where = role.operations
    for name in sorted(old.names - new.names):
        changes.add(
            "function-removed", "breaking", f"{old.symbol}.{name}", name, None, operations=where
        )
    for name in sorted(new.names - old.names):
        changes.add(
            "function-added", "compatible", f"{old.symbol}.{name}", None, name, operations=where
        )
    _compare_arguments(changes, old.symbol, old.arguments, new.arguments, role)
    gone, come = find_difference(old.returns, new.returns)
    if gone or come:
        more = gone or not all(map(new.is_error, come))  # than the answer to an error
        level = "breaking" if come and more else "risky"
        changes.add(
            "return-type-changed", level, old.symbol, old.returns, new.returns, operations=where
        )


def _compare_model(
    changes: Changes, old: Model, new: Model, ways: set[str], operations: list[str]
) -> None:
    where = operations
    if (old.values is None) != (new.values is None):
        changes.add("model-kind-changed", "breaking", old.symbol, None, None, operations=where)
        return
    if old.values is not None and new.values is not None:
        _compare_members(changes, old, new, ways, where)
        return
    role = _Role(ways, operations, "field")
    _compare_arguments(changes, old.symbol, old.fields, new.fields, role)
    if old.rest != new.rest:
        told = old.symbol, old.rest, new.rest
        if new.rest is None:
            changes.add("additional-properties-removed", "breaking", *told, operations=where)
        elif old.rest is None:
            changes.add("additional-properties-added", "compatible", *told, operations=where)
        else:
            changes.add("additional-properties-type-changed", "risky", *told, operations=where)


def _compare_members(
    changes: Changes, old: Model, new: Model, ways: set[str], where: list[str]
) -> None:
    olds, news = old.values or {}, new.values or {}
    for name, value in olds.items():
        if name not in news:
            level = "breaking" if "request" in ways or not ways else "risky"
            changes.add(
                "enum-member-removed", level, f"{old.symbol}.{name}", value, None, operations=where
            )
        elif value != news[name]:
            told = f"{old.symbol}.{name}", value, news[name]
            changes.add("enum-member-changed", "breaking", *told, operations=where)
    for name, value in news.items():
        if name not in olds:
            level = "risky" if "response" in ways else "compatible"
            changes.add(
                "enum-member-added", level, f"{old.symbol}.{name}", None, value, operations=where
            )


def _compare_arguments(
    changes: Changes,
    symbol: str,
    old: dict[str, Argument],
    new: dict[str, Argument],
    role: _Role,
) -> None:
    ways, where, noun = role
    for name, before in old.items():
        at = f"{symbol}.{name}"
        if name not in new:
            changes.add(f"{noun}-removed", "breaking", at, before.type, None, operations=where)
            continue
        after = new[name]
        for kind, level in compare_argument(before, after, ways):
            changes.add(f"{noun}-{kind}", level, at, _tell(before), _tell(after), operations=where)
    for name, after in new.items():
        if name not in old:
            needed = after.required and "request" in ways
            kind = "required" if after.required else "optional"
            level = "breaking" if needed else "compatible"
            told = f"{symbol}.{name}", None, _tell(after)
            changes.add(f"{noun}-added-{kind}", level, *told, operations=where)
    if _moves(old, new, grown="request" in ways):
        olds, news = ([one.name for one in all_.values() if one.positional] for all_ in (old, new))
        level = "risky" if noun == "field" else "breaking"
        changes.add(f"{noun}-order-changed", level, symbol, olds, news, operations=where)


def _moves(old: dict[str, Argument], new: dict[str, Argument], *, grown: bool) -> bool:
    """Tell whether arguments given by position land elsewhere, among new ones too if ``grown``."""
    olds = [name for name in old if name in new and old[name].positional]
    news = [name for name in new if name in old and new[name].positional]
    if olds != news:
        return True
    every = [name for name, one in new.items() if one.positional]
    return grown and every[: len(olds)] != olds and all(name in new for name in old)


def compare_argument(old: Argument, new: Argument, ways: set[str]) -> Iterator[tuple[str, str]]:
    """Yield what changed in an argument, and the worst that it does in the directions it goes."""
    gone, come = find_difference(old.type, new.type)
    lost = [one for one in gone if not is_taken(one, new.type)]
    if gone or come:
        bad = ("request" in ways and lost) or ("response" in ways and come) or not ways
        kind = "type-changed"
        if gone | come == {"Unset"}:
            kind = "became-optional" if come else "became-required"
        yield kind, "breaking" if bad else "compatible"
    elif old.required != new.required:
        tight = new.required and "request" in ways
        kind = "became-required" if new.required else "became-optional"
        yield kind, "breaking" if tight else "compatible"
    if not old.required and not new.required and old.default != new.default:
        yield "default-changed", "risky"


def _tell(argument: Argument) -> str:
    default = f" = {argument.default}" if argument.default is not None else ""
    return f"{argument.type}{default}"
