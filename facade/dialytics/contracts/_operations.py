"""Operations: what a request may be and what an answer may look like."""

from __future__ import annotations

from typing import Any

from . import _lifecycle
from ._document import METHODS, Document, Place, as_list, as_map
from ._engine import Site, Unit, Walk
from ._parameters import compare_parameters, read_parameters
from ._responses import compare_responses, find_media, is_loose
from ._rules import Direction
from ._schemas import compare_schemas
from ._security import compare_security
from ._servers import compare_servers, read_urls


def compare_operations(
    walk: Walk,
    unit: Unit,
    old: Place,
    new: Place,
    *,
    paths: tuple[Place, Place],
    names: tuple[str, str],
    inbound: bool = False,
) -> None:
    """Compare two operations.

    ``paths`` are the path items that hold them, ``names`` the paths. ``inbound`` ones are calls
    that the client gets: it reads their requests and writes their responses.
    """
    before, after = as_map(old.node), as_map(new.node)
    if not _lifecycle.compare_stability(unit, before, after, new.pointer) and walk.strict:
        return
    _lifecycle.compare_operation(unit, before, after, new.pointer, walk.today)
    _compare_identity(unit, before, after, new.pointer)
    if walk.strict:
        olds = read_parameters(walk.old, old.step("parameters"), path=names[0])
        news = read_parameters(walk.new, new.step("parameters"), path=names[1])
        shared = [
            read_parameters(document, path.step("parameters"), path=name)
            for document, path, name in zip((walk.old, walk.new), paths, names, strict=True)
        ]
        compare_parameters(walk, unit, *shared, shared=True)
    else:
        olds = _all_parameters(walk.old, old, paths[0], names[0])
        news = _all_parameters(walk.new, new, paths[1], names[1])
    compare_parameters(walk, unit, olds, news)
    sent: Direction = "response" if inbound else "request"
    got: Direction = "request" if inbound else "response"
    compare_bodies(walk, unit, old.step("requestBody"), new.step("requestBody"), sent)
    compare_responses(walk, unit, old.step("responses"), new.step("responses"), got)
    _compare_requirements(walk, unit, old, new)
    _compare_servers(unit, (old, paths[0]), (new, paths[1]))
    if not walk.strict:
        _compare_callbacks(walk, unit, old.step("callbacks"), new.step("callbacks"))


def compare_bodies(walk: Walk, unit: Unit, old: Place, new: Place, direction: Direction) -> None:
    """Compare what two operations have as request body."""
    if old.node is None and new.node is None:
        return
    if new.node is None:
        unit.add("request-body-removed", old.pointer, old.node, None)
    elif old.node is None:
        required = as_map(walk.new.follow(new).node).get("required") is True
        name = "request-body-added-required" if required else "request-body-added-optional"
        unit.add(name, new.pointer, None, new.node)
    else:
        before, after = walk.old.follow(old), walk.new.follow(new)
        walk.go_down(unit, _compare_body, before, after, direction)


def _compare_body(walk: Walk, unit: Unit, old: Place, new: Place, direction: Direction) -> None:
    was, now = (as_map(one.node).get("required") is True for one in (old, new))
    if was != now:
        kind = "required" if now else "optional"
        unit.add(f"request-body-became-{kind}", new.pointer, was, now)
    olds, news = dict(old.step("content").entries()), dict(new.step("content").entries())
    for name, place in olds.items():
        found = find_media(name, news)
        if found is None:
            unit.add("request-body-media-type-removed", place.pointer, name, None)
            continue
        before, after = place.step("schema"), news[found].step("schema")
        if (before.node is None) != (after.node is None):
            kind = "added" if before.node is None else "removed"
            unit.add(f"request-body-media-type-schema-{kind}", news[found].pointer)
        elif before.node is not None:
            site = Site(direction, "body", loose=is_loose(name))
            walk.go_down(unit, compare_schemas, before, after, site)
    for name, place in news.items():
        if find_media(name, olds) is None:
            unit.add("request-body-media-type-added", place.pointer, None, name)


def _compare_identity(unit: Unit, old: dict[str, Any], new: dict[str, Any], pointer: str) -> None:
    before, after = old.get("operationId"), new.get("operationId")
    if before and before != after:
        unit.add("api-operation-id-removed", pointer, before, after)
    elif after and not before:
        unit.add("api-operation-id-added", pointer, None, after)
    olds, news = as_list(old.get("tags")), as_list(new.get("tags"))
    for tag in olds:
        if tag not in news:
            unit.add("api-tag-removed", f"{pointer}/tags", tag, None)
    for tag in news:
        if tag not in olds:
            unit.add("api-tag-added", f"{pointer}/tags", None, tag)


def _all_parameters(
    document: Document, operation: Place, path: Place, name: str
) -> dict[tuple[str, str], Place]:
    lists = path.step("parameters"), operation.step("parameters")
    return read_parameters(document, *lists, path=name)


def _compare_requirements(walk: Walk, unit: Unit, old: Place, new: Place) -> None:
    before, after = old.step("security"), new.step("security")
    if not walk.strict:  # what holds for a caller, wherever it is written
        before = before if before.node is not None else walk.old.at("security")
        after = after if after.node is not None else walk.new.at("security")
        if before.pointer == after.pointer == "/security":
            return  # reported once, for the whole document
    walk.go_down(unit, compare_security, before, after)


def _compare_servers(unit: Unit, old: tuple[Place, Place], new: tuple[Place, Place]) -> None:
    """Compare the servers that an operation or its path names; the document's are compared once."""
    before, after = (
        next((one.step("servers") for one in places if as_list(one.step("servers").node)), None)
        for places in (old, new)
    )
    if before and after:
        compare_servers(unit, before, after)
    elif before or after:
        known = before or after
        kind = "removed" if before else "added"
        urls = read_urls(known) if known else []
        unit.add("api-server-removed", old[0].pointer, urls, f"servers {kind}")


def _compare_callbacks(walk: Walk, unit: Unit, old: Place, new: Place) -> None:
    olds, news = _read_callbacks(walk.old, old), _read_callbacks(walk.new, new)
    for name in {**olds, **news}:
        if name not in news:
            unit.add("callback-removed", olds[name].pointer, name, None)
        elif name not in olds:
            unit.add("callback-added", news[name].pointer, None, name)
        else:
            pair = olds[name], news[name]
            for method in METHODS:
                before, after = (as_map(one.node).get(method) for one in pair)
                if isinstance(before, dict) and isinstance(after, dict) and before != after:
                    both = pair[0].step(method), pair[1].step(method)
                    compare_operations(
                        walk, unit, *both, paths=pair, names=(name, name), inbound=True
                    )


def _read_callbacks(document: Document, place: Place) -> dict[str, Place]:
    return {
        f"{name} {expression}": document.follow(item)
        for name, one in place.entries()
        for expression, item in document.follow(one).entries()
    }
