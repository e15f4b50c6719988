"""Types, formats, null and choices of types: one finding for what is one change."""

from __future__ import annotations

import json
from typing import Any

from ._document import Document, as_map
from ._engine import Site, Walk
from ._schema import ANNOTATIONS, UNIONS, Schema

# A format that takes all that another one takes, by type.
_WIDER_FORMATS = {
    ("integer", "int64", "int32"),
    ("number", "double", "float"),
    ("integer", "bigint", "int32"),
    ("integer", "bigint", "int64"),
}
_PLAIN = ANNOTATIONS | {"type", "format"}
_TEXT = frozenset({"string"})
_SCALARS = frozenset({"string", "integer", "number", "boolean"})


def compare_choices(walk: Walk, old: Schema, new: Schema, site: Site) -> str | None:
    """Say how a set of plain types changed, where a oneOf or anyOf writes one of the two."""
    if not (old.has_union() or new.has_union()):
        return None
    before, after = _plain_types(old, walk.old), _plain_types(new, walk.new)
    if before is None or after is None or before == after:
        return None
    more, less = bool(after - before), bool(before - after)
    if site.direction == "request":
        return "list-of-types-narrowed" if less else "list-of-types-widened"
    return "list-of-types-widened" if more else "list-of-types-narrowed"


def compare_types(old: Schema, new: Schema, site: Site) -> str | None:
    """Say how the type and format of values changed."""
    formats = old.values.get("format"), new.values.get("format")
    if old.types == new.types and formats[0] == formats[1]:
        return None
    wide, narrow = (new, old) if site.direction == "request" else (old, new)
    kept, opposite = (
        ("type-generalized", "type-specialized")
        if site.direction == "request"
        else ("type-specialized", "type-generalized")
    )
    if _takes(wide, narrow):
        return kept
    if site.loose and _takes_text(wide, narrow, site):
        return "type-generalized" if site.where == "parameter" else "type-compatible"
    if _takes(narrow, wide) and None not in (wide.types, narrow.types):
        only_parameters = opposite == "type-specialized" and site.where != "parameter-property"
        return "type-changed" if only_parameters else opposite
    return "type-changed"


def compare_null(old: Schema, new: Schema) -> str | None:
    """Say whether null came or went, however it is spelled."""
    if old.nullable == new.nullable or old.is_open or new.is_open:
        return None
    return "became-nullable" if new.nullable else "became-not-nullable"


def is_another_kind(old: Schema, new: Schema) -> bool:
    """Tell whether no value of one is a value of the other."""
    if not old.types or not new.types:
        return False
    numbers = {"integer", "number"}
    return not old.types & new.types and not (old.types & numbers and new.types & numbers)


def accepts_list(old: Schema, items: Schema | None) -> bool:
    """Tell whether a repeated parameter still takes the single values that it took before."""
    if items is None:
        return False
    mine = {key: value for key, value in items.values.items() if key not in ANNOTATIONS}
    theirs = {key: value for key, value in old.values.items() if key not in ANNOTATIONS}
    if items.types == old.types and all(theirs.get(key) == mine[key] for key in mine):
        return True
    text = items.types is None or items.types == _TEXT
    return text and not mine and old.types is not None and old.types <= _SCALARS


def _takes(wide: Schema, narrow: Schema) -> bool:
    if wide.types is not None:
        if narrow.types is None:
            return False
        rest = narrow.types - wide.types
        if rest - ({"integer"} if "number" in wide.types else set()):
            return False
    return _takes_format(wide, narrow)


def _takes_format(wide: Schema, narrow: Schema) -> bool:
    broad, tight = wide.values.get("format"), narrow.values.get("format")
    if broad is None or broad == tight or wide.types is None:
        return True
    return any((kind, broad, tight) in _WIDER_FORMATS for kind in wide.types)


def _takes_text(wide: Schema, narrow: Schema, site: Site) -> bool:
    if wide.types is None or "string" not in wide.types or narrow.types == _TEXT:
        return False
    if site.where in ("parameter", "parameter-property"):
        return narrow.types is not None and narrow.types <= _SCALARS and "format" not in wide.values
    return True


def _plain_types(schema: Schema, document: Document) -> frozenset[str] | None:
    unions = [key for key in UNIONS if key in schema.lists]
    if not unions:
        return schema.types if "allOf" not in schema.lists else None
    if len(unions) > 1 or schema.types is not None or schema.properties:
        return None
    members = [as_map(document.follow(one).node) for one in schema.lists[unions[0]]]
    optional = any(one.get("type") == "null" for one in members)
    kinds = [one.get("type") for one in members if optional or not one.keys() - _PLAIN]
    found = frozenset(kind for kind in kinds if isinstance(kind, str))
    return found if len(kinds) == len(members) and None not in kinds else None


def fingerprint(value: Any) -> str:
    """Write a value so that equal values are equal text."""
    return json.dumps(value, sort_keys=True, default=str)
