"""Which members of two choices belong together."""

from __future__ import annotations

from typing import Any, NamedTuple

from ._document import Place, as_map, fingerprint
from ._merge import Schemas
from ._schema import ANNOTATIONS, Schema
from ._types import SCALARS

_ALIKE = 0.5  # of two objects' properties, in common
_PLAIN = SCALARS | {"array"}
_DEEPEST = 2  # levels at which two members are looked at before they count as different


class Matched(NamedTuple):
    """Members in both, only in the old, only in the new."""

    pairs: list[tuple[Place, Place]]
    gone: list[Place]
    come: list[Place]


def match_members(
    old: list[Place], new: list[Place], old_schemas: Schemas, new_schemas: Schemas
) -> Matched:
    """Pair members by reference, by content, by title, and the last ones left with each other."""
    matched = Matched([], list(old), list(new))
    _pair_by(matched, _reference, _reference)
    if matched.gone and matched.come:
        _pair_by(matched, lambda one: shape(one, old_schemas), lambda one: shape(one, new_schemas))
        _pair_by(matched, _title, _title, unique=True)
        if old_schemas.merge:
            _pair_alike(matched, old_schemas, new_schemas)
    left = [one for one in matched.gone if _reference(one) is None]
    right = [one for one in matched.come if _reference(one) is None]
    if len(left) == len(right) == 1:
        _take(matched, left[0], right[0])
    return matched


def shape(place: Place, schemas: Schemas, depth: int = 0) -> str:
    """Write what a schema says of values, references followed, so that equals are equal text."""
    return fingerprint(_shape(place.node, schemas, depth))


def _shape(node: Any, schemas: Schemas, depth: int) -> Any:
    if isinstance(node, list):
        return [_shape(one, schemas, depth) for one in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str):
        target = schemas.document.follow(Place(node, ""))
        if depth >= _DEEPEST:
            return node["$ref"]
        return _shape(target.node, schemas, depth + 1)
    return {
        key: (
            {name: _shape(one, schemas, depth) for name, one in value.items()}
            if key == "properties" and isinstance(value, dict)
            else _shape(value, schemas, depth)
        )
        for key, value in node.items()
        if key not in ANNOTATIONS and not key.startswith("x-")
    }


def _pair_by(matched: Matched, of_old: Any, of_new: Any, *, unique: bool = False) -> None:
    new_keys = [(of_new(one), one) for one in matched.come]
    old_keys = [(of_old(one), one) for one in matched.gone]
    for key, one in old_keys:
        fits = [other for known, other in new_keys if known == key and other in matched.come]
        if key is None or not fits:
            continue
        if unique and (len(fits) > 1 or sum(known == key for known, _ in old_keys) > 1):
            continue
        _take(matched, one, fits[0])


def _pair_alike(matched: Matched, old_schemas: Schemas, new_schemas: Schemas) -> None:
    """Pair objects with most of their properties in common, and values of the same type."""
    likeness = [
        (_find_likeness(old_schemas.read(one), new_schemas.read(other)), one, other)
        for one in matched.gone
        for other in matched.come
    ]
    for score, one, other in sorted(likeness, key=lambda pair: -pair[0]):
        if score > _ALIKE and one in matched.gone and other in matched.come:
            _take(matched, one, other)


def _find_likeness(one: Schema, other: Schema) -> float:
    if one.types and one.types == other.types and one.types <= _PLAIN:
        return 1.0
    names, others = one.properties.keys(), other.properties.keys()
    return len(names & others) / len(names | others) if names | others else 0.0


def _take(matched: Matched, old: Place, new: Place) -> None:
    matched.pairs.append((old, new))
    matched.gone.remove(old)
    matched.come.remove(new)


def _reference(place: Place) -> str | None:
    reference = as_map(place.node).get("$ref")
    return reference if isinstance(reference, str) else None


def _title(place: Place) -> str | None:
    title = as_map(place.node).get("title")
    return title if isinstance(title, str) and _reference(place) is None else None
