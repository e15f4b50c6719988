"""Operations: what a request may be and what an answer may look like."""

from __future__ import annotations

from typing import Any

from . import _lifecycle
from ._document import METHODS, Document, Place, as_list, as_map
from ._engine import Site, Unit, Walk
from ._parameters import compare_parameters, read_parameters
from ._responses import compare_media, compare_responses, find_media, find_wider_media, is_loose
from ._rules import Direction
from ._security import compare_security
from ._servers import compare_servers


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
    _compare_parameters(walk, unit, (old, new), paths, names)
    sent: Direction = "response" if inbound else "request"
    got: Direction = "request" if inbound else "response"
    compare_bodies(walk, unit, old.step("requestBody"), new.step("requestBody"), sent)
    compare_responses(walk, unit, old.step("responses"), new.step("responses"), got)
    _compare_requirements(walk, unit, old, new)
    _compare_servers(walk, unit, (old, paths[0]), (new, paths[1]))
    if not walk.strict:
        _compare_callbacks(walk, unit, old.step("callbacks"), new.step("callbacks"))


def _compare_parameters(
    walk: Walk,
    unit: Unit,
    operations: tuple[Place, Place],
    paths: tuple[Place, Place],
    names: tuple[str, str],
) -> None:
    """Compare an operation's parameters; to oasdiff those of its path are others."""
    documents = walk.old, walk.new
    sides = list(zip(documents, operations, paths, names, strict=True))
    if not walk.strict:
        both = [
            read_parameters(document, path.step("parameters"), one.step("parameters"), path=name)
            for document, one, path, name in sides
        ]
        compare_parameters(walk, unit, *both)
    for shared in (True, False) if walk.strict else ():
        both = [
            read_parameters(document, (path if shared else one).step("parameters"), path=name)
            for document, one, path, name in sides
        ]
        compare_parameters(walk, unit, *both, shared=shared)


def compare_bodies(walk: Walk, unit: Unit, old: Place, new: Place, direction: Direction) -> None:
    """Compare what two operations have as request body; one that the client gets is a response."""
    if old.node is None and new.node is None:
        return
    if new.node is None:
        unit.add(f"{direction}-body-removed", old.pointer, old.node, None)
    elif old.node is None:
        required = as_map(walk.new.follow(new).node).get("required") is True
        kind = "required" if required else "optional"
        unit.add(f"{direction}-body-added-{kind}", new.pointer, None, new.node)
    else:
        before, after = walk.old.follow(old), walk.new.follow(new)
        walk.go_down(unit, _compare_body, before, after, direction)


def _compare_body(walk: Walk, unit: Unit, old: Place, new: Place, direction: Direction) -> None:
    was, now = (as_map(one.node).get("required") is True for one in (old, new))
    if was != now:
        kind = "required" if now else "optional"
        unit.add(f"{direction}-body-became-{kind}", new.pointer, was, now)
    olds, news = dict(old.step("content").entries()), dict(new.step("content").entries())
    wider = direction == "request" and not walk.strict
    find, taken = (find_wider_media if wider else find_media), set[str | None]()
    for name, place in olds.items():
        found = find(name, news)
        if found is None:
            unit.add(f"{direction}-body-media-type-removed", place.pointer, name, None)
        else:
            site = Site(direction, "body", loose=is_loose(name))
            compare_media(walk, unit, place, news[found], site)
        taken.add(found)
    for name, place in news.items():
        if name not in taken:
            unit.add(f"{direction}-body-media-type-added", place.pointer, None, name)


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


def _compare_requirements(walk: Walk, unit: Unit, old: Place, new: Place) -> None:
    before, after = old.step("security"), new.step("security")
    if not walk.strict:  # what holds for a caller, wherever it is written
        before = before if before.node is not None else walk.old.at("security")
        after = after if after.node is not None else walk.new.at("security")
        if before.pointer == after.pointer == "/security":
            return  # reported once, for the whole document
    walk.go_down(unit, compare_security, before, after)


def _compare_servers(
    walk: Walk, unit: Unit, old: tuple[Place, Place], new: tuple[Place, Place]
) -> None:
    """Compare the servers of an operation, wherever they are written."""
    before, after = (
        next(
            (one for place in places if as_list((one := place.step("servers")).node)),
            document.at("servers"),
        )
        for document, places in ((walk.old, old), (walk.new, new))
    )
    if not before.pointer == after.pointer == "/servers":  # which are compared once
        compare_servers(unit, before, after)


def _compare_callbacks(walk: Walk, unit: Unit, old: Place, new: Place) -> None:
    olds, news = _read_callbacks(walk.old, old), _read_callbacks(walk.new, new)
    for name in {**olds, **news}:
        if name not in news:
            unit.add("callback-removed", olds[name].pointer, name, None)
        elif name not in olds:
            unit.add("callback-added", news[name].pointer, None, name)
        else:
            walk.go_down(unit, _compare_callback, olds[name], news[name], name)


def _compare_callback(walk: Walk, unit: Unit, old: Place, new: Place, name: str) -> None:
    """Compare the operations of a callback: calls that the client gets."""
    for method in METHODS:
        pair = old.step(method), new.step(method)
        was, now = (isinstance(one.node, dict) for one in pair)
        if was and now:
            if not walk.is_same(pair[0].node, pair[1].node):
                compare_operations(
                    walk, unit, *pair, paths=(old, new), names=(name, name), inbound=True
                )
        elif was:
            unit.add("callback-removed", pair[0].pointer, f"{method.upper()} {name}", None)
        elif now:
            unit.add("callback-added", pair[1].pointer, None, f"{method.upper()} {name}")


def _read_callbacks(document: Document, place: Place) -> dict[str, Place]:
    return {
        f"{name} {expression}": document.follow(item)
        for name, one in place.entries()
        for expression, item in document.follow(one).entries()
    }
