"""Keywords that are one value: bounds, enums, constants, patterns, defaults and flags."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ._document import as_list, as_map, fingerprint
from ._load import escape
from ._schema import ALL_TEXTS, Schema, is_factor

if TYPE_CHECKING:
    from ._schemas import Reporter

_UPPER = {
    "maximum": "max",
    "exclusiveMaximum": "exclusive-max",
    "maxLength": "max-length",
    "maxItems": "max-items",
    "maxProperties": "max-properties",
}
_LOWER = {
    "minimum": "min",
    "exclusiveMinimum": "exclusive-min",
    "minLength": "min-length",
    "minItems": "min-items",
    "minProperties": "min-properties",
}
_CONTAINED = {"minContains": "min-contains", "maxContains": "max-contains"}


def compare_values(report: Reporter, old: Schema, new: Schema) -> None:
    """Report each changed keyword of a schema that is a value."""
    if not old.values and not new.values:
        return
    values = old.values.get("enum")
    sent = not report.walk.strict and report.site.sense == "request"
    if not (sent and values and all(_is_within(value, new) for value in values)):
        for key, name in {**_UPPER, **_LOWER}.items():
            _compare_bound(report, key, name)
    if "contains" in old.parts and "contains" in new.parts:
        for key, name in _CONTAINED.items():
            _compare_bound(report, key, name)
    _compare_enum(report, old, new)
    _compare_extensible(report, old, new)
    _compare_pattern(report, old.values.get("pattern"), new.values.get("pattern"))
    for key, name in (("const", "const"), ("default", "default-value")):
        if site_has_default(report, key):
            _compare_presence(report, key, name)
    for key, name in (
        ("contentMediaType", "content-media-type-changed"),
        ("contentEncoding", "content-encoding-changed"),
    ):
        if old.values.get(key) != new.values.get(key):
            report.add(name, old.values.get(key), new.values.get(key), f"/{key}")
    _compare_unique(report, old, new)
    _compare_dependent(report, old, new)
    _compare_discriminator(report, old, new)


def site_has_default(report: Reporter, key: str) -> bool:
    """Tell whether a default means anything: not on a response header, or if always sent."""
    return key != "default" or not (report.site.where == "header" or report.site.needed)


def _compare_bound(report: Reporter, key: str, name: str) -> None:
    before, after = report.old.values.get(key), report.new.values.get(key)
    if key in ("minLength", "minItems", "minProperties"):
        before, after = before or None, after or None
    if before == after:
        return
    if before is None and key == "minLength":
        kind = "increased"
    elif after is None and key == "minLength":
        kind = "decreased"
    elif before is None:
        kind = "set"
    elif after is None:
        unset = report.site.direction == "response" or key != "minItems"
        kind = "unset" if unset else "decreased"
    else:
        kind = "increased" if after > before else "decreased"
    if key in _CONTAINED and kind in ("set", "unset"):
        kind = "increased" if (kind == "set") == (key == "minContains") else "decreased"
    report.add(f"{name}-{kind}", before, after, f"/{key}")


def _is_within(value: Any, schema: Schema) -> bool:
    """Tell whether a text or a number keeps a schema's bounds."""
    bound = schema.values.get
    if isinstance(value, str):
        return bool(bound("minLength", 0) <= len(value) <= bound("maxLength", math.inf))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    above = bound("minimum", -math.inf) <= value and bound("exclusiveMinimum", -math.inf) < value
    return bool(
        above
        and value <= bound("maximum", math.inf)
        and value < bound("exclusiveMaximum", math.inf)
    )


def _compare_enum(report: Reporter, old: Schema, new: Schema) -> None:
    before, after = old.values.get("enum"), new.values.get("enum")
    strict = report.walk.strict
    if before is None and after is None:
        return
    if before is None or after is None:
        facet = "became-enum" if before is None else "became-not-enum"
        report.add(facet, before, after, "/enum")
        if strict and before is None and report.site.header and report.site.where == "parameter":
            report.add(facet, before, after, "/enum", where="header-property")
        if not strict:
            return
    olds = {fingerprint(one): one for one in before or ()}
    news = {fingerprint(one): one for one in after or ()}
    for key in olds.keys() - news.keys():
        report.add("enum-value-removed", olds[key], None, "/enum")
    for key in news.keys() - olds.keys():
        report.add("enum-value-added", None, news[key], "/enum")


def _compare_extensible(report: Reporter, old: Schema, new: Schema) -> None:
    key = "x-extensible-enum"
    befores, afters = as_list(old.values.get(key)), as_list(new.values.get(key))
    if report.site.direction == "request" and afters:
        for value in befores:
            if value not in afters:
                report.add(f"{key}-value-removed", value, None, f"/{key}")


def _compare_pattern(report: Reporter, before: Any, after: Any) -> None:
    before, after = before or None, after or None
    if before == after:
        return
    if before is None:
        kind = "added"
    elif after is None:
        kind = "removed"
    else:
        request = report.site.sense == "request"
        fewer = set(_list_texts(after)) - ALL_TEXTS <= set(_list_texts(before))
        kind = "generalized" if request and fewer else "changed"
    report.add(f"pattern-{kind}", before, after, "/pattern")


def _list_texts(given: Any) -> list[Any]:
    return as_list(given) or [given]


def _compare_presence(report: Reporter, key: str, name: str) -> None:
    old, new = report.old.values, report.new.values
    if key not in old and key not in new:
        return
    if key in old and key in new:
        if fingerprint(old[key]) != fingerprint(new[key]):
            report.add(f"{name}-changed", old[key], new[key], f"/{key}")
    elif key in new:
        report.add(f"{name}-added", None, new[key], f"/{key}")
    else:
        report.add(f"{name}-removed", old[key], None, f"/{key}")


def _compare_unique(report: Reporter, old: Schema, new: Schema) -> None:
    was, now = old.values.get("uniqueItems") is True, new.values.get("uniqueItems") is True
    if was != now:
        report.add(f"unique-items-{'set' if now else 'unset'}", was, now, "/uniqueItems")
    before, after = old.values.get("multipleOf"), new.values.get("multipleOf")
    wider = (after, before) if report.site.sense == "request" else (before, after)
    if before != after:
        kind = "set" if before is None else "unset" if after is None else "changed"
        if kind == "changed" and _divides(*wider):
            kind = "relaxed"
        report.add(f"multiple-of-{kind}", before, after, "/multipleOf")


def _divides(one: Any, other: Any) -> bool:
    """Tell whether each multiple of the other is one of the first."""
    if not (is_factor(one) and is_factor(other)):
        return False
    return Fraction(str(other)) % Fraction(str(one)) == 0


def _compare_dependent(report: Reporter, old: Schema, new: Schema) -> None:
    key = "dependentRequired"
    befores, afters = as_map(old.values.get(key)), as_map(new.values.get(key))
    for name in {**befores, **afters}:
        before, after = befores.get(name), afters.get(name)
        olds, news = (set(map(str, as_list(one))) for one in (before, after))
        if before is None or (olds < news and not report.walk.strict):
            report.add("dependent-required-added", before, after, f"/{key}")
        elif after is None or (news < olds and not report.walk.strict):
            report.add("dependent-required-removed", before, after, f"/{key}")
        elif olds != news:
            report.add("dependent-required-changed", before, after, f"/{key}")


def _compare_discriminator(report: Reporter, old: Schema, new: Schema) -> None:
    key = "discriminator"
    before, after = as_map(old.values.get(key)), as_map(new.values.get(key))
    if not before and not after:
        return
    if not before or not after:
        kind = "added" if after else "removed"
        report.add(f"{key}-{kind}", before or None, after or None, f"/{key}")
        return
    names = before.get("propertyName"), after.get("propertyName")
    if names[0] != names[1]:
        report.add(f"{key}-property-name-changed", *names, f"/{key}/propertyName")
    olds, news = as_map(before.get("mapping")), as_map(after.get("mapping"))
    gone = {name: olds[name] for name in olds if name not in news}
    come = {name: news[name] for name in news if name not in olds}
    if gone:
        report.add(f"{key}-mapping-deleted", gone, None, f"/{key}/mapping")
    if come:
        report.add(f"{key}-mapping-added", None, come, f"/{key}/mapping")
    for name in olds.keys() & news.keys():
        if _schema_name(olds[name]) != _schema_name(news[name]):
            step = f"/{key}/mapping/{escape(name)}"
            report.add(f"{key}-mapping-changed", olds[name], news[name], step)


def _schema_name(reference: Any) -> str:
    return re.sub(r"^#/(components/schemas|definitions)/", "", str(reference))
