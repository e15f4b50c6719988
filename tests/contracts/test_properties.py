"""What holds for any two documents, made up by hypothesis, and for an independent oracle."""

from __future__ import annotations

import copy
import json
import warnings
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dialytics.contracts import compare

Node = dict[str, Any]
PLENTY = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def bounds(lower: str, upper: str) -> st.SearchStrategy[Node]:
    """One, both or none of two bounds, the lower not above the upper."""
    low, high = st.integers(0, 4), st.integers(4, 9)
    return st.fixed_dictionaries({}, optional={lower: low, upper: high})


def with_bounds(kind: str, lower: str, upper: str) -> st.SearchStrategy[Node]:
    return bounds(lower, upper).map(lambda more: {"type": kind, **more})


SCALARS: st.SearchStrategy[Node] = st.one_of(
    with_bounds("integer", "minimum", "maximum"),
    with_bounds("number", "minimum", "maximum"),
    with_bounds("string", "minLength", "maxLength"),
    st.just({"type": "boolean"}),
    st.sets(st.sampled_from("abc"), min_size=1).map(
        lambda values: {"type": "string", "enum": sorted(values)}
    ),
)


def objects(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    properties = st.dictionaries(st.sampled_from("pqr"), inner, max_size=3)
    return st.tuples(properties, st.sets(st.sampled_from("pqr"))).map(
        lambda both: {
            "type": "object",
            "properties": both[0],
            "required": sorted(both[1] & both[0].keys()),
        }
    )


def arrays(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.tuples(inner, bounds("minItems", "maxItems")).map(
        lambda both: {"type": "array", "items": both[0], **both[1]}
    )


def nullable(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    plain = inner.filter(lambda one: "anyOf" not in one)
    return plain.map(lambda one: {"anyOf": [one, {"type": "null"}]})


NODES = st.recursive(
    SCALARS, lambda one: st.one_of(objects(one), arrays(one), nullable(one)), max_leaves=6
)


@st.composite
def mutated(draw: st.DrawFn) -> tuple[Node, Node]:
    """A schema, and the same with one part of it changed."""
    old = draw(NODES)
    new = copy.deepcopy(old)
    places: list[tuple[Any, Any]] = [({"": new}, "")]
    waiting: list[Any] = [new]
    while waiting:
        node = waiting.pop()
        inner = node.get("properties", {}), node.get("anyOf"), {"items": node.get("items")}
        for holder in inner:
            entries = enumerate(holder) if isinstance(holder, list) else (holder or {}).items()
            for key, one in entries:
                if isinstance(one, dict) and one != {"type": "null"}:
                    places.append((holder if holder is not inner[2] else node, key))
                    waiting.append(one)
    holder, key = draw(st.sampled_from(places))
    holder[key] = draw(NODES)
    return old, places[0][0][""] if holder is not places[0][0] else holder[""]


def levels(old: Node, new: Node, api: Any, way: str) -> set[str]:
    report = compare(api(**{way: old}), api(**{way: new}), axes=["wire"])
    return {change.level for change in report.changes}


@PLENTY
@given(one=NODES, other=NODES)
def test_nothing_differs_from_itself(one: Node, other: Node, api: Any) -> None:
    """A document compared with itself, or with a reordered or reformatted copy, has no change."""
    document = api(request=one, response=other, schemas={"A": one, "B": other})
    reordered = json.loads(json.dumps(document, sort_keys=True, indent=3))
    for profile in ("consumer", "oasdiff"):
        assert not compare(document, document, profile=profile).changes
        assert not compare(document, reordered, profile=profile).changes


MIRRORS = {
    "increased": ("decreased",),
    "set": ("unset", "increased", "decreased"),
    "became-required": ("became-optional",),
    "became-nullable": ("became-not-nullable",),
    "became-enum": ("became-not-enum",),
    "enum-value-added": ("enum-value-removed",),
    "type-generalized": ("type-changed", "type-specialized"),
    "type-changed": ("type-changed", "type-generalized"),
    "new-optional-request-property": ("request-property-removed",),
    "new-required-request-property": ("request-property-removed",),
    "any-of-added": ("any-of-removed",),
}


@PLENTY
@given(pair=mutated())
def test_reversal_mirrors_the_direction(pair: tuple[Node, Node], api: Any) -> None:
    """What comes in one direction goes in the other: each id has its opposite there."""
    old, new = pair
    there = compare(api(request=old), api(request=new), axes=["wire"])
    back = {change.id for change in compare(api(request=new), api(request=old)).changes}
    assert bool(there.changes) == bool(back)
    for change in there.changes:
        for word, opposites in MIRRORS.items():
            if change.id.endswith(f"-{word}") or change.id == word:
                stem = change.id.removesuffix(word)
                assert back & {stem + opposite for opposite in opposites}, (change.id, back)


@PLENTY
@given(pair=mutated())
def test_directions_are_opposite(pair: tuple[Node, Node], api: Any) -> None:
    """A request that takes less and a response that gives more: the same pair, turned round."""
    old, new = pair
    found = []
    for way, before, after in (("request", old, new), ("response", new, old)):
        report = compare(api(**{way: before}), api(**{way: after}), axes=["wire"])
        kinds = (change for change in report.changes if "-type-" in change.id)
        found.append(sorted(change.level for change in kinds))
    assert found[0] == found[1]


@pytest.fixture(scope="module")
def is_subschema() -> Any:
    """The oracle: whether all that one schema takes another takes too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle = pytest.importorskip("jsonsubschema")
    return oracle.isSubschema


# Most pairs are beyond the oracle; as many others are looked for until they are enough.
@settings(
    PLENTY,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
@given(pair=mutated())
def test_an_oracle_agrees(pair: tuple[Node, Node], api: Any, is_subschema: Any) -> None:
    """A request breaks just where the old schema is no subschema of the new one.

    Left out: other names of properties (a new optional one is no break, although a sender might
    have used its name for something else), and an enumeration against a text without one, of
    which the oracle says that any bounded text is in it.
    """
    old, new = pair
    assume(not _is_beyond_oracle(old, new))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fits = is_subschema(copy.deepcopy(old), copy.deepcopy(new))
    except Exception:  # noqa: BLE001  # what the oracle does not understand is not asked
        assume(False)  # noqa: FBT003
        return
    found = levels(old, new, api, "request")
    assert bool(found & {"breaking", "risky"}) == (not fits), (old, new, found)


def _is_beyond_oracle(old: Any, new: Any) -> bool:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return False
    if "anyOf" in old or "anyOf" in new:
        return _is_beyond_oracle(*(one.get("anyOf", [one])[0] for one in (old, new)))
    if old.get("type") == new.get("type") and ("enum" in old) != ("enum" in new):
        return True
    olds, news = old.get("properties", {}), new.get("properties", {})
    if set(olds) != set(news):
        return True
    pairs = [(olds[name], news[name]) for name in olds]
    pairs.append((old.get("items"), new.get("items")))
    return any(_is_beyond_oracle(one, other) for one, other in pairs)
