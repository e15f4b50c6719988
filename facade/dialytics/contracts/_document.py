"""A document and what its references mean; nothing here trusts the document to be well-formed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import unquote

from ._load import Source, escape
from ._swagger import is_swagger, upgrade_swagger

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")


_NAMING = ("$ref", "in", "name", "url", "title")


class Place(NamedTuple):
    """A node of a document and the JSON pointer at which it stands."""

    node: Any
    pointer: str

    def step(self, *names: str) -> Place:
        """Go down by keys; where nothing is, the node is None."""
        node, pointer = self.node, self.pointer
        for name in names:
            node = node.get(name) if isinstance(node, dict) else None
            pointer = f"{pointer}/{escape(name)}"
        return Place(node, pointer)

    def entries(self) -> Iterator[tuple[str, Place]]:
        """Yield the entries of a mapping; of anything else nothing."""
        for name, node in as_map(self.node).items():
            yield name, Place(node, f"{self.pointer}/{escape(name)}")

    def items(self) -> list[Place]:
        """Return the items of a list; of anything else nothing."""
        return [Place(node, f"{self.pointer}/{n}") for n, node in enumerate(as_list(self.node))]


class Document:
    """An OpenAPI document in one form: references followed, Swagger 2 lifted to OpenAPI 3."""

    def __init__(self, source: Source) -> None:
        """Take the document; Swagger 2 is rewritten first."""
        self.source = source
        content = source.content
        self.root: dict[str, Any] = upgrade_swagger(content) if is_swagger(content) else content
        self.is_30 = str(self.root.get("openapi", "")).startswith("3.0")
        self._found: dict[str, Place | None] = {}

    def at(self, *names: str) -> Place:
        """Return what stands at a path of keys from the root."""
        return Place(self.root, "").step(*names)

    def find(self, reference: Any) -> Place | None:
        """Return what a reference within this document points at."""
        if not isinstance(reference, str) or not reference.startswith("#"):
            return None
        if reference not in self._found:
            self._found[reference] = self._find(reference)
        return self._found[reference]

    @cached_property
    def references(self) -> set[str]:
        """All references that the document holds."""
        return find_references(self.root)

    @cached_property
    def lost(self) -> list[str]:
        """The references within the document that lead nowhere."""
        return sorted(one for one in self.references if one[:1] == "#" and self.find(one) is None)

    @cached_property
    def _anchors(self) -> dict[str, Place]:
        """What each ``$anchor`` of the document names."""
        found: dict[str, Place] = {}
        waiting = [Place(self.root, "")]
        while waiting:
            place = waiting.pop()
            anchor = as_map(place.node).get("$anchor")
            if isinstance(anchor, str):
                found.setdefault(f"#{anchor}", place)
            waiting += (one for _, one in place.entries())
            waiting += place.items()
        return found

    def _find(self, reference: str) -> Place | None:
        return self._look_up(unquote(reference)) or self._look_up(reference)

    def _look_up(self, reference: str) -> Place | None:
        place = Place(self.root, "")
        parts = reference[1:].split("/")
        if parts[0]:
            return self._anchors.get(f"#{parts[0]}") if len(parts) == 1 else None
        for part in parts[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            if isinstance(place.node, list):
                number = int(name) if name.isdecimal() else -1
                if not 0 <= number < len(place.node):
                    return None
                place = Place(place.node[number], f"{place.pointer}/{number}")
            else:
                place = place.step(name)
            if place.node is None:
                return None
        return place

    def follow(self, place: Place) -> Place:
        """Follow references to what they mean; one that leads nowhere means anything at all."""
        seen = set()
        while isinstance(place.node, dict) and isinstance(place.node.get("$ref"), str):
            reference = place.node["$ref"]
            found = None if reference in seen else self.find(reference)
            if found is None:
                return Place({}, place.pointer)
            seen.add(reference)
            place = found
        return place


def name_pointer(root: Any, pointer: str) -> str:
    """Write a pointer with names for positions in lists, so that it outlives other edits there."""
    place, parts = Place(root, ""), []
    for part in pointer.split("/")[1:]:
        if isinstance(place.node, list):
            number = int(part) if part.isdecimal() else len(place.node)
            node = place.node[number] if number < len(place.node) else None
            place = Place(node, "")
            parts.append(_name_item(node) or part)
        else:
            place = place.step(part.replace("~1", "/").replace("~0", "~"))
            parts.append(part)
    return "".join(f"/{part}" for part in parts)


def _name_item(node: Any) -> str:
    """Return what tells an item of a list from its neighbours, where anything does."""
    if not isinstance(node, dict):
        return "" if isinstance(node, list) or node is None else str(node)
    return " ".join(str(node[key]) for key in _NAMING if isinstance(node.get(key), str))


def is_equal(one: Any, other: Any) -> bool:
    """Tell whether two values are the same JSON; to Python, true is 1."""
    if one != other:
        return False
    waiting = [(one, other)]
    while waiting:
        old, new = waiting.pop()
        if isinstance(old, dict):
            waiting += [(value, new[key]) for key, value in old.items()]
        elif isinstance(old, list):
            waiting += zip(old, new, strict=True)
        elif isinstance(old, bool) != isinstance(new, bool):
            return False
    return True


def as_map(node: Any) -> dict[str, Any]:
    """Return a mapping as it is, and anything else as an empty one."""
    return node if isinstance(node, dict) else {}


def as_list(node: Any) -> list[Any]:
    """Return a list as it is, and anything else as an empty one."""
    return node if isinstance(node, list) else []


def find_references(node: Any) -> set[str]:
    """Collect the references that a node holds."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            reference = one.get("$ref")
            if isinstance(reference, str):
                found.add(reference)
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return found


def fingerprint(value: Any) -> str:
    """Write a value so that equal values are equal text."""
    return json.dumps(_settle(value), sort_keys=True, default=str)


def _settle(value: Any) -> Any:
    """Write numbers in one way: 1.0 is 1."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, dict):
        return {key: _settle(one) for key, one in value.items()}
    return [_settle(one) for one in value] if isinstance(value, list) else value
