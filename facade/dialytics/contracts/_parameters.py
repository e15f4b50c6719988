"""Parameters: matched by place and name, path parameters by their position."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from . import _lifecycle
from ._document import Document, Place, as_list, as_map
from ._engine import Finding, Site, Unit, Walk
from ._rules import find_facet, find_rule
from ._schemas import compare_schemas
from ._types import SCALARS

Key = tuple[str, str]
_STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}


def read_parameters(document: Document, *places: Place, path: str) -> dict[Key, Place]:
    """Return parameters by where they are sent and what they are called.

    Path parameters are called by their position, so that a new name is no change. Later lists
    override earlier ones.
    """
    positions = {name: f"#{n}" for n, name in enumerate(re.findall(r"{([^{}]*)}", path))}
    found: dict[Key, Place] = {}
    for place in places:
        for item in place.items():
            one = document.follow(item)
            node = as_map(one.node)
            name, where = str(node.get("name")), str(node.get("in"))
            if where == "path":
                name = positions.get(name, name)
            found[where, name.lower() if where == "header" else name] = one
    return found


def compare_parameters(
    walk: Walk, unit: Unit, old: dict[Key, Place], new: dict[Key, Place], *, shared: bool = False
) -> None:
    """Compare the parameters of an operation; ``shared`` are those that a path has for all."""
    old = _spread(walk.old, old, new)
    new = _spread(walk.new, new, old)
    for key in {**old, **new}:
        if key not in new:
            if not shared:
                _report_removed(unit, old[key], walk)
        elif key not in old:
            _report_added(unit, new[key], key, shared=shared)
        elif not shared:
            walk.go_down(unit, compare_parameter, old[key], new[key])


def compare_parameter(walk: Walk, unit: Unit, old: Place, new: Place) -> None:
    """Compare two parameters of the same place and name."""
    before, after = as_map(old.node), as_map(new.node)

    def report(facet: str, was: Any = None, now: Any = None) -> None:
        rule = find_facet("request", "parameter", facet)
        unit.findings.append(Finding(rule, new.pointer, was, now))

    was, now = before.get("required") is True, after.get("required") is True
    if was != now and after.get("in") != "path":
        report("became-required" if now else "became-optional", was, now)
    _lifecycle.compare_parameter(report, before, after, walk.today)
    if walk.strict or not _is_scalar(walk, old, new):
        _compare_style(report, before, after)
    _compare_flags(report, before, after)
    where = str(after.get("in"))
    header = where == "header"
    if "schema" in before and "schema" in after:
        needed = was or now
        site = Site("request", "parameter", loose=True, header=header, needed=needed)
        listed = where in ("query", "cookie") and _style(after)[0] == "form" and _style(after)[1]
        rest = (listed,) if listed else ()
        walk.go_down(unit, compare_schemas, old.step("schema"), new.step("schema"), site, *rest)
    elif not walk.strict:
        site = Site("request", "parameter", header=header, needed=was or now)
        olds, news = (dict(one.step("content").entries()) for one in (old, new))
        if olds.keys() != news.keys():
            report("content-changed", list(olds) or None, list(news) or None)
        for name in olds.keys() & news.keys():
            pair = olds[name].step("schema"), news[name].step("schema")
            walk.go_down(unit, compare_schemas, *pair, site)


def _is_scalar(walk: Walk, old: Place, new: Place) -> bool:
    """Tell whether one value is sent, which looks the same in all styles but those of paths."""
    kinds = [
        schemas.read(one.step("schema")).types
        for schemas, one in ((walk.old_schemas, old), (walk.new_schemas, new))
    ]
    paths = as_map(new.node).get("in") == "path"
    same = _style(as_map(old.node))[0] == _style(as_map(new.node))[0]
    return all(kind and kind <= SCALARS for kind in kinds) and (same or not paths)


def _compare_style(report: Any, old: dict[str, Any], new: dict[str, Any]) -> None:
    (style, explode), (new_style, new_explode) = _style(old), _style(new)
    if style != new_style:
        report("style-changed", style, new_style)
    elif explode != new_explode:
        report("explode-changed", explode, new_explode)


def _compare_flags(report: Any, old: dict[str, Any], new: dict[str, Any]) -> None:
    before, after = old.get("allowReserved") is True, new.get("allowReserved") is True
    if before != after:
        report("allow-reserved-changed", before, after)
    before, after = old.get("allowEmptyValue") is True, new.get("allowEmptyValue") is True
    if before != after:
        report(f"allow-empty-value-{'added' if after else 'removed'}", before, after)


def _style(node: dict[str, Any]) -> tuple[Any, bool]:
    style = node.get("style") or _STYLES.get(str(node.get("in")))
    explode = node.get("explode")
    return style, explode if isinstance(explode, bool) else style == "form"


def _report_removed(unit: Unit, old: Place, walk: Walk) -> None:
    node = as_map(old.node)
    how = _lifecycle.judge_removal(node, walk.today)
    announced = isinstance(_lifecycle.read_sunset(node), date) and how == "with-deprecation"
    if announced and walk.strict:
        return  # and the day has passed
    facet = {
        "without-deprecation": "removed",
        "sunset-parse": "sunset-parse",
        "before-sunset": "removed-before-sunset",
        "with-deprecation": "removed-with-deprecation",
    }[how]
    rule = find_facet("request", "parameter", facet)
    unit.findings.append(Finding(rule, old.pointer, _label(node), None))


def _report_added(unit: Unit, new: Place, key: Key, *, shared: bool) -> None:
    node = as_map(new.node)
    required = node.get("required") is True or key[0] == "path"
    if shared and key[0] == "path":
        return
    if shared:
        need = "required" if required else "optional"
        name = f"new-{need}-request-default-parameter-to-existing-path"
    elif key[0] == "path":
        name = "new-request-path-parameter"
    else:
        name = f"new-{'required' if required else 'optional'}-request-parameter"
    unit.findings.append(Finding(find_rule(name), new.pointer, None, _label(node)))


def _label(node: dict[str, Any]) -> str:
    return f"{node.get('in')} {node.get('name')}"


def _spread(
    document: Document, mine: dict[Key, Place], theirs: dict[Key, Place]
) -> dict[Key, Place]:
    """Split an object that is sent as separate parameters, where the other side has those."""
    spread: dict[Key, Place] = {}
    for key, place in mine.items():
        node = as_map(place.node)
        schema = document.follow(place.step("schema"))
        entries = dict(schema.step("properties").entries())
        sent = (
            key not in theirs and _style(node) == ("form", True) and key[0] in ("query", "cookie")
        )
        if not sent or not any((key[0], name) in theirs for name in entries):
            spread[key] = place
            continue
        required = as_list(as_map(schema.node).get("required"))
        for name, one in entries.items():
            alone = {
                "name": name,
                "in": key[0],
                "required": bool(node.get("required")) and name in required,
                "schema": one.node,
            }
            spread[key[0], name] = Place(alone, one.pointer)
    return spread
