"""A document and what its references mean; nothing here trusts the document to be well-formed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ._load import Source, escape
from ._swagger import is_swagger, upgrade_swagger

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")


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

    def at(self, *names: str) -> Place:
        """Return what stands at a path of keys from the root."""
        return Place(self.root, "").step(*names)

    def find(self, reference: Any) -> Place | None:
        """Return what a reference within this document points at."""
        if not isinstance(reference, str) or not reference.startswith("#"):
            return None
        place = Place(self.root, "")
        for part in reference[1:].split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~").replace("%7B", "{")
            name = name.replace("%7D", "}").replace("%20", " ")
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
