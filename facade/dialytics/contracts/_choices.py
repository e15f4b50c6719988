"""Lists of schemas: which members came and went, and choices that hold what stood alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ._document import Place
from ._schema import UNIONS, Schema, is_annotation_only
from ._subschemas import Matched, match_members

if TYPE_CHECKING:
    from ._schemas import Reporter

_LISTS = {
    "oneOf": "one-of",
    "anyOf": "any-of",
    "allOf": "all-of",
    "prefixItems": "prefix-items",
}
Descend = Callable[["Reporter", Place, Place], None]


def compare_lists(report: Reporter, descend: Descend, *, quiet: bool) -> None:
    """Compare lists member by member; ``quiet`` says nothing of what a choice gained or lost."""
    if not report.old.lists and not report.new.lists:
        return
    for key, name in _LISTS.items():
        old, new = report.old.lists.get(key, []), report.new.lists.get(key, [])
        if not old and not new:
            continue
        if key == "prefixItems":
            pairs = list(zip(old, new, strict=False))
            gone, come = old[len(new) :], new[len(old) :]
        else:
            pairs, gone, come = _match(report, old, new)
        for before, after in pairs:
            descend(report, before, after)
        if quiet and key in UNIONS:
            continue
        for kind, members in (("removed", gone), ("added", come)):
            _add_members(report, key, f"{name}-{kind}", members)


def compare_member(report: Reporter, old: Place, new: Place, descend: Descend) -> bool:
    """Compare what stood alone with the member of a choice that it is now, or was; tell if so."""
    if report.old.has_union() == report.new.has_union():
        return False
    grew = report.new.has_union()
    choice = report.new if grew else report.old
    keys = [key for key in UNIONS if key in choice.lists]
    if len(keys) > 1 or choice.properties or choice.parts:
        return False
    members = choice.lists[keys[0]]
    matched = _match(report, *(([old], members) if grew else (members, [new])))
    if not matched.pairs:
        return False
    facet = f"{_LISTS[keys[0]]}-{'added' if grew else 'removed'}"
    _add_members(report, keys[0], facet, matched.come or matched.gone)
    descend(report, *matched.pairs[0])
    return True


def is_another(old: Schema, new: Schema) -> bool:
    """Tell whether one is a choice and the other something that may be anything but that."""
    if old.has_union() == new.has_union():
        return False
    choice, other = (new, old) if new.has_union() else (old, new)
    return not (choice.properties or choice.parts or other.takes_all())


def is_wrapped(old: Schema, new: Schema) -> bool:
    """Tell whether what had a type of its own became a choice."""
    return (
        "oneOf" in new.lists
        and not old.has_union()
        and (old.types is not None or bool(old.properties))
    )


def _match(report: Reporter, old: list[Place], new: list[Place]) -> Matched:
    return match_members(old, new, report.walk.old_schemas, report.walk.new_schemas)


def _add_members(report: Reporter, key: str, facet: str, members: list[Place]) -> None:
    empty = [one for one in members if key == "allOf" and is_annotation_only(one.node)]
    for name, chosen in (
        (facet, [one for one in members if one not in empty]),
        (f"{facet}-annotation-only", empty),
    ):
        if chosen:
            nodes = [one.node for one in chosen]
            gone = facet.endswith("removed")
            report.add(name, nodes if gone else None, None if gone else nodes, f"/{key}")
