"""Types, formats, null and choices of types: one finding for what is one change."""

from __future__ import annotations

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
# To a parser of times a date is none.
_OASDIFF_FORMATS = {("string", "date-time", "date"), ("string", "date-time", "time")}
_PLAIN = ANNOTATIONS | {"type", "format"}
_INNER = {"properties", "oneOf", "anyOf", "allOf"}
_TEXT = frozenset({"string"})
SCALARS = frozenset({"string", "integer", "number", "boolean"})


def compare_choices(walk: Walk, old: Schema, new: Schema, site: Site) -> str | None:
    """Say how a set of plain types changed, where a oneOf or anyOf writes one of the two."""
    several = not walk.strict and any(len(one.types or ()) > 1 for one in (old, new))
    if not (old.has_union() or new.has_union() or several):
        return None
    before, after = (
        _plain_types(schema, document, strict=walk.strict)
        for schema, document in ((old, walk.old), (new, walk.new))
    )
    if before is None or after is None or before == after:
        return None
    more, less = (
        bool(_find_uncovered(*pair, strict=walk.strict))
        for pair in ((after, before), (before, after))
    )
    if not (more or less):
        return None
    if site.sense == "request":
        return "list-of-types-narrowed" if less else "list-of-types-widened"
    return "list-of-types-widened" if more else "list-of-types-narrowed"


def _find_uncovered(
    types: frozenset[str], others: frozenset[str], *, strict: bool
) -> frozenset[str]:
    """Return the types that others leave out; an integer is a number, but not to oasdiff."""
    return types - others - ({"integer"} if "number" in others and not strict else set())


def compare_openness(old: Schema, new: Schema, site: Site) -> str | None:
    """Say how a choice became anything at all, or anything a choice."""
    if old.has_union() == new.has_union() or not (old.takes_all() or new.takes_all()):
        return None
    if new.takes_all():
        return "type-generalized"
    return "type-changed" if site.sense == "request" else "type-specialized"


def compare_types(old: Schema, new: Schema, site: Site, *, strict: bool) -> str | None:
    """Say how the type and format of values changed.

    Where values travel as text, any of them is a string; of a property of a parameter nobody
    knows how it travels.
    """
    if old.types == new.types and old.values.get("format") == new.values.get("format"):
        return None
    sent = site.sense == "request"
    wide, narrow = (new, old) if sent else (old, new)
    safe = _takes(wide, narrow, strict=strict)
    loose = site.loose and not safe and _takes_text(wide, narrow, site, strict=strict)
    if site.where in ("parameter-property", "header-property"):
        if strict and not safe:
            return "type-specialized" if _takes(narrow, wide, strict=strict) else "type-changed"
        return "type-generalized" if safe else "type-changed" if loose else "type-specialized"
    if safe or loose:
        kept = "type-generalized" if sent else "type-specialized"
        return "type-compatible" if loose and site.where != "parameter" else kept
    widened = not sent and old.types != new.types and _takes_types(new, old)
    return "type-generalized" if widened and old.types and new.types else "type-changed"


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
    return text and not mine and old.types is not None and old.types <= SCALARS


def _takes(wide: Schema, narrow: Schema, *, strict: bool) -> bool:
    if wide.types is None and narrow.types is not None:
        return True
    return _takes_types(wide, narrow) and _takes_format(wide, narrow, strict=strict)


def _takes_types(wide: Schema, narrow: Schema) -> bool:
    if wide.types is None or narrow.types is None:
        return wide.types is None
    return not narrow.types - wide.types - ({"integer"} if "number" in wide.types else set())


def _takes_format(wide: Schema, narrow: Schema, *, strict: bool) -> bool:
    broad, tight = wide.values.get("format"), narrow.values.get("format")
    if broad is None or broad == tight:
        return True
    known = _WIDER_FORMATS | (_OASDIFF_FORMATS if strict else set())
    return any((kind, broad, tight) in known for kind in wide.types or ())


def _takes_text(wide: Schema, narrow: Schema, site: Site, *, strict: bool) -> bool:
    if wide.types is None or narrow.types is None or wide.types - narrow.types != _TEXT:
        return False
    one = strict or site.where not in ("parameter", "parameter-property")
    return (one or narrow.types <= SCALARS) and _takes_format(wide, narrow, strict=strict)


def _plain_types(schema: Schema, document: Document, *, strict: bool) -> frozenset[str] | None:
    """Return the types of a choice of plain types; to oasdiff all but objects are plain."""
    unions = [key for key in UNIONS if key in schema.lists]
    if not unions:
        return schema.types if "allOf" not in schema.lists else None
    if len(unions) > 1 or schema.types is not None or schema.properties:
        return None
    members = [as_map(document.follow(one).node) for one in schema.lists[unions[0]]]
    optional = any(one.get("type") == "null" for one in members)
    plain = [
        one
        for one in members
        if optional or not (one.keys() & _INNER if strict else one.keys() - _PLAIN)
    ]
    kinds = [one.get("type") for one in plain]
    found = frozenset(kind for kind in kinds if isinstance(kind, str))
    return found if len(kinds) == len(members) and None not in kinds else None
