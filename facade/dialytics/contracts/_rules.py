"""The rules, read from two tables: what each change is called and how much it matters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Literal

Direction = Literal["request", "response"]
Place = Literal["body", "property", "parameter", "parameter-property", "header-property", "header"]

_PLACES: dict[tuple[Direction, Place], int] = {
    ("request", "body"): 0,
    ("request", "property"): 1,
    ("request", "parameter"): 2,
    ("request", "parameter-property"): 3,
    ("request", "header-property"): 4,
    ("response", "body"): 5,
    ("response", "property"): 6,
    ("response", "header"): 7,
}
_OASDIFF = {"E": "error", "W": "warning", "I": "info"}
_CONSUMER = {"B": "breaking", "R": "risky", "C": "compatible"}
_PAIRS = (
    *(("increased", "decreased"), ("set", "unset"), ("added", "removed"), ("closed", "opened")),
    *(("widened", "narrowed"), ("generalized", "specialized"), ("restricted", "relaxed")),
    *(("became-required", "became-optional"), ("became-enum", "became-not-enum")),
    ("became-nullable", "became-not-nullable"),
)
_OPPOSITES = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}
_LIKE = {"E": "B", "W": "R", "I": "C", "-": "C"}


@dataclass(frozen=True, slots=True)
class Rule:
    """What a change is called; its level to oasdiff (none: oasdiff knows no such rule), to us."""

    id: str
    oasdiff: str | None
    consumer: str


@cache
def find_facet(direction: Direction, place: Place, facet: str) -> Rule:
    """Return the rule for a facet of a schema or a parameter in a place."""
    levels, *views = _read_table("facets.txt")[facet]
    at = _PLACES.get((direction, place))
    level = levels[at] if at is not None else "-"
    view = views[0 if direction == "request" else 1]
    if place == "header":
        view = "C"  # the generated clients do not model response headers
    elif view == ".":
        half = levels[:5] if direction == "request" else levels[5:7]
        known = level if level != "-" else next((one for one in half if one != "-"), "-")
        view = _LIKE[known]
    return Rule(f"{direction}-{place}-{facet}", _OASDIFF.get(level), _CONSUMER[view])


def find_turned(direction: Direction, place: Place, facet: str) -> Rule:
    """Return the rule for a facet within ``not``: its own id, with the level of its opposite."""
    head, _, last = facet.rpartition("-")
    opposite = _OPPOSITES.get(facet) or f"{head}-{_OPPOSITES.get(last, last)}"
    known = _read_table("facets.txt")
    level = find_facet(direction, place, opposite if opposite in known else facet)
    return replace(level, id=find_facet(direction, place, facet).id)


@cache
def find_rule(name: str) -> Rule:
    """Return the rule of an id."""
    for direction, place in _PLACES:
        facet = name.removeprefix(f"{direction}-{place}-")
        if facet != name and facet in _read_table("facets.txt"):
            return find_facet(direction, place, facet)
    level, view = _read_table("ids.txt")[name]
    return Rule(name, _OASDIFF.get(level), _CONSUMER[_LIKE[level] if view == "." else view])


def count_rules() -> tuple[int, int]:
    """Return how many facets and how many single ids the tables have."""
    return len(_read_table("facets.txt")), len(_read_table("ids.txt"))


@cache
def _read_table(name: str) -> dict[str, list[str]]:
    text = (resources.files("dialytics.contracts") / name).read_text(encoding="utf-8")
    rows = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return {row[0]: row[1:] for row in rows}
