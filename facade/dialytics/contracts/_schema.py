"""Schemas in one form, whatever spelling and version of OpenAPI they come in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from ._document import Document, Place, as_list, as_map

Types = frozenset[str] | None

BOUNDS = frozenset(
    (
        "maximum",
        "minimum",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "maxLength",
        "minLength",
        "maxItems",
        "minItems",
        "maxProperties",
        "minProperties",
        "maxContains",
        "minContains",
    )
)
PARTS = frozenset(
    (
        "items",
        "additionalProperties",
        "not",
        "if",
        "then",
        "else",
        "contains",
        "propertyNames",
        "unevaluatedItems",
        "unevaluatedProperties",
        "contentSchema",
    )
)
MAPS = frozenset(("patternProperties", "dependentSchemas"))
UNIONS = ("oneOf", "anyOf")
LISTS = frozenset((*UNIONS, "allOf", "prefixItems"))
TEXTS = frozenset(("format", "pattern", "contentMediaType", "contentEncoding", "title"))
VALUES = frozenset(
    (
        *("enum", "const", "default", "multipleOf", "uniqueItems", "readOnly", "writeOnly"),
        *("deprecated", "discriminator", "dependentRequired"),
        *("x-extensible-enum", "x-sunset", "x-stability-level"),
    )
)
ANNOTATIONS = frozenset(
    [
        "title",
        "description",
        "example",
        "examples",
        "default",
        "deprecated",
        "readOnly",
        "writeOnly",
        "externalDocs",
        "xml",
        "$comment",
        "$id",
        "$schema",
        "$anchor",
        "nullable",
    ]
)


@dataclass(slots=True)
class Schema:
    """A schema: ``types`` without null (None: any type), and its keywords by their shape."""

    pointer: str
    types: Types = None
    nullable: bool = False
    closed: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Place] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    parts: dict[str, Place] = field(default_factory=dict)
    maps: dict[str, dict[str, Place]] = field(default_factory=dict)
    lists: dict[str, list[Place]] = field(default_factory=dict)
    wrapped: Place | None = None  # what a choice of null and one other thing is about

    @property
    def is_open(self) -> bool:
        """Whether nothing says what type a value has, so that null may be one."""
        return (
            self.types is None
            and not self.nullable
            and not self.lists
            and "enum" not in self.values
        )

    def has_union(self) -> bool:
        """Tell whether the schema is a choice."""
        return any(key in self.lists for key in UNIONS)


class Schemas:
    """The schemas of a document, each put into the one form once."""

    def __init__(self, document: Document, *, merge: bool) -> None:
        """Read from a document; ``merge`` makes one schema of an allOf and of a single choice."""
        self.document = document
        self.merge = merge
        self._known: dict[int, Schema] = {}
        # Nodes are known by their identity, which another one could get once they are gone.
        self._held: list[Any] = []
        self._busy: set[int] = set()
        self._made: dict[Any, dict[str, Any]] = {}
        self._members: dict[int, list[Any]] = {}

    def read(self, place: Place) -> Schema:
        """Return the schema at a place; an allOf that holds itself is cut there."""
        given = place
        place = self._follow(place)
        if isinstance(place.node, bool) or not isinstance(place.node, dict):
            return _read_boolean(place)
        key = id(place.node)
        if key in self._known:
            return self._known[key]
        if key in self._busy:
            return Schema(given.pointer)
        self._busy.add(key)
        self._held.append(place.node)
        try:
            schema = self._collapse(self._read_own(place))
        finally:
            self._busy.discard(key)
        self._known[key] = schema
        return schema

    def read_plainly(self, place: Place) -> Schema:
        """Return the schema at a place with its choices as they are written."""
        place = self._follow(place)
        return self._read_own(place) if isinstance(place.node, dict) else _read_boolean(place)

    def _follow(self, place: Place) -> Place:
        node = place.node
        if not isinstance(node, dict) or "$ref" not in node:
            return place
        beside = {k: v for k, v in node.items() if k != "$ref" and k not in ANNOTATIONS}
        if node.get("nullable") is True:
            beside["nullable"] = True
        elif self.document.is_30 or not beside:
            return self.document.follow(place)
        made = self._made.get(id(node))
        if made is None:
            self._held.append(node)
            made = self._made[id(node)] = {"allOf": [{"$ref": node["$ref"]}], **beside}
            if not self.merge and set(beside) == {"nullable"}:
                made |= as_map(self.document.follow(place).node)
                del made["allOf"]
        return Place(made, place.pointer)

    def _read_own(self, place: Place) -> Schema:
        node = place.node
        schema = Schema(place.pointer)
        schema.types, schema.nullable = _read_types(node)
        schema.values = {key: node[key] for key in node.keys() & VALUES if node[key] is not None}
        schema.values |= {key: node[key] for key in node.keys() & TEXTS if _is_text(node[key])}
        if "const" in node and node["const"] is None:
            schema.values["const"] = None
        if node.get("nullable") is True:
            schema.nullable = True
        _read_enum(schema)
        _read_bounds(schema, node)
        schema.properties = dict(place.step("properties").entries())
        schema.required = frozenset(str(name) for name in as_list(node.get("required")))
        for key in node.keys() & PARTS:
            if isinstance(node[key], dict | bool):
                schema.parts[key] = place.step(key)
        _read_openness(schema)
        for key in node.keys() & MAPS:
            if entries := dict(place.step(key).entries()):
                schema.maps[key] = entries
        for key in node.keys() & LISTS:
            if items := place.step(key).items():
                schema.lists[key] = items
        return schema

    def _collapse(self, schema: Schema) -> Schema:
        """Take null out of a choice, and make one schema of what only looks like several."""
        for key in UNIONS:
            if key not in schema.lists:
                continue
            choices = [one for one in schema.lists[key] if not self._is_null(one)]
            if len(choices) < len(schema.lists[key]):
                schema.nullable = True
                schema.lists[key] = choices
                if not choices:
                    del schema.lists[key]
            elif not self.merge:
                continue
            if len(choices) == 1:
                del schema.lists[key]
                schema = self.join(schema, self.read(choices[0]), union=True)
                schema.wrapped = choices[0]
        if self.merge and "allOf" in schema.lists:
            members = schema.lists.pop("allOf")
            for member in members:
                schema = self.join(schema, self.read(member))
        return schema

    def _is_null(self, place: Place) -> bool:
        node = as_map(self.document.follow(place).node)
        return node.get("type") in ("null", ["null"]) or node.get("enum") == [None]

    def join(self, one: Schema, other: Schema, *, union: bool = False) -> Schema:
        """Make one schema of two that both hold; of what bounds them, the tighter."""
        types = _join_types(one.types, other.types)
        joined = replace(one, types=types, closed=one.closed or other.closed)
        bare = one.types is None and not one.properties
        joined.nullable = (
            one.nullable or other.nullable
            if union or bare or other.is_open
            else one.nullable and other.nullable
        )
        joined.pointer = other.pointer if bare and not one.lists else one.pointer
        joined.values = _join_values(one.values, other.values)
        joined.required = one.required | other.required
        joined.properties = self._join_places(one.properties, other.properties)
        joined.parts = self._join_places(one.parts, other.parts)
        joined.maps = {
            key: self._join_places(one.maps.get(key, {}), other.maps.get(key, {}))
            for key in {**one.maps, **other.maps}
        }
        joined.lists = {**other.lists, **one.lists}
        return joined

    def _join_places(self, one: dict[str, Place], other: dict[str, Place]) -> dict[str, Place]:
        joined = {**one}
        for name, place in other.items():
            if name not in joined or joined[name].node == place.node:
                joined[name] = place
                continue
            joined[name] = Place(self._make_both(joined[name].node, place.node), place.pointer)
        return joined

    def _make_both(self, *nodes: Any) -> dict[str, Any]:
        """Make an allOf of nodes: the same for the same ones, so that cycles come to an end."""
        members: dict[Any, Any] = {}
        self._held += nodes
        for node in nodes:
            for one in self._members.get(id(node), [node]):
                reference = as_map(one).get("$ref")
                members.setdefault(reference if isinstance(reference, str) else id(one), one)
        key = frozenset(members)
        if key not in self._made:
            self._made[key] = both = {"allOf": list(members.values())}
            self._members[id(both)] = both["allOf"]
        return self._made[key]


def is_annotation_only(node: Any) -> bool:
    """Tell whether a schema says nothing about values."""
    return isinstance(node, dict) and all(key in ANNOTATIONS or key[:2] == "x-" for key in node)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _read_boolean(place: Place) -> Schema:
    if place.node is False:
        return Schema(place.pointer, parts={"not": Place({}, place.pointer)})
    return Schema(place.pointer)


def _read_types(node: dict[str, Any]) -> tuple[Types, bool]:
    given = node.get("type")
    if isinstance(given, str) and given:
        return (None, True) if given == "null" else (frozenset({given}), False)
    names = frozenset(one for one in as_list(given) if isinstance(one, str))
    return names - {"null"} or None, "null" in names


def _read_enum(schema: Schema) -> None:
    values = schema.values.get("enum")
    if not isinstance(values, list) or not values:
        schema.values.pop("enum", None)
        return
    if None in values:
        schema.nullable = True
        schema.values["enum"] = [one for one in values if one is not None]
        if not schema.values["enum"]:
            del schema.values["enum"]


def _read_bounds(schema: Schema, node: dict[str, Any]) -> None:
    for key in node.keys() & BOUNDS:
        value = node[key]
        if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
            value = float(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            schema.values[key] = value
    for exclusive, plain in (("exclusiveMaximum", "maximum"), ("exclusiveMinimum", "minimum")):
        if node.get(exclusive) is True and plain in schema.values:
            schema.values[exclusive] = schema.values.pop(plain)


def _read_openness(schema: Schema) -> None:
    rest = schema.parts.get("additionalProperties")
    if rest is not None and (isinstance(rest.node, bool) or rest.node == {}):
        schema.closed = rest.node is False
        del schema.parts["additionalProperties"]


def _join_types(one: Types, other: Types) -> Types:
    if one is None or other is None:
        return one or other
    both = one & other
    if "number" in one | other and "integer" in one | other:
        both |= {"integer"}
    return both or one


def _join_values(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    joined = {**other, **one}
    for key in one.keys() & other.keys() & BOUNDS:
        tighter = min if "max" in key.lower() else max
        joined[key] = tighter(one[key], other[key])
    if "enum" in one and "enum" in other:
        joined["enum"] = [value for value in one["enum"] if value in other["enum"]] or one["enum"]
    return joined
