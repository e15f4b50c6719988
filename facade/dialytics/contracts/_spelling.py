"""One form for what OpenAPI and JSON Schema let a document say in several ways."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from ._conjunction import align_groups
from ._document import as_list
from ._schema import ANNOTATIONS, UNIONS, Schema, Types

_PLAIN = ANNOTATIONS | {"type", "enum", "const"}
_FILES = {
    "byte": ("contentEncoding", "base64"),
    "binary": ("contentMediaType", "application/octet-stream"),
}
_EXACT = 2**53  # numbers beyond have no neighbour that could be named
_BOUNDS = (("maximum", "exclusiveMaximum", 1), ("minimum", "exclusiveMinimum", -1))


def unite(schema: Schema, nodes: list[Any]) -> bool:
    """Make one schema of a choice of plain types, or of values; tell whether it is one."""
    if "enum" in schema.values or not all(_is_plain(node) for node in nodes):
        return False
    values = [_list_values(node) for node in nodes]
    free = [node for node, listed in zip(nodes, values, strict=True) if listed is None]
    kinds = _kinds_of(nodes)
    if schema.types is not None:
        if free or not all(_fits(kind, schema.types | {"null"}) for kind in kinds):
            return False
        kinds = schema.types
    if not free:
        every = [value for listed in values for value in listed or ()]
        schema.values["enum"] = [value for value in every if value is not None]
        schema.nullable |= None in every
    elif len(free) < len(nodes) and kinds - _kinds_of(free):
        return False
    if not kinds >= _ANYTHING:
        schema.nullable |= "null" in kinds
        schema.types = kinds - {"null"}
    return True


def align(old: Schema, new: Schema) -> tuple[Schema, Schema]:
    """Say the same in the same way on both sides, so that only what differs is told."""
    pair = [old, new]
    if old.types == new.types and not (old.lists or new.lists or old.values or new.values):
        return old, new
    if old.has_union() != new.has_union():
        pair = [old.choice or old, new.choice or new]
    if ("const" in old.values) != ("const" in new.values):
        pair = _align_constants(pair)
    if old.types != new.types:
        pair = [_infer_types(*pair), _infer_types(*pair[::-1])]
    if old.values.get("format") != new.values.get("format"):
        pair = [_align_files(*pair), _align_files(*pair[::-1])]
    for plain, exclusive, sign in _BOUNDS:
        keys = [one.values.keys() & {plain, exclusive} for one in pair]
        if keys[0] and keys[1] and keys[0] != keys[1]:
            numbers = [[one.values[key] for key in keys[n]] for n, one in enumerate(pair)]
            pair = [
                _align_bound(one, (plain, exclusive), sign, numbers[1 - n])
                for n, one in enumerate(pair)
            ]
    pair = align_groups(pair)
    choices = [[key for key in UNIONS if key in one.lists] for one in pair]
    if len(choices[0]) == len(choices[1]) == 1 and choices[0] != choices[1]:
        lists = {**pair[1].lists, choices[0][0]: pair[1].lists[choices[1][0]]}
        del lists[choices[1][0]]
        pair[1] = replace(pair[1], lists=lists)
    return pair[0], pair[1]


def _is_plain(node: Any) -> bool:
    return isinstance(node, dict) and all(key in _PLAIN or key[:2] == "x-" for key in node)


def _list_values(node: dict[str, Any]) -> list[Any] | None:
    if "const" in node:
        return [node["const"]]
    return as_list(node.get("enum")) or None


def _kinds_of(nodes: list[Any]) -> frozenset[str]:
    """Return the types of plain schemas; one without any has those of its values."""
    kinds: set[str] = set()
    for node in nodes:
        given = node.get("type")
        named = [given] if isinstance(given, str) else as_list(given)
        values = _list_values(node) or ()
        kinds.update(filter(_is_name, named or map(find_kind, values)))
        if not named and not values:
            kinds.update(_ANYTHING)
    return frozenset(kinds)


_ANYTHING = frozenset(("array", "boolean", "integer", "null", "number", "object", "string"))


def _is_name(one: Any) -> bool:
    return isinstance(one, str)


def find_kind(value: Any) -> str:
    """Return the JSON type of a value."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    kinds = ((int, "integer"), (str, "string"), (list, "array"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "object")


def _align_constants(pair: list[Schema]) -> list[Schema]:
    """Write a constant as the only value of an enumeration, where the other side has one."""
    if not any("enum" in one.values for one in pair):
        return pair
    aligned = []
    for one in pair:
        values = dict(one.values)
        if "const" in values:
            values["enum"] = [values.pop("const")]
        aligned.append(replace(one, values=values))
    return aligned


def _infer_types(one: Schema, other: Schema) -> Schema:
    """Take types from values, or from what only one type has, where none are written."""
    meant = {"object": bool(one.properties), "array": "items" in one.parts}
    kinds: Types = frozenset(kind for kind, fits in meant.items() if fits)
    if one.types is None and kinds and kinds == other.types:
        return replace(one, types=other.types)
    if one.types is not None or not (one.values.keys() & {"enum", "const"}):
        return one
    kinds = frozenset(map(find_kind, _list_values(one.values) or ())) - {"null"}
    if other.types and kinds and all(_fits(kind, other.types) for kind in kinds):
        kinds = other.types
    return replace(one, types=kinds)


def _fits(kind: str, types: frozenset[str]) -> bool:
    return kind in types or (kind == "integer" and "number" in types)


def _align_files(one: Schema, other: Schema) -> Schema:
    """Write what a text holds as the format of OpenAPI 3.0, where the other side does."""
    key, value = _FILES.get(str(other.values.get("format")), (None, None))
    if "format" in one.values or key is None or one.values.get(key) != value:
        return one
    values = {name: given for name, given in one.values.items() if name != key}
    return replace(one, values={**values, "format": other.values["format"]})


def _align_bound(one: Schema, keys: tuple[str, str], sign: int, others: list[Any]) -> Schema:
    """Write a bound as an exclusive one; of two, the tighter."""
    plain, exclusive = keys
    values = dict(one.values)
    bounds = [values.pop(exclusive)] if exclusive in values else []
    if plain in values:
        bound = values.pop(plain)
        if one.types == frozenset({"integer"}):
            bound += sign
        elif bound in others and abs(bound) < _EXACT:
            bound = math.nextafter(bound, sign * math.inf)
        bounds.append(bound)
    values[exclusive] = min(bounds) if sign > 0 else max(bounds)
    return replace(one, values=values)
