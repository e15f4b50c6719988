"""The one comparator of schemas: what differs at one pair, and which pairs lie below it."""

from __future__ import annotations

from typing import Any

from . import _lifecycle
from ._choices import compare_lists, compare_member, is_another, is_wrapped
from ._document import Place, as_map
from ._engine import Finding, Site, Unit, Walk, is_recursive
from ._properties import compare_properties
from ._rules import Place as Where
from ._rules import Rule, find_facet, find_rule, find_turned
from ._schema import UNIONS, Schema
from ._spelling import align
from ._subschemas import shape
from ._types import (
    accepts_list,
    compare_choices,
    compare_null,
    compare_openness,
    compare_types,
    is_another_kind,
)
from ._values import compare_values

_ADDED_PARTS = {
    "if": "if",
    "then": "then",
    "else": "else",
    "contains": "contains",
    "propertyNames": "property-names",
    "unevaluatedItems": "unevaluated-items",
    "unevaluatedProperties": "unevaluated-properties",
    "contentSchema": "content-schema",
    "not": "not",
}
_MAPS = {"patternProperties": "pattern-property", "dependentSchemas": "dependent-schema"}
# Where a read-only property in a request, or a write-only one in a response, has its own id.
_UNSEEN = {
    "enum-value-removed": "request-read-only-property-enum-value-removed",
    "exclusive-max-decreased": "request-read-only-property-exclusive-max-decreased",
    "exclusive-min-increased": "request-read-only-property-exclusive-min-increased",
    "max-decreased": "request-read-only-property-max-decreased",
    "max-length-decreased": "request-read-only-property-max-length-decreased",
    "min-increased": "request-read-only-property-min-increased",
}


class Reporter:
    """Puts the findings of one pair of schemas into its unit, under the ids of its site."""

    def __init__(self, walk: Walk, unit: Unit, old: Schema, new: Schema, site: Site) -> None:
        """Report on ``old`` and ``new``, reached as ``site``."""
        self.walk, self.unit, self.old, self.new, self.site = walk, unit, old, new, site

    def add(
        self,
        facet: str,
        before: Any = None,
        after: Any = None,
        step: str = "",
        *,
        where: Where | None = None,
        level: str | None = None,
    ) -> None:
        """Note that a facet changed; ``step`` leads from the schema to where it stands."""
        gone = after is None and before is not None
        pointer = (self.old.pointer if gone else self.new.pointer) + step
        rule = self._find_rule(facet, where or self.site.where)
        level = "compatible" if self.site.unseen else level
        self.unit.findings.append(Finding(rule, pointer, before, after, level))

    def add_named(
        self,
        name: str,
        before: Any = None,
        after: Any = None,
        step: str = "",
        level: str | None = None,
    ) -> None:
        """Note a change that has an id of its own."""
        pointer = (self.old.pointer if after is None else self.new.pointer) + step
        level = "compatible" if self.site.unseen else level
        self.unit.add(name, pointer, before, after, level)

    def _find_rule(self, facet: str, where: Where) -> Rule:
        direction = self.site.direction
        if self.site.turned:
            return find_turned(direction, where, facet)
        if where == "body" and facet == "enum-value-removed" and direction == "response":
            return find_rule("response-mediatype-enum-value-removed")
        if where == "property":
            values = self.new.values
            if direction == "request" and values.get("readOnly") and facet in _UNSEEN:
                return find_rule(_UNSEEN[facet])
            if direction == "response" and values.get("writeOnly") and facet == "enum-value-added":
                return find_rule("response-write-only-property-enum-value-added")
        rule = find_facet(direction, where, facet)
        if where == "header-property" and rule.oasdiff is None:
            rule = find_facet(direction, "parameter-property", facet)
        if self.site.listed and rule.oasdiff is None and facet[3:8] == "-item":
            rule = find_facet(direction, "parameter", facet)
        return rule


def compare_schemas(walk: Walk, unit: Unit, old: Place, new: Place, site: Site, *rest: Any) -> None:
    """Compare two schemas that are reached as ``site``."""
    before, after = _read_both(walk, old, new)
    report = Reporter(walk, unit, before, after, site)
    if not walk.strict and (before.takes_nothing() or after.takes_nothing()):
        if before.takes_nothing() != after.takes_nothing():
            report.add("not-added" if after.takes_nothing() else "not-removed", _type(before))
        return
    listed = bool(rest) and _became_list(walk, before, after)
    if not listed and (null := compare_null(before, after)):
        report.add(null, before.nullable, after.nullable)
    if not walk.strict and compare_member(report, old, new, _descend):
        return
    quiet = _compare_kinds(report, listed=listed)
    if not walk.strict and (is_another_kind(before, after) or is_another(before, after)):
        return  # of which nothing else compares
    compare_values(report, before, after)
    if site.where == "property":
        _lifecycle.compare_property(report, before, after)
    _compare_titles(report, before, after)
    compare_lists(report, _descend, quiet=quiet)
    compare_properties(report, _descend)
    _compare_parts(report)


def _compare_kinds(report: Reporter, *, listed: bool) -> bool:
    """Report another type or choice of types; tell whether that says all of the choice."""
    walk, before, after, site = report.walk, report.old, report.new, report.site
    if listed:
        report.add("type-generalized", _type(before), _type(after))
        return False
    choice = compare_choices(walk, before, after, site)
    if choice is None and not walk.strict:
        choice = compare_openness(before, after, site)
    if choice:
        report.add(choice, _choice(before), _choice(after))
    elif site.where == "body" and is_wrapped(before, after):
        report.add("wrapped-in-one-of", _type(before), _choice(after))
        return True
    elif not walk.strict and is_another(before, after):
        report.add("type-changed", _choice(before), _choice(after))
    elif kind := compare_types(before, after, site, strict=walk.strict):
        report.add(kind, _type(before), _type(after))
    return bool(choice)


def _read_both(walk: Walk, old: Place, new: Place) -> tuple[Schema, Schema]:
    """Read two schemas.

    To a client what means the same is the same. To oasdiff a choice of null and something is that
    something, nullable, only where nothing else changed; else it is a choice.
    """
    before, after = walk.old_schemas.read(old), walk.new_schemas.read(new)
    if not walk.strict:
        return align(before, after)
    if before.nullable == after.nullable:
        return before, after
    inner = after.wrapped or new, before.wrapped or old
    if (before.wrapped is None) == (after.wrapped is None) or (
        shape(inner[0], walk.new_schemas) == shape(inner[1], walk.old_schemas)
    ):
        return before, after
    return walk.old_schemas.read_plainly(old), walk.new_schemas.read_plainly(new)


def _descend(report: Reporter, old: Place, new: Place, site: Site | None = None) -> None:
    walk = report.walk
    if walk.strict and ("$ref" in as_map(old.node)) != ("$ref" in as_map(new.node)):
        endless = is_recursive(*((walk.old, old) if "$ref" in old.node else (walk.new, new)))
        if endless:
            return  # one without end is to oasdiff no wider or narrower than one with an end
    inside = site or report.site.inside()
    walk.go_down(report.unit, compare_schemas, old, new, inside)


def _compare_parts(report: Reporter) -> None:
    old, new = report.old.parts, report.new.parts
    for key in {**old, **new}:
        before, after = old.get(key), new.get(key)
        if before and after:
            site = report.site.inside(items=key == "items")
            _descend(report, before, after, site.turn() if key == "not" else site)
        elif key in _ADDED_PARTS:
            if after:
                report.add(f"{_ADDED_PARTS[key]}-added", None, after.node, f"/{key}")
            else:
                report.add(
                    f"{_ADDED_PARTS[key]}-removed",
                    (before or after or old[key]).node,
                    None,
                    f"/{key}",
                )
    _compare_rest(report)
    for key, name in _MAPS.items():
        befores, afters = report.old.maps.get(key, {}), report.new.maps.get(key, {})
        for entry in {**befores, **afters}:
            if entry not in afters:
                report.add(f"{name}-removed", befores[entry].node, None, f"/{key}")
            elif entry not in befores:
                report.add(f"{name}-added", None, afters[entry].node, f"/{key}")
            else:
                _descend(report, befores[entry], afters[entry])


def _compare_rest(report: Reporter) -> None:
    """Compare what additionalProperties lets in, where not both sides have a schema for it."""
    old, new = report.old, report.new
    key = "additionalProperties"
    if old.closed != new.closed:
        facet = "additional-properties-closed" if new.closed else "additional-properties-opened"
        report.add(facet, not old.closed, not new.closed, f"/{key}")
    elif (key in old.parts) != (key in new.parts):
        kind = "restricted" if key in new.parts else "relaxed"
        report.add(f"additional-properties-{kind}", key not in old.parts, key not in new.parts)


def _compare_titles(report: Reporter, old: Schema, new: Schema) -> None:
    """Report a title that names a generated class: one of an inline object or enumeration."""
    before, after = old.values.get("title"), new.values.get("title")
    inline = not new.pointer.startswith("/components/schemas/") or new.pointer.count("/") > 3
    if before != after and inline and (new.properties or "enum" in new.values):
        report.add("title-changed", before, after, "/title")


def _became_list(walk: Walk, old: Schema, new: Schema) -> bool:
    lists = frozenset({"array"})
    if new.types != lists or old.types == lists or "minItems" in new.values:
        return False
    items = new.parts.get("items")
    return accepts_list(old, walk.new_schemas.read(items) if items else None)


def _type(schema: Schema) -> Any:
    kinds = sorted(schema.types or ())
    kind = kinds[0] if len(kinds) == 1 else kinds or None
    form = schema.values.get("format")
    return f"{kind}/{form}" if form else kind


def _choice(schema: Schema) -> Any:
    members = [as_map(one.node) for key in UNIONS for one in schema.lists.get(key, [])]
    return [one.get("type") or one.get("$ref") for one in members] or _type(schema)
