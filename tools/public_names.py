"""What users may import from the façade, in two trees, and what of it changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import griffe

from dialytics.contracts import Change
from dialytics.contracts._breaks import compare_argument
from dialytics.contracts._surface import Argument

# Modules whose own functions count though they have no `__all__`: pytest finds them by name.
_UNLISTED = ("pytest_plugin",)
_UNSURE = ("parameter-changed-default", "attribute-changed-value")


class Promises:
    """What the ``__all__`` of public modules names, and where it is defined.

    Attributes:
        names: Every public name, with those of rows, which are in another package.
        objects: What is behind each, where that is in this package.
        places: Where things and their base classes are defined, each with its public name.
    """

    def __init__(self, tree: Path) -> None:
        """Read a tree's façade."""
        paths = [str(tree)]
        self.package: Any = griffe.load("dialytics", search_paths=paths, allow_inspection=False)
        self.names: set[str] = set()
        self.objects: dict[str, Any] = {}
        self.places: dict[str, str] = {}
        for module in _walk(self.package):
            for name in _list_names(module):
                self._add(module, name)

    def _add(self, module: Any, name: str) -> None:
        member = module.members.get(name)
        target = _resolve(member)
        if target is None and (member is None or member.target_path.startswith("dialytics.")):
            return  # what `__all__` names without having it
        self.names.add(f"{module.path}.{name}")
        if target is None or target.is_module:
            return
        public = self.places.setdefault(target.path, f"{module.path}.{name}")
        self.objects.setdefault(public, target)
        for base in _find_bases(target):
            self.places.setdefault(base.path, public)

    def name(self, path: str) -> str | None:
        """Return what a place is promised as; None where it is nobody's business."""
        parts = path.split(".")
        for length in range(len(parts), 0, -1):
            name = self.places.get(".".join(parts[:length]))
            if name is not None:
                rest = parts[length:]
                return None if _is_private(rest) else ".".join([name, *rest])
        return None


def compare_facades(old: Path, new: Path) -> list[Change]:
    """Compare the public names of two trees' façades."""
    before, after = Promises(old), Promises(new)
    gone = sorted(before.names - after.names)
    removed = [Change("python", "object-removed", "breaking", "", symbol=name) for name in gone]
    found = {change.fingerprint: change for change in removed}
    changes = [*_compare_forms(before, after), *_compare_types(before, after)]
    for change in changes:
        if not any(f"{change.symbol}.".startswith(f"{name}.") for name in gone):
            found[change.fingerprint] = change
    return list(found.values())


def _compare_forms(before: Promises, after: Promises) -> Iterator[Change]:
    """Yield what went, and which arguments went, moved or are needed now."""
    for one in griffe.find_breaking_changes(before.package, after.package):
        symbol = before.name(one.obj.path)
        if symbol is None:
            continue
        kind = one.kind.name.lower().replace("_", "-")
        level = "risky" if kind in _UNSURE else "breaking"
        yield Change(
            "python", kind, level, "", [], symbol, _tell(one.old_value), _tell(one.new_value)
        )


def _compare_types(before: Promises, after: Promises) -> Iterator[Change]:
    """Yield the types that changed, of arguments, of what is returned and of attributes."""
    for name, old in before.objects.items():
        new = after.objects.get(name)
        if new is None:
            continue
        pairs = [(old, new)]
        if old.is_class and new.is_class:
            mine, theirs = (_find_members(one) for one in (old, new))
            pairs = [(one, theirs[key]) for key, one in mine.items() if key in theirs]
        way = "request" if _is_given(old) else "response"
        for one, other in pairs:
            symbol = before.name(one.path)
            if symbol is not None:
                yield from _compare_object(symbol, one, other, way)


def _find_members(one: Any) -> dict[str, Any]:
    """Return what a class has, of its own and from its bases in this package."""
    every = {**one.inherited_members, **one.members}
    return {name: found for name, member in every.items() if (found := _resolve(member))}


def _resolve(one: Any) -> Any:
    """Return what a name stands for; None where that is in another package."""
    try:
        return one.final_target if one is not None and one.is_alias else one
    except griffe.AliasResolutionError:
        return None


def _compare_object(symbol: str, old: Any, new: Any, way: str) -> Iterator[Change]:
    if old.is_function and new.is_function:
        theirs = {one.name: one for one in new.parameters}
        for one in old.parameters:
            if one.name in theirs:
                types = one.annotation, theirs[one.name].annotation
                yield from _compare_type("parameter", f"{symbol}({one.name})", *types, "request")
        yield from _compare_type("return", symbol, old.returns, new.returns, "response")
    elif old.is_attribute and new.is_attribute:
        yield from _compare_type("attribute", symbol, old.annotation, new.annotation, way)


def _compare_type(noun: str, symbol: str, old: Any, new: Any, way: str) -> Iterator[Change]:
    if old is None or new is None:
        return
    before, after = Argument(noun, str(old)), Argument(noun, str(new))
    for kind, level in compare_argument(before, after, {way}):
        yield Change("python", f"{noun}-{kind}", level, "", [], symbol, before.type, after.type)


def _walk(module: Any) -> Iterator[Any]:
    """Yield a module and the public ones below it."""
    yield module
    for name, one in module.members.items():
        if not one.is_alias and one.is_module and not _is_private([name]):
            yield from _walk(one)


def _list_names(module: Any) -> list[str]:
    if module.exports is None and module.name in _UNLISTED:
        own = [name for name, one in module.members.items() if not one.is_alias]
        return [name for name in own if not _is_private([name])]
    return [str(name) for name in module.exports or ()]


def _find_bases(one: Any) -> list[Any]:
    """Return the bases of a class that are in this package."""
    try:
        return list(one.mro()) if one.is_class else []
    except ValueError:
        return []


def _is_given(one: Any) -> bool:
    """Tell whether a class is what users pass: a dictionary of keyword arguments."""
    classes = [one, *_find_bases(one)] if one.is_class else []
    return any(str(base).endswith("TypedDict") for each in classes for base in each.bases)


def _is_private(parts: list[str]) -> bool:
    return any(part.startswith("_") and not part.endswith("__") for part in parts)


def _tell(value: Any) -> str | None:
    """Write what griffe tells of a change; what came or went is told by its name already."""
    if value is None or isinstance(value, griffe.Object | griffe.Alias):
        return None
    if isinstance(value, griffe.Parameter):
        default = "" if value.required else f" = {value.default}"
        return f"{value.name}: {value.annotation}{default}" if value.annotation else value.name
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(getattr(value, "value", value))
