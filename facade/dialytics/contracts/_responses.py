"""Responses: statuses, media types, bodies and headers."""

from __future__ import annotations

import re
from typing import Any

from ._document import Place, as_map
from ._engine import Finding, Site, Unit, Walk
from ._load import escape
from ._rules import Direction, find_facet
from ._schemas import compare_schemas

_JSON = re.compile(r"(^|[/+.])json$|^\*/\*$")


def compare_responses(walk: Walk, unit: Unit, old: Place, new: Place, direction: Direction) -> None:
    """Compare the answers of two operations, status by status."""
    olds, news = ({n.upper(): p for n, p in one.entries() if n[:2] != "x-"} for one in (old, new))
    pairs = [(status, status) for status in olds if status in news]
    gone = [status for status in olds if status not in news]
    come = [status for status in news if status not in olds]
    if not walk.strict:
        covered = [(one, other) for one in gone for other in come if _covers(other, one)]
        covered += [(one, other) for one in gone for other in come if _covers(one, other)]
        pairs += covered
        gone = [one for one in gone if one not in {pair[0] for pair in covered}]
        wider = {other for one, other in covered if _covers(other, one) and other == "2XX"}
        come = [one for one in come if one in wider or one not in {pair[1] for pair in covered}]
    for one, other in pairs:
        before, after = walk.old.follow(olds[one]), walk.new.follow(news[other])
        walk.go_down(unit, _compare_response, before, after, direction)
    for status in gone:
        if kind := _status_kind(status):
            unit.add(f"response-{kind}-removed", olds[status].pointer, status, None)
    for status in come:
        if kind := _status_kind(status):
            unit.add(f"response-{kind}-added", news[status].pointer, None, status)


def _covers(wide: str, status: str) -> bool:
    """Tell whether a status is one of a range, or an error of the default."""
    if wide == "DEFAULT":
        return status[0] in "45"
    return wide[1:] == "XX" and status != wide and status[0] == wide[0]


def find_media(name: str, others: dict[str, Place]) -> str | None:
    """Return under which of the other media types the same one stands, if it does."""
    if name in others:
        return name
    plain = name.replace(" ", "").lower()
    return next((one for one in others if one.replace(" ", "").lower() == plain), None)


def find_wider_media(name: str, others: dict[str, Place]) -> str | None:
    """Return which of the other media types takes all that is sent as this one, if any does."""
    found = find_media(name, others)
    plain, details = _read_media(name)
    family = plain.partition("/")[0]
    wider = ((plain, details), (plain, ""), (f"{family}/*", ""), ("*/*", ""))
    fits = (one for way in wider for one in others if _read_media(one) == way)
    return found if found is not None else next(fits, None)


def _read_media(name: str) -> tuple[str, str]:
    """Return a media type and its parameters, without how its text is encoded."""
    plain, *details = name.replace(" ", "").lower().split(";")
    return plain, ";".join(sorted(one for one in details if one[:8] != "charset="))


def is_loose(name: str) -> bool:
    """Tell whether values of a media type travel as text, so that any of them may be a string."""
    return not _JSON.search(name.partition(";")[0].strip().lower())


def _status_kind(status: str) -> str | None:
    if not re.fullmatch(r"[1-5](\d\d|XX)", status):
        return "default" if status == "DEFAULT" else None
    return "success-status" if status[0] == "2" else "non-success-status"


def _compare_response(walk: Walk, unit: Unit, old: Place, new: Place, direction: Direction) -> None:
    _compare_headers(walk, unit, old.step("headers"), new.step("headers"))
    olds, news = dict(old.step("content").entries()), dict(new.step("content").entries())
    pairs = {name: found for name in olds if (found := find_media(name, news)) is not None}
    for name in [one for one in olds if one not in pairs]:
        free = [one for one in news if one not in pairs.values()]
        related = [(one, kind) for one in free if (kind := _relate_media(name, one))]
        if related:
            pairs[name], kind = related[0]
            unit.add(
                f"response-media-type-name-{kind}", news[pairs[name]].pointer, name, pairs[name]
            )
        else:
            unit.add("response-media-type-removed", olds[name].pointer, name, None)
    for name, place in news.items():
        if name not in pairs.values():
            unit.add("response-media-type-added", place.pointer, None, name)
    for name, found in pairs.items():
        site = Site(direction, "body", loose=is_loose(name))
        compare_media(walk, unit, olds[name], news[found], site)


def compare_media(walk: Walk, unit: Unit, old: Place, new: Place, site: Site) -> None:
    """Compare what two bodies of the same media type hold, and how its parts are written."""
    before, after = old.step("schema"), new.step("schema")
    if (before.node is None) != (after.node is None):
        kind = "added" if before.node is None else "removed"
        unit.add(f"{site.direction}-body-media-type-schema-{kind}", new.pointer)
    elif before.node is not None:
        walk.go_down(unit, compare_schemas, before, after, site)
    olds, news = (as_map(one.step("encoding").node) for one in (old, new))
    for name in {**olds, **news}:
        was, now = (_read_encoding(as_map(one.get(name))) for one in (olds, news))
        if was != now:
            pointer = f"{new.pointer}/encoding/{escape(name)}"
            unit.add(f"{site.direction}-body-encoding-changed", pointer, was, now)


def _read_encoding(node: dict[str, Any]) -> list[Any]:
    style = node.get("style") or "form"
    explode = node.get("explode")
    known = explode if isinstance(explode, bool) else style == "form"
    return [node.get("contentType"), style, known, node.get("allowReserved") is True]


def _relate_media(old: str, new: str) -> str | None:
    """Say how one media type became a related one: a general one, a special one, or parameters."""
    (one, _, details), (other, _, new_details) = old.partition(";"), new.partition(";")
    one, other = one.strip().lower(), other.strip().lower()
    family, _, suffix = one.partition("/")
    new_family, _, new_suffix = other.partition("/")
    if family != new_family:
        return None
    if details.strip() != new_details.strip():
        return "changed" if _stem(suffix) == _stem(new_suffix) else None
    if new_suffix.endswith(f"+{suffix}"):
        return "specialized"
    if suffix.endswith(f"+{new_suffix}"):
        return "generalized"
    return (
        "changed"
        if "+" in suffix and "+" in new_suffix and _stem(suffix) == _stem(new_suffix)
        else None
    )


def _stem(suffix: str) -> str:
    return suffix.rpartition("+")[2]


def _compare_headers(walk: Walk, unit: Unit, old: Place, new: Place) -> None:
    olds, news = ({n.lower(): p for n, p in one.entries()} for one in (old, new))
    for name in {**olds, **news}:
        if name not in news:
            node = as_map(walk.old.follow(olds[name]).node)
            need = "required" if node.get("required") is True else "optional"
            unit.add(f"{need}-response-header-removed", olds[name].pointer, name, None)
        elif name not in olds:
            rule = find_facet("response", "header", "added")
            unit.findings.append(Finding(rule, news[name].pointer, None, name))
        else:
            before, after = walk.old.follow(olds[name]), walk.new.follow(news[name])
            walk.go_down(unit, _compare_header, before, after)


def _compare_header(walk: Walk, unit: Unit, old: Place, new: Place) -> None:
    was: Any
    was, now = (as_map(one.node).get("required") is True for one in (old, new))
    if was != now:
        if now:
            unit.add("response-header-became-required", new.pointer, was, now)
        else:
            rule = find_facet("response", "header", "became-optional")
            unit.findings.append(Finding(rule, new.pointer, was, now))
    site = Site("response", "header", loose=True)
    walk.go_down(unit, compare_schemas, old.step("schema"), new.step("schema"), site)
