"""An allOf says all that its members say, also where two of them say it with one keyword."""

from __future__ import annotations

from typing import Any

import pytest

from dialytics.contracts import compare

TEXT, INTEGER, LIST, FLAG = ({"type": one} for one in ("string", "integer", "array", "boolean"))
B, R, C = "breaking", "risky", "compatible"


def an_object(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def need(name: str) -> dict[str, Any]:
    return {"required": [name]}


def judge(old: Any, new: Any, api: Any, way: str = "request") -> tuple[set[str], str]:
    """The facets that changed in a property, and the verdict."""
    olds, news = (api(**{way: {"type": "object", "properties": {"p": one}}}) for one in (old, new))
    report = compare(olds, news, axes=["wire"])
    prefix = f"{way}-property-"
    return {one.id.removeprefix(prefix) for one in report.changes}, report.verdict("wire")


WHEN = {"if": need("a"), "then": need("b")}
# A schema, what an allOf adds to it, and what that is called and does in a request. The same
# taken away again does nothing worse than the last: what then is taken is more than before.
TIGHTER: list[tuple[Any, Any, str, str]] = [
    ({**TEXT, "pattern": "^a"}, {"pattern": "b$"}, "pattern-changed", R),
    ({**INTEGER, "multipleOf": 2}, {"multipleOf": 3}, "multiple-of-changed", B),
    ({"type": "number", "multipleOf": 0.5}, {"multipleOf": 0.75}, "multiple-of-changed", B),
    ({**LIST, "uniqueItems": False}, {"uniqueItems": True}, "unique-items-set", B),
    (
        {"type": "object", "dependentRequired": {"a": ["b"]}},
        {"dependentRequired": {"a": ["c"]}},
        "dependent-required-added",
        B,
    ),
    (
        {"type": "object", "dependentRequired": {"a": ["b"]}},
        {"dependentRequired": {"c": ["d"]}},
        "dependent-required-added",
        B,
    ),
    ({**LIST, "contains": TEXT}, {"contains": INTEGER}, "all-of-added", B),
    ({**LIST, "contains": TEXT}, {"contains": TEXT, "minContains": 2}, "all-of-added", B),
    ({**TEXT, "const": "a"}, {"const": "b"}, "not-added", B),
    ({**TEXT, "enum": ["a", "b"]}, {"enum": ["b", "c"]}, "enum-value-removed", B),
    ({**TEXT, "enum": ["a", "b"]}, {"enum": ["c"]}, "not-added", B),
    ({**TEXT, "enum": ["a", "b"]}, {"const": "c"}, "not-added", B),
    (TEXT, INTEGER, "not-added", B),
    ({**TEXT, "not": {"minLength": 9}}, {"not": {"pattern": "a"}}, "any-of-added", B),
    ({**TEXT, "not": {"enum": ["a"]}}, {"not": {"enum": ["b"]}}, "enum-value-added", B),
    (
        {"type": "object", "oneOf": [need("a"), need("b")]},
        {"oneOf": [need("c"), need("d")]},
        "all-of-added",
        B,
    ),
    (
        {"type": "object", "anyOf": [need("a"), need("b")]},
        {"anyOf": [need("c"), need("d")]},
        "all-of-added",
        B,
    ),
    ({"type": "object", **WHEN}, {"if": need("c"), "then": need("d")}, "all-of-added", B),
    ({**LIST, "prefixItems": [TEXT]}, {"prefixItems": [{"maxLength": 3}]}, "max-length-set", R),
]


@pytest.mark.parametrize("case", TIGHTER, ids=str)
def test_second_member_is_heard(case: Any, api: Any) -> None:
    """What a member adds is told, in whichever place it stands; without it, nothing is broken."""
    old, added, name, level = case
    for members in ([old, added], [added, old]):
        new = {"allOf": members}
        assert judge(old, new, api) == ({name}, level)
        assert judge(new, old, api)[1] == C
    assert judge(old, {**old, "allOf": [added]}, api) == ({name}, level)
    assert judge(old, {"allOf": [old, added]}, api, "response")[1] == C


# A schema and another way to write it.
SAME: list[tuple[Any, Any]] = [
    ({**TEXT, "pattern": "^a"}, {"allOf": [{"pattern": ".*"}, {**TEXT, "pattern": "^a"}]}),
    ({**INTEGER, "multipleOf": 6}, {"allOf": [{**INTEGER, "multipleOf": 2}, {"multipleOf": 3}]}),
    ({**INTEGER, "multipleOf": "2"}, {"allOf": [INTEGER, {"multipleOf": "2"}]}),
    (
        {"type": "object", "anyOf": [need("a"), need("b")]},
        {"type": "object", "allOf": [{"anyOf": [need("a"), need("b")]}] * 2},
    ),
    (
        {"allOf": [{"anyOf": [need("a"), need("b")]}, {"anyOf": [need("c"), need("d")]}]},
        {"allOf": [{"anyOf": [need("c"), need("d")]}, {"anyOf": [need("a"), need("b")]}]},
    ),
    (
        {"allOf": [{**TEXT, "not": {"minLength": 9}}, {"not": {"pattern": "a"}}]},
        {**TEXT, "not": {"anyOf": [{"pattern": "a"}, {"minLength": 9}]}},
    ),
    ({"enum": [0]}, {"allOf": [{"enum": [0, 1]}, {"enum": [0, True]}]}),
]


@pytest.mark.parametrize("pair", SAME, ids=str)
def test_all_of_is_the_sum_of_its_members(pair: Any, api: Any) -> None:
    """A schema, and the members that come to the same, do not differ."""
    for old, new in (pair, pair[::-1]):
        assert judge(old, new, api)[0] == set()


def test_one_of_two_choices_is_narrowed(api: Any) -> None:
    """A variant that goes from the second of two choices is told as if there were one."""

    def choices(*second: str) -> Any:
        first = {"anyOf": [need("a"), need("b")]}
        return {"type": "object", "allOf": [first, {"anyOf": list(map(need, second))}]}

    assert judge(choices("c", "d", "e"), choices("c", "d"), api) == ({"any-of-removed"}, B)
    assert judge(choices("c", "d"), choices("c", "d", "e"), api) == ({"any-of-added"}, C)
    assert judge(choices("c", "d"), choices("c", "d", "e"), api, "response")[1] == R


def test_more_than_two_choices(api: Any) -> None:
    """Any number of choices hold at once, whichever keyword they are written with."""
    members: list[Any] = [
        {keyword: [need(one), need(other)]}
        for keyword, one, other in (
            ("oneOf", "a", "b"),
            ("oneOf", "c", "d"),
            ("anyOf", "a", "b"),
            ("anyOf", "c", "d"),
        )
    ]
    every = {"allOf": members}
    assert judge(every, {"allOf": members[::-1]}, api)[0] == set()
    assert judge(every, {"allOf": [*members, *members[1:3]]}, api)[0] == set()
    for number in range(4):
        fewer = {"allOf": members[:number] + members[number + 1 :]}
        assert judge(fewer, every, api) == ({"all-of-added"}, B)
        assert judge(every, fewer, api) == ({"all-of-removed"}, C)
        assert judge(every, fewer, api, "response") == ({"all-of-removed"}, R)


def test_what_only_null_is(api: Any) -> None:
    """Two lists that have but null in common take null, which is more than nothing."""
    null = {"allOf": [{"enum": ["a", None]}, {"enum": ["b", None]}]}
    nothing: dict[str, Any] = {"not": {}}
    assert judge(null, nothing, api) == ({"not-added"}, B)
    assert judge(nothing, null, api, "response") == ({"not-removed"}, R)
    assert judge(nothing, {"allOf": [TEXT, INTEGER]}, api)[0] == set()


def test_own_choices_come_before_those_of_members(api: Any) -> None:
    """Lists that two schemas cannot share stay in their order; positions of tuples are joined."""
    own = {**LIST, "prefixItems": [TEXT, INTEGER], "allOf": [{"prefixItems": [{"minLength": 1}]}]}
    same = {**LIST, "prefixItems": [{**TEXT, "minLength": 1}, INTEGER]}
    assert judge(own, same, api)[0] == set()
    assert judge(own, {**same, "prefixItems": [TEXT, INTEGER]}, api)[1] == C


# What stands beside a reference, and what that is called in a request.
BESIDE: list[tuple[Any, str, str]] = [
    ({"readOnly": True}, "request-optional-property-became-read-only", R),
    ({"writeOnly": True}, "request-optional-property-became-write-only", R),
    ({"deprecated": True}, "request-property-deprecated", R),
    ({"default": "a"}, "request-property-default-value-added", R),
    ({"maxLength": 5}, "request-property-max-length-set", R),
    ({"enum": ["a"]}, "request-property-became-enum", B),
]


@pytest.mark.parametrize("case", BESIDE, ids=str)
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_keywords_beside_a_reference(case: Any, version: str, api: Any) -> None:
    """What stands beside a reference counts since 3.1, and means nothing in 3.0."""
    beside, name, level = case
    plain = {"$ref": "#/components/schemas/P"}
    old, new = (
        api(request=an_object(p=one), schemas={"P": TEXT}, version=version)
        for one in (plain, {**plain, **beside})
    )
    found = {one.id: one.level for one in compare(old, new, axes=["wire"]).changes}
    assert found == ({} if version == "3.0.3" else {name: level})
    if beside.keys() & {"readOnly", "writeOnly", "deprecated", "default"}:
        changes = compare(old, new, profile="oasdiff", axes=["wire"]).changes
        assert [one.id for one in changes] == ([] if version == "3.0.3" else [name])


def test_newly_required_but_never_sent(api: Any) -> None:
    """A property that a reference brings and that is only read breaks no request."""
    only = {"$ref": "#/components/schemas/P", "readOnly": True}
    old, new = (
        api(request=one, schemas={"P": TEXT}) for one in (an_object(), an_object("p", p=only))
    )
    assert compare(old, new, axes=["wire"]).changes == []


def test_what_stands_beside_still_holds(api: Any) -> None:
    """Where a component is loosened, what stands beside a reference to it still binds."""
    tight = {"$ref": "#/components/schemas/P", "maxLength": 3}
    old, new = (api(request=tight, schemas={"P": {**TEXT, "maxLength": n}}) for n in (10, 5))
    assert compare(old, new, axes=["wire"]).changes == []
