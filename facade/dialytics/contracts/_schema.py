"""Schemas in one form, whatever spelling and version of OpenAPI they come in."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

from ._document import Place, as_list

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
ALL_TEXTS = frozenset((".*", "^.*$", "^.*", ".*$"))  # patterns that any text matches
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
    choice: Schema | None = None  # what it was before a choice of plain things became one thing

    @property
    def is_open(self) -> bool:
        """Whether nothing says what type a value has, so that null may be one."""
        return (
            self.types is None
            and not self.nullable
            and not self.lists
            and "enum" not in self.values
        )

    def takes_all(self) -> bool:
        """Tell whether nothing at all is said of a value."""
        parts = self.lists or self.parts or self.maps or self.properties or self.required
        bound = self.values.keys() - ANNOTATIONS
        return self.types is None and not (parts or bound or self.closed or self.nullable)

    def takes_nothing(self) -> bool:
        """Tell whether no value at all is right."""
        return "not" in self.parts and self.parts["not"].node in ({}, True)

    def has_union(self) -> bool:
        """Tell whether the schema is a choice."""
        return bool(self.lists) and ("oneOf" in self.lists or "anyOf" in self.lists)


def is_annotation_only(node: Any) -> bool:
    """Tell whether a schema says nothing about values."""
    return isinstance(node, dict) and all(key in ANNOTATIONS or key[:2] == "x-" for key in node)


def is_factor(value: Any) -> bool:
    """Tell whether something may have multiples."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and (isinstance(value, int) or math.isfinite(value)) and value > 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def read_own(place: Place) -> Schema:
    """Read what a node itself says, its keywords sorted by their shape."""
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


def read_boolean(place: Place) -> Schema:
    """Read what is no mapping: false takes nothing, anything else everything."""
    if place.node is False:
        return Schema(place.pointer, parts={"not": Place({}, place.pointer)})
    return Schema(place.pointer)


def _read_types(node: dict[str, Any]) -> tuple[Types, bool]:
    given = node.get("type")
    given = [given] if isinstance(given, str) and given else as_list(given)
    names = frozenset(one for one in given if isinstance(one, str))
    return names - {"null"} if names else None, "null" in names


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
            schema.types = frozenset()


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
