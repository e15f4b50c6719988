"""An object's properties: which came, went, became required or optional, or changed hands."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ._document import Place
from ._load import escape
from ._rules import Place as Where
from ._schema import Schema

if TYPE_CHECKING:
    from ._engine import Site
    from ._schemas import Reporter

# What a property that came or went within ``not`` does to a consumer.
_TURNED = {
    ("request", "removed"): "breaking",
    ("request", "added"): "compatible",
    ("response", "removed"): "compatible",
    ("response", "added"): "risky",
}
Descend = Callable[["Reporter", Place, Place, "Site"], None]


def compare_properties(report: Reporter, descend: Descend) -> None:
    """Report what happened to the properties of a pair of schemas, and go into those in both."""
    if report.site.where == "header":
        return
    old, new = report.old, report.new
    site = report.site.inside()
    for name in {**old.properties, **new.properties}:
        if name not in new.properties:
            _report_removed(report, name, f"/properties/{escape(name)}")
        elif name not in old.properties:
            _report_added(report, name, f"/properties/{escape(name)}")
        else:
            _compare_both(report, name, site, descend)
    if not report.walk.strict:
        _compare_bare_needs(report)


def _report_removed(report: Reporter, name: str, step: str) -> None:
    place = report.old.properties[name]
    level = _find_turned(report, "removed")
    if report.site.direction == "request":
        if not report.walk.strict and _read_old(report, name).values.get("readOnly"):
            level = "compatible"
        report.add("removed", place.node, None, step, where=_inner(report), level=level)
        return
    hidden = "-write-only" if _read_old(report, name).values.get("writeOnly") else ""
    need = "required" if name in report.old.required else "optional"
    report.add_named(f"response-{need}{hidden}-property-removed", place.node, None, step, level)


def _report_added(report: Reporter, name: str, step: str) -> None:
    schema, node = _read_new(report, name), report.new.properties[name].node
    required = name in report.new.required
    level = _find_turned(report, "added")
    if report.site.direction == "response":
        hidden = "-write-only" if schema.values.get("writeOnly") else ""
        need = "required" if required else "optional"
        report.add_named(f"response-{need}{hidden}-property-added", None, node, step, level)
        return
    if required and schema.values.get("readOnly"):
        return
    kind = {"property": "property", "body": "property", "header-property": "header-property"}.get(
        report.site.where, "parameter-property"
    )
    if not required:
        kind = "property" if kind == "property" else "parameter-property"
        report.add_named(f"new-optional-request-{kind}", None, node, step, level)
        return
    tail = "-with-default" if kind == "property" and "default" in schema.values else ""
    report.add_named(f"new-required-request-{kind}{tail}", None, node, step, level)


def _find_turned(report: Reporter, how: str) -> str | None:
    return _TURNED[report.site.direction, how] if report.site.turned else None


def _compare_both(report: Reporter, name: str, site: Site, descend: Descend) -> None:
    before, after = report.old.properties[name], report.new.properties[name]
    was, now = name in report.old.required, name in report.new.required
    if was != now:
        _report_need(report, _read_new(report, name), f"/properties/{escape(name)}", now=now)
    if report.walk.is_same(before.node, after.node):
        return
    values = _read_old(report, name).values, _read_new(report, name).values
    if values[0] or values[1]:
        if report.site.where in ("body", "property"):
            _compare_direction(report, name, *values)
        key = "readOnly" if report.site.direction == "request" else "writeOnly"
        hidden = values[0].get(key) is values[1].get(key) is True
        if hidden and not report.walk.strict:  # never sent, or never got, and still not
            site = site._replace(unseen=True)
    descend(report, before, after, site)


def _compare_direction(
    report: Reporter, name: str, old: dict[str, Any], new: dict[str, Any]
) -> None:
    """Report what became, or no longer is, for one direction only."""
    need = "required" if name in report.new.required else "optional"
    for key, word in (("readOnly", "read-only"), ("writeOnly", "write-only")):
        before, after = old.get(key) is True, new.get(key) is True
        if before != after:
            kind = f"{need}-property-became-{'' if after else 'not-'}{word}"
            step = f"/properties/{escape(name)}/{key}"
            report.add_named(f"{report.site.direction}-{kind}", before, after, step)


def _compare_bare_needs(report: Reporter) -> None:
    """Compare which names are required that no property describes."""
    old, new = report.old, report.new
    for name in sorted(old.required ^ new.required):
        now = name in new.required
        told = (new if now else old).properties
        if name not in told:
            kind = "became-required" if now else "became-optional"
            report.add(kind, not now, now, "/required", where=_inner(report))


def _report_need(report: Reporter, schema: Schema, step: str, *, now: bool) -> None:
    kind = "became-required" if now else "became-optional"
    where = _inner(report)
    if report.site.direction == "response" and schema.values.get("writeOnly"):
        report.add_named(f"response-write-only-property-{kind}", not now, now, step)
        return
    if report.site.direction == "request":
        if now and schema.values.get("readOnly"):
            return
        if now and where == "property" and not report.site.turned and "default" in schema.values:
            kind += "-with-default"
    report.add(kind, not now, now, step, where=where)


def _inner(report: Reporter) -> Where:
    return report.site.inside().where


def _read_old(report: Reporter, name: str) -> Schema:
    return report.walk.old_schemas.read(report.old.properties[name])


def _read_new(report: Reporter, name: str) -> Schema:
    return report.walk.new_schemas.read(report.new.properties[name])
