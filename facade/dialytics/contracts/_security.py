"""Who may call: requirements, schemes and scopes."""

from __future__ import annotations

from typing import Any

from ._document import Place, as_list, as_map
from ._engine import Finding, Unit, Walk
from ._rules import find_rule

Requirement = dict[str, frozenset[str]]


def read_requirements(node: Any) -> list[Requirement]:
    """Return the alternatives of a security list, each a scheme to its scopes."""
    return [
        {name: frozenset(map(str, as_list(scopes))) for name, scopes in one.items()}
        for one in as_list(node)
        if isinstance(one, dict)
    ]


def compare_security(
    _walk: Walk, unit: Unit, old: Place, new: Place, prefix: str = "api-security"
) -> None:
    """Compare two lists of security alternatives."""
    before, after = read_requirements(old.node), read_requirements(new.node)
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
    for kind, was, now in findings:
        unit.findings.append(Finding(find_rule(f"{prefix}-{kind}"), pointer, was, now, level))


def compare_schemes(walk: Walk, unit: Unit, old: Place, new: Place) -> None:
    """Compare the security schemes of two documents."""
    olds, news = dict(old.entries()), dict(new.entries())
    for name in {**olds, **news}:
        if name not in news:
            unit.add("api-security-component-removed", olds[name].pointer, name, None)
        elif name not in olds:
            unit.add("api-security-component-added", news[name].pointer, None, name)
        else:
            walk.go_down(unit, compare_scheme, olds[name], news[name])


def compare_scheme(walk: Walk, unit: Unit, old: Place, new: Place) -> None:
    """Compare two security schemes of the same name."""
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
        if (str(was).lower(), str(now).lower())[0] != str(now).lower():
            unit.add(f"api-security-component-{word}-changed", f"{new.pointer}/{key}", was, now)
    for flow in as_map(before.get("flows")).keys() & as_map(after.get("flows")).keys():
        _compare_flow(
            unit, before["flows"][flow], after["flows"][flow], f"{new.pointer}/flows/{flow}"
        )


def _compare_flow(unit: Unit, old: Any, new: Any, pointer: str) -> None:
    before, after = as_map(old), as_map(new)
    prefix = "api-security-component-oauth"
    for key, word in (("authorizationUrl", "url"), ("tokenUrl", "token-url")):
        if before.get(key) != after.get(key):
            unit.add(
                f"{prefix}-{word}-changed", f"{pointer}/{key}", before.get(key), after.get(key)
            )
    olds, news = as_map(before.get("scopes")), as_map(after.get("scopes"))
    for name in {**olds, **news}:
        if name not in news:
            unit.add(f"{prefix}-scope-removed", f"{pointer}/scopes", name, None)
        elif name not in olds:
            unit.add(f"{prefix}-scope-added", f"{pointer}/scopes", None, name)
        elif olds[name] != news[name]:
            unit.add(f"{prefix}-scope-changed", f"{pointer}/scopes", olds[name], news[name])


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
    return " and ".join(named) or "nothing"
