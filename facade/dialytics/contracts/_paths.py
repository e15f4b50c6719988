"""A whole document: paths matched whatever their parameters are called, webhooks, components."""

from __future__ import annotations

import re
from typing import NamedTuple

from . import _lifecycle
from ._document import METHODS, Document, Place, as_map
from ._engine import Unit, Walk
from ._operations import compare_operations
from ._security import compare_schemes, compare_security
from ._servers import compare_servers


class Root(NamedTuple):
    """Where a walk began: a unit, and the operations that it is about (none: the document)."""

    unit: Unit
    operations: list[str]


def compare_documents(walk: Walk) -> list[Root]:
    """Compare two documents, and return where to look for what was found."""
    roots: list[Root] = []
    olds, news = _read_paths(walk.old, "paths"), _read_paths(walk.new, "paths")
    matches = match_paths(list(olds), list(news))
    for path in olds:
        found = matches.get(path)
        roots += _compare_path(walk, path, olds[path], found, news.get(found or ""))
    for path in news:
        if path not in matches.values():
            roots += [_added(f"{method.upper()} {path}", at) for method, at in _methods(news[path])]
    roots += _compare_webhooks(walk)
    whole = Unit()
    if walk.strict or _is_inherited(matches, olds, news):
        compare_security(
            walk, whole, walk.old.at("security"), walk.new.at("security"), "api-global-security"
        )
    schemes = (
        walk.old.at("components", "securitySchemes"),
        walk.new.at("components", "securitySchemes"),
    )
    compare_schemes(walk, whole, *schemes)
    _compare_components(walk, whole)
    compare_servers(whole, walk.old.at("servers"), walk.new.at("servers"))
    roots.append(Root(whole, []))
    walk.run()
    return roots


def match_paths(old: list[str], new: list[str]) -> dict[str, str]:
    """Pair paths that are equal, or equal but for the names of their parameters."""
    matches = {path: path for path in old if path in set(new)}
    taken = set(matches.values())
    shapes: dict[str, list[str]] = {}
    for path in new:
        if path not in taken:
            shapes.setdefault(_shape(path), []).append(path)
    for path in old:
        if path not in matches and (free := shapes.get(_shape(path))):
            matches[path] = free.pop(0)
    return matches


def _is_inherited(matches: dict[str, str], olds: dict[str, Place], news: dict[str, Place]) -> bool:
    """Tell whether any operation has the document's security in both, or none is in both."""
    pairs = [
        (before.step("security"), after.step("security"))
        for path, found in matches.items()
        for method, before in _methods(olds[path])
        for other, after in _methods(news[found])
        if method == other
    ]
    return not pairs or any(old.node is None and new.node is None for old, new in pairs)


def _shape(path: str) -> str:
    return re.sub(r"{[^{}]*}", "{}", path)


def _read_paths(document: Document, key: str) -> dict[str, Place]:
    return {
        name: document.follow(place)
        for name, place in document.at(key).entries()
        if not name.startswith("x-")
    }


def _methods(item: Place) -> list[tuple[str, Place]]:
    return [
        (one, item.step(one)) for one in METHODS if isinstance(as_map(item.node).get(one), dict)
    ]


def _added(operation: str, place: Place) -> Root:
    unit = Unit()
    unit.add("endpoint-added", place.pointer, None, operation)
    return Root(unit, [operation])


def _compare_path(
    walk: Walk,
    path: str,
    old: Place,
    new_path: str | None,
    new: Place | None,
    *,
    inbound: bool = False,
) -> list[Root]:
    roots: list[Root] = []
    befores, afters = dict(_methods(old)), dict(_methods(new)) if new else {}
    for method, place in befores.items():
        name = f"{method.upper()} {path}"
        if method not in afters or new is None or new_path is None:
            roots.append(_removed(walk, name, place, whole=not new))
            continue
        unit = Unit()
        if not walk.is_same(old.node, new.node) or path != new_path:
            compare_operations(
                walk,
                unit,
                place,
                afters[method],
                paths=(old, new),
                names=(path, new_path),
                inbound=inbound,
            )
        roots.append(Root(unit, [name]))
    for method, place in afters.items():
        if method not in befores:
            roots.append(_added(f"{method.upper()} {path}", place))
    return roots


def _removed(walk: Walk, name: str, place: Place, *, whole: bool) -> Root:
    unit, node = Unit(), as_map(place.node)
    how = _lifecycle.judge_removal(node, walk.today)
    if walk.strict and _lifecycle.is_invalid(node):
        level = node.get("x-stability-level")
        unit.add("api-invalid-stability-level", place.pointer, level, None)
    elif how == "sunset-parse":
        unit.add("api-path-sunset-parse", place.pointer, node.get("x-sunset"), None)
    elif not (walk.strict and _lifecycle.is_unstable(node)):
        unit.add(f"api-{'path-' if whole else ''}removed-{how}", place.pointer, name, None)
    return Root(unit, [name])


def _compare_webhooks(walk: Walk) -> list[Root]:
    olds, news = _read_paths(walk.old, "webhooks"), _read_paths(walk.new, "webhooks")
    whole = Unit()
    roots = [Root(whole, [])]
    for name in {**olds, **news}:
        if name not in news:
            whole.add("webhook-removed", olds[name].pointer, name, None)
        elif name not in olds:
            whole.add("webhook-added", news[name].pointer, None, name)
        else:
            path = f"webhook:{name}"
            both = olds[name], path, news[name]
            roots += _compare_path(walk, path, *both, inbound=not walk.strict)
    return roots


def _compare_components(walk: Walk, unit: Unit) -> None:
    olds = dict(walk.old.at("components", "schemas").entries())
    news = dict(walk.new.at("components", "schemas").entries())
    for name, place in olds.items():
        if name not in news:
            unit.add("api-schema-removed", place.pointer, name, None)
    for name, place in news.items():
        if name not in olds:
            unit.add("api-schema-added", place.pointer, None, name)
