"""The schemas of a document: references followed, and one made of what is only written as many."""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from typing import Any

from ._conjunction import is_empty, join_members, join_types, join_values, part_groups
from ._document import Document, Place, as_map
from ._schema import ANNOTATIONS, UNIONS, Schema, read_boolean, read_own
from ._spelling import unite

_TOLD = {"default", "deprecated", "readOnly", "writeOnly"}
_IGNORED = ANNOTATIONS - _TOLD | {"$ref"}  # of what stands beside a reference


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
        self._members: dict[tuple[str, int], list[Any]] = {}

    def read(self, place: Place) -> Schema:
        """Return the schema at a place; an allOf that holds itself is cut there."""
        known = self._known.get(id(place.node))
        if known is not None:
            return known
        target = self._follow(place)
        if isinstance(target.node, bool) or not isinstance(target.node, dict):
            return read_boolean(target)
        key = id(target.node)
        schema = self._known.get(key)
        if schema is None:
            if key in self._busy:
                return Schema(place.pointer)
            self._busy.add(key)
            try:
                schema = self._collapse(read_own(target))
            finally:
                self._busy.discard(key)
        self._held += (place.node, target.node)
        self._known[key] = self._known[id(place.node)] = schema
        return schema

    def read_plainly(self, place: Place) -> Schema:
        """Return the schema at a place with its choices as they are written."""
        place = self._follow(place)
        return read_own(place) if isinstance(place.node, dict) else read_boolean(place)

    def _follow(self, place: Place) -> Place:
        node = place.node
        if not isinstance(node, dict) or "$ref" not in node:
            return place
        beside = {} if self.document.is_30 else {k: node[k] for k in node.keys() - _IGNORED}
        if node.get("nullable") is True:
            beside["nullable"] = True
        if not beside:
            return self.document.follow(place)
        made = self._made.get(id(node))
        if made is None:
            self._held.append(node)
            made = {"allOf": [{"$ref": node["$ref"]}], **beside}
            if not self.merge and beside.keys() <= ANNOTATIONS:
                made = {**as_map(self.document.follow(place).node), **beside}
            self._made[id(node)] = made
        return Place(made, place.pointer)

    def _collapse(self, schema: Schema) -> Schema:
        """Take null out of a choice, and make one schema of what only looks like several."""
        for key in UNIONS:
            if key in schema.lists:
                schema = self._collapse_choice(schema, key)
        if not self.merge:
            return schema
        for member in schema.lists.pop("allOf", ()):
            schema = self.join(schema, self.read(member))
        if schema.types and schema.types >= {"integer", "number"}:
            schema.types -= {"integer"}
        return schema

    def _collapse_choice(self, schema: Schema, key: str) -> Schema:
        choices = [one for one in schema.lists[key] if not self._is_null(one)]
        if len(choices) < len(schema.lists[key]):
            schema.nullable = True
        elif not self.merge:
            return schema
        schema.lists[key] = choices
        if not choices:
            schema.types = frozenset()
        elif len(choices) > 1:
            nodes = [self.document.follow(one).node for one in choices]
            written = replace(schema, lists=dict(schema.lists), values=dict(schema.values))
            if not (self.merge and unite(schema, nodes)):
                return schema
            schema.choice = written
        del schema.lists[key]
        if len(choices) == 1:
            schema = self.join(schema, self.read(choices[0]), union=True)
            schema.wrapped = choices[0]
        return schema

    def _is_null(self, place: Place) -> bool:
        node = as_map(self.document.follow(place).node)
        return node.get("type") in ("null", ["null"]) or node.get("enum") == [None]

    def join(self, one: Schema, other: Schema, *, union: bool = False) -> Schema:
        """Make one schema of two that both hold; of what bounds them, the tighter."""
        empty = is_empty(one, other)
        one, other = part_groups(one, other)
        types = join_types(one.types, other.types)
        joined = replace(one, types=types, closed=one.closed or other.closed, choice=None)
        bare = one.types is None and not one.properties
        joined.nullable = (
            one.nullable or other.nullable
            if union or bare or other.is_open
            else one.nullable and other.nullable
        )
        joined.pointer = other.pointer if bare and not one.lists else one.pointer
        joined.values = join_values(one.values, other.values)
        joined.required = one.required | other.required
        joined.properties = self._join_places(one.properties, other.properties)
        joined.parts = self._join_places(one.parts, other.parts)
        if "not" in one.parts and "not" in other.parts:
            nots = one.parts["not"], other.parts["not"]
            joined.parts["not"] = self._join_both("anyOf", *nots)
        if empty:
            joined.parts["not"] = Place({}, joined.pointer)
        joined.maps = {
            key: self._join_places(one.maps.get(key, {}), other.maps.get(key, {}))
            for key in {**one.maps, **other.maps}
        }
        joined.lists = self._join_lists(one.lists, other.lists)
        return joined

    def _join_lists(
        self, one: dict[str, list[Place]], other: dict[str, list[Place]]
    ) -> dict[str, list[Place]]:
        joined = {**other, **one}
        for key in one.keys() & other.keys():
            both = one[key], other[key]
            if key == "allOf":
                joined[key] = join_members(*both)
            elif key == "prefixItems":
                joined[key] = [
                    self._join_both("allOf", *found)
                    if len(found := [each for each in pair if each is not None]) > 1
                    else found[0]
                    for pair in zip_longest(*both)
                ]
        return joined

    def _join_places(self, one: dict[str, Place], other: dict[str, Place]) -> dict[str, Place]:
        joined = {**one}
        for name, place in other.items():
            joined[name] = self._join_both("allOf", joined[name], place) if name in one else place
        return joined

    def _join_both(self, keyword: str, one: Place, other: Place) -> Place:
        """Make an allOf or anyOf: the same for the same nodes, so that cycles come to an end."""
        if one.node == other.node:
            return other
        members: dict[Any, Any] = {}
        nodes = one.node, other.node
        self._held += nodes
        for node in nodes:
            for each in self._members.get((keyword, id(node)), [node]):
                reference = as_map(each).get("$ref")
                members.setdefault(reference if isinstance(reference, str) else id(each), each)
        key = keyword, frozenset(members)
        if key not in self._made:
            self._made[key] = both = {keyword: list(members.values())}
            self._members[keyword, id(both)] = both[keyword]
        return Place(self._made[key], other.pointer)
