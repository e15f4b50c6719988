"""The walk over two documents: each pair of nodes is compared once, whoever reaches it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from ._document import Document, Place, as_map, find_references, is_equal
from ._merge import Schemas
from ._rules import Direction, Rule, find_rule
from ._rules import Place as Where


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
    needed: bool = False  # it is always sent, so that no default is ever used
    unseen: bool = False  # a client neither sends nor gets it
    turned: bool = False  # within ``not``: what takes more there makes the whole take less

    @property
    def sense(self) -> Direction:
        """The direction by which more or less is judged: the other one within ``not``."""
        if not self.turned:
            return self.direction
        return "response" if self.direction == "request" else "request"

    def inside(self, *, items: bool = False) -> Site:
        """Return the role of a schema within a schema of this role."""
        if self.where in ("body", "property"):
            return self._replace(where="property")
        if self.where == "parameter":
            where: Where = "header-property" if self.header else "parameter-property"
            return self._replace(where=where, listed=items, needed=False)
        return self._replace(listed=False)

    def turn(self) -> Site:
        """Return the role within ``not``."""
        return self._replace(turned=not self.turned)


@dataclass(slots=True, eq=False)
class Unit:
    """A pair of nodes: what was found there, and the pairs below it."""

    findings: list[Finding] = field(default_factory=list)
    children: list[Unit] = field(default_factory=list)

    def add(
        self,
        name: str,
        pointer: str,
        before: Any = None,
        after: Any = None,
        level: str | None = None,
    ) -> None:
        """Note a change that has an id of its own."""
        self.findings.append(Finding(find_rule(name), pointer, before, after, level))


class Walk:
    """What a comparison knows: both documents, how to see them, and what it has compared."""

    def __init__(self, old: Document, new: Document, *, strict: bool, today: date) -> None:
        """Compare ``old`` with ``new``; ``strict`` sees them as oasdiff does, else as a client."""
        self.old, self.new = old, new
        self.strict, self.today = strict, today
        self.old_schemas = Schemas(old, merge=not strict)
        self.new_schemas = Schemas(new, merge=not strict)
        self.renamed: dict[str, str] | None = None  # security schemes, once they were looked at
        self._units: dict[Any, Unit] = {}
        self._waiting: list[Callable[[], None]] = []
        self._touched = _find_touched(old, new)
        self._same: dict[tuple[int, int], bool] = {}
        self._held: list[Any] = []

    def pair(
        self, compare: Callable[..., None], old: Place, new: Place, *context: Any
    ) -> Unit | None:
        """Have two nodes compared, now or already; None where nothing can differ."""
        if isinstance(old.node, dict) and old.node.keys() == {"$ref"} and old.node == new.node:
            old, new = self.old.follow(old), self.new.follow(new)  # once, whoever refers to it
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
        key = id(old), id(new)
        known = self._same.get(key)
        if known is None:
            if not isinstance(old, dict | list):
                return is_equal(old, new)
            self._held += (old, new)
            touched = self._touched
            known = is_equal(old, new) and not (touched and find_references(old) & touched)
            self._same[key] = known
        return known


def trace(roots: list[Unit]) -> Iterator[tuple[Unit, list[int]]]:
    """Yield each unit with findings, and the positions of the roots that lead to it."""
    order, component = _find_components(roots)
    above = [0] * (max(component.values(), default=-1) + 1)  # a bit for each root
    for number, root in enumerate(roots):
        above[component[id(root)]] |= 1 << number
    for unit in reversed(order):  # components stand together, those that lead on first
        mask = above[component[id(unit)]]
        for child in unit.children:
            above[component[id(child)]] |= mask
    for unit in _reach(roots):
        if unit.findings:
            mask = above[component[id(unit)]]
            yield unit, [n for n in range(mask.bit_length()) if mask >> n & 1]


def _find_components(roots: list[Unit]) -> tuple[list[Unit], dict[int, int]]:
    """Group the units that lead to each other; a group comes after all that it leads to.

    This is Tarjan's algorithm, with a stack of its own: units lie deeper than Python calls can.
    """
    order: list[Unit] = []
    component: dict[int, int] = {}
    lowest: dict[int, int] = {}
    open_units: list[Unit] = []
    path: list[tuple[Unit, Iterator[Unit], int]] = []
    for root in roots:
        following = iter([root])
        while True:
            unit = next(following, None)
            if unit is not None and id(unit) in lowest:
                if path and id(unit) not in component:
                    here = id(path[-1][0])
                    lowest[here] = min(lowest[here], lowest[id(unit)])
            elif unit is not None:
                lowest[id(unit)] = number = len(lowest)
                open_units.append(unit)
                following = iter(unit.children)
                path.append((unit, following, number))
            elif not path:
                break
            else:
                following = _close(path, open_units, order, component, lowest)
    return order, component


def _close(
    path: list[tuple[Unit, Iterator[Unit], int]],
    open_units: list[Unit],
    order: list[Unit],
    component: dict[int, int],
    lowest: dict[int, int],
) -> Iterator[Unit]:
    """Leave a unit, and its component where it is the first of one; return what follows."""
    unit, _, number = path.pop()
    if lowest[id(unit)] == number:
        while True:
            one = open_units.pop()
            component[id(one)] = number
            order.append(one)
            if one is unit:
                break
    if not path:
        return iter(())
    above, following, _ = path[-1]
    lowest[id(above)] = min(lowest[id(above)], lowest[id(unit)])
    return following


def _reach(units: list[Unit]) -> Iterator[Unit]:
    """Yield the units and all below them, each once."""
    seen: set[int] = set()
    waiting = units[::-1]
    while waiting:
        unit = waiting.pop()
        if id(unit) in seen:
            continue
        seen.add(id(unit))
        yield unit
        waiting += reversed(unit.children)


def _find_touched(old: Document, new: Document) -> set[str]:
    """Collect the references whose meaning changed, or refers to something that did."""
    pending = old.references | new.references
    users: dict[str, set[str]] = {}
    touched: list[str] = []
    for reference in pending:
        before, after = old.find(reference), new.find(reference)
        if before is None or after is None or not is_equal(before.node, after.node):
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
