"""Who may call: requirements, schemes and scopes."""

from __future__ import annotations

from typing import Any

from ._document import METHODS, Document, Place, as_list, as_map
from ._engine import Finding, Unit, Walk
from ._load import escape
from ._report import LEVELS
from ._rules import find_rule

Requirement = dict[str, frozenset[str]]
_NOTHING = "nothing"
_SCHEMES = "components", "securitySchemes"


def read_requirements(node: Any) -> list[Requirement]:
    """Return the alternatives of a security list, each a scheme to its scopes."""
    return [
        {name: frozenset(map(str, as_list(scopes))) for name, scopes in one.items()}
        for one in as_list(node)
        if isinstance(one, dict)
    ]


def compare_security(
    walk: Walk, unit: Unit, old: Place, new: Place, prefix: str = "api-security"
) -> None:
    """Compare two lists of security alternatives."""
    before, after = read_requirements(old.node), read_requirements(new.node)
    if not walk.strict:
        names = find_renamed(walk)
        after = [{names.get(name, name): one[name] for name in one} for one in after]
    gone = [one for one in before if one not in after]
    come = [one for one in after if one not in before]
    level = "compatible" if _still_enough(before, after) else "breaking"
    findings: list[tuple[str, Any, Any]] = []
    for one in list(gone):
        same = [other for other in come if other.keys() == one.keys()]
        rivals = [other for other in gone if other.keys() == one.keys()]
        if len(same) == len(rivals) == 1:
            gone.remove(one)
            come.remove(same[0])
            findings += _scopes(one, same[0])
    findings += [("removed", _label(one), None) for one in gone]
    findings += [("added", None, _label(one)) for one in come]
    pointer = new.pointer if new.node is not None else old.pointer
    if walk.strict and prefix == "api-security":
        findings = [one for one in findings if _NOTHING not in one]
    for kind, was, now in findings:
        unit.findings.append(Finding(find_rule(f"{prefix}-{kind}"), pointer, was, now, level))


def compare_schemes(walk: Walk, unit: Unit, old: Place, new: Place) -> None:
    """Compare the security schemes of two documents; to a client one by another name is the same.

    What no operation asks for matters to no client; where none asks for any, who knows.
    """
    olds, news = dict(old.entries()), dict(new.entries())
    renamed = {} if walk.strict else find_renamed(walk)
    asked = _find_asked(walk.old)
    unasked = "compatible" if asked else "risky"
    for name in {**olds, **news}:
        if name in renamed or name in renamed.values():
            continue
        if name not in news:
            unit.add("api-security-component-removed", olds[name].pointer, name, None)
        elif name not in olds:
            unit.add("api-security-component-added", news[name].pointer, None, name)
        else:
            most = "breaking" if name in asked else unasked
            walk.go_down(unit, compare_scheme, olds[name], news[name], most)


def find_renamed(walk: Walk) -> dict[str, str]:
    """Return the old names of security schemes that only have another name now."""
    if walk.renamed is not None:
        return walk.renamed
    olds, news = (
        {name: _describe(one) for name, one in document.at(*_SCHEMES).entries()}
        for document in (walk.old, walk.new)
    )
    found = walk.renamed = {}
    for name, scheme in news.items():
        same = [one for one in olds if one not in news and olds[one] == scheme]
        if name not in olds and len(same) == 1 and same[0] not in found.values():
            found[name] = same[0]
    return found


def _describe(scheme: Place) -> dict[str, Any]:
    return {key: one for key, one in as_map(scheme.node).items() if key != "description"}


def _find_asked(document: Document) -> set[str]:
    """Collect the names of schemes that any operation asks for, in callbacks too."""
    lists = [document.root.get("security")]
    items = [one for part in ("paths", "webhooks") for _, one in document.at(part).entries()]
    seen: set[int] = set()
    while items:
        item = document.follow(items.pop())
        if id(item.node) in seen:
            continue
        seen.add(id(item.node))
        for operation in (item.step(method) for method in METHODS):
            lists.append(as_map(operation.node).get("security"))
            for _, callback in operation.step("callbacks").entries():
                items += [one for _, one in document.follow(callback).entries()]
    return {name for one in lists for asked in read_requirements(one) for name in asked}


def compare_scheme(walk: Walk, unit: Unit, old: Place, new: Place, most: str) -> None:
    """Compare two security schemes of the same name; what is found is at ``most`` so bad."""
    _compare_definitions(walk, unit, old, new)
    unit.findings = [
        one._replace(level=min(most, one.rule.consumer, key=LEVELS.__getitem__))
        for one in unit.findings
    ]


def _compare_definitions(walk: Walk, unit: Unit, old: Place, new: Place) -> None:
    before, after = as_map(walk.old.follow(old).node), as_map(walk.new.follow(new).node)
    if before.get("type") != after.get("type"):
        name = "api-security-component-type-changed"
        unit.add(name, new.pointer, before.get("type"), after.get("type"))
        return
    for key, word in (
        ("in", "in"),
        ("name", "name"),
        ("scheme", "scheme"),
        ("openIdConnectUrl", "openid-url"),
    ):
        was, now = before.get(key), after.get(key)
        blind = key != "openIdConnectUrl" and (key != "name" or after.get("in") == "header")
        if (str(was).lower() != str(now).lower()) if blind else was != now:
            name = f"api-security-component-{word}-changed"
            unit.add(name, f"{new.pointer}/{key}", was, now)
    olds, news = as_map(before.get("flows")), as_map(after.get("flows"))
    for flow in {**olds, **news}:
        pointer = f"{new.pointer}/flows/{escape(flow)}"
        if flow in olds and flow in news:
            if flow == "implicit" or not walk.strict:
                _compare_flow(unit, olds[flow], news[flow], pointer)
        else:
            kind = "removed" if flow in olds else "added"
            given = olds.get(flow), news.get(flow)
            unit.add(f"api-security-component-oauth-flow-{kind}", pointer, *given)


def _compare_flow(unit: Unit, old: Any, new: Any, pointer: str) -> None:
    before, after = as_map(old), as_map(new)
    prefix = "api-security-component-oauth"
    for key, word in (("authorizationUrl", "url"), ("tokenUrl", "token-url")):
        was, now = before.get(key), after.get(key)
        if was != now:
            unit.add(f"{prefix}-{word}-changed", f"{pointer}/{key}", was, now)
    olds, news = as_map(before.get("scopes")), as_map(after.get("scopes"))
    for name in {**olds, **news}:
        if olds.get(name, name) == news.get(name, name) and (name in olds) == (name in news):
            continue
        kind = "removed" if name not in news else "added" if name not in olds else "changed"
        told = {
            "removed": (name, None),
            "added": (None, name),
            "changed": (olds.get(name), news.get(name)),
        }[kind]
        unit.add(f"{prefix}-scope-{kind}", f"{pointer}/scopes", *told)


def _still_enough(before: list[Requirement], after: list[Requirement]) -> bool:
    """Tell whether each way to call that was enough still is."""
    ways = before or [{}]
    return not after or all(any(_covers(way, asked) for asked in after) for way in ways)


def _covers(way: Requirement, asked: Requirement) -> bool:
    return all(name in way and scopes <= way[name] for name, scopes in asked.items())


def _scopes(old: Requirement, new: Requirement) -> list[tuple[str, Any, Any]]:
    found: list[tuple[str, Any, Any]] = []
    for name, scopes in old.items():
        found += [("scope-removed", f"{name}:{one}", None) for one in sorted(scopes - new[name])]
        found += [("scope-added", None, f"{name}:{one}") for one in sorted(new[name] - scopes)]
    return found


def _label(requirement: Requirement) -> str:
    named = [
        f"{name}({', '.join(sorted(scopes))})" if scopes else name
        for name, scopes in requirement.items()
    ]
    return " and ".join(named) or _NOTHING
