"""The Python axis: both documents generated, and what users import compared."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from ._document import METHODS, as_map
from ._generate import PACKAGE, Generated, generate
from ._report import Change
from ._surface import Argument, Function, Model, Surface, read_surface, split_union

_STRICT = {"breaking": "error", "risky": "warning", "compatible": "info"}
_WORSE = {"compatible": 0, "risky": 1, "breaking": 2}


def compare_python(old: dict[str, Any], new: dict[str, Any], *, strict: bool) -> list[Change]:
    """Generate both documents' clients and report what differs, in them and in the warnings."""
    with tempfile.TemporaryDirectory(prefix="contracts-") as scratch:
        before = generate(old, Path(scratch) / "old")
        after = generate(new, Path(scratch) / "new")
        changes = _Changes(old, strict=strict)
        _compare_warnings(changes, before, after)
        if before.refusal is None and after.refusal is None:
            surfaces = [read_surface(one.folder, PACKAGE) for one in (before, after)]
            _compare_surfaces(changes, *surfaces)
    return changes.found


def compare_packages(old: Path, new: Path, package: str) -> list[Change]:
    """Compare a generated package as it is in two folders."""
    changes = _Changes({}, strict=False)
    if (old / package).is_dir() and (new / package).is_dir():
        _compare_surfaces(changes, *(read_surface(one, package) for one in (old, new)))
    return changes.found


class _Role(NamedTuple):
    """In what directions arguments go, in which operations, and what they are."""

    ways: set[str]
    operations: list[str]
    noun: str


class _Changes:
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


def _compare_warnings(changes: _Changes, old: Generated, new: Generated) -> None:
    if new.refusal is not None or old.refusal is not None:
        if new.refusal is None:
            changes.add(
                "generator-accepts", "compatible", None, old.refusal, None, axis="generator"
            )
        elif old.refusal != new.refusal:
            told = (None, new.refusal) if old.refusal is None else (old.refusal, new.refusal)
            level = "breaking" if old.refusal is None else "risky"
            changes.add("generator-refuses", level, None, *told, axis="generator")
        return
    before, after = Counter(old.warnings), Counter(new.warnings)
    for text in (after - before).elements():
        dropped = "Endpoint will not be generated" in text
        name = "generator-endpoint-dropped" if dropped else "generator-warning-added"
        changes.add(name, "breaking" if dropped else "risky", None, None, text, axis="generator")
    for text in (before - after).elements():
        changes.add("generator-warning-removed", "compatible", None, text, None, axis="generator")


def _compare_surfaces(changes: _Changes, old: Surface, new: Surface) -> None:
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


def _compare_function(changes: _Changes, old: Function, new: Function) -> None:
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
    gone, come = _difference(old.returns, new.returns)
    if gone or come:
        level = "risky" if come else "compatible"
        changes.add(
            "return-type-changed", level, old.symbol, old.returns, new.returns, operations=where
        )


def _compare_model(
    changes: _Changes, old: Model, new: Model, ways: set[str], operations: list[str]
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
    changes: _Changes, old: Model, new: Model, ways: set[str], where: list[str]
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
    changes: _Changes,
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
        kind, level = _compare_argument(before, after, ways)
        if kind:
            changes.add(f"{noun}-{kind}", level, at, _tell(before), _tell(after), operations=where)
    for name, after in new.items():
        if name not in old:
            needed = after.required and "request" in ways
            kind = "required" if after.required else "optional"
            level = "breaking" if needed else "compatible"
            told = f"{symbol}.{name}", None, _tell(after)
            changes.add(f"{noun}-added-{kind}", level, *told, operations=where)
    olds = [name for name in old if name in new and old[name].positional]
    news = [name for name in new if name in old and new[name].positional]
    if olds != news:
        level = "risky" if noun == "field" else "breaking"
        changes.add(f"{noun}-order-changed", level, symbol, olds, news, operations=where)


def _compare_argument(old: Argument, new: Argument, ways: set[str]) -> tuple[str | None, str]:
    """Say what changed in an argument, and the worst that it does in the directions it goes."""
    gone, come = _difference(old.type, new.type)
    if gone or come:
        level = "compatible"
        if ("request" in ways and gone) or ("response" in ways and come) or not ways:
            level = "breaking"
        return "type-changed", level
    if old.required != new.required:
        tight = new.required and "request" in ways
        kind = "became-required" if new.required else "became-optional"
        return kind, "breaking" if tight else "compatible"
    if old.default != new.default:
        return "default-changed", "risky"
    return None, "compatible"


def _difference(old: str, new: str) -> tuple[set[str], set[str]]:
    befores, afters = set(split_union(old)), set(split_union(new))
    if "Any" in befores | afters and befores != afters:
        return (befores - {"Any"} or {"Any"}), (afters - {"Any"} or {"Any"})
    return befores - afters, afters - befores


def _tell(argument: Argument) -> str:
    default = f" = {argument.default}" if argument.default is not None else ""
    return f"{argument.type}{default}"
