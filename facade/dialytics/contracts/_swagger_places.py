"""Where a place of a rewritten Swagger 2 document is in the document as it was given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ._swagger import is_swagger

_COMPONENTS = {
    "schemas": "definitions",
    "parameters": "parameters",
    "responses": "responses",
    "securitySchemes": "securityDefinitions",
}
_SENT = ("body", "formData")
_ROOTS = {"openapi": "swagger", "servers": "host"}


def restore_pointer(document: dict[str, Any], pointer: str) -> str:
    """Write a pointer as the document has it; of OpenAPI 3 it is the same."""
    if not is_swagger(document) or not pointer:
        return pointer
    first, *rest = pointer.split("/")[1:]
    if first == "components":
        parts = _restore_component(rest)
    elif first == "paths" and len(rest) > 1:
        parts = ["paths", rest[0], *_restore_item(document, *rest)]
    else:
        parts = [_ROOTS.get(first, first)] + ([] if first in _ROOTS else rest)
    return "".join(f"/{part}" for part in parts)


def _restore_component(parts: list[str]) -> list[str]:
    kind, name, rest = parts[0] if parts else "", parts[1:2], parts[2:]
    if kind == "parameters":
        rest = _lift(rest)
    elif kind == "responses":
        rest = _restore_response(rest)
    elif kind == "securitySchemes" and rest[:1] == ["flows"]:
        rest = rest[2:]
    return [_COMPONENTS.get(kind, kind), *name, *rest]


def _restore_item(document: dict[str, Any], path: str, *parts: str) -> list[str]:
    """Restore what is below a path: of the path itself, or of an operation."""
    item = _step(_step(document, "paths"), path)
    if parts[0] == "parameters":
        return _restore_parameter(document, item, parts)
    method, key, rest = parts[0], parts[1:2], list(parts[2:])
    operation = _step(item, method)
    if key == ("parameters",):
        return [method, *_restore_parameter(document, operation, parts[1:])]
    if key == ("responses",):
        return [method, "responses", *rest[:1], *_restore_response(rest[1:])]
    if key == ("requestBody",):
        if not _find_sent(document, operation):
            return _restore_body(document, item, rest)
        return [method, *_restore_body(document, operation, rest)]
    return list(parts)


def _restore_parameter(document: dict[str, Any], owner: Any, parts: Sequence[str]) -> list[str]:
    """Count the parameters that became a body, which stand between the others."""
    if len(parts) < 2 or not parts[1].isdecimal():
        return list(parts)
    sent = _find_sent(document, owner)
    kept = [n for n in range(len(_list(owner))) if n not in sent]
    number = int(parts[1])
    place = kept[number] if number < len(kept) else number
    return ["parameters", str(place), *_lift(parts[2:])]


def _restore_body(document: dict[str, Any], owner: Any, parts: list[str]) -> list[str]:
    """Find the parameter that a part of a body was."""
    sent = _find_sent(document, owner)
    rest = parts[2:] if parts[:1] == ["content"] else parts
    forms = [n for n in sent if _resolve(document, _list(owner)[n]).get("in") == "formData"]
    if not forms:
        return ["parameters", *map(str, sent[:1]), *rest]
    if rest[:2] != ["schema", "properties"] or len(rest) < 3:
        return ["parameters"]
    named = [n for n in forms if _resolve(document, _list(owner)[n]).get("name") == rest[2]]
    return ["parameters", *map(str, named[:1]), *(rest[3:] if named else [])]


def _restore_response(parts: list[str]) -> list[str]:
    if parts[:1] == ["content"]:
        return parts[2:]
    return [*parts[:2], *_lift(parts[2:])] if parts[:1] == ["headers"] else parts


def _lift(parts: Sequence[str]) -> list[str]:
    """Take a schema's parts for those of its owner, where Swagger 2 has them."""
    return [*parts[1:]] if [*parts[:1]] == ["schema"] else [*parts]


def _find_sent(document: dict[str, Any], owner: Any) -> list[int]:
    return [
        number
        for number, one in enumerate(_list(owner))
        if _resolve(document, one).get("in") in _SENT
    ]


def _list(owner: Any) -> list[Any]:
    found = owner.get("parameters") if isinstance(owner, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _resolve(document: dict[str, Any], one: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in one:
        return one
    found = _step(_step(document, "parameters"), str(one["$ref"]).rpartition("/")[2])
    return found if isinstance(found, dict) else {}


def _step(node: Any, part: str) -> Any:
    name = part.replace("~1", "/").replace("~0", "~")
    return node.get(name) if isinstance(node, dict) else None
