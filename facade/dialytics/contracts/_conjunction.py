"""Two schemas that both hold, keyword by keyword: what becomes one, and what stays side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from math import lcm
from typing import Any

from ._document import Place, as_list, as_map, fingerprint, is_equal
from ._schema import ALL_TEXTS, BOUNDS, Schema, Types, is_factor

Group = tuple[str, ...]
# Keywords that two schemas cannot share: both are kept, each with those that belong to it.
GROUPS: tuple[Group, ...] = (
    ("oneOf",),
    ("anyOf",),
    ("if", "then", "else"),
    ("contains", "minContains", "maxContains"),
)
_FLAGS = ("uniqueItems", "readOnly", "writeOnly", "deprecated")


def part_groups(one: Schema, other: Schema) -> tuple[Schema, Schema]:
    """Put aside what both schemas have and cannot share."""
    twice = [group for group in GROUPS if _is_rival(group, one, other)]
    return set_aside(one, twice), set_aside(other, twice)


def align_groups(pair: list[Schema]) -> list[Schema]:
    """Put aside on both sides what one of them has put aside."""
    if not any("allOf" in one.lists for one in pair):
        return pair
    groups = [group for group in GROUPS if any(_has_aside(group, one) for one in pair)]
    return [set_aside(one, groups) for one in pair] if groups else pair


def set_aside(schema: Schema, groups: Iterable[Group]) -> Schema:
    """Write some keywords of a schema as members of an allOf."""
    aside = [(group, place) for group in groups if (place := _read_group(group, schema))]
    if not aside:
        return schema
    gone = {key for group, _ in aside for key in group}
    lists = {key: one for key, one in schema.lists.items() if key not in gone}
    lists["allOf"] = [*lists.get("allOf", ()), *(place for _, place in aside)]
    return replace(
        schema,
        lists=lists,
        parts={key: one for key, one in schema.parts.items() if key not in gone},
        values={key: one for key, one in schema.values.items() if key not in gone},
    )


def join_members(one: list[Place], other: list[Place]) -> list[Place]:
    """Join members of allOf, those that are equal once."""
    return [*one, *(place for place in other if all(place.node != known.node for known in one))]


def join_values(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Join keywords that are one value; of what bounds values, the tighter."""
    joined = {**other, **one}
    for key in one.keys() & other.keys():
        if key in BOUNDS:
            tighter = min if "max" in key.lower() else max
            joined[key] = tighter(one[key], other[key])
        elif key in _FLAGS:
            joined[key] = one[key] is True or other[key] is True
        elif key in _JOINS and not is_equal(one[key], other[key]):
            joined[key] = _JOINS[key](one[key], other[key])
    return joined


def join_types(one: Types, other: Types) -> Types:
    """Join types; an integer is a number."""
    if one is None or other is None:
        return one or other
    return _find_common(one, other) or one


def is_empty(one: Schema, other: Schema) -> bool:
    """Tell whether no value is both."""
    if one.nullable and other.nullable:
        return False
    if one.types and other.types and not _find_common(one.types, other.types):
        return True
    both = [_list_values(schema.values) for schema in (one, other)]
    return bool(both[0] and both[1] and not both[0] & both[1])


def _find_common(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    both = one & other
    if "number" in one | other and "integer" in one | other:
        both |= {"integer"}
    return both


def _list_values(values: dict[str, Any]) -> set[str]:
    listed = [values["const"]] if "const" in values else as_list(values.get("enum"))
    return {fingerprint(one) for one in listed}


def _is_rival(group: Group, one: Schema, other: Schema) -> bool:
    mine, theirs = _read_group(group, one), _read_group(group, other)
    if mine is None or theirs is None:
        mine, theirs = mine or theirs, None
        return mine is not None and (_has_aside(group, one) or _has_aside(group, other))
    return bool(mine.node != theirs.node)


def _has_aside(group: Group, schema: Schema) -> bool:
    return any(group[0] in as_map(place.node) for place in schema.lists.get("allOf", ()))


def _read_group(group: Group, schema: Schema) -> Place | None:
    """Return a schema of some keywords only; None where there are none."""
    if group[0] in schema.lists:
        places = schema.lists[group[0]]
        node: Any = {group[0]: [place.node for place in places]}
        return Place(node, places[0].pointer.rsplit("/", 2)[0]) if places else None
    if group[0] not in schema.parts:
        return None
    node = {key: schema.values[key] for key in group if key in schema.values}
    node |= {key: schema.parts[key].node for key in group if key in schema.parts}
    return Place(node, schema.parts[group[0]].pointer.rpartition("/")[0])


def _join_enums(one: list[Any], other: list[Any]) -> list[Any]:
    known = set(map(fingerprint, other))
    return [value for value in one if fingerprint(value) in known] or one


def _join_patterns(one: Any, other: Any) -> Any:
    """Return the patterns that a text must match: one, or a list of them."""
    every = {text for given in (one, other) for text in (as_list(given) or [given])}
    patterns = sorted(every - ALL_TEXTS) or sorted(every)
    return patterns[0] if len(patterns) == 1 else patterns


def _join_factors(one: Any, other: Any) -> Any:
    """Return the least common multiple."""
    if not (is_factor(one) and is_factor(other)):
        return one
    first, second = (Fraction(str(value)) for value in (one, other))
    common = lcm(
        first.numerator * second.denominator, second.numerator * first.denominator
    ) / Fraction(first.denominator * second.denominator)
    return int(common) if common.denominator == 1 else float(common)


def _join_needs(one: Any, other: Any) -> dict[str, list[str]]:
    """Return which names each name needs, by either."""
    needs: dict[str, dict[str, None]] = {}
    for given in (as_map(one), as_map(other)):
        for name, names in given.items():
            needs.setdefault(name, {}).update(dict.fromkeys(map(str, as_list(names))))
    return {name: list(names) for name, names in needs.items()}


_JOINS = {
    "enum": _join_enums,
    "pattern": _join_patterns,
    "multipleOf": _join_factors,
    "dependentRequired": _join_needs,
}
