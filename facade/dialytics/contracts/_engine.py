"""The walk over two documents: each pair of nodes is compared once, whoever reaches it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from ._document import Document, Place, as_map, find_references
from ._rules import Direction, Rule, find_rule
from ._rules import Place as Where
from ._schema import Schemas


class Finding(NamedTuple):
    """One change at one pair of nodes, before it is known which operations reach it."""

    rule: Rule
    pointer: str
    before: Any
    after: Any
    level: str | None = None  # a consumer's level, where it is not the rule's


class Site(NamedTuple):
    """In what role a schema is reached."""

    direction: Direction
    where: Where
    loose: bool = False  # its values travel as text: not JSON
    listed: bool = False  # it is the items of a parameter
    header: bool = False  # it is sent in a header

    def inside(self, *, items: bool = False) -> Site:
        """Return the role of a schema within a schema of this role."""
        if self.where in ("body", "property"):
            return self._replace(where="property")
        if self.where == "parameter":
            where: Where = "header-property" if self.header else "parameter-property"
            return self._replace(where=where, listed=items)
        return self._replace(listed=False)

    def flip(self) -> Site:
        """Return the role with the other direction, as within ``not``."""
        return self._replace(direction="response" if self.direction == "request" else "request")


@dataclass(slots=True, eq=False)
class Unit:
    """A pair of nodes: what was found there, and the pairs below it."""

    findings: list[Finding] = field(default_factory=list)
    children: list[Unit] = field(default_factory=list)

    def add(self, name: str, pointer: str, before: Any = None, after: Any = None) -> None:
        """Note a change that has an id of its own."""
        self.findings.append(Finding(find_rule(name), pointer, before, after))


class Walk:
    """What a comparison knows: both documents, how to see them, and what it has compared."""

    def __init__(self, old: Document, new: Document, *, strict: bool, today: date) -> None:
        """Compare ``old`` with ``new``; ``strict`` sees them as oasdiff does, else as a client."""
        self.old, self.new = old, new
        self.strict, self.today = strict, today
        self.old_schemas = Schemas(old, merge=not strict)
        self.new_schemas = Schemas(new, merge=not strict)
        self._units: dict[Any, Unit] = {}
        self._waiting: list[Callable[[], None]] = []
        self._touched = _find_touched(old, new)
        self._sound: dict[int, bool] = {}
        self._held: list[Any] = []

    def pair(
        self, compare: Callable[..., None], old: Place, new: Place, *context: Any
    ) -> Unit | None:
        """Have two nodes compared, now or already; None where nothing can differ."""
        if self.is_same(old.node, new.node):
            return None
        key = (compare, id(old.node), id(new.node), context)
        unit = self._units.get(key)
        if unit is None:
            unit = self._units[key] = Unit()
            self._held += (old.node, new.node)
            known = unit
            self._waiting.append(lambda: compare(self, known, old, new, *context))
        return unit

    def go_down(
        self, unit: Unit, compare: Callable[..., None], old: Place, new: Place, *context: Any
    ) -> None:
        """Have two nodes below a unit compared."""
        child = self.pair(compare, old, new, *context)
        if child is not None:
            unit.children.append(child)

    def run(self) -> None:
        """Compare until nothing is left to compare."""
        while self._waiting:
            self._waiting.pop()()

    def is_same(self, old: Any, new: Any) -> bool:
        """Tell whether two nodes are equal and refer to nothing that changed."""
        return bool(old == new) and self._is_sound(old)

    def _is_sound(self, node: Any) -> bool:
        if not isinstance(node, dict | list):
            return True
        key = id(node)
        if key not in self._sound:
            self._held.append(node)
            self._sound[key] = not find_references(node) & self._touched
        return self._sound[key]


def reach(units: Iterable[Unit]) -> Iterator[Unit]:
    """Yield the units and all below them, each once."""
    seen: set[int] = set()
    waiting = list(units)[::-1]
    while waiting:
        unit = waiting.pop()
        if id(unit) in seen:
            continue
        seen.add(id(unit))
        yield unit
        waiting += reversed(unit.children)


def _find_touched(old: Document, new: Document) -> set[str]:
    """Collect the references whose meaning changed, or refers to something that did."""
    pending = find_references(old.root) | find_references(new.root)
    users: dict[str, set[str]] = {}
    touched: list[str] = []
    for reference in pending:
        before, after = old.find(reference), new.find(reference)
        if before is None or after is None or before.node != after.node:
            touched.append(reference)
        for place in (before, after):
            for used in find_references(place.node if place else None):
                users.setdefault(used, set()).add(reference)
    done: set[str] = set()
    while touched:
        reference = touched.pop()
        if reference not in done:
            done.add(reference)
            touched += users.get(reference, ())
    return done


def is_recursive(document: Document, place: Place) -> bool:
    """Tell whether a reference leads back to itself."""
    start = as_map(place.node).get("$ref")
    waiting, seen = [start], set()
    while waiting:
        found = document.find(waiting.pop())
        for used in find_references(found.node if found else None):
            if used == start:
                return True
            if used not in seen:
                seen.add(used)
                waiting.append(used)
    return False
